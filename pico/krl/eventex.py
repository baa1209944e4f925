"""Event expressions: which events a rule watches, and when it is selected.

Today a rule may watch simple events joined by `or`: any of them selects it, so there is no
state to keep between events. The operators that need state are refused by `checks`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pico.krl import nodes
from pico.krl.context import Context
from pico.krl.regexp import Regexp
from pico.krl.values import to_text

STATEFUL = {
    nodes.EventOperator.AND: "and", nodes.EventOperator.BEFORE: "before", nodes.EventOperator.THEN: "then",
    nodes.EventOperator.AFTER: "after", nodes.EventOperator.BETWEEN: "between",
    nodes.EventOperator.NOT_BETWEEN: "not between",
}


def primitives(event: nodes.EventExpression) -> Iterator[nodes.EventPrimitive]:
    """The simple events of an expression, in source order."""
    if isinstance(event, nodes.EventPrimitive):
        yield event
    elif isinstance(event, nodes.EventGroup):
        yield event.event
    else:
        for part in event.args:
            yield from primitives(part)


def stateful(event: nodes.EventExpression) -> Iterator[tuple[str, nodes.EventExpression]]:
    """The operators in an expression that need state between events, with their nodes."""
    if isinstance(event, nodes.EventGroup):
        yield event.op, event
    elif isinstance(event, nodes.EventAny):
        yield "any", event
    elif isinstance(event, nodes.EventOp):
        if event.op in STATEFUL:
            yield STATEFUL[event.op], event
        for part in event.args:
            yield from stateful(part)


def capture(t: Context, attrs: Mapping[str, Any], tests: tuple[tuple[str, Regexp], ...]) -> list[str | None] | None:
    """Match attributes against regexps: all groups, left to right, or None where one does not match.

    A missing attribute is matched as the empty text; other values by their text.
    """
    groups: list[str | None] = []
    for name, regexp in tests:
        found = regexp.first(to_text(attrs[name]) if name in attrs else "", t)
        if found is None:
            return None
        groups.extend(found.groups())
    return groups


def group(groups: list[str | None], position: int) -> str | None:
    """The capture at a position; names beyond the last group are null."""
    return groups[position] if position < len(groups) else None
