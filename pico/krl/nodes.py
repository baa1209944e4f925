"""The abstract syntax tree of KRL: frozen values, each with the span it was read from.

Every docstring quotes the form that the node stands for. Parentheses leave no node.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Union

from pico.krl.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that was read from source."""

    span: Span


# Expressions


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`12.5`; `text` is as written, for the formatter."""

    value: int | float
    text: str


@dataclass(frozen=True, slots=True)
class String(Node):
    """`"text"`, with its two escapes undone."""

    value: str


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    """`null`."""


@dataclass(frozen=True, slots=True)
class Regexp(Node):
    """`re#pattern#flags`; the pattern with `\\#` undone, the flags as written."""

    pattern: str
    flags: str


@dataclass(frozen=True, slots=True)
class Chevron(Node):
    """`<<text #{expression} text>>`: texts with escapes undone, and expressions, in order."""

    parts: tuple["str | Expression", ...]


@dataclass(frozen=True, slots=True)
class Array(Node):
    """`[a, b]`."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class MapEntry(Node):
    """`"key": value` in a map."""

    key: String
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Map(Node):
    """`{"key": value}`."""

    entries: tuple[MapEntry, ...]


@dataclass(frozen=True, slots=True)
class Name(Node):
    """`temp`: a variable, or a rule's, parameter's or operator's name."""

    text: str


