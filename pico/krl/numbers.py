"""KRL numbers: IEEE doubles that print as ECMAScript prints them.

An integral value up to 2**53 is held as a Python `int`, any other as a `float`; so every
number has exactly one form, `1.0` cannot occur, and equality is Python's own. Not-a-number
does not exist, and a result too large for a double is a fault. `bool` is no number here.
"""

import re
from typing import Any

from pico.errors import RuleFault

EXACT = 2**53
"""The largest magnitude up to which every whole number is a double."""

WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What `trim` strips and `\\s` matches (ECMA-262, WhiteSpace and LineTerminator)."""

LONGEST_NUMBER = 1_100
"""Characters of the longest text that is read as a number: no double needs more, and the cost stays small."""

DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
PREFIXED = re.compile(r"0(?:[xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+)")
RADIX = {"x": 16, "b": 2, "o": 8}


def canonical(x: int | float) -> int | float | None:
    """The one form of a number: null for not-a-number; an infinity raises `number-overflow`."""
    if type(x) is int:
        if -EXACT <= x <= EXACT:
            return x
        try:
            x = float(x)
        except OverflowError:
            raise overflow() from None
    if x != x:
        return None
    if -EXACT <= x <= EXACT:
        whole = int(x)
        return whole if whole == x else x
    if x in (float("inf"), float("-inf")):
        raise overflow()
    return x


def overflow() -> RuleFault:
    """The fault for a result that is beyond every double."""
    return RuleFault("number-overflow", "RangeError: the result is too large for a number")


def is_number(v: Any) -> bool:
    """Whether a KRL value is a number; `true` and `false` are not."""
    return type(v) is int or type(v) is float


def number_text(n: int | float) -> str:
    """The shortest text that reads back as `n`, laid out as ECMA-262 `Number::toString` does."""
    if type(n) is int:
        return str(n)
    mantissa, _, exponent = repr(n).partition("e")
    sign = "-" if mantissa[0] == "-" else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    significant = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(significant)
    digits = significant.rstrip("0")
    return sign + lay_out(digits, point) if digits else "0"


def lay_out(digits: str, point: int) -> str:
    """`digits` with the decimal point behind the first `point` of them, in exponent form where that is shorter."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    head = digits[0] if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{head}e{point - 1:+d}"


def to_number(v: Any) -> int | float | None:
    """The number that a KRL value counts as, or None where it counts as none.

    Null is 0, booleans 1 and 0, collections their size; texts are read, see `read_number`.
    """
    kind = type(v)
    if kind is int or kind is float:
        return v  # type: ignore[no-any-return]  # `kind` has just been looked at
    if kind is str:
        return read_number(v)
    if v is None:
        return 0
    if kind is bool:
        return 1 if v else 0
    if kind is list or kind is dict:
        return len(v)
    return None


def read_number(text: str) -> int | float | None:
    """The number written in a text: decimal, or with a prefix `0x`, `0b`, `0o`; None where there is none.

    White space around it does not count, and the empty text is 0. A number beyond every double is none.
    """
    if len(text) > LONGEST_NUMBER:
        return None
    text = text.strip(WHITE_SPACE)
    if not text:
        return 0
    if DECIMAL.fullmatch(text):
        return finite(float(text))
    if PREFIXED.fullmatch(text):
        return finite(int(text[2:], RADIX[text[1].lower()]))
    return None


def finite(x: int | float) -> int | float | None:
    """The canonical form, or None for what no double can hold."""
    try:
        return canonical(x)
    except RuleFault:
        return None


def to_int32(n: int | float) -> int:
    """The signed 32-bit whole number that bit operators work on (ECMA-262 ToInt32)."""
    low = int(n) & 0xFFFFFFFF
    return low - 0x100000000 if low >= 0x80000000 else low


def base16(n: int | float) -> str:
    """Lower-case hexadecimal digits, without prefix, with a fraction where there is one."""
    sign = "-" if n < 0 else ""
    n = abs(n)
    whole = int(n)
    digits = []
    rest = n - whole
    while rest:
        rest *= 16
        digit = int(rest)
        digits.append("0123456789abcdef"[digit])
        rest -= digit
    return f"{sign}{whole:x}" + (f".{''.join(digits)}" if digits else "")
