"""Connections to one SQLite file: how they are opened, and how work gets into their thread."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

import aiosqlite

from pico.errors import Unavailable
from pico.store.faults import closed, unavailable

P = ParamSpec("P")
T = TypeVar("T")

MEMORY = ":memory:"
LOCK_SECONDS = 5.0  # how long a statement waits for another program's lock
CACHED_STATEMENTS = 256  # more than the store has

# WAL: readers and the writer do not wait for each other. FULL: COMMIT returns after the sync.
# fullfsync: the same on systems whose plain sync stops at the drive's own memory.
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -32000",
)


class ThreadConnection(aiosqlite.Connection):
    """An aiosqlite connection that runs whole functions in its thread.

    aiosqlite sends each statement to the thread and its result back by itself, about 50
    microseconds for each; a group of hundreds of statements is one function here.

    The thread is a daemon: a program that fails without closing its store ends, rather than
    waiting for ever for a thread that waits for work. What was acknowledged is on disk by then.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True

    async def run(self, function: Callable[Concatenate[sqlite3.Connection, P], T],
                  *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function(raw connection, ...)` in the thread; nothing else runs there meanwhile."""
        if self._connection is None or not self._running:
            raise closed()
        send = cast(Callable[..., Awaitable[T]], self._execute)
        return await send(function, self._connection, *args, **kwargs)


async def connect(path: str | Path, read_only: bool = False) -> ThreadConnection:
    """Open the file (made where missing, unless `read_only`) as every connection of ours is.

    Raises `Unavailable` where it cannot be opened or is no database.
    """
    connection = ThreadConnection(lambda: _open(str(path), read_only))
    try:
        return cast(ThreadConnection, await connection)
    except sqlite3.Error as error:
        raise unavailable(error) from error


def _open(path: str, read_only: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=LOCK_SECONDS, isolation_level=None, cached_statements=CACHED_STATEMENTS
    )
    try:
        for pragma in ("PRAGMA query_only = ON",) if read_only else _PRAGMAS:
            connection.execute(pragma)
    except BaseException:
        connection.close()
        raise
    return connection


class FileLock:
    """Holds a database file for one process, until it is released or the process ends.

    It is an exclusive transaction on an empty database beside it: the one lock that works the
    same wherever SQLite does, and that the system lets go of when a process dies.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = str(path)
        self._connection: sqlite3.Connection | None = None

    async def acquire(self) -> None:
        """Take the lock at once. Raises `Unavailable` (`store-in-use`) where another has it."""
        await asyncio.to_thread(self._take)

    def release(self) -> None:
        """Let go; harmless where it is not held."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _take(self) -> None:
        try:
            connection = sqlite3.connect(f"{self._path}-lock", timeout=0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise unavailable(error) from error
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                raise Unavailable(
                    "store-in-use",
                    f"another engine works on {self._path}: stop it first, or give this one a home of its own",
                ) from error
            raise unavailable(error) from error
        self._connection = connection
