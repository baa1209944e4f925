"""Engines to try things on: rulesets to install, a store that fails on purpose, and waiting."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pico.config import Settings
from pico.engine.engine import Engine
from pico.errors import Conflict, PicoError, Unavailable
from pico.model.channel import Policy
from pico.store.sqlite import SqliteStore

ANYTHING = Policy((("*", "*"),))

DIARY = """
ruleset diary {
  meta { shares seen }
  global { seen = function() { ent:seen.defaultsTo([]) } }
  rule note {
    select when test note
    fired { ent:seen := seen().append(event:attrs{"n"}) }
  }
  rule tell {
    select when test note
    send_directive("seen", {"all": seen()})
  }
}
"""


def settings(folder: Path) -> Settings:
    """An engine's settings; its store is given to it by the test."""
    values = {"home": str(folder), "store": "sqlite://:memory:", "base_url": "http://engine.example.com"}
    return Settings.load(values, {})


async def start(store: Any, folder: Path) -> Engine:
    return await Engine.start(store, settings(folder))


async def with_ruleset(engine: Engine, *sources: str, pico: str = "root") -> str:
    """Install rulesets on a pico and open a channel for everything; returns its ECI."""
    for source in sources:
        await engine.install(pico, source=source)
    return (await engine.open_channel(pico, ["test"], ANYTHING, ANYTHING)).eci


async def soon(look: Callable[[], Awaitable[Any]], right: Callable[[Any], bool]) -> Any:
    """What `look` finds, once it is `right`."""
    found = None
    for _ in range(300):
        found = await look()
        if right(found):
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"not within three seconds, but this: {found}")


async def at_rest(engine: Engine) -> None:
    """Return once no pico has anything to do and nothing waits in a mailbox."""
    async def busy() -> int:
        return sum(not r.idle() for r in engine.residents) + len(engine.residents.early)

    for _ in range(3):
        await soon(busy, lambda found: found == 0)
        await asyncio.sleep(0)


class FailingStore:
    """A store in front of another that fails as the contract says it may: then nothing was changed.

    `faults` gives, for a verb, an error to raise or None; `slow` lets a write take a moment. The
    order of writes stays that of their calls.
    """

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.faults: Callable[[str], Exception | None] = lambda verb: None
        self.slow: Callable[[], float] = lambda: 0.0
        self._order = asyncio.Lock()
        self._refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def commit(self, *commits: Any) -> Any:
        return await self._write("commit", self.store.commit, *commits)

    async def post(self, *messages: Any) -> Any:
        return await self._write("post", self.store.post, *messages)

    async def snapshot(self, pico_id: Any) -> Any:
        self._fail("snapshot")
        return await self.store.snapshot(pico_id)

    async def _write(self, verb: str, write: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        async with self._order:
            await asyncio.sleep(self.slow())
            self._fail(verb)
            return await write(*args)

    def _fail(self, verb: str) -> None:
        error = self.faults(verb)
        if error is not None:
            self._refused += 1
            raise error

    async def refusals(self) -> int:
        """How often it failed on purpose so far."""
        return self._refused


def at_random(dice: random.Random, share: float) -> Callable[[str], Exception | None]:
    """Faults on a share of all calls, each of the kinds that a store may give, and a defect now and then."""
    def fault(verb: str) -> Exception | None:
        if dice.random() >= share:
            return None
        if verb == "commit" and dice.random() < 0.5:
            return Conflict("version-conflict", "somebody else was faster")
        return Unavailable("disk-full", "the disk is full")

    return fault


async def outcome(work: Awaitable[Any]) -> Any:
    """What comes of it: a value, or the `PicoError`."""
    try:
        return await work
    except PicoError as error:
        return error


async def others() -> set[str]:
    """The names of the tasks that run besides the one that asks."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
    mine = asyncio.current_task()
    return {repr(task) for task in asyncio.all_tasks() if task is not mine}
