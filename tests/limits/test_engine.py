"""Limits on what one engine does at a time and keeps in memory: each at the limit and past it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pico.config import Settings
from pico.engine import registry, resident, residents
from pico.engine.engine import Engine
from pico.errors import LimitExceeded, TurnFailed
from pico.limits import (
    ACTIVE_PICOS,
    COMMITS_PER_GROUP,
    COMPILED_RULESETS,
    MAILBOX_MESSAGES,
    QUERY_WAIT_SECONDS,
    TURN_SECONDS,
)
from pico.model.channel import Policy
from pico.model.commit import Birth, Commit
from pico.model.identity import PicoId
from pico.runtime.host import HttpAnswer, HttpCall
from pico.store.sqlite import SqliteStore

EVERYTHING = Policy(allow=(("*", "*"),))
COUNTER = """
ruleset counter {
  meta { shares ticks }
  global { ticks = function() { ent:ticks.defaultsTo(0) } }
  rule tick {
    select when test tick
    send_directive("ticked")
    always { ent:ticks := ticks() + 1 }
  }
  rule call {
    select when test call
    http:get("https://example.com") setting(answer)
    always { ent:ticks := ticks() + answer{"status_code"} }
  }
}
"""


class Gate:
    """The outside: it answers once it is open."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.open = asyncio.Event()

    async def call(self, request: HttpCall) -> HttpAnswer:
        self.asked.set()
        await self.open.wait()
        return HttpAnswer(100, "", {}, b"")


@pytest.fixture
async def engine(settings: Settings, tmp_path: Path) -> AsyncIterator[Engine]:
    """An engine that keeps what it knows on disk."""
    started = await Engine.start(await SqliteStore.open(tmp_path / "limits.sqlite"), settings)
    yield started
    await started.stop()


@pytest.fixture
async def gate(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gate]:
    """What the engine's rules reach instead of the internet."""
    made = Gate()
    monkeypatch.setattr(engine.outside, "call", made.call)
    yield made
    made.open.set()


@pytest.fixture
async def eci(engine: Engine) -> str:
    """A channel of a pico that counts."""
    return await counting(engine)


async def counting(engine: Engine) -> str:
    """A new pico with the ruleset above; an ECI that reaches all of it."""
    pico_id = PicoId(engine.host().new_id())
    await engine.store.commit(Commit(pico_id, 0, birth=Birth(born_at=engine.host().now())))
    await engine.install(pico_id, source=COUNTER)
    return (await engine.open_channel(pico_id, [], EVERYTHING, EVERYTHING)).eci


async def count(engine: Engine, eci: str) -> Any:
    return await engine.query(eci, "counter", "ticks")


def smaller(monkeypatch: pytest.MonkeyPatch, *modules: Any) -> Callable[[str, Any], None]:
    """Makes a limit smaller where modules use it."""

    def shrink(name: str, value: Any) -> None:
        for module in modules:
            monkeypatch.setattr(module, name, replace(getattr(module, name), value=value))

    return shrink


