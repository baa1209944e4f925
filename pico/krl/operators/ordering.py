"""`sort`: by text, by number, or by a function."""

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from pico.krl.context import Context
from pico.krl.numbers import to_number
from pico.krl.operators.callbacks import callback
from pico.krl.operators.sizes import reserve_items
from pico.krl.values import Action, Function, compare, to_text

NAMED = {"default": (False, False), "reverse": (False, True), "numeric": (True, False), "ciremun": (True, True)}
"""Each order by name: whether it is by number, and whether it is descending."""


def sort(t: Context, val: Any = None, sortBy: Any = None, *_: Any) -> Any:
    """`sort`: an array in a new order; equal elements keep theirs. What is no array stays as it is.

    `sortBy` is a function of two elements (below or at 0: the first comes first), or "reverse",
    "numeric", "ciremun"; anything else means by text. In the named orders nulls come last.
    """
    if type(val) is not list:
        return val
    reserve_items(t, len(val))
    if isinstance(sortBy, Function | Action):
        run = callback(sortBy)
        return merge_sort(val, lambda a, b: goes_second(run(t, a, b)), t)
    by_number, descending = NAMED.get(sortBy, (False, False)) if type(sortBy) is str else (False, False)
    values = [item for item in val if item is not None]
    nulls: list[Any] = [None] * (len(val) - len(values))
    return sorted(values, key=sort_key(t, values, by_number), reverse=descending) + nulls


def sort_key(t: Context, values: list[Any], by_number: bool) -> Callable[[Any], Any]:
    """The key to sort by; where only some values are numbers, pairs are compared as `<=>` does."""
    comparisons = len(values) * len(values).bit_length()
    if not by_number or all(to_number(v) is not None for v in values):
        t.spend(len(values) + (comparisons >> 3))
        return to_number if by_number else to_text
    t.spend(2 * comparisons)
    return cmp_to_key(compare)


def goes_second(result: Any) -> bool:
    """Whether a comparing function put its first argument behind the second: above 0, or no number at all."""
    n = to_number(result)
    return n is None or n > 0


def merge_sort(items: list[Any], second: Callable[[Any, Any], bool], t: Context) -> list[Any]:
    """A stable merge sort, from the bottom up. In Python throughout, because a comparison may suspend the turn."""
    width = 1
    while width < len(items):
        t.spend(2 * len(items))
        merged: list[Any] = []
        for start in range(0, len(items), 2 * width):
            middle = start + width
            merged.extend(merge(items[start:middle], items[middle : middle + width], second))
        items = merged
        width *= 2
    return list(items)


def merge(left: list[Any], right: list[Any], second: Callable[[Any, Any], bool]) -> list[Any]:
    """Two sorted lists as one; of equal elements those from the left come first."""
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if second(left[i], right[j]):
            merged.append(right[j])
            j += 1
        else:
            merged.append(left[i])
            i += 1
    return merged + left[i:] + right[j:]


TABLE = {"sort": sort}
