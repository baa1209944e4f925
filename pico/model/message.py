"""What picos are told and asked: events, queries, and the mailbox's messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pico.model.identity import Eci, PicoId, Rid

Json = Any  # None, bool, int, float, str, list[Json] or dict[str, Json]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, told on a channel. `time` is in ms since 1970 (UTC)."""

    eci: Eci
    domain: str
    type: str
    attrs: Mapping[str, Json] = field(default_factory=dict)
    time: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """A question to a shared function: positional arguments have the keys "0", "1", ..."""

    id: str
    eci: Eci
    rid: Rid
    name: str
    args: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way to one pico: a row of the mailbox.

    `id` is the event id (EID). `due_at` is in ms since 1970: a message is run at that
    time or as soon after it as possible. `sender` is the pico that sent it, None for the
    outside world. `durable` says that it is in the store, so that the commit that
    consumes it must remove it there; a message whose caller waits for the reply is not.
    `for_rid` restricts it to one ruleset.
    """

    id: str
    pico_id: PicoId
    event: Event
    due_at: int
    sender: PicoId | None = None
    durable: bool = False
    for_rid: Rid | None = None
