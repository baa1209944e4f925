"""Short ways to make the values that store tests are about, and the stores themselves."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pico.model.channel import Channel, Policy
from pico.model.commit import Birth, Commit, EntityDrop, EntityPut
from pico.model.message import Event, Message
from pico.model.snapshot import Installed, Snapshot
from pico.store.interface import Store
from pico.store.sqlite import SqliteStore

NOW = 1_000_000
RID = "com.example.boots"


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Home:
    """One place where a store keeps its data; opens stores there and closes them at the end."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.path = ":memory:" if kind == "memory" else str(folder / "pico.sqlite")
        self.clock = Clock()
        self._opened: list[Any] = []

    async def open(self, **options: Any) -> Any:
        store = await SqliteStore.open(self.path, clock=self.clock, **options)
        self._opened.append(store)
        return store

    async def __aenter__(self) -> "Home":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        for store in self._opened:
            await store.close()


def born(pico_id: str, parent: str | None = None, born_at: int = 0, **effects: Any) -> Commit:
    """The commit of a birth; a child's family ECIs are named after it."""
    birth = Birth(born_at=born_at)
    if parent is not None:
        birth = Birth(parent, f"{pico_id}-in-{parent}", f"{parent}-in-{pico_id}", born_at)
    return Commit(pico_id, 0, birth=birth, **effects)


def put(name: str, value: Any, key: str | None = None) -> EntityPut:
    return EntityPut(RID, name, key, value)


def drop(name: str, key: str | None = None) -> EntityDrop:
    return EntityDrop(RID, name, key)


def channel(eci: str, pico_id: str, *tags: str) -> Channel:
    events = Policy(allow=(("tag", "*"),), deny=(("tag", "lost"),))
    return Channel(eci, pico_id, tags, events, Policy(allow=((RID, "*"),)))


def installed(rid: str, position: int = 1, **config: Any) -> Installed:
    return Installed(rid, f"https://example.com/{rid}.krl", "0" * 64, config, position, ("http",))


def message(id: str, pico_id: str, due_at: int = NOW, **more: Any) -> Message:
    return Message(id, pico_id, Event("an-eci", "tag", "scanned", {"by": "a passer-by"}, NOW), due_at, **more)


async def value_of(store: Store, pico_id: str, name: str) -> Any:
    snapshot = await store.snapshot(pico_id)
    assert snapshot is not None
    return snapshot.entity(RID, name)


def written(snapshot: Snapshot | None) -> str:
    """A snapshot as text in which 1, 1.0 and true differ, and so do two orders of one map's keys."""
    if snapshot is None:
        return "none"
    unordered = {
        "entities": sorted(snapshot.entities.items(), key=lambda e: e[0]),
        "states": sorted(snapshot.states.items(), key=lambda e: e[0]),
    }
    ordered = (list(snapshot.channels.items()), list(snapshot.rulesets.items()), snapshot.children)
    return repr((snapshot.pico_id, snapshot.version, snapshot.birth, ordered, unordered))


def in_a_loop(story: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine function from a plain test, such as a property."""

    async def run() -> None:
        await story()

    asyncio.run(run())
