"""What the engine promises to whoever sends, asks, installs and watches."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from pico.engine import residents as residents_module
from pico.engine.engine import Engine
from pico.errors import CompileFault, Invalid, LimitExceeded, NotFound, PicoError, TurnFailed, Unavailable
from pico.limits import Limit
from pico.model.commit import Birth, Commit
from pico.model.identity import Eci, PicoId
from pico.model.message import Event, Message
from pico.store.sqlite import SqliteStore
from tests.engine.worlds import ANYTHING, DIARY, FailingStore, at_rest, others, outcome, soon, start, with_ruleset

ROOT = PicoId("root")


async def neighbours(store: FailingStore, *names: str) -> None:
    """Further picos, children of the root."""
    for name in names:
        birth = Birth(ROOT, Eci(f"{name}-in-root"), Eci(f"root-in-{name}"))
        await store.commit(Commit(PicoId(name), 0, birth=birth))


# Durability


async def test_what_was_acknowledged_survives_an_engine_that_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "pico.sqlite"
    first = await SqliteStore.open(path)
    engine = await start(first, tmp_path)
    eci = await with_ruleset(engine, DIARY)
    resident = engine.residents.held[ROOT]
    resident._wake = lambda: None  # type: ignore[method-assign]  # it dies before any turn begins
    for n in range(5):
        await engine.send(eci, "test", "note", {"n": n})
    await first.close()  # and nothing else: no `stop`

    engine = await start(await SqliteStore.open(path), tmp_path)
    assert await engine.query(eci, "diary", "seen") == [0, 1, 2, 3, 4]
    await engine.stop()
    engine = await start(await SqliteStore.open(path), tmp_path)
    assert await engine.query(eci, "diary", "seen") == [0, 1, 2, 3, 4]
    await engine.stop()


async def test_messages_left_over_run_before_newer_ones_and_wait_for_a_store_that_cannot_be_read(
    store: FailingStore, tmp_path: Path
) -> None:
    engine = await start(store, tmp_path)
    await neighbours(store, "cold")
    eci = await with_ruleset(engine, DIARY, pico="cold")
    left = [Message(f"m{n}", PicoId("cold"), Event(Eci(eci), "test", "note", {"n": n}), 0) for n in range(4)]
    await store.post(*left)
    await store.release()
    engine.residents.held.clear()
    gc.collect()
    failures = [Unavailable("store-locked", "a backup runs") for _ in range(3)]
    store.faults = lambda verb: failures.pop() if verb == "snapshot" and failures else None
    await engine.clock._claim()
    await soon(store.refusals, lambda count: count == 3)
    newer = [asyncio.create_task(engine.send_wait(eci, "test", "note", {"n": n})) for n in (10, 11)]
    await asyncio.gather(*newer)
    assert await engine.query(eci, "diary", "seen") == [0, 1, 2, 3, 10, 11]
    await engine.stop()


async def test_stopping_twice_or_with_a_full_disk_still_closes_the_store(store: FailingStore, tmp_path: Path) -> None:
    before = await others()
    engine = await start(store, tmp_path)

    async def release() -> None:
        raise Unavailable("disk-full", "the disk is full")

    store.release = release  # type: ignore[method-assign]
    await engine.stop()
    assert store.store._closed
    assert await others() <= before


# Queries


ASKING = """
ruleset asking {
  meta { shares mine, direct, around, relay }
  global {
    mine = function() { ent:n.defaultsTo(0) }
    direct = function() { ctx:query(ctx:picoId, "asking", "mine") }
    around = function(via, back) { ctx:query(via, "asking", "relay", {"back": back}) }
    relay = function(back) { ctx:query(back, "asking", "mine") }
  }
  rule count {
    select when test count
    pre { held = direct() }
    send_directive("held", {"n": held})
    always { ent:n := mine() + 1 }
  }
  rule loop {
    select when test loop
    pre { seen = around(event:attrs{"via"}, event:attrs{"back"}) }
    send_directive("seen", {"n": seen})
    always { ent:n := 100 }
  }
}
"""


async def test_a_query_sees_all_that_was_accepted_before_it(engine: Engine, store: FailingStore) -> None:
    eci = await with_ruleset(engine, DIARY)
    store.slow = lambda: 0.01
    for n in range(3):
        await engine.send(eci, "test", "note", {"n": n})
    waiting = [asyncio.create_task(engine.send_wait(eci, "test", "note", {"n": n})) for n in (3, 4)]
    await asyncio.sleep(0)
    assert await engine.query(eci, "diary", "seen") == [0, 1, 2, 3, 4]
    await asyncio.gather(*waiting)


async def test_a_pico_that_asks_itself_is_answered_from_what_is_committed(engine: Engine) -> None:
    eci = await with_ruleset(engine, ASKING)
    for n in range(2):
        reply = await asyncio.wait_for(engine.send_wait(eci, "test", "count"), 2)
        assert [d["options"] for d in reply.directives] == [{"n": n}]
    assert await asyncio.wait_for(engine.query(eci, "asking", "direct"), 2) == 2


async def test_picos_that_ask_in_a_circle_are_answered_at_once(engine: Engine, store: FailingStore) -> None:
    await neighbours(store, "other")
    here = await with_ruleset(engine, ASKING)
    there = await with_ruleset(engine, ASKING, pico="other")
    reply = await asyncio.wait_for(engine.send_wait(here, "test", "loop", {"via": there, "back": here}), 2)
    assert [d["options"] for d in reply.directives] == [{"n": 0}]
    assert await engine.query(here, "asking", "mine") == 100


async def test_what_fails_in_the_asked_pico_is_told_at_the_place_of_the_question(
    engine: Engine, store: FailingStore
) -> None:
    await neighbours(store, "other")
    there = await with_ruleset(engine, """ruleset same { meta { shares f } global {


      f = function() { "ten" - 1 }
    } }""", pico="other")
    here = await with_ruleset(engine, """ruleset same {
      rule ask { select when test ask
        pre { n = ctx:query(event:attrs{"there"}, "same", "f") } } }""")
    with pytest.raises(TurnFailed) as failed:
        await engine.send_wait(here, "test", "ask", {"there": there})
    assert [(e["rid"], e["rule"], e["code"], e["line"]) for e in failed.value.reply.errors] == [
        ("same", "ask", "bad-operand", 3)
    ]


async def test_a_function_that_asks_its_own_pico_for_ever_ends_with_an_error(engine: Engine) -> None:
    endless = ('ruleset endless { meta { shares f } global { '
               'f = function(n) { 1 + ctx:query(ctx:picoId, "endless", "f", {"n": n}) } } }')
    eci = await with_ruleset(engine, endless, DIARY)
    with pytest.raises(PicoError):
        await asyncio.wait_for(engine.query(eci, "endless", "f", {"n": 1}), 30)
    assert await engine.query(eci, "diary", "seen") == []


# Rulesets


VERSIONED = """
ruleset versioned {
  meta { shares version, kept }
  global { version = "%s"  kept = function() { ent:kept } }
  rule keep { select when test note send_directive("versioned") fired { ent:kept := version } }
}
"""


async def test_installing_anew_keeps_state_and_order_and_uninstalling_keeps_neither(engine: Engine) -> None:
    eci = await with_ruleset(engine, VERSIONED % "one", DIARY)
    await engine.send_wait(eci, "test", "note", {"n": 1})
    await engine.install(ROOT, source=VERSIONED % "two")
    assert await engine.query(eci, "versioned", "kept") == "one"
    assert await engine.query(eci, "versioned", "version") == "two"
    assert list((await engine.snapshot(ROOT)).rulesets) == ["versioned", "diary"]
    await engine.uninstall(ROOT, "versioned")
    with pytest.raises(NotFound) as missing:
        await engine.query(eci, "versioned", "kept")
    assert missing.value.code == "ruleset-not-installed"
    await engine.install(ROOT, source=VERSIONED % "three")
    assert await engine.query(eci, "versioned", "kept") is None
    reply = await engine.send_wait(eci, "test", "note", {"n": 2})
    assert [d["name"] for d in reply.directives] == ["seen", "versioned"]


async def test_the_users_of_a_module_follow_it_and_keep_it_from_going(engine: Engine) -> None:
    library = 'ruleset lib { meta { provides word } global { word = function() { "%s" } } }'
    between = ("ruleset between { meta { use module lib alias lib provides word } "
               "global { word = function() { lib:word() } } }")
    user = ("ruleset user { meta { use module between alias b shares said, fixed } "
            "global { said = function() { b:word() } fixed = b:word() } }")
    with pytest.raises(CompileFault) as refused:
        await engine.install(ROOT, source=user)
    assert refused.value.code == "module-not-found"
    eci = await with_ruleset(engine, library % "old", between, user)
    assert await engine.query(eci, "user", "said") == "old"
    await engine.install(ROOT, source=library % "new")
    assert await engine.query(eci, "user", "said") == "new"
    assert await engine.query(eci, "user", "fixed") == "new"
    with pytest.raises(Invalid) as used:
        await engine.uninstall(ROOT, "lib")
    assert used.value.code == "module-in-use"
    for rid in ("user", "between", "lib"):
        await engine.uninstall(ROOT, rid)


async def test_a_failing_global_is_shown_in_its_place_and_nothing_is_installed(engine: Engine) -> None:
    await engine.install(ROOT, source=DIARY)
    await at_rest(engine)
    version = (await engine.snapshot(ROOT)).version
    source = 'ruleset diary {\n  global {\n    a = "ä" + [1].map("no function")\n  }\n}'
    with pytest.raises(CompileFault) as refused:
        await engine.install(ROOT, source=source)
    place = refused.value.diagnostics[0].to_map()
    assert (place["code"], place["line"], place["column"]) == ("bad-callback", 3, 15)
    assert (await engine.snapshot(ROOT)).version == version


async def test_globals_read_the_configuration_that_they_are_installed_with(engine: Engine) -> None:
    source = """ruleset configured {
      meta { shares greeting, place }
      global { greeting = "hello " + meta:rulesetConfig{"name"}  place = ctx:rid_url }
    }"""
    eci = await with_ruleset(engine)
    for name in ("ada", "grace"):
        report = await engine.install(ROOT, source=source, config={"name": name})
        assert await engine.query(eci, "configured", "greeting") == f"hello {name}"
        assert await engine.query(eci, "configured", "place") == report.installed.url


async def test_picos_with_one_ruleset_never_see_each_others_values(engine: Engine, store: FailingStore) -> None:
    # Each reads the pico while it loads, by another way.
    ways = ["f()", "[1].map(f)[0]", '{"f": f}{"f"}()', "[f][0]()", "1.head()", "1.f()"]
    declared = "  ".join(f"v{n} = {way}" for n, way in enumerate(ways))
    # `head` is the ruleset's own here, not the library's.
    source = (f"ruleset own {{ meta {{ shares {', '.join(f'v{n}' for n in range(len(ways)))} }} "
              f"global {{ f = function(x) {{ meta:picoId }} head = function(x) {{ ctx:picoId }} {declared} }} }}")
    await neighbours(store, "p1", "p2")
    for pico in ("p1", "p2"):
        eci = await with_ruleset(engine, source, pico=pico)
        assert [await engine.query(eci, "own", f"v{n}") for n in range(len(ways))] == [pico] * len(ways)


# Memory


async def test_picos_that_come_and_go_keep_one_resident_each(
    engine: Engine, store: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residents_module, "ACTIVE_PICOS", Limit("active-picos", 2, "picos", "a test"))
    names = [f"p{n}" for n in range(5)]
    await neighbours(store, *names)
    ecis = [await with_ruleset(engine, DIARY, pico=name) for name in names]
    store.slow = lambda: 0.001
    loads: list[str] = []
    plain = engine.reload

    async def reload(pico_id: PicoId) -> Any:
        loads.append(pico_id)
        await asyncio.sleep(0.001)
        return await plain(pico_id)

    monkeypatch.setattr(engine, "reload", reload)
    work = [engine.send_wait(ecis[n % 5], "test", "note", {"n": n}) for n in range(60)]
    replies = await asyncio.gather(*work)
    for n, reply in enumerate(replies):
        mine = next(d["options"]["all"] for d in reply.directives)
        assert mine == list(range(n % 5, n + 1, 5))
    await at_rest(engine)
    await asyncio.gather(*(engine.query(eci, "diary", "seen") for eci in ecis))
    assert engine.counts()["picos_in_memory"] <= 3


async def test_a_pico_that_left_the_cache_while_somebody_has_it_is_not_loaded_beside_itself(engine: Engine) -> None:
    eci = await with_ruleset(engine, DIARY)
    held = engine.residents.held[ROOT]
    engine.residents.held.clear()
    assert await engine.residents.get(ROOT) is held
    held.accept(engine._job(Message("m", ROOT, Event(Eci(eci), "test", "note", {"n": 1}), 0)))
    engine.residents.held.clear()
    assert await engine.query(eci, "diary", "seen") == [1]


async def test_many_who_come_to_a_sleeping_pico_at_once_wake_one(
    engine: Engine, store: FailingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await neighbours(store, "p")
    eci = await with_ruleset(engine, DIARY, pico="p")
    del engine.residents.held[PicoId("p")]
    gc.collect()
    loads: list[str] = []
    plain = engine.reload

    async def reload(pico_id: PicoId) -> Any:
        loads.append(pico_id)
        await asyncio.sleep(0.001)
        return await plain(pico_id)

    monkeypatch.setattr(engine, "reload", reload)
    await asyncio.gather(*(engine.send_wait(eci, "test", "note", {"n": n}) for n in range(10)))
    assert loads == ["p"]
    assert await engine.query(eci, "diary", "seen") == list(range(10))


# Faults


FAULTY = """
ruleset faulty {
  meta { shares heard }
  global { heard = function() { ent:heard.defaultsTo([]) } }
  rule fail { select when test fail fired { ent:heard := [1].map("nothing") } }
  rule hear {
    select when system error
    fired { ent:heard := heard().append(event:attrs.filter(function(v, k) { k != "errors" })) }
  }
  rule fail_again { select when system error fired { ent:x := [1].map("nothing") } }
}
"""
LISTENER = FAULTY.replace("ruleset faulty", "ruleset listener").replace("rule fail", "rule silent").replace(
    "select when test fail", "select when test nothing").replace("[1].map(\"nothing\")", "1")


async def test_a_contained_fault_is_told_to_the_pico_once(engine: Engine, store: FailingStore) -> None:
    eci = await with_ruleset(engine, FAULTY, LISTENER)
    with pytest.raises(TurnFailed) as failed:
        await engine.send_wait(eci, "test", "fail")
    (error,) = failed.value.reply.errors
    assert (error["rid"], error["rule"], error["code"]) == ("faulty", "fail", "bad-callback")
    (heard,) = await engine.query(eci, "listener", "heard")
    assert heard == {**error, "genus": "system"}
    await at_rest(engine)
    assert await store.pending(ROOT) == 0
    assert len(await engine.query(eci, "listener", "heard")) == 1


# Watching


async def test_who_watches_hears_of_every_change_and_of_nothing_else(engine: Engine) -> None:
    eci = await with_ruleset(engine, DIARY)
    await at_rest(engine)
    async with engine.watch(ROOT) as versions:
        await engine.send_wait(eci, "test", "nobody")
        await engine.query(eci, "diary", "seen")
        assert versions.empty()
        for n in range(3):
            await engine.send_wait(eci, "test", "note", {"n": n})
        assert await asyncio.wait_for(versions.get(), 1) == (await engine.snapshot(ROOT)).version
        assert versions.empty()
    assert not engine._watchers


# What is refused


async def test_what_cannot_be_accepted_says_so_at_once(engine: Engine) -> None:
    eci = await with_ruleset(engine, DIARY)
    closed = (await engine.open_channel(ROOT, ["shut"], type(ANYTHING)(), type(ANYTHING)())).eci
    asked = {
        "unknown-eci": engine.send("nowhere", "test", "note"),
        "family-channel": engine.send(ROOT, "test", "note"),
        "not-allowed-by-policy": engine.send_wait(closed, "test", "note"),
        "bad-event": engine.send_wait(eci, "test", " "),
        "no-such-query": engine.query(eci, "diary", "unshared"),
        "ruleset-not-installed": engine.query(eci, "no.such", "seen"),
        "unknown-pico": engine.install("nobody", source=DIARY),
        "bad-argument": engine.install(ROOT),
    }
    for code, work in asked.items():
        refused = await outcome(work)
        assert isinstance(refused, PicoError)
        assert refused.code == code
    with pytest.raises(LimitExceeded):
        await engine.send_wait(eci, "test", "note", {str(n): n for n in range(1_001)})
