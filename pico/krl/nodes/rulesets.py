"""Whole texts: rulesets with their meta block, and fragments."""

from dataclasses import dataclass
from typing import Union

from pico.krl.nodes.expressions import Declaration, Expression, Name, Node, String
from pico.krl.nodes.rules import Rule
from pico.krl.source import Span


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
