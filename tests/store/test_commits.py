"""What a commit changes, and that it changes it whole or not at all."""

import asyncio
import itertools
from typing import Any

import pytest

from pico.errors import Conflict, Invalid, Unavailable
from pico.model.channel import Channel, Kind
from pico.model.commit import Commit, EntityPut, RuleState, Source
from pico.model.snapshot import Child
from pico.store.interface import Store
from tests.store.builders import (
    NOW,
    RID,
    Home,
    born,
    channel,
    drop,
    installed,
    message,
    put,
    value_of,
    written,
)


async def test_an_acknowledged_commit_is_there_when_the_engine_starts_again(disk_home: Home) -> None:
    first = await disk_home.open()
    await first.commit(
        born("boots", entities=(put("name", "Winter boots"),), rulesets=(installed(RID, 1, colour="red"),),
             channels=(channel("tag-eci", "boots", "tag"),), states=(RuleState(RID, "scanned", {"at": 1}),),
             sources=(Source("abc", "ruleset \ud800 {}"),), messages=(message("m1", "boots"),))
    )
    before = await first.snapshot("boots")
    await first.close()
    again = await disk_home.open()
    assert written(await again.snapshot("boots")) == written(before)
    assert before.version == 1
    assert await again.resolve("tag-eci") == channel("tag-eci", "boots", "tag")
    assert await again.source("abc") == "ruleset \ud800 {}"
    assert await again.claim(9) == (message("m1", "boots", durable=True),)


async def test_unknown_things_are_none(store: Store) -> None:
    for name in ("nobody", "", "\ud800", "x" * 10_000):
        assert await store.resolve(name) is None
        assert await store.snapshot(name) is None
        assert await store.source(name) is None
        assert await store.pending(name) == 0
    assert await store.next_due() is None
    assert await store.claim(5) == ()


async def test_every_eci_of_a_family_leads_to_its_channel(store: Store) -> None:
    await store.commit(born("owner"), born("boots", "owner", channels=(channel("tag", "boots"),)))
    expected = {
        "tag": channel("tag", "boots"),
        "boots": Channel("boots", "boots", kind=Kind.SELF),
        "boots-in-owner": Channel("boots-in-owner", "owner", kind=Kind.PARENT, family="boots"),
        "owner-in-boots": Channel("owner-in-boots", "boots", kind=Kind.CHILD, family="owner"),
    }
    for eci, its_channel in expected.items():
        assert await store.resolve(eci) == its_channel
        assert store.resolved(eci) == its_channel  # from now on without waiting


async def test_a_dropped_channel_leads_nowhere_at_once_and_a_changed_one_has_its_new_policy(store: Store) -> None:
    await store.commit(born("boots", channels=(channel("a", "boots"), channel("b", "boots"))))
    changed = channel("b", "boots", "new-tag")
    await store.resolve("a")
    await store.commit(Commit("boots", 1, channels=(changed,), dropped_channels=("a",)))
    assert store.resolved("a") is None
    assert await store.resolve("a") is None
    assert await store.resolve("b") == changed


async def test_children_come_in_birth_order(home: Home) -> None:
    cached, reloading = await home.open(), None
    await cached.commit(born("owner"), born("z", "owner", 5), born("y", "owner", 5))
    await cached.snapshot("owner")
    await cached.commit(born("x", "owner", 7))
    await cached.commit(born("early", "owner", 1))  # a clock that went back
    ids = ["early", "z", "y", "x"]
    assert [c.pico_id for c in (await cached.snapshot("owner")).children] == ids
    assert (await cached.snapshot("owner")).children[0] == Child("early", "owner-in-early")
    assert (await cached.snapshot("owner")).version == 1
    if home.kind == "disk":
        await cached.close()
        reloading = await home.open()
        assert [c.pico_id for c in (await reloading.snapshot("owner")).children] == ids


