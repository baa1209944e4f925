"""Bringing a database file to the shape that this version of the program works with.

Each file `migrations/NNNN_what.sql` is applied once, in order, and noted in the table
`migration`. All that are missing run in one transaction, so a database is never left between
two shapes, and two programs that start at once do it only once. There is no way back: a
database newer than the program is refused.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from pico.errors import Unavailable

_NOTES = "CREATE TABLE IF NOT EXISTS migration (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: its number, name and script."""

    number: int
    name: str
    script: str


def shipped_migrations() -> tuple[Migration, ...]:
    """The migrations that this program brings, in order."""
    found = []
    for file in files(__package__).joinpath("migrations").iterdir():
        if file.name.endswith(".sql"):
            number, _, name = file.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(number), name, file.read_text(encoding="utf-8")))
    return tuple(sorted(found, key=lambda migration: migration.number))


def migrate(connection: sqlite3.Connection, migrations: tuple[Migration, ...] | None = None) -> None:
    """Apply what is missing, all or nothing; `connection` must be in autocommit mode.

    `migrations` replaces the shipped ones. Raises `Unavailable` for a database written by a
    newer program (`store-too-new`) or by another one (`foreign-database`).
    """
    steps = shipped_migrations() if migrations is None else migrations
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = _applied(connection)
        _refuse_newer(done, steps)
        for step in steps:
            if step.number not in done:
                for statement in split_script(step.script):
                    connection.execute(statement)
                connection.execute("INSERT INTO migration (number, name) VALUES (?, ?)", (step.number, step.name))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def split_script(script: str) -> Iterator[str]:
    """The statements of a script, one by one.

    `sqlite3` has `executescript` for this, but that commits the open transaction first.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _applied(connection: sqlite3.Connection) -> set[int]:
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if tables and "migration" not in tables:
        raise Unavailable("foreign-database", "this file is a database of another program; name a file of your own")
    connection.execute(_NOTES)
    return {row[0] for row in connection.execute("SELECT number FROM migration")}


def _refuse_newer(done: set[int], steps: tuple[Migration, ...]) -> None:
    newest_known = max((step.number for step in steps), default=0)
    newest_done = max(done, default=0)
    if newest_done > newest_known:
        raise Unavailable(
            "store-too-new",
            f"the database has shape {newest_done} and this program knows shapes up to {newest_known}: "
            "start the newer version of the program that wrote it, or restore a backup made before",
        )
