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
        changed = replace(self, version=commit.version + 1)
        if commit.entities:
            changed = replace(changed, entities=_entities_after(self.entities, commit))
        if commit.states:
            changed = replace(changed, states={**self.states, **{(s.rid, s.rule): s.state for s in commit.states}})
        if commit.channels or commit.dropped_channels:
            channels = {**self.channels, **{c.eci: c for c in commit.channels}}
            for eci in commit.dropped_channels:
                channels.pop(eci, None)
            changed = replace(changed, channels=channels)
        if commit.rulesets or commit.dropped_rulesets:
            changed = changed._with_rulesets(commit)
        return changed

    def with_child(self, child: Child) -> "Snapshot":
        """This pico with one more child. The tree is stored with the child, so the version stays."""
        return replace(self, children=(*self.children, child))

    def _with_rulesets(self, commit: Commit) -> "Snapshot":
        rulesets = {**self.rulesets, **{r.rid: r for r in commit.rulesets}}
        gone = set(commit.dropped_rulesets)
        return replace(
            self,
            rulesets={k: v for k, v in sorted(rulesets.items(), key=lambda e: e[1].position) if k not in gone},
            entities={k: v for k, v in self.entities.items() if k[0] not in gone},
            states={k: v for k, v in self.states.items() if k[0] not in gone},
        )


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
