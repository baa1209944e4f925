"""A turn: `run_turn(snapshot, message, rulesets, host)` gives the commits that it asks for.

The message's event goes to every ruleset in install order, rules in source order; what they
raise is delivered after it, breadth first, in the same turn. One ruleset handling one event
is a step, and a step is all or nothing: a fault drops its writes, raises, sends and
directives, and the other rulesets go on as if it had not been installed. Where every ruleset
that selected failed, the turn changes nothing.

Nothing here touches the world: time, ids and everything outside come from the host.
"""

import logging
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from pico.errors import LimitExceeded, PicoError, RuleFault, StoreError
from pico.krl.compile import used_too_early
from pico.krl.context import Context
from pico.krl.faults import place_of
from pico.krl.operators import OPERATORS
from pico.krl.values import Action, Function, to_json, to_text
from pico.limits import (
    CALL_DEPTH,
    DIRECTIVES_PER_TURN,
    FUEL_PER_STEP,
    FUEL_PER_TURN,
    FUEL_SLICE,
    LOG_LINES_PER_TURN,
    RAISES_PER_TURN,
    SENDS_PER_TURN,
    Limit,
)
from pico.model.channel import Channel
from pico.model.commit import Commit, Reply
from pico.model.identity import Eci, PicoId, Rid
from pico.model.message import Event, Json, Message
from pico.model.snapshot import Installed, Snapshot
from pico.runtime.effects import Effects, Raised, Written
from pico.runtime.host import Host, Pause, Request, Route
from pico.runtime.instances import Instances

SYSTEM_ERROR = ("system", "error")
INTERNAL = "internal-error"
log = logging.getLogger("pico.turn")