@pytest.mark.parametrize(
    ("history", "held"),
    [
        ([put("m", {})], {}),
        ([], None),
        ([put("m", {"b": 1, "a": 2}), put("m", 3, "b"), put("m", 4, "c")], {"b": 3, "a": 2, "c": 4}),
        ([put("m", {"a": 1, "b": 2}), drop("m", "a"), put("m", 3, "a")], {"b": 2, "a": 3}),
        ([put("m", 7), put("m", 1, "k")], {"k": 1}),
        ([put("m", {"a": 1}), put("m", [1])], [1]),
        ([put("m", {"a": 1}), put("m", [1]), put("m", 2, "b")], {"b": 2}),
        ([put("m", {"a": 1}), put("m", {"b": 1})], {"b": 1}),
        ([put("m", {"a": 1}), drop("m", "a")], {}),
        ([drop("m", "a")], {}),
        ([put("m", {"a": 1}), drop("m")], None),
        ([put("m", {"a": 1}), drop("m"), put("m", 2, "b")], {"b": 2}),
        ([put("m", {"": 1, "\ud800": 2, "\x00": {"deep": []}})], {"": 1, "\ud800": 2, "\x00": {"deep": []}}),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_entity_variables_keep_maps_by_key(home: Home, history: list[Any], held: Any, at_once: bool) -> None:
    store = await home.open(active_picos=0)
    await store.commit(born("boots"))
    if at_once:
        await store.commit(Commit("boots", 1, entities=tuple(history)))
    else:
        for version, write in enumerate(history, 1):
            await store.commit(Commit("boots", version, entities=(write,)))
    found = await value_of(store, "boots", "m")
    assert repr(found) == repr(held)


async def test_a_keyed_write_touches_one_row_of_a_large_map(disk_home: Home) -> None:
    store = await disk_home.open()
    await store.commit(born("boots", entities=(put("m", {str(n): n for n in range(20_000)}),)))
    before = await store.maintain(lambda c: c.total_changes)
    await store.commit(Commit("boots", 1, entities=(put("m", "new", "500"),)))
    assert await store.maintain(lambda c: c.total_changes) - before == 2  # the entry and the pico's version


async def test_a_dropped_ruleset_takes_its_state_along_and_leaves_the_others(home: Home) -> None:
    store = await home.open(active_picos=0)
    other = EntityPut("org.example.other", "n", None, 1)
    await store.commit(born("boots", rulesets=(installed("org.example.other", 2), installed(RID, 1)),
                            entities=(put("n", 1), put("m", {"a": 1}), other), states=(RuleState(RID, "r", 1),)))
    assert list((await store.snapshot("boots")).rulesets) == [RID, "org.example.other"]
    await store.commit(Commit("boots", 1, dropped_rulesets=(RID,)))
    after = await store.snapshot("boots")
    assert list(after.rulesets) == ["org.example.other"]
    assert after.entities == {("org.example.other", "n"): 1}
    assert after.states == {}


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ([Commit("boots", 4)], "version-conflict"),
        ([Commit("nobody", 1)], "version-conflict"),
        ([born("boots")], "already-exists"),
        ([born("new", channels=(channel("tag", "new"),))], "already-exists"),
        ([born("new", "nobody")], "missing-pico"),
        ([Commit("boots", 1, consumed="no-such")], "message-gone"),
        ([Commit("boots", 1, entities=(put("n", 2),), messages=(message("m", "nobody"),))], "missing-pico"),
        ([Commit("boots", 1, entities=(put("n", 2),)), born("new"), Commit("shoes", 9)], "version-conflict"),
        ([Commit("boots", 1, entities=(put("n", 2),)), Commit("boots", 1)], "version-conflict"),
    ],
)
async def test_a_conflict_changes_nothing_and_leaves_its_neighbours_alone(
    store: Store, unit: list[Commit], code: str
) -> None:
    await store.commit(born("boots", entities=(put("n", 1),), channels=(channel("tag", "boots"),)), born("shoes"))
    before = written(await store.snapshot("boots"))
    ahead, refused, behind = await asyncio.gather(
        store.commit(born("ahead")), store.commit(*unit), store.commit(born("behind")), return_exceptions=True
    )
    assert isinstance(refused, Conflict)
    assert refused.code == code
    assert (ahead, behind) == ((), ())
    assert written(await store.snapshot("boots")) == before
    assert await store.snapshot("new") is None
    assert (await store.snapshot("ahead")).version == (await store.snapshot("behind")).version == 1


@pytest.mark.parametrize("bad", [float("nan"), [1, {"a": float("inf")}, None], {1: 2}, {"a": {1: 2}}, object(), {2}])
async def test_what_json_cannot_hold_is_refused_and_nothing_is_written(store: Store, bad: Any) -> None:
    await store.commit(born("boots"))
    with pytest.raises(Invalid) as refusal:
        await store.commit(Commit("boots", 1, entities=(put("fine", 1), put("bad", bad))))
    assert refusal.value.code == "not-json"
    assert (await store.snapshot("boots")).version == 1


