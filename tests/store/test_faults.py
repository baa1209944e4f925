"""A bad disk, a bad file, a second engine: a clear error, nothing half done, and work goes on."""

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pico.errors import PicoError, Unavailable
from pico.model.commit import Commit
from pico.store.migrate import Migration, migrate, shipped_migrations
from pico.store.sqlite import SqliteStore
from tests.store.builders import Home, born, message, put, value_of

BIG = "x" * 200_000


async def refused(call: Any) -> str:
    with pytest.raises(Unavailable) as error:
        await call
    assert len(error.value.message) > 40  # it says what to do
    return error.value.code


async def pragma(store: Any, text: str) -> Any:
    return await store.maintain(lambda connection: connection.execute(f"PRAGMA {text}").fetchone())


async def test_a_full_disk_refuses_writes_serves_reads_and_recovers(home: Home) -> None:
    store = await home.open(active_picos=0)
    await store.commit(born("boots", entities=(put("n", 1),)), born("shoes"))
    pages = (await pragma(store, "page_count"))[0]
    await pragma(store, f"max_page_count = {pages}")
    outcomes = await asyncio.gather(
        store.commit(Commit("boots", 1, entities=(put("n", BIG),))), store.commit(Commit("shoes", 1)),
        return_exceptions=True,
    )
    assert [isinstance(o, Unavailable) and o.code for o in outcomes] == ["disk-full"] * 2
    assert await value_of(store, "boots", "n") == 1
    assert (await store.snapshot("shoes")).version == 1
    assert await refused(store.post(*(message(f"{n}" + BIG, "boots") for n in range(3)))) == "disk-full"
    assert await store.pending("boots") == 0
    await pragma(store, "max_page_count = 1000000")
    await store.commit(Commit("boots", 1, entities=(put("n", BIG),)), Commit("shoes", 1))
    assert await value_of(store, "boots", "n") == BIG


async def test_a_file_that_cannot_be_written_serves_reads(home: Home) -> None:
    store = await home.open()
    await store.commit(born("boots"))
    await pragma(store, "query_only = ON")
    assert await refused(store.commit(Commit("boots", 1))) == "store-read-only"
    assert (await store.snapshot("boots")).version == 1
    await pragma(store, "query_only = OFF")
    await store.commit(Commit("boots", 1))


async def test_a_program_that_locks_the_file_is_named_and_waited_for(disk_home: Home) -> None:
    store = await disk_home.open()
    await store.commit(born("boots"))
    await pragma(store, "busy_timeout = 20")
    shell = sqlite3.connect(disk_home.path, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    assert await refused(store.commit(Commit("boots", 1))) == "store-locked"
    assert (await store.snapshot("boots")).version == 1
    shell.execute("ROLLBACK")
    shell.close()
    await store.commit(Commit("boots", 1))


async def test_a_damaged_file_is_reported_when_it_is_read_and_when_it_is_opened(disk_home: Home) -> None:
    store = await disk_home.open(active_picos=0)
    await store.commit(*(born(f"p{n}", entities=(put("n", BIG),)) for n in range(5)))
    await pragma(store, "wal_checkpoint(TRUNCATE)")
    await store.close()
    path = Path(disk_home.path)
    path.write_bytes(path.read_bytes()[:8192] + os.urandom(path.stat().st_size - 8192))

    async def read_everything() -> None:
        damaged = await disk_home.open()
        for n in range(5):
            await damaged.snapshot(f"p{n}")

    assert await refused(read_everything()) == "store-damaged"
    path.write_bytes(b"this was a database once" * 1000)
    assert await refused(disk_home.open()) == "store-damaged"


async def test_a_home_used_by_a_second_engine_is_refused_until_the_first_has_gone(disk_home: Home) -> None:
    first = await disk_home.open()
    await first.commit(born("boots"))
    assert await refused(disk_home.open()) == "store-in-use"
    await first.commit(Commit("boots", 1))
    await first.close()
    second = await disk_home.open()
    assert (await second.snapshot("boots")).version == 2


async def test_a_path_that_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "pico.sqlite"
    for shared in (True, False):
        assert await refused(SqliteStore.open(path, shared=shared)) == "store-not-opened"


async def test_a_newer_database_and_a_foreign_one_are_left_alone(disk_home: Home) -> None:
    newer = Migration(9999, "future", "CREATE TABLE future (a);\n")
    connection = sqlite3.connect(disk_home.path, isolation_level=None)
    migrate(connection, (*shipped_migrations(), newer))
    connection.close()
    assert await refused(disk_home.open()) == "store-too-new"
    os.remove(disk_home.path)
    connection = sqlite3.connect(disk_home.path, isolation_level=None)
    connection.execute("CREATE TABLE recipes (a)")
    connection.close()
    assert await refused(disk_home.open()) == "foreign-database"


def test_a_migration_that_fails_leaves_the_shape_before_it() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection)
    before = list(connection.iterdump())
    broken = Migration(9999, "broken", "CREATE TABLE fine (a);\nCREATE TABLE fine (b);\n")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, (*shipped_migrations(), broken))
    assert list(connection.iterdump()) == before
    migrate(connection)  # again changes nothing
    assert list(connection.iterdump()) == before
    connection.close()


async def test_a_defect_of_one_caller_fails_that_caller_only(disk_home: Home) -> None:
    store = await disk_home.open()
    await store.commit(born("boots"), born("shoes"))
    await store.maintain(lambda c: c.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000))
    outcomes = await asyncio.gather(
        store.commit(Commit("boots", 1)),
        store.commit(Commit("shoes", 1, entities=(put("n", "x" * 2_000_000),))),
        store.commit(Commit("boots", 2)),
        return_exceptions=True,
    )
    assert [isinstance(outcome, PicoError) for outcome in outcomes] == [False, True, False]
    assert (await store.snapshot("boots")).version == 3
    assert (await store.snapshot("shoes")).version == 1