class Turn(Context):
    """One turn while it runs: what generated code and the modules reach as `t`.

    `event` is the event of the current step (None in a query), `rid` and `rule` say whose code
    runs, `chain` are the picos waiting for this one, itself last.
    """

    __slots__ = (
        "attrs",
        "calls",
        "chain",
        "channel",
        "done",
        "event",
        "fuel_left",
        "halted",
        "host",
        "id",
        "instances",
        "lines",
        "raises",
        "rid",
        "rule",
        "selected",
        "snapshot",
        "step",
    )

    def __init__(self, snapshot: Snapshot, instances: Instances, host: Host, txn_id: str, eci: str,
                 chain: tuple[PicoId, ...] = ()) -> None:
        super().__init__(0)
        self.snapshot = snapshot
        self.instances = instances
        self.host = host
        self.id = txn_id
        self.channel = eci
        self.chain = (*chain, snapshot.pico_id)
        self.event: Event | None = None
        self.attrs: Mapping[str, Json] = {}
        self.rid = ""
        self.rule: str | None = None
        self.done = self.step = Effects()
        self.fuel_left = FUEL_PER_TURN.value
        self.lines: list[dict[str, Json]] = []
        self.raises = 0
        self.calls = 0
        self.selected = False
        self.halted = False

    # Fuel

    def begin(self, rid: str) -> None:
        """Start a step: fresh effects, and fuel of its own out of what the turn has left."""
        self.step = Effects()
        self.enter(rid)

    def enter(self, rid: str) -> None:
        """Start running the code of a ruleset, with fuel of its own. A query has no effects and needs only this."""
        self.rid, self.rule = rid, None
        self.selected = self.halted = False
        self.depth = 0
        self.fuel_left += self.budget + max(self.fuel, 0)
        budget = min(FUEL_PER_STEP.value, self.fuel_left)
        self.fuel_left -= budget
        self.fuel = min(budget, FUEL_SLICE.value)
        self.budget = budget - self.fuel

    def refuel(self) -> None:
        """Pay for a further slice, and let others run before it."""
        super().refuel()
        self.host.perform(Pause())

    def fuel_limit(self) -> Limit:
        """The step's own limit, or the turn's where that is what ran out."""
        return FUEL_PER_STEP if self.fuel_left > 0 else FUEL_PER_TURN

    # Called by generated code

    def select(self, rule: str) -> None:
        """A rule was selected and its body begins."""
        self.rule = rule
        self.selected = True

    def is_event(self, domain: str, type_: str) -> bool:
        """Whether the current event is this one."""
        return self.event is not None and self.event.domain == domain and self.event.type == type_

    def attribute(self, name: str) -> Json:
        """An attribute of the current event, null where it is missing."""
        return self.attrs.get(name)

    def read(self, rid: str, name: str) -> Json:
        """An entity variable, as this turn has it so far."""
        place = (Rid(rid), name)
        written = self.step.entities.get(place) or self.done.entities.get(place)
        return self.snapshot.entities.get(place) if written is None else written.value

    def put(self, rid: str, name: str, value: Any) -> None:
        """`ent:name := value`; null forgets the variable."""
        if isinstance(value, Function | Action):
            raise RuleFault("not-storable", f"TypeError: ent:{name} cannot hold {to_text(value)}; store its result")
        self.step.entities[(Rid(rid), name)] = Written(to_json(value, self), None)

    def put_at(self, rid: str, name: str, path: Any, value: Any) -> None:
        """`ent:name{path} := value`; null removes the entry."""
        if value is None:
            self.clear_at(rid, name, path)
        else:
            self._change(rid, name, path, "set", to_json(value, self))

    def clear(self, rid: str, name: str) -> None:
        """`clear ent:name`."""
        self.step.entities[(Rid(rid), name)] = Written(None, None)

    def clear_at(self, rid: str, name: str, path: Any) -> None:
        """`clear ent:name{path}`; an unset variable stays unset."""
        if self.read(rid, name) is not None:
            self._change(rid, name, path, "delete")

    def _change(self, rid: str, name: str, path: Any, operator: str, *value: Any) -> None:
        keys = path if isinstance(path, list) else [path]
        if not keys:
            return
        place = (Rid(rid), name)
        before = self.read(rid, name)
        after = OPERATORS[operator].run(self, before, path, *value)
        touched: dict[str, None] | None = None
        if isinstance(before, dict) or before is None:
            held = self.step.entities.get(place)
            key, stored = to_text(keys[0]), self.snapshot.entities.get(place)
            whole = held is not None and held.keys is None
            # An entry that this turn removed comes back as the last one, which no keyed write can say.
            moved = isinstance(stored, dict) and key in stored and key not in (before or {})
            touched = None if whole or moved else {**(held.keys or {} if held else {}), key: None}
        self.step.entities[place] = Written(after, touched)

    def raise_event(self, domain: str | None, type_: Any, attributes: Any, for_rid: Any) -> None:
        """`raise domain event type`, or with no domain `raise event "domain:type"`."""
        if domain is None:
            name = re.sub(r"\s+", "", type_) if isinstance(type_, str) else ""
            domain, _, type_ = name.partition(":")
        if not domain.strip():
            raise RuleFault("bad-event", "Error: missing event.domain")
        if not isinstance(type_, str) or not type_.strip():
            raise RuleFault("bad-event", "Error: missing event.name")
        rid = None if for_rid is None else to_text(for_rid)
        self._raise(domain.strip(), type_.strip(), attribute_map(attributes, self), rid)

    def raise_error(self, level: str, value: Any) -> None:
        """`error level value`; at level error everything still pending in this turn is dropped first."""
        if level == "error":
            self.halted = True
            self.step.raised.clear()
        self._raise(*SYSTEM_ERROR, {
            "level": level, "data": to_json(value, self), "rid": self.rid, "rule_name": self.rule, "genus": "user",
        }, self.rid)

    def _raise(self, domain: str, type_: str, attrs: Mapping[str, Json], for_rid: str | None) -> None:
        self.raises += 1
        if self.raises > RAISES_PER_TURN.value:
            raise LimitExceeded(RAISES_PER_TURN)
        event = Event(Eci(self.channel), domain, type_, attrs, self.host.now())
        self.step.raised.append(Raised(event, for_rid))

    def direct(self, name: Any, options: Any) -> Json:
        """`send_directive(name, options)`; returns the directive."""
        if self.event is None:
            raise RuleFault("action-in-query", "TypeError: [Action] is not a function; queries have no actions")
        if len(self.done.directives) + len(self.step.directives) >= DIRECTIVES_PER_TURN.value:
            raise LimitExceeded(DIRECTIVES_PER_TURN)
        directive = {
            "type": "directive", "name": to_json(name, self),
            "options": {} if options is None else to_json(options, self),
            "meta": {"rid": self.rid, "rule_name": self.rule, "txnId": self.id},
        }
        self.step.directives.append(directive)
        return directive

    def pick(self, count: int) -> int:
        """A random position below `count`."""
        return int(self.host.random() * count)

    def log(self, level: str, message: Any, value: Any = None) -> None:
        """Add a line to this turn's log; past the limit the rest is left out, and a last line says so."""
        if len(self.lines) < LOG_LINES_PER_TURN.value:
            self.lines.append({"level": level, "rid": self.rid, "rule": self.rule, "msg": to_text(message),
                               "val": None if value is None else to_text(value)})
        elif len(self.lines) == LOG_LINES_PER_TURN.value:
            self.lines.append({"level": "warn", "rid": self.rid, "rule": self.rule,
                               "msg": LOG_LINES_PER_TURN.explain(), "val": None})

    # Called by modules

    def perform(self, request: Request) -> Any:
        """Ask the host; may suspend."""
        return self.host.perform(request)

    def route(self, eci: str) -> Channel | None:
        """The channel of an ECI, those made in this turn included."""
        for effects in (self.step, self.done):
            for birth in effects.births:
                if birth.birth is not None and birth.birth.child_eci == eci:
                    return Channel(Eci(eci), birth.pico_id)
            if Eci(eci) in effects.channels:
                return effects.channels[Eci(eci)]
        found: Channel | None = self.perform(Route(eci))
        return found

    def send(self, message: Message) -> None:
        """Put a message into the mailbox of its pico, with the commit."""
        if len(self.done.messages) + len(self.step.messages) >= SENDS_PER_TURN.value:
            raise LimitExceeded(SENDS_PER_TURN)
        self.step.messages.append(message)

    def installed(self, rid: str) -> Installed:
        """The installation of a ruleset that runs here."""
        return self.snapshot.rulesets[Rid(rid)]


