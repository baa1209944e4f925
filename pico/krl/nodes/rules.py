"""Rules: loops, actions, the postlude."""

from dataclasses import dataclass
from typing import Union

from pico.krl.nodes.events import SelectWhen, SelectWhere
from pico.krl.nodes.expressions import Arguments, Declaration, DomainName, Expression, Name, Node


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
