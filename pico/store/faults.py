"""What went wrong in SQLite, as `Unavailable` with what to do about it.

The table maps SQLite's result codes (https://sqlite.org/rescode.html), by their beginning, to
our codes; the first match counts.
"""

import sqlite3

from pico.errors import Unavailable

_FAULTS = (
    ("SQLITE_FULL", "disk-full",
     "the disk is full and nothing was changed: free some space, then try again"),
    ("SQLITE_READONLY", "store-read-only",
     "the database cannot be written to: give this user write permission for the file and its folder"),
    ("SQLITE_BUSY", "store-locked",
     "another program keeps the database locked: end that program (a backup or a database shell?), then try again"),
    ("SQLITE_LOCKED", "store-locked",
     "another program keeps the database locked: end that program (a backup or a database shell?), then try again"),
    ("SQLITE_CORRUPT", "store-damaged",
     "the database file is damaged: stop the engine, keep a copy of the file, and restore the latest backup"),
    ("SQLITE_NOTADB", "store-damaged",
     "the file is not a database, or is damaged at its beginning: restore the latest backup or name another file"),
    ("SQLITE_CANTOPEN", "store-not-opened",
     "the database file cannot be opened: check that its folder exists and that this user may read and write it"),
    ("SQLITE_IOERR", "disk-error",
     "the disk failed to read or write and nothing was changed: look for disk errors in the system's log, "
     "and make a backup elsewhere"),
)


def unavailable(error: Exception) -> Unavailable:
    """The error to tell people, for one that SQLite (or the connection to it) raised."""
    name = getattr(error, "sqlite_errorname", "")
    for beginning, code, advice in _FAULTS:
        if name.startswith(beginning):
            return Unavailable(code, f"{advice} (SQLite says: {error})")
    return Unavailable("store-failed", f"the database could not do this, and nothing was changed: {error}")


def is_of_storage(error: Exception) -> bool:
    """Whether the error lies in the file or its disk, so that any other write would meet it too.

    `sqlite3` raises `OperationalError`, or `DatabaseError` itself, for these, and subclasses
    that blame the statement or its values for all else.
    """
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def closed() -> Unavailable:
    """What a store answers after `close`."""
    return Unavailable("store-closed", "the store is closed because the engine is stopping: try again once it is up")
