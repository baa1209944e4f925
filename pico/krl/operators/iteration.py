"""Operators that call a function for each element of an array or entry of a map.

A function gets the value, then the index or key, then the whole collection. Callbacks run
one after the other and may suspend the turn.
"""

from collections.abc import Iterable
from typing import Any

from pico.errors import RuleFault
from pico.krl.context import Context, check_text
from pico.krl.operators.callbacks import callback
from pico.krl.operators.sizes import reserve_items
from pico.krl.values import MISSING, Action, is_callable, not_a_function, quote, to_text, truthy


def collection(val: Any) -> Any:
    """The operand, if it is an array or a map; raises `not-a-collection` otherwise."""
    if type(val) is not list and type(val) is not dict:
        raise RuleFault("not-a-collection", "TypeError: only works on collections")
    return val


def array(val: Any) -> list[Any]:
    """The operand, if it is an array; raises `not-an-array` otherwise."""
    if type(val) is not list:
        raise RuleFault("not-an-array", "TypeError: only works on Arrays")
    return val


def pairs(val: Any) -> Iterable[tuple[Any, Any]]:
    """The (index or key, value) pairs of a collection."""
    return enumerate(val) if type(val) is list else val.items()


def map_values(t: Context, val: Any = None, iter: Any = None, *_: Any) -> Any:
    """`map`: the results for each value, in an array, or under the same keys."""
    collection(val)
    if iter is None:
        return val
    run = callback(iter)
    t.spend(len(val))
    if type(val) is list:
        return [run(t, value, index, val) for index, value in enumerate(val)]
    return {key: run(t, value, key, val) for key, value in val.items()}


def filter_values(t: Context, val: Any = None, iter: Any = None, *_: Any) -> Any:
    """`filter`: the elements or entries for which the function holds; without one, those that are true."""
    collection(val)
    run = itself if iter is None else callback(iter)
    t.spend(len(val))
    if type(val) is list:
        return [value for index, value in enumerate(val) if truthy(run(t, value, index, val))]
    return {key: value for key, value in val.items() if truthy(run(t, value, key, val))}


def itself(t: Context, val: Any = None, *_: Any) -> Any:
    """The function that gives back its argument."""
    return val


def collect(t: Context, val: Any = None, iter: Any = None, *_: Any) -> dict[str, list[Any]]:
    """`collect`: a map from the text of each result to the values that gave it."""
    collection(val)
    run = itself if iter is None else callback(iter)
    t.spend(2 * len(val))
    groups: dict[str, list[Any]] = {}
    for key, value in pairs(val):
        groups.setdefault(group_name(t, run(t, value, key, val)), []).append(value)
    return groups


def group_name(t: Context, v: Any) -> str:
    """The text that `collect` groups by: for an array the texts of its elements, with commas."""
    if type(v) is not list:
        return to_text(v)
    texts = []
    pending: list[Any] = [v]
    size = 0
    while pending:
        item = pending.pop()
        t.spend(1)
        if type(item) is list:
            pending.extend(reversed(item))
            continue
        texts.append("" if item is None else to_text(item))
        size += len(texts[-1]) + 1
        check_text(size)
    return ",".join(texts)


def holds(t: Context, val: Any, iter: Any, wanted: bool) -> bool:
    """Whether the function gives `wanted` for some element; stops at the first."""
    collection(val)
    if not val and iter is None:
        return False
    run = callback(iter)
    for key, value in pairs(val):
        t.spend(1)
        if truthy(run(t, value, key, val)) is wanted:
            return True
    return False


def all_hold(t: Context, val: Any = None, iter: Any = None, *_: Any) -> bool:
    """`all`: whether the function holds for every element; true for none at all."""
    return not holds(t, val, iter, False)


def not_all_hold(t: Context, val: Any = None, iter: Any = None, *_: Any) -> bool:
    """`notall`: whether the function fails for some element."""
    return holds(t, val, iter, False)


def any_holds(t: Context, val: Any = None, iter: Any = None, *_: Any) -> bool:
    """`any`: whether the function holds for some element."""
    return holds(t, val, iter, True)


def none_holds(t: Context, val: Any = None, iter: Any = None, *_: Any) -> bool:
    """`none`: whether the function holds for no element."""
    return not holds(t, val, iter, True)


def reduce(t: Context, val: Any = None, iter: Any = None, dflt: Any = MISSING, *_: Any) -> Any:
    """`reduce`: one value from all, each time `iter(so far, value, index, whole)`.

    It starts with `dflt`, or without one with the first element; an empty array gives `dflt` or 0.
    """
    items = array(val)
    if not items:
        return 0 if dflt is MISSING else dflt
    run = named_callback("reduce", iter)
    result, start = (items[0], 1) if dflt is MISSING else (dflt, 0)
    t.spend(len(items))
    for index in range(start, len(items)):
        result = run(t, result, items[index], index, items)
    return result


def pairwise(t: Context, val: Any = None, iter: Any = None, *_: Any) -> list[Any]:
    """`pairwise`: the results for the first elements of all arrays, then for the second ones, and so on.

    Anything in the operand that is no array counts as an array of one; what is missing is null.
    """
    if type(val) is not list:
        raise RuleFault("not-an-array", f"TypeError: The .pairwise() operator cannot be called on {quote(val)}")
    if len(val) < 2:
        raise RuleFault("not-an-array", "TypeError: The .pairwise() operator needs a longer array")
    run = named_callback("pairwise", iter, "TypeError")
    rows = [item if type(item) is list else [item] for item in val]
    longest = max(map(len, rows))
    t.spend(longest * len(rows))
    reserve_items(t, longest * len(rows))
    return [run(t, *(row[n] if n < len(row) else None for row in rows)) for n in range(longest)]


def named_callback(operator: str, f: Any, kind: str = "Error") -> Any:
    """Like `callback`, for the operators whose fault names them."""
    if is_callable(f):
        return f.run
    if isinstance(f, Action):
        raise RuleFault("bad-callback", not_a_function(f).message)
    raise RuleFault("bad-callback", f"{kind}: The .{operator}() operator cannot use {quote(f)} as a function")


TABLE = {
    "map": map_values, "filter": filter_values, "collect": collect, "all": all_hold, "notall": not_all_hold,
    "any": any_holds, "none": none_holds, "reduce": reduce, "pairwise": pairwise,
}
