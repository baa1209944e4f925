"""Operators that treat arrays as sets, by deep equality and in the order of first occurrence.

Comparing each with each would take quadratic time, so every value gets a shape: something
hashable that equal values, and only these, share. Collections get a number each, by the
shapes of their parts, so a shape is small however large its value is.
"""

from collections import Counter
from typing import Any

from pico.errors import LimitExceeded
from pico.krl.context import Context
from pico.krl.operators.sizes import reserve_items
from pico.krl.values import MISSING
from pico.limits import VALUE_DEPTH


class Shapes:
    """The shapes of the values of one operation. Values must outlive it: it knows them by identity."""

    def __init__(self, t: Context) -> None:
        self.t = t
        self.numbers: dict[Any, tuple[str, int]] = {}
        self.seen: dict[int, Any] = {}

    def of(self, v: Any, depth: int = 0) -> Any:
        """The shape of a value; raises `LimitExceeded` where it is nested too deeply."""
        kind = type(v)
        if kind is bool:
            return (v,)  # for Python, True is 1
        if kind is not list and kind is not dict:
            return v
        known = self.seen.get(id(v))
        if known is not None:
            return known
        if depth == VALUE_DEPTH.value:
            raise LimitExceeded(VALUE_DEPTH)
        self.t.spend(1 + len(v))
        parts: Any
        if kind is list:
            parts = ("array", *(self.of(item, depth + 1) for item in v))
        else:
            parts = frozenset((key, self.of(item, depth + 1)) for key, item in v.items())
        shape = self.numbers.setdefault(parts, ("#", len(self.numbers)))
        self.seen[id(v)] = shape
        return shape

    def all(self, items: list[Any]) -> list[Any]:
        """The shapes of all items."""
        self.t.spend(len(items))
        return [self.of(item) for item in items]


def wrapped(v: Any) -> list[Any]:
    """An array as it is, anything else as an array of one."""
    return v if type(v) is list else [v]


def distinct(items: list[Any], shapes: list[Any]) -> list[Any]:
    """The first of each shape."""
    first: dict[Any, Any] = {}
    for item, shape in zip(items, shapes, strict=True):
        first.setdefault(shape, item)
    return list(first.values())


def intersection(t: Context, a: Any = None, b: Any = MISSING, *_: Any) -> list[Any]:
    """`intersection`: the distinct elements that are in both."""
    if b is MISSING:
        return []
    shapes = Shapes(t)
    items = wrapped(a)
    wanted = set(shapes.all(wrapped(b)))
    known = shapes.all(items)
    kept = [pair for pair in zip(items, known, strict=True) if pair[1] in wanted]
    return distinct([item for item, _ in kept], [shape for _, shape in kept])


def union(t: Context, a: Any = None, b: Any = MISSING, *_: Any) -> Any:
    """`union`: the distinct elements of both, those of the first in front."""
    if b is MISSING:
        return a
    items = wrapped(a) + wrapped(b)
    reserve_items(t, len(items))
    return distinct(items, Shapes(t).all(items))


def difference(t: Context, a: Any = None, b: Any = MISSING, *_: Any) -> Any:
    """`difference`: the elements of the first that are not in the second."""
    if b is MISSING:
        return a
    shapes = Shapes(t)
    items = wrapped(a)
    unwanted = set(shapes.all(wrapped(b)))
    return [item for item, shape in zip(items, shapes.all(items), strict=True) if shape not in unwanted]


def has(t: Context, val: Any = None, other: Any = None, *_: Any) -> bool:
    """`has`: whether every element of the other is in the first."""
    shapes = Shapes(t)
    return set(shapes.all(wrapped(val))).issuperset(shapes.all(wrapped(other)))


def unique(t: Context, val: Any = None, *_: Any) -> Any:
    """`unique`: the first of each group of equal elements; what is no array stays as it is."""
    return distinct(val, Shapes(t).all(val)) if type(val) is list else val


def once(t: Context, val: Any = None, *_: Any) -> Any:
    """`once`: the elements that have no equal; what is no array stays as it is."""
    if type(val) is not list:
        return val
    shapes = Shapes(t).all(val)
    counts = Counter(shapes)
    return [item for item, shape in zip(val, shapes, strict=True) if counts[shape] == 1]


def duplicates(t: Context, val: Any = None, *_: Any) -> list[Any]:
    """`duplicates`: the first of each group of several equal elements."""
    if type(val) is not list:
        return []
    shapes = Shapes(t).all(val)
    counts = Counter(shapes)
    repeated = [pair for pair in zip(val, shapes, strict=True) if counts[pair[1]] > 1]
    return distinct([item for item, _ in repeated], [shape for _, shape in repeated])


TABLE = {
    "intersection": intersection, "union": union, "difference": difference, "has": has, "unique": unique,
    "once": once, "duplicates": duplicates,
}
