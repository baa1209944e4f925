"""What the store remembers of what it read: snapshots and channels, least recently used out first.

The promise is `cached == reload`: after each durable commit a cached snapshot becomes what the
database would give. It holds for a process that is alone on its database; one that shares it
uses a cache of capacity 0.

A read takes time, and a commit may become durable while it is under way: what the read brings
may then be out of date before it arrives. So reads are announced (`reading`), and what changed
meanwhile is handed to the caller but not kept.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pico.model.channel import Channel
from pico.model.commit import Birth, Commit
from pico.model.identity import PicoId
from pico.model.snapshot import Child, Snapshot

COMMITS_UNASKED = 16  # after so many, a snapshot that nobody asks for is let go, and read when somebody does
CHANNELS_PER_PICO = 4  # kept in memory, on average: a tag, an application, a family


@dataclass(slots=True)
class Loaded:
    """A snapshot, when the youngest of its children was born (ms; 0 for none), and what came later.

    `later` are the durable commits since. They are taken in only when somebody asks: an engine
    that runs a busy pico has its own snapshot of it, and nobody asks here.
    """

    snapshot: Snapshot
    youngest: int = 0
    later: list[Commit] = field(default_factory=list)

    def version(self) -> int:
        """The version with what came later."""
        return self.snapshot.version + len(self.later)

    def caught_up(self) -> Snapshot:
        """The snapshot with what came later taken in."""
        for commit in self.later:
            self.snapshot = self.snapshot.after(commit)
        self.later.clear()
        return self.snapshot


class Cache:
    """Snapshots of at most `picos` picos, and their channels."""

    def __init__(self, picos: int) -> None:
        self._picos = picos
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._channels: OrderedDict[str, Channel] = OrderedDict()
        self._reads: Counter[str] = Counter()
        self._changed: set[str] = set()

    def snapshot(self, pico_id: str) -> Snapshot | None:
        """The snapshot of a pico, if it is here."""
        loaded = self._loaded.get(pico_id)
        if loaded is None:
            return None
        self._loaded.move_to_end(pico_id)
        return loaded.caught_up()

    def channel(self, eci: str) -> Channel | None:
        """The channel behind an ECI, if it is here."""
        channel = self._channels.get(eci)
        if channel is not None:
            self._channels.move_to_end(eci)
        return channel

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Announce that a pico or an ECI is being read; keep what was read before this ends."""
        self._reads[name] += 1
        try:
            yield
        finally:
            self._reads[name] -= 1
            if not self._reads[name]:
                del self._reads[name]
                self._changed.discard(name)

    def keep_snapshot(self, loaded: Loaded) -> None:
        """Remember what a read brought, unless it changed meanwhile."""
        if loaded.snapshot.pico_id not in self._changed:
            self._put(loaded)

    def keep_channel(self, channel: Channel) -> None:
        """Remember what a read brought, unless it changed meanwhile."""
        if channel.eci not in self._changed:
            self._put_channel(channel)

    def settle(self, commits: Sequence[Commit]) -> None:
        """Take in commits that have become durable, in their order."""
        births = [(commit, commit.birth) for commit in commits if commit.birth is not None]
        for commit, birth in births:
            self._put(Loaded(Snapshot(commit.pico_id, 0, birth)))
        for commit, birth in births:  # a grandchild may come before its parent
            self._add_child(commit.pico_id, birth)
        for commit in commits:
            self._note_change(commit.pico_id)
            self._advance(commit)
            for channel in commit.channels:
                self._note_change(channel.eci)
                self._put_channel(channel)
            for eci in commit.dropped_channels:
                self._note_change(eci)
                self._channels.pop(eci, None)

    def forget(self, commits: Sequence[Commit]) -> None:
        """Doubt everything about the picos of commits that were refused."""
        for commit in commits:
            self._note_change(commit.pico_id)
            self._loaded.pop(commit.pico_id, None)

    def _advance(self, commit: Commit) -> None:
        loaded = self._loaded.get(commit.pico_id)
        if loaded is None:
            return
        version = loaded.version()
        if version < commit.version or len(loaded.later) >= COMMITS_UNASKED:
            del self._loaded[commit.pico_id]
        elif version == commit.version:
            loaded.later.append(commit)

    def _add_child(self, pico_id: PicoId, birth: Birth) -> None:
        if birth.parent is None:
            return
        self._note_change(birth.parent)
        loaded = self._loaded.get(birth.parent)
        if loaded is None or birth.child_eci is None:
            return
        if birth.born_at < loaded.youngest:  # a clock went back: the child is not the last in birth order
            del self._loaded[birth.parent]
            return
        child = Child(pico_id, birth.child_eci)
        # A read may have brought it before its own commit settles; it is then among the youngest.
        if birth.born_at > loaded.youngest or child not in loaded.snapshot.children:
            loaded.snapshot = loaded.snapshot.with_child(child)
            loaded.youngest = birth.born_at

    def _note_change(self, name: str) -> None:
        if name in self._reads:
            self._changed.add(name)

    def _put(self, loaded: Loaded) -> None:
        pico_id = loaded.snapshot.pico_id
        self._loaded[pico_id] = loaded
        self._loaded.move_to_end(pico_id)
        if len(self._loaded) > self._picos:
            self._loaded.popitem(last=False)

    def _put_channel(self, channel: Channel) -> None:
        self._channels[channel.eci] = channel
        self._channels.move_to_end(channel.eci)
        if len(self._channels) > self._picos * CHANNELS_PER_PICO:
            self._channels.popitem(last=False)
