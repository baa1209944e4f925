"""Run by `test_crashes.py` in a process of its own, because it dies, again and again.

`crash_child.py every FOLDER` prints one line for each statement of a many-sided commit: whether
dying just before it left the database as before the commit or as after it. `crash_child.py
count FOLDER` counts in a pico for ever, and prints each number once it is acknowledged.
"""

import asyncio
import os
import shutil
import sqlite3
import sys
from itertools import count
from pathlib import Path
from typing import Any

from pico.model.commit import Commit, RuleState, Source
from pico.store.sqlite import SqliteStore
from tests.store.builders import NOW, Clock, born, channel, drop, installed, message, put

DIED, ACKNOWLEDGED = 7, 0


def the_unit() -> list[Commit]:
    """A turn that consumes a message, changes everything that can be changed, and has a child."""
    return [
        Commit(
            "owner", 1, consumed="cause",
            entities=(put("n", 2), put("m", {"x": 1, "y": 2}), put("k", 3, "c"), drop("k", "a"), put("was_map", 5)),
            states=(RuleState("r", "s", [1]),),
            channels=(channel("new", "owner"),), dropped_channels=("old",),
            rulesets=(installed("r2", 2),), dropped_rulesets=("gone",),
            sources=(Source("hash", "ruleset r2 {}"),),
            messages=(message("to-child", "child"), message("tick", "owner", NOW + 1000)),
        ),
        born("child", "owner", 5, rulesets=(installed("r", 1),), entities=(put("n", 0),)),
        Commit("child", 1, entities=(put("n", 1),)),
    ]


async def prepare(path: Path) -> None:
    store = await SqliteStore.open(path, clock=Clock())
    await store.commit(
        born("owner", entities=(put("n", 1), put("m", {"a": 1}), put("k", {"a": 1, "b": 2}), put("was_map", {"a": 1})),
             channels=(channel("old", "owner"),), rulesets=(installed("gone", 1),),
             messages=(message("cause", "owner", NOW + 1),))
    )
    await store.close()


async def commit_and_die(path: Path, at: int) -> None:
    store = await SqliteStore.open(path, clock=Clock())
    statements = count(1)

    def die_in_time(_: str) -> None:
        if next(statements) == at:
            os._exit(DIED)

    await store.maintain(lambda connection: connection.set_trace_callback(die_in_time))
    await store.commit(*the_unit())
    os._exit(ACKNOWLEDGED)


def in_a_fork(story: Any) -> int:
    """Run a coroutine in a forked process (this one has a single thread) and give its exit status."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(story)
        finally:
            os._exit(99)
    story.close()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dump(path: Path) -> list[str]:
    """Everything in the database, opened again as the next start would."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return list(connection.iterdump())
    finally:
        connection.close()


def die_at_every_statement(folder: Path) -> None:
    start = folder / "start.sqlite"
    asyncio.run(prepare(start))
    before, after = dump(start), []
    path = folder / "victim.sqlite"
    outcomes = []
    for at in count(1):
        for name in folder.glob("victim.sqlite*"):
            name.unlink()
        shutil.copy(start, path)
        status = in_a_fork(commit_and_die(path, at))
        found = dump(path)
        if status == ACKNOWLEDGED:
            after = found
            break
        assert status == DIED, status
        outcomes.append(found)
    for found in outcomes:
        print("before" if found == before else "after" if found == after else "half")
    print("acknowledged and changed" if after != before else "acknowledged and unchanged")


async def count_for_ever(folder: Path) -> None:
    store = await SqliteStore.open(folder / "pico.sqlite")
    await store.commit(born("boots"))
    for version in count(1):
        number = version
        await store.commit(Commit("boots", version, entities=(put("n", number), put("m", number, str(number % 7)))))
        print(number, flush=True)


if __name__ == "__main__":
    where = Path(sys.argv[2])
    if sys.argv[1] == "every":
        die_at_every_statement(where)
    else:
        asyncio.run(count_for_ever(where))
