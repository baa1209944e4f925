"""What a turn may read: one pico, as it was committed at one version.

A snapshot is immutable: values inside it are shared and must never be changed in place.
`after(commit)` is what the store holds once that commit is on disk, so an engine can go
on with the next turn while the commit is still being written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pico.model.channel import Channel
from pico.model.commit import Birth, Commit, EntityDrop, EntityPut
from pico.model.identity import Eci, PicoId, Rid
from pico.model.message import Json


@dataclass(frozen=True, slots=True)
class Installed:
    """One ruleset on one pico. `position` is its install order; `granted` its capabilities."""

    rid: Rid
    url: str
    hash: str  # SHA-256 of the source, hexadecimal
    config: Mapping[str, Json]
    position: int
    granted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """A child as its parent sees it: the pico and the ECI to reach it."""

    pico_id: PicoId
    eci: Eci


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One pico at one version. `rulesets` are in install order, `children` in birth order."""

    pico_id: PicoId
    version: int
    birth: Birth
    children: tuple[Child, ...] = ()
    channels: Mapping[Eci, Channel] = field(default_factory=dict)
    rulesets: Mapping[Rid, Installed] = field(default_factory=dict)
    entities: Mapping[tuple[Rid, str], Json] = field(default_factory=dict)
    states: Mapping[tuple[Rid, str], Json] = field(default_factory=dict)

    def entity(self, rid: str, name: str) -> Json:
        """The value of an entity variable, None where it is unset."""
        return self.entities.get((Rid(rid), name))

    def after(self, commit: Commit) -> "Snapshot":
        """This pico once `commit` is applied. Births of children are not part of it: see `with_child`."""
        entities, states, channels, rulesets = self.entities, self.states, self.channels, self.rulesets
        if commit.entities:
            entities = _entities_after(entities, commit)
        if commit.states:
            states = {**states, **{(s.rid, s.rule): s.state for s in commit.states}}
        if commit.channels or commit.dropped_channels:
            kept = {**channels, **{c.eci: c for c in commit.channels}}
            channels = {eci: c for eci, c in kept.items() if eci not in commit.dropped_channels}
        if commit.rulesets or commit.dropped_rulesets:
            gone = frozenset(commit.dropped_rulesets)
            rulesets = _rulesets_after(rulesets, commit, gone)
            entities = {place: v for place, v in entities.items() if place[0] not in gone}
            states = {place: v for place, v in states.items() if place[0] not in gone}
        return Snapshot(
            self.pico_id, commit.version + 1, self.birth, self.children, channels, rulesets, entities, states
        )

    def with_child(self, child: Child) -> "Snapshot":
        """This pico with one more child. The tree is stored with the child, so the version stays."""
        return replace(self, children=(*self.children, child))


def _rulesets_after(before: Mapping[Rid, Installed], commit: Commit, gone: frozenset[Rid]) -> dict[Rid, Installed]:
    """In install order, which a new installation of an old ruleset does not change."""
    found = {**before, **{r.rid: r for r in commit.rulesets}}
    return {rid: r for rid, r in sorted(found.items(), key=lambda e: e[1].position) if rid not in gone}


def _entities_after(before: Mapping[tuple[Rid, str], Json], commit: Commit) -> dict[tuple[Rid, str], Json]:
    entities = dict(before)
    for write in commit.entities:
        place = (write.rid, write.name)
        if write.key is None:
            if isinstance(write, EntityPut):
                entities[place] = write.value
            else:
                entities.pop(place, None)
            continue
        held = entities.get(place)
        keyed = dict(held) if isinstance(held, dict) else {}
        if isinstance(write, EntityDrop):
            keyed.pop(write.key, None)
        else:
            keyed[write.key] = write.value
        entities[place] = keyed
    return entities
