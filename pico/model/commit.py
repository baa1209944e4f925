"""Everything that a turn may change, as one frozen value that JSON can hold.

A store applies a commit whole or not at all. Several commits may be handed to it as one
unit: a parent's turn and the picos born in it become durable together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pico.model.channel import Channel
from pico.model.identity import Eci, PicoId, Rid
from pico.model.message import Json, Message

if TYPE_CHECKING:
    from pico.model.snapshot import Installed


@dataclass(frozen=True, slots=True)
class Birth:
    """Where a pico stands in the tree, stored once, with the child.

    `parent_eci` is the channel in the parent that only this child may use; `child_eci`
    the channel in this pico that only its parent may use. All three are None for the root.
    `born_at` (ms since 1970) orders the children of one parent.
    """

    parent: PicoId | None = None
    parent_eci: Eci | None = None
    child_eci: Eci | None = None
    born_at: int = 0


@dataclass(frozen=True, slots=True)
class EntityPut:
    """Set an entity variable, or with `key` one entry of the map that it holds.

    A keyed put on a variable that is unset, or that holds no map, makes it a map of that
    one entry. An existing key keeps its place in the map's order; a new one goes last.
    """

    rid: Rid
    name: str
    key: str | None
    value: Json


@dataclass(frozen=True, slots=True)
class EntityDrop:
    """Forget an entity variable, or with `key` one entry of the map that it holds."""

    rid: Rid
    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RuleState:
    """The event-expression state of one rule, replaced whole."""

    rid: Rid
    rule: str
    state: Json


@dataclass(frozen=True, slots=True)
class Source:
    """The KRL text behind a pin: `hash` is its SHA-256 in hexadecimal."""

    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the caller of an event is told: directives in order, and the faults that were contained.

    `failed` says that every ruleset that selected on the event failed, so nothing was changed.
    """

    eid: str
    directives: tuple[Mapping[str, Json], ...] = ()
    errors: tuple[Mapping[str, Json], ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """The effects of one turn on one pico.

    `version` is the version that the turn read; applying the commit makes it `version + 1`,
    and where the stored one differs the store raises `Conflict` and changes nothing.
    A commit with `birth` creates its pico and expects version 0.
    `consumed` is the id of the durable message that this turn handled: it leaves the
    mailbox in the same instant. `messages` enter their receivers' mailboxes.
    `entities` are applied in order.
    """

    pico_id: PicoId
    version: int
    birth: Birth | None = None
    consumed: str | None = None
    entities: tuple[EntityPut | EntityDrop, ...] = ()
    states: tuple[RuleState, ...] = ()
    channels: tuple[Channel, ...] = ()
    dropped_channels: tuple[Eci, ...] = ()
    rulesets: tuple["Installed", ...] = ()
    dropped_rulesets: tuple[Rid, ...] = ()
    sources: tuple[Source, ...] = ()
    messages: tuple[Message, ...] = ()
    reply: Reply | None = None

    def changes(self) -> bool:
        """Whether there is anything to write: the reply alone is not."""
        return bool(
            self.birth or self.consumed or self.entities or self.states or self.channels
            or self.dropped_channels or self.rulesets or self.dropped_rulesets
            or self.sources or self.messages
        )
