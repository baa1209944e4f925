"""Walking a syntax tree: every node below one, in source order."""

from collections.abc import Iterator
from dataclasses import fields

from pico.krl.nodes import Node

_names: dict[type, tuple[str, ...]] = {}


def _field_names(kind: type[Node]) -> tuple[str, ...]:
    if kind not in _names:
        _names[kind] = tuple(f.name for f in fields(kind) if f.name != "span")
    return _names[kind]


def walk(node: Node) -> Iterator[Node]:
    """The node itself and everything below it, parents first."""
    stack: list[object] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Node):
            yield current
            stack.extend(getattr(current, name) for name in reversed(_field_names(type(current))))
        elif isinstance(current, tuple):
            stack.extend(reversed(current))