@dataclass(frozen=True, slots=True)
class DomainName(Node):
    """`ent:temp`, `time:now`."""

    domain: str
    name: str


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`left op right`; `op` is one of `|| && == != < <= > >= like >< <=> cmp + - * / %`."""

    op: str
    left: "Expression"
    right: "Expression"
    op_span: Span


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`op operand`; `op` is `+`, `-` or `not`."""

    op: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`test => then | otherwise`."""

    test: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True, slots=True)
class NamedArgument(Node):
    """`name = value` in a call."""

    name: Name
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Arguments(Node):
    """`(a, b = 1)`."""

    items: tuple["Expression | NamedArgument", ...]


@dataclass(frozen=True, slots=True)
class OperatorCall(Node):
    """`receiver.target(args)`, where the target is a name or a domain name."""

    receiver: "Expression"
    target: Name | DomainName
    args: Arguments


@dataclass(frozen=True, slots=True)
class PropertyRead(Node):
    """`receiver.name` without a call (deprecated)."""

    receiver: "Expression"
    name: Name


@dataclass(frozen=True, slots=True)
class PathAccess(Node):
    """`receiver{key}`."""

    receiver: "Expression"
    key: "Expression"


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`receiver[key]`."""

    receiver: "Expression"
    key: "Expression"


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`callee(args)`."""

    callee: "Expression"
    args: Arguments


@dataclass(frozen=True, slots=True)
class Param(Node):
    """`name` or `name = default` in a parameter list."""

    name: Name
    default: "Expression | None"


@dataclass(frozen=True, slots=True)
class Declaration(Node):
    """`name = value`."""

    name: Name
    value: "Expression"


@dataclass(frozen=True, slots=True)
class Function(Node):
    """`function(params){ declarations result }`."""

    params: tuple[Param, ...]
    body: tuple[Declaration, ...]
    result: "Expression"


@dataclass(frozen=True, slots=True)
class DefAction(Node):
    """`defaction(params){ declarations actions return result }`."""

    params: tuple[Param, ...]
    body: tuple[Declaration, ...]
    actions: "ActionBlock | None"
    result: "Expression | None"


Expression = Union[
    Number, String, Boolean, Null, Regexp, Chevron, Array, Map, Name, DomainName, Binary, Unary,
    Conditional, OperatorCall, PropertyRead, PathAccess, Index, Call, Function, DefAction,
]


# Event expressions


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


# Rules


@dataclass(frozen=True, slots=True)
class ForEach(Node):
    """`foreach iterable setting(value, key)`."""

    iterable: Expression
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Action(Node):
    """`label => target(args) setting(name)`."""

    label: Name | None
    target: Name | DomainName
    args: Arguments
    setting: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class ActionBlock(Node):
    """`if condition then every { ... }`; `kind` is single, every, sample or choose (with `selector`)."""

    condition: Expression | None
    kind: str
    selector: Expression | None
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """`ent:name{path} := value`."""

    target: DomainName
    path: Expression | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Clear(Node):
    """`clear ent:name{path}`."""

    target: DomainName
    path: Expression | None


@dataclass(frozen=True, slots=True)
class Raise(Node):
    """`raise domain event type for rid attributes map`; the dynamic form has no `domain`."""

    domain: str | None
    type: Expression
    for_rid: Expression | None
    attributes: Expression | None


@dataclass(frozen=True, slots=True)
class Schedule(Node):
    """`schedule domain event type at|repeat when attributes map setting(name)`; `kind` is at or repeat."""

    domain: str | None
    type: Expression
    kind: str
    when: Expression
    attributes: Expression | None
    setting: Name | None


@dataclass(frozen=True, slots=True)
class Log(Node):
    """`log level value`."""

    level: str
    value: Expression


@dataclass(frozen=True, slots=True)
class ErrorStatement(Node):
    """`error level value`."""

    level: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Last(Node):
    """`last`."""


PlainStatement = Union[Assign, Declaration, Clear, Raise, Schedule, Log, ErrorStatement, Last]


@dataclass(frozen=True, slots=True)
class Guard(Node):
    """`statement if condition`, or `statement on final` where the condition is None."""

    condition: Expression | None
    statement: PlainStatement


Statement = Union[PlainStatement, Guard]


@dataclass(frozen=True, slots=True)
class Postlude(Node):
    """`fired {} else {} finally {}`, `notfired {} ...` or `always {}`.

    A block is None where it is absent and empty where it was written empty.
    `else` after `fired` is `notfired` here, and the other way round.
    """

    fired: tuple[Statement, ...] | None
    notfired: tuple[Statement, ...] | None
    always: tuple[Statement, ...] | None


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """`rule name is active { select foreach pre actions postlude }`."""

    name: Name
    active: bool
    select: SelectWhen | SelectWhere | None
    foreach: tuple[ForEach, ...]
    pre: tuple[Declaration, ...]
    actions: ActionBlock | None
    postlude: Postlude | None


# Rulesets


@dataclass(frozen=True, slots=True)
class MetaText(Node):
    """`name "text"` and the like; `key` is name, description, author or version."""

    key: str
    value: Expression


@dataclass(frozen=True, slots=True)
class MetaLogging(Node):
    """`logging on`."""

    on: bool


@dataclass(frozen=True, slots=True)
class MetaKey(Node):
    """`keys name value`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class MetaUse(Node):
    """`use module rid alias name with a = 1`."""

    rid: str
    rid_span: Span
    alias: Name | None
    bindings: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class MetaConfigure(Node):
    """`configure using a = 1`."""

    bindings: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class MetaProvides(Node):
    """`provides a, b`."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class MetaShares(Node):
    """`shares a, b`."""

    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class MetaProvidesKeys(Node):
    """`provides keys a, b to rid, rid`."""

    names: tuple[Name, ...]
    rids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MetaErrors(Node):
    """`errors to rid`."""

    rid: str


MetaProperty = Union[
    MetaText, MetaLogging, MetaKey, MetaUse, MetaConfigure, MetaProvides, MetaShares, MetaProvidesKeys, MetaErrors
]


@dataclass(frozen=True, slots=True)
class Meta(Node):
    """`meta { properties }`, in source order."""

    properties: tuple[MetaProperty, ...]


@dataclass(frozen=True, slots=True)
class Ruleset(Node):
    """`ruleset rid { meta global rules }`; `version` is the deprecated form before `meta`."""

    rid: str
    rid_span: Span
    version: String | None
    meta: Meta | None
    globals: tuple[Declaration, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Program(Node):
    """A fragment: declarations and expressions, for `pico eval` and tests."""

    items: tuple[Declaration | Expression, ...]
