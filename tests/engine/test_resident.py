"""One pico under load and under faults: nothing that was acknowledged is lost, repeated or reordered."""

import asyncio
import random
from typing import Any

import pytest

from pico.engine.engine import Engine
from pico.engine.resident import Job
from pico.errors import Conflict, Invalid, PicoError, TurnFailed, Unavailable
from pico.model.commit import Commit, Reply
from pico.model.identity import Eci, PicoId
from pico.model.message import Event, Message
from tests.engine.worlds import DIARY, FailingStore, at_random, at_rest, outcome, soon, with_ruleset

ROOT = PicoId("root")


def told(reply: Reply) -> list[int]:
    """What the diary held after its own turn."""
    return next(d["options"]["all"] for d in reply.directives if d["name"] == "seen")


@pytest.mark.parametrize("seed", range(25))
async def test_whatever_the_store_does_the_acknowledged_happens_once_and_in_order(
    engine: Engine, store: FailingStore, seed: int
) -> None:
    dice = random.Random(seed)
    eci = await with_ruleset(engine, DIARY)
    store.faults, store.slow = at_random(dice, dice.choice([0.0, 0.1, 0.4])), lambda: dice.choice([0, 0, 0.001])
    done: list[tuple[str, int, asyncio.Task[Any]]] = []
    for n in range(60):
        kind = dice.choice(["send", "send", "wait", "wait", "wait", "query", "install"])
        work = {
            "send": lambda n=n: engine.send(eci, "test", "note", {"n": n}),
            "wait": lambda n=n: engine.send_wait(eci, "test", "note", {"n": n}),
            "query": lambda: engine.query(eci, "diary", "seen"),
            "install": lambda n=n: engine.install(ROOT, source=f"ruleset other{n % 3} {{ }} // {n}"),
        }[kind]()
        done.append((kind, n, asyncio.create_task(outcome(work))))
        if dice.random() < 0.3:
            await asyncio.sleep(dice.choice([0, 0, 0.003]))
    results = [(kind, n, await asyncio.wait_for(task, 20)) for kind, n, task in done]
    store.faults = lambda verb: None
    await at_rest(engine)

    final = await engine.query(eci, "diary", "seen")
    happened = [n for kind, n, result in results if kind in ("send", "wait") and not isinstance(result, PicoError)]
    assert final == happened
    for kind, n, result in results:
        if isinstance(result, PicoError):
            assert isinstance(result, Unavailable), result
        elif kind == "wait":
            assert told(result) == happened[: happened.index(n) + 1]
        elif kind == "query":
            assert result == happened[: len(result)]
            assert set(result) >= {m for m in happened if m < n}
    assert await store.pending(ROOT) == 0


async def test_a_reply_comes_only_after_its_commit_and_all_before_it(engine: Engine, store: FailingStore) -> None:
    eci = await with_ruleset(engine, DIARY)
    store.slow = lambda: 0.02
    replies: list[int] = []

    async def note(n: int) -> None:
        await engine.send_wait(eci, "test", "note", {"n": n})
        on_disk = await store.store.snapshot(ROOT)
        assert on_disk is not None
        assert n in on_disk.entity("diary", "seen")
        replies.append(n)

    await asyncio.gather(*(note(n) for n in range(6)))
    assert replies == list(range(6))


async def test_while_the_disk_is_full_callers_are_told_and_stored_messages_run_afterwards(
    engine: Engine, store: FailingStore
) -> None:
    eci = await with_ruleset(engine, DIARY)
    full = Unavailable("disk-full", "the disk is full")
    store.faults = lambda verb: full if verb in ("commit", "snapshot") else None
    await engine.send(eci, "test", "note", {"n": 1})
    waiting = [asyncio.create_task(outcome(engine.send_wait(eci, "test", "note", {"n": n}))) for n in (2, 3)]
    for task in waiting:
        refused = await asyncio.wait_for(task, 2)
        assert isinstance(refused, Unavailable)
        assert refused.code == "disk-full"
    store.faults = lambda verb: None
    assert told(await engine.send_wait(eci, "test", "note", {"n": 4})) == [1, 4]


async def test_a_commit_that_always_conflicts_is_given_back_to_its_caller(engine: Engine, store: FailingStore) -> None:
    eci = await with_ruleset(engine, DIARY)
    store.faults = lambda verb: Conflict("version-conflict", "busy") if verb == "commit" else None
    assert isinstance(await outcome(engine.send_wait(eci, "test", "note", {"n": 1})), Unavailable)
    store.faults = lambda verb: None
    assert told(await engine.send_wait(eci, "test", "note", {"n": 2})) == [2]


