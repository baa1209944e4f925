"""Operators on the shape of arrays."""

from typing import Any

from pico.errors import RuleFault
from pico.krl.context import Context
from pico.krl.numbers import to_number
from pico.krl.operators.iteration import array
from pico.krl.operators.sizes import pay_look, reserve_items, reserve_text
from pico.krl.values import MISSING, equal, quote, to_text


def head(t: Context, val: Any = None, *_: Any) -> Any:
    """`head`: the first element, null for none; what is no array stays as it is."""
    if type(val) is not list:
        return val
    return val[0] if val else None


def tail(t: Context, val: Any = None, *_: Any) -> list[Any]:
    """`tail`: all but the first element; what is no array has none."""
    if type(val) is not list:
        return []
    reserve_items(t, len(val))
    return val[1:]


def append(t: Context, val: Any = None, a: Any = MISSING, b: Any = MISSING, c: Any = MISSING, d: Any = MISSING,
           e: Any = MISSING, *_: Any) -> list[Any]:
    """`append`: up to five values behind an array; of those that are arrays, their elements."""
    parts = [part if type(part) is list else [part] for part in (val, a, b, c, d, e) if part is not MISSING]
    reserve_items(t, sum(map(len, parts)))
    return [item for part in parts for item in part]


def index(t: Context, val: Any = None, elm: Any = None, *_: Any) -> int:
    """`index`: the first position of an equal element, -1 for none."""
    for position, item in enumerate(array(val)):
        if equal(item, elm, t):
            pay_look(t, position << 4)
            return position
    pay_look(t, len(val) << 4)
    return -1


def join(t: Context, val: Any = None, str: Any = None, *_: Any) -> Any:
    """`join`: the texts of all elements with a text between them, a comma unless it is given."""
    if type(val) is not list:
        return to_text(val)
    between = "," if str is None else to_text(str)
    t.spend(len(val) >> 1)
    texts = [to_text(item) for item in val]
    reserve_text(t, sum(map(len, texts)) + len(between) * max(0, len(texts) - 1))
    return between.join(texts)


def reverse(t: Context, val: Any = None, *_: Any) -> list[Any]:
    """`reverse`: the elements in the opposite order."""
    items = array(val)
    reserve_items(t, len(items))
    return items[::-1]


def whole_number(v: Any, operator: str, role: str) -> int:
    """The argument as a whole number; `role` ends the message of the fault."""
    n = to_number(v)
    if n is None:
        raise RuleFault("bad-operand", f"TypeError: The .{operator}() operator cannot use {quote(v)}{role}")
    return int(n)


def slice_array(t: Context, val: Any = None, start: Any = MISSING, end: Any = MISSING, *_: Any) -> list[Any]:
    """`slice`: the elements from one position to another, both included, in either order; none unless both exist.

    With one position, the elements up to it; a negative one drops elements at the end.
    """
    items = array(val)
    reserve_items(t, len(items))
    if not items or start is MISSING:
        return items
    first = whole_number(start, "slice", " as an index")
    if end is MISSING:
        return items[: first + 1] if first <= len(items) and first != -1 else []
    last = whole_number(end, "slice", " as the other index")
    low, high = min(first, last), max(first, last)
    return items[low : high + 1] if low >= 0 and high < len(items) else []


def splice(t: Context, val: Any = None, start: Any = None, nElements: Any = None, value: Any = MISSING,
           *_: Any) -> list[Any]:
    """`splice`: without `nElements` elements from `start`, and with `value` (or its elements) in their place.

    `start` is brought between the first and the last element; a negative count means all the rest.
    """
    items = array(val)
    if not items:
        return items
    first = min(max(whole_number(start, "splice", "as an index"), 0), len(items) - 1)
    number = whole_number(nElements, "splice", "as a number of elements")
    rest = len(items) if number < 0 else first + number
    new = [] if value is MISSING else value if type(value) is list else [value]
    reserve_items(t, len(items) + len(new))
    return items[:first] + new + items[rest:]


TABLE = {
    "head": head, "tail": tail, "append": append, "index": index, "join": join, "reverse": reverse,
    "slice": slice_array, "splice": splice,
}
