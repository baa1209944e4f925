"""`event:` — the event that is being handled, and sending events to other picos."""

from typing import Any

from pico.errors import Denied, RuleFault
from pico.krl.modules import Draft
from pico.krl.values import to_text
from pico.model.identity import Eci
from pico.model.message import Event, Json, Message
from pico.runtime.turn import Turn, attribute_map

_draft = Draft("event")


@_draft.property
def eci(t: Turn) -> Json:
    """The channel it arrived on."""
    return t.event.eci if t.event else None


@_draft.property
def domain(t: Turn) -> Json:
    """Its domain."""
    return t.event.domain if t.event else None


@_draft.property
def name(t: Turn) -> Json:
    """Its type."""
    return t.event.type if t.event else None


@_draft.property
def type_(t: Turn) -> Json:
    """Its type, under the older name."""
    return t.event.type if t.event else None


@_draft.property
def attrs(t: Turn) -> Json:
    """Its attributes, a map; null outside events."""
    return t.attrs if t.event else None


@_draft.property
def eid(t: Turn) -> Json:
    """The id of the event that started this turn."""
    return t.id if t.event else None


@_draft.property
def time(t: Turn) -> Json:
    """When it was accepted or raised, in ms since 1970."""
    return t.event.time if t.event else None


@_draft.function
def attr(t: Turn, name: Any = None) -> Json:
    """One attribute, null where it is missing."""
    return t.attrs.get(to_text(name))


@_draft.action
def send(t: Turn, event: Any = None, host: Any = None) -> Json:
    """Send an event to another pico: `{eci, domain, type, attrs}`, or `sub` instead of `eci`.

    It leaves with the commit of this turn. An unknown or forbidden ECI is logged, and the
    rule goes on. Returns the event's id, or null where it was not sent.
    """
    given = event if isinstance(event, dict) else {}
    sub = given.get("sub")
    target = sub.get("Tx") if isinstance(sub, dict) else given.get("eci")
    away = host or (sub.get("Tx_host") if isinstance(sub, dict) else None)
    if not isinstance(target, str):
        raise RuleFault("bad-event", f"TypeError: eci was {to_text(target)} instead of a string")
    if away is not None and to_text(away).rstrip("/") != t.host.base_url:
        raise RuleFault("not-yet-supported", "Error: events to other engines are not supported yet; use http:post")
    return _post(t, target, _text(given, "domain"), _text(given, "type", "name"), attribute_map(given.get("attrs"), t))


def _post(t: Turn, target: str, domain: str, type_: str, attributes: dict[str, Json]) -> Json:
    channel = t.route(target)
    if channel is None:
        t.log("error", f"ECI not found {target}")
        return None
    newborn = any(birth.pico_id == channel.pico_id for birth in (*t.step.births, *t.done.births))
    try:
        if not newborn:
            channel.admit_event(t.snapshot.pico_id, domain, type_)
    except Denied as error:
        t.log("error", error.message)
        return None
    now = t.host.now()
    sent = Event(Eci(target), domain, type_, attributes, now)
    message = Message(t.host.new_id(), channel.pico_id, sent, now, t.snapshot.pico_id, durable=True)
    t.send(message)
    return message.id


def _text(given: dict[str, Json], *names: str) -> str:
    value = next((given[name] for name in names if given.get(name) is not None), None)
    if not isinstance(value, str) or not value.strip():
        raise RuleFault("bad-event", f"Error: missing event.{names[-1]}")
    return value.strip()


MODULE = _draft.module()