@pytest.mark.parametrize("error", [Invalid("not-json", "no JSON has this"), RuntimeError("a defect")], ids=repr)
async def test_a_commit_that_can_never_be_written_fails_alone(
    engine: Engine, store: FailingStore, error: Exception
) -> None:
    eci = await with_ruleset(engine, DIARY)
    bad = [error]
    store.faults = lambda verb: bad.pop() if verb == "commit" and bad else None
    await engine.send(eci, "test", "note", {"n": 1})
    assert told(await asyncio.wait_for(engine.send_wait(eci, "test", "note", {"n": 2}), 2)) == [2]
    bad.append(error)
    refused = await outcome(engine.send_wait(eci, "test", "note", {"n": 3}))
    assert isinstance(refused, TurnFailed)
    assert refused.code == ("not-json" if isinstance(error, Invalid) else "internal-error")
    bad.append(error)
    assert isinstance(await outcome(engine.install(ROOT, source="ruleset other { }")), PicoError)
    assert told(await engine.send_wait(eci, "test", "note", {"n": 4})) == [2, 4]
    assert await store.pending(ROOT) == 0


async def test_a_defect_in_a_turns_machinery_fails_that_job_and_the_pico_goes_on(
    engine: Engine, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> tuple[Commit, ...]:
        raise ZeroDivisionError

    eci = await with_ruleset(engine, DIARY)
    resident = engine.residents.held[ROOT]
    stored = Message("m1", ROOT, Event(Eci(eci), "test", "note", {"n": 0}), 0, durable=True)
    (held,) = await store.post(stored)
    waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    resident.accept(Job(broken, held))
    resident.accept(Job(broken, Message("m2", ROOT, held.event, 0), waiting))
    reply = asyncio.create_task(engine.send_wait(eci, "test", "note", {"n": 1}))
    for failing in (waiting, engine.change(ROOT, broken)):
        with pytest.raises(PicoError) as refused:
            await failing
        assert refused.value.code == "internal-error"
    assert told(await reply) == [1]
    assert await store.pending(ROOT) == 0
    assert "ZeroDivisionError" in caplog.text


async def test_a_refused_change_is_answered_in_its_place(engine: Engine, store: FailingStore) -> None:
    eci = await with_ruleset(engine, DIARY)
    store.slow = lambda: 0.01
    order: list[str] = []

    async def step(name: str, work: Any) -> None:
        await outcome(work)
        order.append(name)

    await asyncio.gather(
        step("first", engine.send_wait(eci, "test", "note", {"n": 1})),
        step("refused", engine.uninstall(ROOT, "no.such.ruleset")),
        step("nothing", engine.send_wait(eci, "test", "unheard", {})),
        step("last", engine.send_wait(eci, "test", "note", {"n": 2})),
    )
    assert order == ["first", "refused", "nothing", "last"]


async def test_a_message_that_was_handled_elsewhere_is_dropped(engine: Engine, store: FailingStore) -> None:
    eci = await with_ruleset(engine, DIARY)
    ghost = Message("ghost", ROOT, Event(Eci(eci), "test", "note", {"n": 0}), 0, durable=True)
    engine.residents.deliver(ghost)
    assert told(await engine.send_wait(eci, "test", "note", {"n": 1})) == [1]


async def test_a_caller_that_goes_away_stops_nothing(engine: Engine, store: FailingStore) -> None:
    eci = await with_ruleset(engine, DIARY)
    store.slow = lambda: 0.02
    for work in (engine.send_wait(eci, "test", "note", {"n": 1}), engine.send(eci, "test", "note", {"n": 2})):
        going = asyncio.create_task(work)
        await asyncio.sleep(0.005)
        going.cancel()
        await asyncio.wait([going])
    assert await soon(lambda: engine.query(eci, "diary", "seen"), lambda seen: seen == [1, 2])


async def test_a_busy_pico_leaves_room_for_its_neighbours(engine: Engine) -> None:
    eci = await with_ruleset(engine, DIARY)
    crowd = [asyncio.create_task(engine.send_wait(eci, "test", "nobody", {})) for _ in range(3_000)]
    await asyncio.sleep(0)  # now all of them are in the inbox
    passes = 0
    while not crowd[-1].done():
        passes += 1
        await asyncio.sleep(0)
    assert passes > 20
    await asyncio.gather(*crowd)


async def test_stopping_tells_whoever_still_waits(
    engine: Engine, store: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    eci = await with_ruleset(engine, DIARY)
    resident = engine.residents.held[ROOT]
    never = asyncio.Event()

    async def hang(request: Any) -> Any:
        await never.wait()

    asking = DIARY.replace("ruleset diary", "ruleset asking").replace(
        'select when test note\n    fired', 'select when test note\n    http:get("https://example.com")\n    fired')
    await engine.install(ROOT, source=asking)
    monkeypatch.setattr(engine, "answer", hang)
    waiting = [asyncio.create_task(outcome(engine.send_wait(eci, "test", "note", {"n": n}))) for n in (1, 2)]
    await asyncio.sleep(0.01)
    await resident.end()
    for task in waiting:
        refused = await asyncio.wait_for(task, 1)
        assert isinstance(refused, Unavailable)
        assert refused.code == "stopping"
    late = await asyncio.wait_for(outcome(engine.send_wait(eci, "test", "note", {"n": 3})), 1)
    assert isinstance(late, Unavailable)
