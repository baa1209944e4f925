"""Between the model's values and what a database row holds: texts, JSON, and rows read back.

What comes back equals what went in, type for type: a store's cache depends on it. JSON goes
through orjson; the few values that it refuses or would change (lone surrogates, integers
beyond 64 bits, great depth) go through the standard library, and a leading space, which JSON
allows, tells the reader to do likewise.
"""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from pico.errors import Invalid
from pico.model.channel import Channel, Kind, Policy
from pico.model.identity import Eci, PicoId, Rid
from pico.model.message import Event, Json, Message

Text = str | bytes  # what a text column holds

_INT64 = 2**63


def to_column(text: str) -> Text:
    """A text as a column holds it: itself, or its bytes where UTF-8 has no place for it.

    Raises `Invalid` (`not-json`) for what is no text, such as a number as the key of a map.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    except AttributeError as error:
        raise _not_json(f"a text was expected and not {type(text).__name__}") from error
    return text


def from_column(held: Text) -> str:
    """The text that `to_column` was given."""
    return held if isinstance(held, str) else held.decode("utf-8", "surrogatepass")


def to_json(value: Json) -> str:
    """A value as JSON text. Raises `Invalid` (`not-json`) for what JSON cannot hold."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME)
    except TypeError:
        return _to_json_with_care(value)
    if b"null" in text:
        _refuse_infinite(value)  # orjson writes null for what is not a number
    return text.decode()


def from_json(text: str) -> Json:
    """The value that `to_json` was given."""
    return json.loads(text) if text.startswith(" ") else orjson.loads(text)


def to_time(milliseconds: int) -> int:
    """A time that a column can hold. Raises `Invalid` (`bad-time`) beyond 64 bits."""
    if not -_INT64 <= milliseconds < _INT64:
        raise Invalid("bad-time", f"the time {milliseconds:.3g} ms lies beyond what can be stored: choose a nearer one")
    return milliseconds


def _to_json_with_care(value: Json) -> str:
    try:
        text = " " + json.dumps(value, allow_nan=False)
        same = json.loads(text) == value
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_json(error) from error
    if not same:  # such as a map whose keys are numbers
        raise _not_json("it would come back changed")
    return text


def _refuse_infinite(value: Json) -> None:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise _not_json(error) from error


def _not_json(reason: object) -> Invalid:
    return Invalid("not-json", f"JSON cannot hold this value, so it cannot be stored: {reason}")


def channel_document(channel: Channel) -> str:
    """What a row of `channel` says beyond its keys.

    Raises `Invalid` (`derived-channel`) for a channel that follows from a birth: the tree is
    stored once, and a second copy could disagree.
    """
    if channel.kind is not Kind.ORDINARY:
        raise Invalid(
            "derived-channel",
            f"the {channel.kind} channel of {channel.pico_id} follows from a birth and is not committed by itself",
        )
    event, query = channel.event_policy, channel.query_policy
    return to_json([channel.tags, event.allow, event.deny, query.allow, query.deny])


def read_channel(eci: str, pico_id: str, document: str) -> Channel:
    """The ordinary channel of a row of `channel`."""
    tags, *sides = from_json(document)
    event_allow, event_deny, query_allow, query_deny = (tuple((s, n) for s, n in side) for side in sides)
    return Channel(
        eci=Eci(eci),
        pico_id=PicoId(pico_id),
        tags=tuple(tags),
        event_policy=Policy(event_allow, event_deny),
        query_policy=Policy(query_allow, query_deny),
    )


def event_document(event: Event) -> str:
    """An event as a row of `message` holds it."""
    return to_json([event.eci, event.domain, event.type, plain_map(event.attrs), event.time])


def read_message(pico_id: Text, id: Text, due_at: int, sender: Text | None, for_rid: Text | None,
                 event: str) -> Message:
    """The message of a row of `message`; it is durable, or there would be no row."""
    eci, domain, type_, attrs, time = from_json(event)
    return Message(
        id=from_column(id),
        pico_id=PicoId(from_column(pico_id)),
        event=Event(Eci(eci), domain, type_, attrs, time),
        due_at=due_at,
        sender=None if sender is None else PicoId(from_column(sender)),
        durable=True,
        for_rid=None if for_rid is None else Rid(from_column(for_rid)),
    )


def plain_map(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same map as a `dict`, which is the only one that a JSON writer knows."""
    return value if isinstance(value, dict) else dict(value)