async def test_a_turn_that_waits_too_long_is_given_up_and_the_next_one_runs(
    engine: Engine, eci: str, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller(monkeypatch, resident)("TURN_SECONDS", 0.2)
    waiting = asyncio.create_task(engine.send_wait(eci, "test", "call"))
    await gate.asked.wait()
    kept = await engine.send(eci, "test", "tick")
    began = time.monotonic()
    with pytest.raises(TurnFailed) as given_up:
        await waiting
    assert given_up.value.code == TURN_SECONDS.name
    assert time.monotonic() - began < 5
    assert isinstance(kept, str)
    assert await count(engine, eci) == 1
    gate.asked.clear()
    await engine.send(eci, "test", "call")  # nobody waits for this one, but it is given up all the same
    await gate.asked.wait()
    assert await count(engine, eci) == 1
    [pico_id] = [(await engine.resolve(eci)).pico_id]
    assert await engine.store.pending(pico_id) == 0


async def test_a_turn_that_ends_in_its_time_is_left_alone(engine: Engine, eci: str, gate: Gate) -> None:
    waiting = asyncio.create_task(engine.send_wait(eci, "test", "call"))
    await gate.asked.wait()
    await asyncio.sleep(0.1)
    gate.open.set()
    await waiting
    assert await count(engine, eci) == 100


async def test_a_query_waits_for_earlier_messages_but_not_for_ever(
    engine: Engine, eci: str, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert QUERY_WAIT_SECONDS.value < TURN_SECONDS.value
    waiting = asyncio.create_task(engine.send_wait(eci, "test", "call"))
    await gate.asked.wait()
    asked = asyncio.create_task(count(engine, eci))
    await asyncio.sleep(0.1)
    gate.open.set()
    assert await asked == 100
    await waiting
    smaller(monkeypatch, resident)("QUERY_WAIT_SECONDS", 0.2)
    gate.open.clear()
    gate.asked.clear()
    waiting = asyncio.create_task(engine.send_wait(eci, "test", "call"))
    await gate.asked.wait()
    assert await count(engine, eci) == 100, "the last committed state answers"
    gate.open.set()
    await waiting
    assert await count(engine, eci) == 200


async def test_a_mailbox_that_is_full_refuses_and_its_neighbour_does_not(
    engine: Engine, eci: str, gate: Gate
) -> None:
    neighbour = await counting(engine)
    blocked = asyncio.create_task(engine.send_wait(eci, "test", "call"))
    await gate.asked.wait()
    waiting = [asyncio.create_task(engine.send_wait(eci, "test", "nothing")) for _ in range(MAILBOX_MESSAGES.value)]
    await asyncio.sleep(0)
    for send in (engine.send, engine.send_wait):
        with pytest.raises(LimitExceeded) as refused:
            await send(eci, "test", "tick")
        assert refused.value.limit is MAILBOX_MESSAGES
    await engine.send_wait(neighbour, "test", "tick")
    assert await count(engine, neighbour) == 1
    gate.open.set()
    await blocked
    await asyncio.gather(*waiting)
    await engine.send_wait(eci, "test", "tick")
    assert await count(engine, eci) == 101, "what was refused left no trace"


async def test_so_many_compiled_rulesets_are_kept_and_the_rest_compiled_again(
    engine: Engine, eci: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller(monkeypatch, registry)("COMPILED_RULESETS", 3)
    assert COMPILED_RULESETS.value > 3
    texts = [f"ruleset r{n} {{ }}" for n in range(4)]
    first = [await engine.registry.compile(text, "") for text in texts[:3]]
    assert [await engine.registry.compile(text, "") for text in texts[:3]] == first
    await engine.registry.compile(texts[0], "")
    await engine.registry.compile(texts[3], "")
    assert await engine.registry.compile(texts[0], "") is first[0], "used a moment ago"
    assert await engine.registry.compile(texts[1], "") is not first[1], "not used for longest"
    await engine.send_wait(eci, "test", "tick")
    assert await count(engine, eci) == 1


async def test_so_many_picos_are_kept_and_the_rest_read_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink = smaller(monkeypatch, residents)
    assert ACTIVE_PICOS.value > 3
    shrink("ACTIVE_PICOS", 3)
    ecis = [await counting(engine) for _ in range(6)]
    for number in range(3):
        for eci in ecis:
            await engine.send_wait(eci, "test", "tick")
            assert await count(engine, eci) == number + 1
            assert engine.counts()["picos_in_memory"] <= 3


async def test_a_pico_that_works_stays_in_memory(engine: Engine, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    smaller(monkeypatch, residents)("ACTIVE_PICOS", 1)
    busy = await counting(engine)
    waiting = asyncio.create_task(engine.send_wait(busy, "test", "call"))
    await gate.asked.wait()
    others = [await counting(engine) for _ in range(3)]
    await asyncio.gather(*(engine.send_wait(eci, "test", "tick") for eci in others))
    gate.open.set()
    await waiting
    assert await count(engine, busy) == 100


async def test_one_transaction_takes_so_many_commits(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "groups.sqlite")
    said: list[str] = []
    await store.maintain(lambda connection: connection.set_trace_callback(said.append))
    most = COMMITS_PER_GROUP.value
    await asyncio.gather(*(store.commit(Commit(PicoId(f"p{n}"), 0, birth=Birth(born_at=1))) for n in range(2 * most)))
    assert said.count("COMMIT") == 2
    await asyncio.gather(*(store.commit(Commit(PicoId(f"p{n % most}"), 1 + n // most)) for n in range(2 * most + 1)))
    assert said.count("COMMIT") == 5
    await store.close()
