"""Group commit: all that was handed over while the last transaction was syncing goes into the next.

The costly part of a durable write is the wait for the disk, and one wait serves many writers.
A *unit* is the work of one call. Units run in the order in which they were submitted, each
whole or not at all; a caller hears of its unit only after the transaction that holds it is on
disk. A group runs as one call in the connection's thread: hopping between threads for each
statement would cost more than the statements do. The thread and the event loop still share the
interpreter's lock, which each statement hands over and back; `scalars.py` says what that means.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pico.errors import PicoError
from pico.limits import COMMITS_PER_GROUP
from pico.store.connection import ThreadConnection
from pico.store.faults import is_of_storage, unavailable
from pico.store.scalars import is_scalar_write, write_scalars
from pico.store.steps import Step, run_steps

Outcome = Any  # what a unit's work returned, or the PicoError that refused it


@dataclass(slots=True, eq=False)
class Unit:
    """The work of one call.

    It is either `steps` or a function `work`; either may raise a `PicoError` to be undone alone
    (`work` before it changes anything). `settle` is called in the event loop with the outcome,
    before the caller hears of it.
    """

    settle: Callable[[Outcome], None]
    steps: Sequence[Step] = ()
    work: Callable[[sqlite3.Connection], Any] | None = None
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class GroupWriter:
    """Runs units on one connection, a group in each transaction."""

    def __init__(self, connection: ThreadConnection) -> None:
        self._connection = connection
        self._waiting: deque[Unit] = deque()
        self._task: asyncio.Task[None] | None = None

    def submit(self, unit: Unit) -> None:
        """Put a unit in the queue; its `answer` is given once it is durable or refused."""
        self._waiting.append(unit)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def drain(self) -> None:
        """Wait until everything submitted is written or refused."""
        while self._task is not None:
            await asyncio.wait((self._task,))

    async def _write(self) -> None:
        units: list[Unit] = []
        try:
            while self._waiting:
                size = min(len(self._waiting), COMMITS_PER_GROUP.value)
                units = [self._waiting.popleft() for _ in range(size)]
                for unit, outcome in zip(units, await self._run(units), strict=True):
                    unit.settle(outcome)
                    _answer(unit, outcome)
        finally:
            self._task = None
            for unit in (*units, *self._waiting):  # none, unless this task was cancelled
                unit.answer.cancel()

    async def _run(self, units: Sequence[Unit]) -> Sequence[Outcome]:
        try:
            return await self._connection.run(run_group, units)
        except Exception as error:  # whatever it was, the writer must go on serving
            return [unavailable(error)] * len(units)


def _answer(unit: Unit, outcome: Outcome) -> None:
    if unit.answer.done():  # the caller was cancelled; its unit is durable all the same
        return
    if isinstance(outcome, PicoError):
        unit.answer.set_exception(outcome)
    else:
        unit.answer.set_result(outcome)


def run_group(connection: sqlite3.Connection, units: Sequence[Unit]) -> Sequence[Outcome]:
    """Run the units in one transaction and commit it; their outcomes, in order.

    An error that is no refusal undoes the whole group. One that blames the storage is every
    unit's outcome; after any other the units run one by one, so that only the culprit fails.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = _run_units(connection, units)
        connection.execute("COMMIT")
    except Exception as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if is_of_storage(error) or len(units) == 1:
            return [unavailable(error)] * len(units)
        return [run_group(connection, (unit,))[0] for unit in units]
    return outcomes


def _run_units(connection: sqlite3.Connection, units: Sequence[Unit]) -> Sequence[Outcome]:
    outcomes: list[Outcome] = []
    for alike, members in groupby(units, key=lambda unit: is_scalar_write(unit.steps)):
        run = list(members)
        if alike and len(run) > 1 and write_scalars(connection, [unit.steps for unit in run]):
            outcomes += [()] * len(run)
        else:
            outcomes += [_run_unit(connection, unit) for unit in run]
    return outcomes


def _run_unit(connection: sqlite3.Connection, unit: Unit) -> Outcome:
    guarded = any(step.refuse is not None for step in unit.steps[1:])
    if guarded:  # a later step may be refused, and what the earlier ones did must be undone
        connection.execute("SAVEPOINT unit")
    try:
        outcome = unit.work(connection) if unit.work else run_steps(connection, unit.steps)
    except PicoError as refusal:
        if guarded:
            connection.execute("ROLLBACK TO unit")
        outcome = refusal
    if guarded:
        connection.execute("RELEASE unit")
    return outcome