async def test_times_and_channels_that_no_row_can_hold_are_refused(store: Store) -> None:
    await store.commit(born("boots"))
    with pytest.raises(Invalid, match="nearer"):
        await store.post(message("m", "boots", due_at=10**30))
    with pytest.raises(Invalid, match="birth"):
        await store.commit(Commit("boots", 1, channels=(Channel("x", "boots", kind=Kind.SELF),)))


async def test_pipelined_commits_of_one_pico_apply_in_order_in_few_transactions(store: Any) -> None:
    await store.commit(born("boots"))
    transactions = itertools.count()
    await store.maintain(lambda c: c.set_trace_callback(lambda sql: sql == "COMMIT" and next(transactions)))
    await asyncio.gather(*(store.commit(Commit("boots", n, entities=(put("n", n),))) for n in range(1, 201)))
    assert await value_of(store, "boots", "n") == 200
    assert (await store.snapshot("boots")).version == 201
    assert next(transactions) <= 3


async def test_after_a_failure_in_the_pipeline_the_later_commits_of_that_pico_conflict(store: Store) -> None:
    await store.commit(born("boots"), born("shoes"))
    fails = {"consumed": "no-such-message"}
    outcomes = await asyncio.gather(
        *(store.commit(Commit("boots", v, entities=(put("n", v),), **(fails if v == 3 else {}))) for v in range(1, 7)),
        *(store.commit(Commit("shoes", v, entities=(put("n", v),))) for v in range(1, 4)),
        return_exceptions=True,
    )
    codes = [outcome.code if isinstance(outcome, Conflict) else None for outcome in outcomes]
    assert codes == [None, None, "message-gone", *["version-conflict"] * 3, None, None, None]
    assert await value_of(store, "boots", "n") == 2
    assert await value_of(store, "shoes", "n") == 3


async def test_a_unit_may_hold_several_commits_of_one_pico_and_name_its_newborns_in_any_order(store: Store) -> None:
    await store.commit(born("owner"))
    held = await store.commit(
        born("grandchild", "child"),
        Commit("owner", 1, messages=(message("hello", "grandchild"),)),
        born("child", "owner", entities=(put("n", 1),)),
        Commit("child", 1, entities=(put("n", 2),)),
    )
    assert held == (message("hello", "grandchild", durable=True),)
    assert await value_of(store, "child", "n") == 2
    assert (await store.snapshot("child")).children[0].pico_id == "grandchild"


async def test_a_caller_that_gives_up_does_not_undo_its_commit(store: Store) -> None:
    await store.commit(born("boots"))
    task = asyncio.create_task(store.commit(Commit("boots", 1, entities=(put("n", 1),))))
    await asyncio.sleep(0)
    task.cancel()
    await store.commit(Commit("boots", 2))
    assert await value_of(store, "boots", "n") == 1


async def test_a_snapshot_is_never_older_than_what_was_acknowledged_before_it(home: Home) -> None:
    store = await home.open(active_picos=1)  # so that every read of two picos goes to the database
    await store.commit(born("boots"), born("shoes"))

    async def write(pico_id: str) -> None:
        for version in range(1, 60):
            await store.commit(Commit(pico_id, version))
            assert (await store.snapshot(pico_id)).version == version + 1

    async def read(pico_id: str) -> None:
        seen = 0
        for _ in range(60):
            version = (await store.snapshot(pico_id)).version
            assert version >= seen
            seen = version

    await asyncio.gather(write("boots"), write("shoes"), read("boots"), read("shoes"), read("boots"))


async def test_memory_follows_what_is_active(home: Home) -> None:
    store = await home.open(active_picos=2)
    await store.commit(*(born(f"p{n}", channels=(channel(f"c{n}", f"p{n}"),)) for n in range(50)))
    known = [n for n in range(50) if store.resolved(f"c{n}")]
    assert 0 < len(known) <= 8
    assert (await store.snapshot("p0")).version == 1


async def test_a_closed_store_says_so_and_finishes_what_it_was_given(disk_home: Home) -> None:
    store = await disk_home.open()
    await store.commit(born("boots"))
    last = [asyncio.create_task(store.commit(Commit("boots", v, entities=(put("n", v),)))) for v in range(1, 20)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*last)
    for call in (store.commit(Commit("boots", 20)), store.post(message("m", "boots")), store.source("x")):
        with pytest.raises(Unavailable) as refusal:
            await call
        assert refusal.value.code == "store-closed"
    again = await disk_home.open()
    assert await value_of(again, "boots", "n") == 19


async def test_what_a_commit_says_of_time_is_kept(store: Store) -> None:
    await store.commit(born("boots", born_at=NOW))
    assert (await store.snapshot("boots")).birth.born_at == NOW
