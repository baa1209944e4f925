"""The commonest commits, merged: many picos each set one variable to a plain value.

A counter goes up, a reading arrives: most events end so. Each such commit is two statements,
and while a statement runs, `sqlite3` lets the event loop have the interpreter's lock; a busy
loop gives it back only after the interpreter's switch interval, of milliseconds. So a run of
such commits becomes a few statements for all: they advance every version, then put every
variable. If one version of the run is not what its commit expects, nothing of this is
kept, and the run is left to be written one by one.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pico.store.steps import SQL, Step

SIZES = (256, 64, 16, 4, 1)  # rows in one statement; few sizes, so that all stay prepared

_ADVANCE, _PUT = SQL["advance"], SQL["put-variable"]


def is_scalar_write(steps: Sequence[Step]) -> bool:
    """Whether a unit is one commit that does nothing but put one plain value."""
    return len(steps) == 2 and steps[0].sql is _ADVANCE and steps[1].sql is _PUT


def write_scalars(connection: sqlite3.Connection, run: Sequence[Sequence[Step]]) -> bool:
    """Write a run of scalar writes in the open transaction; False, and nothing changed, if one conflicts."""
    expected: dict[Any, int] = {}
    reached: dict[Any, int] = {}
    values: dict[tuple[Any, ...], Any] = {}
    for (_, (version, pico, before), *_), (_, (*place, value), *_) in run:
        if reached.setdefault(pico, before) != before:  # a pipeline with a gap
            return False
        expected.setdefault(pico, before)
        reached[pico] = version
        values[tuple(place)] = value  # the last write to a variable is the one that stays
    connection.execute("SAVEPOINT scalars")
    versions = [(reached[pico], pico, before) for pico, before in expected.items()]
    advanced = sum(_execute_chunk(connection, _advance_many, chunk) for chunk in _chunks(versions))
    kept = advanced == len(expected)
    if kept:
        for chunk in _chunks([(*place, value) for place, value in values.items()]):
            _execute_chunk(connection, _put_many, chunk)
    else:
        connection.execute("ROLLBACK TO scalars")
    connection.execute("RELEASE scalars")
    return kept


def _chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    start = 0
    for size in SIZES:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


def _execute_chunk(connection: sqlite3.Connection, statement: Any, chunk: Sequence[tuple[Any, ...]]) -> int:
    return connection.execute(statement(len(chunk)), [value for row in chunk for value in row]).rowcount


@cache
def _advance_many(rows: int) -> str:
    return SQL["advance-many"].replace("(?, ?, ?)", ", ".join(["(?, ?, ?)"] * rows))


@cache
def _put_many(rows: int) -> str:
    return _PUT.replace("(?, ?, ?, ?)", ", ".join(["(?, ?, ?, ?)"] * rows))
