"""Expressions, declarations and functions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from pico.krl.source import Span

if TYPE_CHECKING:
    from pico.krl.nodes.rules import ActionBlock


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that was read from source."""

    span: Span


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