def attribute_map(value: Any, t: Context) -> dict[str, Json]:
    """Event attributes as they travel: a JSON copy of a map; null gives the empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RuleFault("bad-event", "Error: Expected a JSON map for event.data.attrs")
    copied: dict[str, Json] = to_json(value, t)
    return copied


def run_turn(snapshot: Snapshot, message: Message, instances: Instances, host: Host,
             lines: list[dict[str, Json]] | None = None) -> tuple[Commit, ...]:
    """Handle one message: the pico's own commit first, then those of the picos born in it.

    Its log lines are added to `lines`. Faults are contained and reported in the commit's
    reply; only a `StoreError` of the host is raised.
    """
    turn = Turn(snapshot, instances, host, message.id, message.event.eci)
    if lines is not None:
        turn.lines = lines
    errors: list[dict[str, Json]] = []
    worked = False
    schedule = deque(concerned(turn, message.event, message.for_rid))
    while schedule:
        error = run_step(turn, *schedule.popleft())
        if error is not None:
            errors.append(error)
            continue
        worked = worked or turn.selected
        if turn.halted:
            schedule.clear()
        for raised in turn.step.raised:
            schedule.extend(concerned(turn, raised.event, raised.for_rid))
        turn.done.merge(turn.step)
    if errors and not worked:
        turn.done = Effects()
    return commits(turn, message, errors, failed=bool(errors) and not worked)


def concerned(turn: Turn, event: Event, for_rid: str | None) -> list[tuple[Rid, Event, tuple[int, ...]]]:
    """The steps that an event asks for: the rulesets that it concerns, in install order, with their rules."""
    listeners = turn.instances.listeners(turn.snapshot.rulesets, event.domain, event.type)
    return [(rid, event, numbers) for rid, numbers in listeners if for_rid is None or rid == for_rid]


def run_step(turn: Turn, rid: Rid, event: Event, numbers: tuple[int, ...]) -> dict[str, Json] | None:
    """One ruleset handles one event. Returns the error where it failed; its effects are in `turn.step`."""
    installed = turn.snapshot.rulesets[rid]
    turn.event, turn.attrs = event, event.attrs
    turn.begin(rid)
    try:
        rules = turn.instances.get(turn, installed, turn.snapshot.rulesets).rules
        for number in numbers:
            if rules[number](turn):
                break
    except StoreError:
        raise
    except Exception as error:
        return fault(turn, error)
    return None


def fault(turn: Turn, error: Exception) -> dict[str, Json]:
    """What is told of a fault: where, which code, and the text for the person who can mend it."""
    place = place_of(error, turn.rid)
    named = explained(error)
    report = {
        "rid": turn.rid, "rule": turn.rule, "code": named.code, "message": named.message,
        "line": place.line if place else None, "column": place.column if place else None,
    }
    turn.log("error", named.message)
    if named.code == INTERNAL:
        log.error("a ruleset met a defect of the engine", exc_info=error)
    return report


def explained(error: Exception) -> PicoError:
    """Any exception of compiled code as an error with a code."""
    if isinstance(error, PicoError):
        return error
    if isinstance(error, RecursionError):
        return LimitExceeded(CALL_DEPTH)
    if isinstance(error, NameError):
        return used_too_early(error)
    return RuleFault("internal-error", f"Error: the engine failed here ({type(error).__name__}); please report it")


def commits(turn: Turn, message: Message, errors: list[dict[str, Json]], failed: bool) -> tuple[Commit, ...]:
    """The turn's effects as commits: the pico's own, then those of the picos born."""
    done, snapshot = turn.done, turn.snapshot
    own = Commit(
        snapshot.pico_id, snapshot.version,
        consumed=message.id if message.durable else None,
        entities=tuple(done.entity_writes(snapshot.entities)),
        channels=tuple(done.channels.values()),
        dropped_channels=tuple(done.dropped_channels),
        sources=tuple(done.sources.values()),
        messages=(*done.messages, *error_messages(turn, message, errors)),
        reply=Reply(message.id, tuple(done.directives), tuple(errors), failed),
    )
    return (own, *done.births)


def error_messages(turn: Turn, message: Message, errors: list[dict[str, Json]]) -> tuple[Message, ...]:
    """Errors are told to the pico itself, in a message of their own, where one of its rulesets listens.

    A fault in handling such a message is not told again: that could go on for ever.
    """
    handled = message.event.domain, message.event.type
    if not errors or handled == SYSTEM_ERROR or not turn.instances.listeners(turn.snapshot.rulesets, *SYSTEM_ERROR):
        return ()
    now, pico_id = turn.host.now(), turn.snapshot.pico_id
    event = Event(Eci(pico_id), *SYSTEM_ERROR, {"genus": "system", "errors": errors, **errors[0]}, now)
    return (Message(turn.host.new_id(), pico_id, event, now, pico_id, durable=True),)

