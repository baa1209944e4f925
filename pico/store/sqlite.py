"""The embedded store: picos in one SQLite file, through aiosqlite.

Two connections. One writes, in groups (`group.py`); one reads, from its own thread, and with
WAL neither waits for the other. In memory there is one connection for both.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from pico.errors import PicoError
from pico.limits import ACTIVE_PICOS
from pico.model.channel import Channel
from pico.model.commit import Commit
from pico.model.identity import PicoId
from pico.model.message import Message
from pico.model.snapshot import Snapshot
from pico.store import reads
from pico.store.cache import Cache
from pico.store.connection import MEMORY, FileLock, ThreadConnection, connect
from pico.store.faults import closed, unavailable
from pico.store.group import GroupWriter, Unit
from pico.store.migrate import migrate
from pico.store.steps import SQL, commit_steps, message_steps, unknown_receiver

T = TypeVar("T")

LEASE_SECONDS = 30.0


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class SqliteStore:
    """`Store` on one SQLite file, or in memory. Made by `open`."""

    def __init__(self, writing: ThreadConnection, reading: ThreadConnection, lock: FileLock,
                 node: str, clock: Callable[[], int], lease_seconds: float, shared: bool, active_picos: int) -> None:
        self._writing = writing
        self._reading = reading
        self._lock = lock
        self._writer = GroupWriter(writing)
        self._cache = Cache(0 if shared else active_picos)
        self._node = node
        self._clock = clock
        self._lease_milliseconds = int(lease_seconds * 1000)
        self._shared = shared
        self._closed = False

    @classmethod
    async def open(cls, path: str | Path, *, node: str = "embedded", clock: Callable[[], int] = wall_clock,
                   lease_seconds: float = LEASE_SECONDS, shared: bool = False,
                   active_picos: int = ACTIVE_PICOS.value) -> Self:
        """Open the database at `path` (`":memory:"` for none on disk), made or migrated where needed.

        `node` (not blank) names this engine among those that share the file; `clock` gives ms
        since 1970. A store is alone on its file unless it is `shared`: alone, it keeps a second
        one out, its leases never lapse, leases from before are void, and reads are cached for
        `active_picos` picos. Shared, it caches nothing, and its leases last `lease_seconds`.

        Raises `Unavailable`: `store-in-use`, `store-not-opened`, `store-read-only`, `store-damaged`,
        `store-too-new`, `foreign-database`, or as any write.
        """
        lock = FileLock(path)
        if path != MEMORY and not shared:
            await lock.acquire()
        opened: list[ThreadConnection] = []
        try:
            writing = await connect(path)
            opened.append(writing)
            await writing.run(_prepare, shared)
            reading = writing if path == MEMORY else await connect(path, read_only=True)
            opened.append(reading)
            store = cls(writing, reading, lock, node, clock, lease_seconds, shared, active_picos)
            await store.renew()
        except sqlite3.Error as error:
            await _let_go(opened, lock)
            raise unavailable(error) from error
        except BaseException:
            await _let_go(opened, lock)
            raise
        return store

    async def resolve(self, eci: str) -> Channel | None:
        """As `Store.resolve`."""
        known = self._cache.channel(eci)
        if known is not None:
            return known
        with self._cache.reading(eci):
            channel = await self._read(reads.find_channel, eci)
            if channel is not None:
                self._cache.keep_channel(channel)
        return channel

    def resolved(self, eci: str) -> Channel | None:
        """As `Store.resolved`."""
        return self._cache.channel(eci)

    async def snapshot(self, pico_id: PicoId) -> Snapshot | None:
        """As `Store.snapshot`."""
        known = self._cache.snapshot(pico_id)
        if known is not None:
            return known
        with self._cache.reading(pico_id):
            loaded = await self._read(reads.load_snapshot, pico_id)
            if loaded is None:
                return None
            self._cache.keep_snapshot(loaded)
        return loaded.snapshot

    async def commit(self, *commits: Commit) -> tuple[Message, ...]:
        """As `Store.commit`."""
        if not commits:
            return ()
        steps = commit_steps(commits, self._node, self._clock())
        held: tuple[Message, ...] = await self._write(Unit(partial(self._settle, commits), steps))
        return held

    async def post(self, *messages: Message) -> tuple[Message, ...]:
        """As `Store.post`."""
        if not messages:
            return ()
        steps = list(message_steps(messages, self._node, self._clock(), unknown_receiver))
        held: tuple[Message, ...] = await self._write(Unit(_settle_nothing, steps))
        return held

    async def claim(self, limit: int) -> tuple[Message, ...]:
        """As `Store.claim`."""
        now = self._clock()

        def claim(connection: sqlite3.Connection) -> tuple[Message, ...]:
            if self._shared:
                _extend_lease(connection, self._node, now, now + self._lease_milliseconds)
            return reads.claim_messages(connection, self._node, now, limit)

        claimed: tuple[Message, ...] = await self._write(Unit(_settle_nothing, work=claim))
        return claimed

    async def renew(self) -> None:
        """As `Store.renew`; a store that is alone has nothing to do."""
        if self._shared:
            now = self._clock()
            until = now + self._lease_milliseconds
            await self._write(Unit(_settle_nothing, work=lambda c: _extend_lease(c, self._node, now, until)))

    async def release(self) -> None:
        """As `Store.release`."""
        release = partial(_run_named, names=("release", "forget"), node=self._node)
        await self._write(Unit(_settle_nothing, work=release))

    async def next_due(self) -> int | None:
        """As `Store.next_due`."""
        return await self._read(reads.find_next_due, self._node)

    async def source(self, hash: str) -> str | None:
        """As `Store.source`."""
        return await self._read(reads.find_source, hash)

    async def pending(self, pico_id: PicoId) -> int:
        """As `Store.pending`."""
        return await self._read(reads.count_pending, pico_id)

    async def maintain(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the writing connection between two groups, outside any transaction.

        For an operator's tasks (a backup, a check of the file) and for tests.
        """
        return await self._writing.run(work)

    async def close(self) -> None:
        """As `Store.close`. Leases stay: `release` them first where others share the file."""
        if self._closed:
            return
        self._closed = True
        await self._writer.drain()
        await _let_go([self._writing, self._reading], self._lock)

    async def _read(self, read: Callable[..., T], *args: Any) -> T:
        if self._closed:
            raise closed()
        try:
            return await self._reading.run(reads.at_one_instant, read, *args)
        except sqlite3.Error as error:
            raise unavailable(error) from error

    async def _write(self, unit: Unit) -> Any:
        if self._closed:
            raise closed()
        self._writer.submit(unit)
        return await unit.answer

    def _settle(self, commits: Sequence[Commit], outcome: Any) -> None:
        if isinstance(outcome, PicoError):
            self._cache.forget(commits)
        else:
            self._cache.settle(commits)


def _settle_nothing(_: Any) -> None:
    """What a unit without commits has to tell the cache."""


def _prepare(connection: sqlite3.Connection, shared: bool) -> None:
    migrate(connection)
    if not shared:  # whoever held a lease is gone: the file is ours alone
        _run_named(connection, ("void-all", "forget-all"))


def _extend_lease(connection: sqlite3.Connection, node: str, now: int, until: int) -> None:
    _run_named(connection, ("void-lapsed", "forget-lapsed"), now=now)
    _run_named(connection, ("renew",), node=node, until=until)


def _run_named(connection: sqlite3.Connection, names: Sequence[str], **params: Any) -> None:
    for name in names:
        connection.execute(SQL[name], params)


async def _let_go(connections: Sequence[ThreadConnection], lock: FileLock) -> None:
    for connection in dict.fromkeys(connections):
        await connection.close()
    lock.release()
