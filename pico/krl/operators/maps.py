"""Operators that read and write by key or path, in maps and arrays."""

from typing import Any

from pico.errors import LimitExceeded
from pico.krl.context import Context
from pico.krl.operators import infix
from pico.krl.operators.sizes import reserve_entries, reserve_items
from pico.krl.values import MISSING, to_text, truthy
from pico.limits import VALUE_DEPTH


def is_collection(v: Any) -> bool:
    """Whether a value has keys."""
    return type(v) is list or type(v) is dict


def keys_of(path: Any) -> list[Any]:
    """A key or path as a list of keys; raises `LimitExceeded` where it leads deeper than values may be nested."""
    keys = path if type(path) is list else [path]
    if len(keys) > VALUE_DEPTH.value:
        raise LimitExceeded(VALUE_DEPTH, len(keys))
    return keys


def get(t: Context, obj: Any = None, path: Any = None, *_: Any) -> Any:
    """`get`: the value at a key or path, null where there is none."""
    return infix.path(t, obj, path)


def set_value(t: Context, obj: Any = None, path: Any = MISSING, val: Any = None, *_: Any) -> Any:
    """`set`: a copy with another value at a key or path; maps are made where levels are missing.

    In an array, gaps are filled with null. What is neither map nor array counts as an empty map.
    """
    keys = [] if path is MISSING else keys_of(path)
    if not keys:
        return obj
    return Writing(t, keys, val, gaps=True).into(obj, 0)


def put(t: Context, val: Any = None, path: Any = MISSING, toSet: Any = MISSING, *_: Any) -> Any:
    """`put`: a copy with a value at a key or path, or merged with another map or array.

    Missing levels become maps, and so does an array on the way whose next key is no position in it
    or right behind it. A value that is neither map nor array stays as it is. With one argument of
    another type than the operand, the result is that argument.
    """
    if not is_collection(val) or path is MISSING:
        return val
    if toSet is MISSING:
        return merge(t, val, path)
    keys = keys_of(path)
    if not keys:
        return merge(t, val, toSet)
    return Writing(t, keys, toSet, gaps=False).into(val, 0)


def merge(t: Context, val: Any, other: Any) -> Any:
    """The entries of `other` over those of a map, or its elements over those of an array; else just `other`."""
    if type(val) is dict and type(other) is dict:
        reserve_entries(t, len(val) + len(other))
        return {**val, **other}
    if type(val) is list and type(other) is list:
        reserve_items(t, len(val) + len(other))
        return other + val[len(other) :]
    return other


class Writing:
    """One value on its way to the end of a path. `gaps` allows to go beyond the end of arrays at any level."""

    def __init__(self, t: Context, keys: list[Any], value: Any, gaps: bool) -> None:
        self.t = t
        self.keys = keys
        self.value = value
        self.gaps = gaps

    def into(self, v: Any, level: int) -> Any:
        """A copy of `v` that has the value at the rest of the path; `v` need not exist."""
        if level == len(self.keys):
            return self.value
        key = self.keys[level]
        if type(v) is list:
            place = infix.array_index(key)
            if place is not None and (place <= len(v) or self.gaps or level == 0):
                return self.into_array(v, place, level)
            reserve_entries(self.t, len(v))
            v = {str(n): item for n, item in enumerate(v)}
        return self.into_map(v if type(v) is dict else {}, to_text(key), level)

    def into_array(self, items: list[Any], place: int, level: int) -> list[Any]:
        reserve_items(self.t, max(len(items), place + 1))
        inner = items[place] if place < len(items) else None
        gap = [None] * (place - len(items))
        return [*items[:place], *gap, self.into(inner, level + 1), *items[place + 1 :]]

    def into_map(self, entries: dict[str, Any], key: str, level: int) -> dict[str, Any]:
        reserve_entries(self.t, len(entries) + 1)
        return {**entries, key: self.into(entries.get(key), level + 1)}


def delete(t: Context, val: Any = None, path: Any = MISSING, *_: Any) -> Any:
    """`delete`: a copy without the entry or element at a key or path; later elements of the array move up."""
    keys = [] if path is MISSING else path if type(path) is list else [path]
    if not keys or infix.walk(val, keys, infix.MISS) is infix.MISS:
        return val
    return without(t, val, keys_of(keys), 0)


def without(t: Context, v: Any, keys: list[Any], level: int) -> Any:
    """A copy of `v` without what is at the rest of the path, which exists."""
    last = level == len(keys) - 1
    if type(v) is list:
        reserve_items(t, len(v))
        place = infix.array_index(keys[level]) or 0
        kept = [] if last else [without(t, v[place], keys, level + 1)]
        return v[:place] + kept + v[place + 1 :]
    reserve_entries(t, len(v))
    key = to_text(keys[level])
    if last:
        return {name: item for name, item in v.items() if name != key}
    return {**v, key: without(t, v[key], keys, level + 1)}


def inner(t: Context, val: Any, path: Any) -> Any:
    """The value at a path; the operand itself without one, or for 0 and the empty text."""
    return infix.path(t, val, path) if truthy(path) else val


def keys(t: Context, val: Any = None, path: Any = None, *_: Any) -> list[str]:
    """`keys`: the keys of a map or the positions of an array, as texts, also of one further inside."""
    found = inner(t, val, path)
    if not is_collection(found):
        return []
    reserve_items(t, len(found))
    return list(found) if type(found) is dict else [str(n) for n in range(len(found))]


def values(t: Context, val: Any = None, path: Any = None, *_: Any) -> list[Any]:
    """`values`: the values of a map or the elements of an array, also of one further inside."""
    found = inner(t, val, path)
    if not is_collection(found):
        return []
    reserve_items(t, len(found))
    return list(found.values()) if type(found) is dict else found


TABLE = {"get": get, "set": set_value, "put": put, "delete": delete, "keys": keys, "values": values}
