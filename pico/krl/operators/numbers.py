"""Operators on numbers: ranges, characters and bits."""

import math
from typing import Any

from pico.krl.context import Context
from pico.krl.numbers import canonical, to_int32, to_number
from pico.krl.operators.infix import bad_operand
from pico.krl.operators.sizes import reserve_new
from pico.krl.values import quote


def to_char(t: Context, val: Any = None, *_: Any) -> str | None:
    """`chr`: the character with that code point; null where there is none, halves of surrogate pairs included."""
    n = to_number(val)
    code = -1 if n is None else int(n)
    return chr(code) if 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else None


def number_range(t: Context, val: Any = None, end: Any = None, *_: Any) -> list[Any]:
    """`range`: from the value up or down to `end`, inclusive, in steps of 1; empty where one of them is no number."""
    first, last = to_number(val), to_number(end)
    if first is None or last is None or end is None:
        return []
    step = 1 if first < last else -1
    size = max(0, math.ceil((last + step - first) * step))
    reserve_new(t, size)
    if type(first) is int and type(last) is int:
        return [canonical(n) for n in range(first, first + size * step, step)]
    found: list[Any] = []
    while len(found) < size:
        found.append(canonical(first))
        first += step
    return found


def bits(left: Any, right: Any) -> tuple[int, int]:
    """Both operands of a bit operator as 32-bit numbers; the fault names all three operators alike."""
    x, y = to_number(left), to_number(right)
    if x is None or y is None:
        raise bad_operand(f"{quote(left)} cannot be bitwise anded {quote(right)}")
    return to_int32(x), to_int32(y)


def bit_and(t: Context, left: Any = None, right: Any = None, *_: Any) -> int:
    """`band`: the bits in both, 32 of them."""
    x, y = bits(left, right)
    return x & y


def bit_or(t: Context, left: Any = None, right: Any = None, *_: Any) -> int:
    """`bor`: the bits in either."""
    x, y = bits(left, right)
    return x | y


def bit_xor(t: Context, left: Any = None, right: Any = None, *_: Any) -> int:
    """`bxor`: the bits in exactly one."""
    x, y = bits(left, right)
    return x ^ y


def bit_not(t: Context, left: Any = None, *_: Any) -> int:
    """`bnot`: the other bits."""
    x = to_number(left)
    if x is None:
        raise bad_operand(f"{quote(left)} cannot be inverted ")
    return ~to_int32(x)


def shift(left: Any, right: Any) -> tuple[int, int]:
    """The operand of a shift, and by how many bits (below 32)."""
    x, y = to_number(left), to_number(right)
    if x is None or y is None:
        raise bad_operand(f"{quote(left)} cannot be shifted by {quote(right)}")
    return to_int32(x), to_int32(y) & 31


def shift_left(t: Context, left: Any = None, right: Any = None, *_: Any) -> int:
    """`shiftLeft`: by up to 31 bits; what leaves the 32 bits is lost."""
    x, count = shift(left, right)
    return to_int32(x << count)


def shift_right(t: Context, left: Any = None, right: Any = None, *_: Any) -> int:
    """`shiftRight`: by up to 31 bits; the sign stays."""
    x, count = shift(left, right)
    return x >> count


TABLE = {
    "chr": to_char, "range": number_range, "band": bit_and, "bor": bit_or, "bxor": bit_xor, "bnot": bit_not,
    "shiftLeft": shift_left, "shiftRight": shift_right,
}
