"""What is remembered is what a read would bring, also where a read and a commit cross."""

from pico.model.commit import Birth, Commit
from pico.model.snapshot import Snapshot
from pico.store.cache import COMMITS_UNASKED, Cache, Loaded
from tests.store.builders import born, channel


def boots_at(version: int) -> Loaded:
    return Loaded(Snapshot("boots", version, Birth()))


def test_what_was_read_before_a_commit_and_arrives_after_it_is_not_remembered() -> None:
    cache = Cache(10)
    with cache.reading("boots"), cache.reading("tag"):
        cache.settle([Commit("boots", 1, dropped_channels=("tag",))])
        cache.keep_snapshot(boots_at(1))
        cache.keep_channel(channel("tag", "boots"))
    assert cache.snapshot("boots") is None
    assert cache.channel("tag") is None
    with cache.reading("boots"):  # a later read is remembered again
        cache.keep_snapshot(boots_at(2))
    assert cache.snapshot("boots") == boots_at(2).snapshot


def test_a_read_that_saw_a_commit_before_it_was_settled_is_not_advanced_twice() -> None:
    cache = Cache(10)
    with cache.reading("boots"):
        cache.keep_snapshot(boots_at(2))
    cache.settle([Commit("boots", 1)])
    assert cache.snapshot("boots") == boots_at(2).snapshot


def test_a_child_that_a_read_brought_already_is_not_there_twice() -> None:
    cache = Cache(10)
    births = [born("a", "boots", 5), born("b", "boots", 5)]
    cache.settle([born("boots")])
    cache.settle(births)
    seen = cache.snapshot("boots")
    assert seen is not None
    cache.settle(births)
    assert cache.snapshot("boots") == seen
    assert [child.pico_id for child in seen.children] == ["a", "b"]


def test_a_snapshot_that_nobody_asks_for_is_let_go() -> None:
    cache = Cache(10)
    cache.settle([born("boots")])
    cache.settle([Commit("boots", version) for version in range(1, COMMITS_UNASKED)])
    kept = cache.snapshot("boots")
    assert kept is not None
    assert kept.version == COMMITS_UNASKED
    cache.settle([Commit("boots", kept.version + n) for n in range(COMMITS_UNASKED + 1)])
    assert cache.snapshot("boots") is None
