"""Event expressions: what a rule waits for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Union

from pico.krl.nodes.expressions import Expression, Name, Node, Regexp


@dataclass(frozen=True, slots=True)
class AttrMatch(Node):
    """`attr re#pattern#` in an event expression."""

    attr: Name
    regexp: Regexp


@dataclass(frozen=True, slots=True)
class EventPrimitive(Node):
    """`domain type attr re#...# setting(names) where condition`.

    `old_order` says that `where` was written before `setting` (deprecated).
    """

    domain: str
    type: str
    matches: tuple[AttrMatch, ...]
    setting: tuple[Name, ...]
    where: Expression | None
    old_order: bool


class EventOperator(StrEnum):
    """The operators that combine event expressions."""

    OR = "or"
    AND = "and"
    BEFORE = "before"
    THEN = "then"
    AFTER = "after"
    BETWEEN = "between"
    NOT_BETWEEN = "not between"


@dataclass(frozen=True, slots=True)
class EventOp(Node):
    """`a or b`, `or(a, b)`, `a between (b, c)`; `between` has three args: a, b, c."""

    op: EventOperator
    args: tuple["EventExpression", ...]


@dataclass(frozen=True, slots=True)
class EventAny(Node):
    """`any n (a, b, c)`."""

    n: int
    args: tuple["EventExpression", ...]


@dataclass(frozen=True, slots=True)
class Aggregator(Node):
    """`max(names)` after `count` or `repeat`; `op` is max, min, sum, avg or push."""

    op: str
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class EventGroup(Node):
    """`count n (a)` or `repeat n (a)`, with an aggregator or none."""

    op: str
    n: int
    event: EventPrimitive
    aggregator: Aggregator | None


EventExpression = Union[EventPrimitive, EventOp, EventAny, EventGroup]


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`within amount period`; the period is singular: second ... year."""

    amount: Expression
    period: str


@dataclass(frozen=True, slots=True)
class SelectWhen(Node):
    """`select when event within ...`."""

    event: EventExpression
    within: Within | None


@dataclass(frozen=True, slots=True)
class SelectWhere(Node):
    """`select where condition`."""

    condition: Expression
