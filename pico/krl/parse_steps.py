"""For each production of the grammar, what the parser does when it is complete.

An alias is, in this order: a list in the making (`none_yet`, `first`, `append`), a method of
`Builder`, or a node class in snake case. All of it is looked up once per process, so that a
reduction at parse time is one call.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, get_origin

from pico.krl import nodes
from pico.krl.parse_table import Production, load_table
from pico.krl.source import Span
from pico.krl.tree import Builder

Build = Callable[[Builder, int, int, list[Any]], Any]


class Step(NamedTuple):
    """A production, ready: its left side, its size, what makes its value, and how much it deepens the tree."""

    left: int
    size: int
    build: Build
    deeper: int


def hand_on(builder: Builder, begin: int, end: int, values: list[Any]) -> Any:
    """A production of one symbol without an alias: its value as it is. The parser skips this call."""
    return values[0]


_DEEPER = frozenset("""
    binary unary conditional operator_call property_read path_access index call parens array array_empty map map_empty
    chevron function def_action def_action_empty event_infix event_prefix event_between event_not_between event_any
    event_group
""".split())

_span: Callable[[Any, tuple[int, int]], Span] = tuple.__new__


@cache
def load_steps() -> tuple[Step, ...]:
    """The steps of the loaded table's productions, in their order."""
    return tuple(_step(production) for production in load_table().productions)


def _step(production: Production) -> Step:
    alias, kept, size = production.alias, production.kept, len(production.symbols)
    if alias:
        return Step(production.left, size, _build(alias, kept), int(alias in _DEEPER))
    if size == 1 and kept:
        return Step(production.left, size, hand_on, 0)
    return Step(production.left, size, _hand_on(kept), 0)


def _hand_on(kept: tuple[int, ...]) -> Build:
    if not kept:
        return lambda builder, begin, end, values: None
    only = kept[0]
    return lambda builder, begin, end, values: values[only]


def _build(alias: str, kept: tuple[int, ...]) -> Build:
    if alias == "none_yet":
        return lambda builder, begin, end, values: []
    if alias == "first":
        return lambda builder, begin, end, values: [values[0]]
    if alias == "append":
        return _append(kept[1])
    method = getattr(Builder, alias, None)
    if method is not None:
        return _method(method, kept)
    return _node(getattr(nodes, alias.title().replace("_", "")), kept)


def _append(last: int) -> Build:
    def build(builder: Builder, begin: int, end: int, values: list[Any]) -> Any:
        grown = values[0]
        grown.append(values[last])
        return grown

    return build


def _method(method: Callable[..., Any], kept: tuple[int, ...]) -> Build:
    if len(kept) == 1:
        only = kept[0]
        return lambda builder, begin, end, values: method(builder, _span(Span, (begin, end)), values[only])
    if not kept:
        return lambda builder, begin, end, values: method(builder, _span(Span, (begin, end)))
    pick = itemgetter(*kept)
    return lambda builder, begin, end, values: method(builder, _span(Span, (begin, end)), *pick(values))


def _node(node: Any, kept: tuple[int, ...]) -> Build:
    """Build a node from the kept values; a field that holds a tuple gets its list as one."""
    kinds = [get_origin(f.type) is tuple for f in fields(node)][1:]
    make: Any = node
    if any(kinds):
        shape = tuple(zip(kept, kinds, strict=True))
        return lambda builder, begin, end, values: make(
            _span(Span, (begin, end)), *[tuple(values[i]) if many else values[i] for i, many in shape])
    if len(kept) == 2:
        first, second = kept
        return lambda builder, begin, end, values: make(_span(Span, (begin, end)), values[first], values[second])
    return lambda builder, begin, end, values: make(_span(Span, (begin, end)), *[values[i] for i in kept])
