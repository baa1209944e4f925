"""Infix and prefix operators, path and index access, and chevrons.

Each takes the context first. The commonest pairs of types come first in each, because
compiled rules spend most of their time here. No operator converts by host rules: numbers
through `to_number`, texts through `to_text`.
"""

import math
from typing import Any

from pico.errors import RuleFault
from pico.krl.context import Context
from pico.krl.numbers import EXACT, canonical, is_number, to_number
from pico.krl.operators.sizes import pay_look, reserve_text
from pico.krl.regexp import Regexp
from pico.krl.values import LONG_TEXT, compare, compare_text, quote, to_text
from pico.krl.values import equal as values_equal


def add(t: Context, a: Any, b: Any) -> Any:
    """`a + b`: a sum if both are numbers, else their texts joined."""
    left, right = type(a), type(b)
    if left is int and right is int:
        result = a + b
        return result if -EXACT <= result <= EXACT else canonical(result)
    if left is str and right is str:
        reserve_text(t, len(a) + len(b))
        return a + b
    if is_number(a) and is_number(b):
        return canonical(a + b)
    return chevron(t, (a, b))


def chevron(t: Context, parts: tuple[Any, ...]) -> str:
    """`<<...#{v}...>>`: the texts of all parts, joined."""
    texts = [to_text(part) for part in parts]
    reserve_text(t, sum(map(len, texts)))
    return "".join(texts)


def sub(t: Context, a: Any, b: Any) -> Any:
    """`a - b`."""
    if type(a) is int and type(b) is int:
        result = a - b
        return result if -EXACT <= result <= EXACT else canonical(result)
    x, y = to_number(a), to_number(b)
    if x is None or y is None:
        raise bad_operand(f"{quote(b)} cannot be subtracted from {quote(a)}")
    return canonical(x - y)


def mul(t: Context, a: Any, b: Any) -> Any:
    """`a * b`."""
    x, y = to_number(a), to_number(b)
    if x is None or y is None:
        raise bad_operand(f"{quote(a)} cannot be multiplied by {quote(b)}")
    return canonical(x * y)


def div(t: Context, a: Any, b: Any) -> Any:
    """`a / b`; by zero it is 0, and the log says so."""
    x, y = to_number(a), to_number(b)
    if x is None or y is None:
        raise bad_operand(f"{quote(a)} cannot be divided by {quote(b)}")
    if y == 0:
        t.log("debug", f"[DIVISION BY ZERO] {quote(a)} / 0")
        return 0
    return canonical(x / y)


def mod(t: Context, a: Any, b: Any) -> Any:
    """`a % b`: the remainder with the sign of `a`; by zero it is 0."""
    x, y = to_number(a), to_number(b)
    if x is None or y is None:
        raise bad_operand(f"Cannot calculate {quote(a)} modulo {quote(b)}")
    return canonical(math.fmod(x, y)) if y else 0


def negate(t: Context, a: Any) -> Any:
    """`-a`."""
    x = to_number(a)
    if x is None:
        raise bad_operand(f"Cannot negate {quote(a)}")
    return -x


def plus(t: Context, a: Any) -> Any:
    """`+a`: the operand as it is, not even made a number."""
    return a


def bad_operand(message: str) -> RuleFault:
    """The fault for an operand that the operator has no use for."""
    return RuleFault("bad-operand", f"TypeError: {message}")


def equal(t: Context, a: Any, b: Any) -> bool:
    """`a == b`."""
    return values_equal(a, b, t)


def not_equal(t: Context, a: Any, b: Any) -> bool:
    """`a != b`."""
    return not values_equal(a, b, t)


def lt(t: Context, a: Any, b: Any) -> bool:
    """`a < b`."""
    if type(a) is int and type(b) is int:
        return bool(a < b)
    return spaceship(t, a, b) < 0


def le(t: Context, a: Any, b: Any) -> bool:
    """`a <= b`."""
    if type(a) is int and type(b) is int:
        return bool(a <= b)
    return spaceship(t, a, b) <= 0


def gt(t: Context, a: Any, b: Any) -> bool:
    """`a > b`."""
    if type(a) is int and type(b) is int:
        return bool(a > b)
    return spaceship(t, a, b) > 0


def ge(t: Context, a: Any, b: Any) -> bool:
    """`a >= b`."""
    if type(a) is int and type(b) is int:
        return bool(a >= b)
    return spaceship(t, a, b) >= 0


def spaceship(t: Context, a: Any, b: Any) -> int:
    """`a <=> b`: by number where both count as numbers, else by text."""
    if type(a) is str and len(a) > LONG_TEXT:
        t.spend(len(a) // LONG_TEXT)
    return compare(a, b)


def cmp(t: Context, a: Any, b: Any) -> int:
    """`a cmp b`: by text."""
    if type(a) is str and len(a) > LONG_TEXT:
        t.spend(len(a) // LONG_TEXT)
    return compare_text(a, b)


def like(t: Context, a: Any, b: Any) -> bool:
    """`a like b`: whether the regexp `b`, or the text `b` as a pattern, is found in the text of `a`."""
    pattern = b if isinstance(b, Regexp) else Regexp(to_text(b))
    return pattern.found_in(to_text(a), t)


def contains(t: Context, a: Any, b: Any) -> bool:
    """`a >< b`: whether an array has an equal element, or a map the key, or the path if `b` is an array."""
    kind = type(a)
    if kind is list:
        pay_look(t, len(a) << 4)
        if type(b) is str:
            return b in a
        return any(values_equal(item, b, t) for item in a)
    if kind is not dict:
        return False
    if type(b) is list:
        return walk(a, b, MISS) is not MISS
    return to_text(b) in a


MISS = object()
"""What `walk` gives where there is nothing: null might be there."""


def index(t: Context, v: Any, key: Any) -> Any:
    """`v[key]`: the element or entry with that one key, or null."""
    kind = type(v)
    if kind is list and type(key) is int:
        return v[key] if 0 <= key < len(v) else None
    if kind is dict:
        return v.get(key if type(key) is str else to_text(key))
    return step(v, key, None)


def path(t: Context, v: Any, key: Any) -> Any:
    """`v{key}`: the value at a key, or at a path if `key` is an array; null where there is none."""
    if type(key) is str and type(v) is dict:
        return v.get(key)
    if type(key) is list:
        return walk(v, key, None)
    return step(v, key, None)


def walk(v: Any, keys: list[Any], default: Any) -> Any:
    """The value at the end of a path, or `default`; an empty path leads nowhere."""
    if not keys:
        return default
    for key in keys:
        v = step(v, key, MISS)
        if v is MISS:
            return default
    return v


def step(v: Any, key: Any, default: Any) -> Any:
    """The value at one key of a map or array, or `default`: only its own, and nothing of other types."""
    if type(v) is dict:
        return v.get(to_text(key), default)
    if type(v) is list:
        place = array_index(key)
        return v[place] if place is not None and place < len(v) else default
    return default


def array_index(key: Any) -> int | None:
    """The position that a key means in an array: a whole number from 0, as such or in its plain digits."""
    if type(key) is int:
        return key if key >= 0 else None
    text = to_text(key)
    if len(text) <= 10 and text.isascii() and text.isdecimal() and (text == "0" or text[0] != "0"):
        return int(text)
    return None
