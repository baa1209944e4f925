"""What a turn wants to change, buffered until its commit.

Each step (one ruleset handling one event) writes into a buffer of its own. A step that ends
well is merged into the turn's; a step that faults is dropped, so it leaves nothing behind.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pico.model.channel import Channel
from pico.model.commit import Commit, EntityDrop, EntityPut, Source
from pico.model.identity import Eci, Rid
from pico.model.message import Event, Json, Message

Place = tuple[Rid, str]


@dataclass(slots=True)
class Written:
    """The new value of an entity variable. `keys` are the map entries touched, None for the whole."""

    value: Json
    keys: dict[str, None] | None


@dataclass(frozen=True, slots=True)
class Raised:
    """An event raised inside the turn, for every ruleset or for one."""

    event: Event
    for_rid: str | None = None


@dataclass(slots=True)
class Effects:
    """The buffered effects of a step, or of the whole turn."""

    entities: dict[Place, Written] = field(default_factory=dict)
    raised: list[Raised] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    directives: list[Mapping[str, Json]] = field(default_factory=list)
    channels: dict[Eci, Channel] = field(default_factory=dict)
    dropped_channels: list[Eci] = field(default_factory=list)
    births: list[Commit] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    def merge(self, step: "Effects") -> None:
        """Add a later step's effects, all but its raised events, which the turn schedules itself."""
        for place, written in step.entities.items():
            held = self.entities.get(place)
            if held is not None and held.keys is not None and written.keys is not None:
                written = Written(written.value, {**held.keys, **written.keys})
            elif held is not None and held.keys is None:
                written = Written(written.value, None)
            self.entities[place] = written
        self.messages += step.messages
        self.directives += step.directives
        self.channels |= step.channels
        self.dropped_channels += step.dropped_channels
        self.births += step.births
        self.sources |= step.sources

    def entity_writes(self, before: Mapping[Place, Json]) -> Iterator[EntityPut | EntityDrop]:
        """The smallest writes that lead from `before` to the new values."""
        for place, written in self.entities.items():
            yield from _writes(place, before.get(place), written)


def _writes(place: Place, before: Json, written: Written) -> Iterator[EntityPut | EntityDrop]:
    rid, name = place
    after = written.value
    if after is None:
        if before is not None:
            yield EntityDrop(rid, name)
        return
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if not _identical(before, after):
            yield EntityPut(rid, name, None, after)
        return
    touched = written.keys
    if touched is None:
        if not _same_order(before, after):
            yield EntityPut(rid, name, None, after)
            return
        touched = dict.fromkeys([*before, *after])
    for key in touched:
        if key not in after:
            if key in before:
                yield EntityDrop(rid, name, key)
        elif key not in before or not _identical(before[key], after[key]):
            yield EntityPut(rid, name, key, after[key])


def _same_order(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the kept keys stand as before and new ones come last, so that keyed writes suffice."""
    kept = [key for key in before if key in after]
    return list(after)[: len(kept)] == kept


def _identical(a: Json, b: Json) -> bool:
    """Cheap equality that never takes 1 for true."""
    return a is b or (type(a) is type(b) and isinstance(a, str | int | float) and a == b)
