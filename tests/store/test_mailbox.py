"""Messages: they wait in order, are leased to one node at a time, and leave with the commit."""

import asyncio

import pytest

from pico.errors import Conflict, NotFound
from pico.model.commit import Commit
from pico.store.interface import Store
from tests.store.builders import NOW, Home, born, message

LATER = NOW + 60_000


def ids(messages: tuple[object, ...]) -> list[str]:
    return [m.id for m in messages]  # type: ignore[attr-defined]


async def test_a_message_is_run_by_whoever_put_it_there_and_leaves_in_the_commit_of_its_turn(store: Store) -> None:
    await store.commit(born("boots"))
    assert await store.post(message("m", "boots", sender="shoes", for_rid="com.example.r")) == (
        message("m", "boots", sender="shoes", for_rid="com.example.r", durable=True),
    )
    assert await store.claim(10) == ()
    assert await store.pending("boots") == 1
    await store.commit(Commit("boots", 1, consumed="m"))
    assert await store.pending("boots") == 0
    with pytest.raises(Conflict) as twice:
        await store.commit(Commit("boots", 2, consumed="m"))
    assert twice.value.code == "message-gone"


async def test_posting_the_same_message_again_changes_nothing(store: Store) -> None:
    await store.commit(born("boots"), born("shoes"))
    await store.post(message("m", "boots", due_at=LATER))
    assert await store.post(message("m", "boots"), message("m", "shoes"), message("m", "shoes")) == (
        message("m", "shoes", durable=True),
    )
    assert await store.pending("boots") == await store.pending("shoes") == 1
    assert await store.next_due() == LATER


async def test_a_message_to_nobody_is_refused_with_all_that_came_with_it(store: Store) -> None:
    await store.commit(born("boots"))
    refused, fine = await asyncio.gather(
        store.post(message("a", "boots"), message("b", "nobody")), store.post(message("c", "boots")),
        return_exceptions=True,
    )
    assert isinstance(refused, NotFound)
    assert refused.code == "unknown-pico"
    assert ids(fine) == ["c"]
    assert await store.pending("boots") == 1
    with pytest.raises(NotFound):
        await store.post(message("alone", "nobody"))


async def test_what_is_due_later_waits_for_its_time(home: Home) -> None:
    store = await home.open()
    await store.commit(born("boots"))
    await store.commit(Commit("boots", 1, messages=(message("later", "boots", LATER), message("now", "boots"))))
    assert await store.next_due() == LATER
    assert await store.claim(10) == ()
    home.clock.now = LATER
    assert ids(await store.claim(10)) == ["later"]
    assert await store.next_due() is None


async def test_claims_come_by_time_and_then_by_arrival(home: Home) -> None:
    store = await home.open()
    await store.commit(born("boots"), born("shoes"))
    for n in range(20, 0, -1):
        await store.post(message(f"m{n}", "boots" if n % 3 else "shoes", due_at=LATER + n // 5))
    home.clock.now = LATER + 100
    expected = [f"m{n}" for n in sorted(range(20, 0, -1), key=lambda n: n // 5)]
    assert ids(await store.claim(7)) == expected[:7]
    await store.post(message("fresh", "boots"))
    assert ids(await store.claim(100)) == expected[7:]


async def test_arrival_order_outlives_consumed_messages(home: Home) -> None:
    store = await home.open()
    await store.commit(born("boots"))
    await store.post(*(message(f"m{n}", "boots", LATER) for n in range(5)))
    await store.commit(Commit("boots", 1, consumed="m4"))
    await store.commit(Commit("boots", 2, consumed="m0"))
    await store.post(message("m9", "boots", LATER))
    home.clock.now = LATER
    assert ids(await store.claim(10)) == ["m1", "m2", "m3", "m9"]


async def test_released_messages_can_be_claimed_again(store: Store) -> None:
    await store.commit(born("boots"))
    await store.post(message("a", "boots"), message("b", "boots"))
    await store.release()
    assert ids(await store.claim(1)) == ["a"]
    assert ids(await store.claim(9)) == ["b"]


async def test_leases_of_a_process_that_died_are_void_when_the_engine_starts_again(disk_home: Home) -> None:
    first = await disk_home.open()
    await first.commit(born("boots"))
    await first.post(message("a", "boots"))
    await first.close()  # as a kill would: without releasing
    again = await disk_home.open()
    assert await again.next_due() == NOW
    assert ids(await again.claim(9)) == ["a"]


async def test_a_message_is_leased_to_one_node_only(shared_home: Home) -> None:
    red, blue = [await shared_home.open(node=node, shared=True) for node in ("red", "blue")]
    await red.commit(born("boots"), born("shoes"))
    await red.post(*(message(f"m{n}", "boots" if n % 2 else "shoes", LATER) for n in range(40)))
    shared_home.clock.now = LATER
    rounds = await asyncio.gather(*(node.claim(5) for node in (red, blue, red, blue, red, blue)))
    claimed = [m for claim in rounds for m in claim]
    assert len({m.id for m in claimed}) == len(claimed)
    assert claimed


async def test_a_node_leaves_the_picos_of_another_to_it(shared_home: Home) -> None:
    red, blue = [await shared_home.open(node=node, shared=True) for node in ("red", "blue")]
    await red.commit(born("boots"), born("shoes"))
    await red.post(message("a", "boots", LATER), message("b", "boots", LATER), message("c", "shoes", LATER))
    shared_home.clock.now = LATER
    assert ids(await red.claim(1)) == ["a"]
    assert ids(await blue.claim(9)) == ["c"]
    assert ids(await red.claim(9)) == ["b"]


async def test_a_node_that_stops_renewing_loses_its_leases(shared_home: Home) -> None:
    red, blue = [await shared_home.open(node=node, shared=True, lease_seconds=10) for node in ("red", "blue")]
    await red.commit(born("boots"))
    await red.post(message("a", "boots"))
    assert await blue.claim(9) == ()
    assert await blue.next_due() == NOW + 10_000
    shared_home.clock.now += 9_000
    await red.renew()
    shared_home.clock.now += 9_000
    assert await blue.claim(9) == ()
    shared_home.clock.now = await blue.next_due()
    assert ids(await blue.claim(9)) == ["a"]
    await blue.commit(Commit("boots", 1, consumed="a"))
    with pytest.raises(Conflict):
        await red.commit(Commit("boots", 1, consumed="a"))


async def test_nodes_see_each_others_commits_and_one_of_two_turns_wins(shared_home: Home) -> None:
    red, blue = [await shared_home.open(node=node, shared=True) for node in ("red", "blue")]
    await red.commit(born("boots"))
    assert (await blue.snapshot("boots")).version == 1
    outcomes = await asyncio.gather(
        red.commit(Commit("boots", 1)), blue.commit(Commit("boots", 1)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    assert (await red.snapshot("boots")).version == (await blue.snapshot("boots")).version == 2
