"""Property: whatever happens to a pico, what is stored, what is cached and what the model says agree."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pico.errors import PicoError
from pico.model.channel import Channel, Policy
from pico.model.commit import Birth, Commit, EntityDrop, EntityPut, RuleState
from pico.model.snapshot import Installed, Snapshot
from tests.store.builders import Home, born, drop, in_a_loop, put, written
from tests.store.conftest import STORES

RIDS = ["com.example.a", "com.example.b"]
texts = st.one_of(st.sampled_from(["", "a", "b", "10", "9", "\ud800", "é", "\x00", " "]), st.text(max_size=5))
numbers = st.one_of(st.integers(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
rids, names, keys = st.sampled_from(RIDS), st.sampled_from(["m", "n"]), st.one_of(st.none(), texts)
puts = st.builds(EntityPut, rid=rids, name=names, key=keys, value=values)
drops = st.builds(EntityDrop, rid=rids, name=names, key=keys)
policies = st.builds(Policy, allow=st.lists(st.tuples(st.just("tag"), st.just("*")), max_size=1).map(tuple))
channels = st.builds(
    Channel, eci=st.sampled_from("xyz"), pico_id=st.just("boots"), tags=st.just(("tag",)), event_policy=policies
)


@st.composite
def installations(draw: st.DrawFn) -> Installed:
    rid = draw(rids)  # no two rulesets of a pico have the same position
    position = draw(st.integers(0, 5)) * len(RIDS) + RIDS.index(rid)
    config = draw(st.dictionaries(texts, values, max_size=2))
    return Installed(rid, draw(texts), "0" * 64, config, position, ("http",))


def tuples(of: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=most).map(tuple)


effects = st.fixed_dictionaries(
    {"entities": tuples(st.one_of(puts, puts, drops), 4)},
    optional={
        "states": tuples(st.builds(RuleState, rid=rids, rule=st.sampled_from(["r", "s"]), state=values), 2),
        "channels": tuples(channels, 2),
        "dropped_channels": tuples(st.sampled_from(["x", "y", "z"]), 1),
        "rulesets": tuples(installations(), 2),
        "dropped_rulesets": tuples(rids, 1),
    },
)
histories = st.lists(st.lists(effects, min_size=1, max_size=3), max_size=6)


@pytest.mark.parametrize("kind", STORES)
@settings(max_examples=settings.default.max_examples // 3)  # each is some twenty commits with a sync
@given(history=histories)
def test_stored_cached_and_modelled_agree(kind: str, history: list[list[dict[str, Any]]]) -> None:
    async def story(home: Home, other: Home) -> None:
        caching, reloading = await home.open(), await other.open(active_picos=0)
        first, version = Commit("boots", 0, birth=Birth()), 1
        modelled = Snapshot("boots", 0, Birth()).after(first)
        for store in (caching, reloading):
            await store.commit(first)
        for unit in history:
            commits = [Commit("boots", version + n, **one) for n, one in enumerate(unit)]
            version += len(unit)
            for commit in commits:
                modelled = modelled.after(commit)
            for store in (caching, reloading):
                await store.commit(*commits)
                assert written(await store.snapshot("boots")) == written(modelled)
                for eci in "xyz":
                    assert await store.resolve(eci) == modelled.channels.get(eci)
        await caching.close()
        if kind == "disk":
            reopened = await home.open()
            assert written(await reopened.snapshot("boots")) == written(modelled)

    async def in_two_homes() -> None:
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            async with Home(kind, Path(one)) as home, Home(kind, Path(two)) as other:
                await story(home, other)

    in_a_loop(in_two_homes)


writes = st.sampled_from([put("n", 1), put("n", "two"), put("m", 3), put("m", 4, "k"), drop("m")])
handed_over = st.lists(
    st.tuples(st.sampled_from(["p", "q", "r"]), st.sampled_from([0, 0, 0, 0, 0, 0, 1]), writes), max_size=30
)


async def outcomes_of(store: Any, commits: list[Commit], at_once: bool) -> list[Any]:
    """What came of each commit: an error code, or what the store returned."""
    if at_once:
        outcomes = await asyncio.gather(*(store.commit(commit) for commit in commits), return_exceptions=True)
    else:
        outcomes = [(await asyncio.gather(store.commit(c), return_exceptions=True))[0] for c in commits]
    return [outcome.code if isinstance(outcome, PicoError) else outcome for outcome in outcomes]


@given(made=handed_over)
def test_commits_handed_over_at_once_do_what_they_do_one_by_one(made: list[tuple[str, int, Any]]) -> None:
    """However the writer groups and merges them, with wrong versions in between."""
    versions = {"p": 1, "q": 1, "r": 1}
    commits = []
    for pico_id, wrong, write in made:
        commits.append(Commit(pico_id, versions[pico_id] + wrong, entities=(write,)))
        versions[pico_id] += not wrong

    async def story() -> None:
        async with Home("memory", Path()) as home, Home("memory", Path()) as other:
            grouped, single = await home.open(), await other.open()
            for store in (grouped, single):
                await store.commit(*(born(pico_id) for pico_id in versions))
            assert await outcomes_of(grouped, commits, True) == await outcomes_of(single, commits, False)
            for pico_id in versions:
                assert written(await grouped.snapshot(pico_id)) == written(await single.snapshot(pico_id))

    in_a_loop(story)
