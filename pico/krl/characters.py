"""Sets of characters, as sorted ranges of code points, with the classes and letter cases of ECMAScript.

The case rule is that of patterns without the `u` flag (ECMA-262, Canonicalize): a character
stands for its upper case where that is one character, and never for an ASCII one unless it is
ASCII itself. Characters beyond U+FFFF have no case there.
"""

from collections.abc import Iterable
from functools import lru_cache

from pico.krl.numbers import WHITE_SPACE

Ranges = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)


def union(parts: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges sorted, overlapping and touching ones joined."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(parts):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


def complement(ranges: Ranges) -> Ranges:
    """Every code point that is not in the ranges (which are sorted)."""
    found = []
    start = 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        found.append((start, LAST))
    return tuple(found)


def without_surrogates(ranges: Ranges) -> Ranges:
    """The ranges without halves of surrogate pairs, which no text contains."""
    before = [(low, min(high, SURROGATES[0] - 1)) for low, high in ranges if low < SURROGATES[0]]
    after = [(max(low, SURROGATES[1] + 1), high) for low, high in ranges if high > SURROGATES[1]]
    return (*before, *after)


def single(code: int) -> Ranges:
    """The set of one character."""
    return ((code, code),)


DIGITS = ((0x30, 0x39),)
WORD = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACES = union((ord(c), ord(c)) for c in WHITE_SPACE)
LINE_ENDS = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
EVERYTHING = ((0, LAST),)

CLASSES: dict[str, Ranges] = {
    "d": DIGITS, "D": complement(DIGITS),
    "w": WORD, "W": complement(WORD),
    "s": SPACES, "S": complement(SPACES),
}
DOT = complement(LINE_ENDS)


def canonical_case(code: int) -> int:
    """The code point that stands for all letter cases of one (ECMA-262 Canonicalize, without `u`)."""
    if code > 0xFFFF:
        return code
    upper = chr(code).upper()
    if len(upper) != 1 or ord(upper) > 0xFFFF or (code >= 128 > ord(upper)):
        return code
    return ord(upper)


@lru_cache(maxsize=1)
def cased_characters() -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Each character that has other cases, with all of them. Computed once: it looks at 65,536 characters."""
    families: dict[int, list[int]] = {}
    for code in range(0x10000):
        if not SURROGATES[0] <= code <= SURROGATES[1]:
            families.setdefault(canonical_case(code), []).append(code)
    return tuple(
        (code, tuple(family)) for family in families.values() if len(family) > 1 for code in family
    )


def close_over_case(ranges: Ranges) -> Ranges:
    """The set with every letter case of its members."""
    if all(high < 128 for _, high in ranges):
        other = [
            (code ^ 0x20, code ^ 0x20)
            for low, high in ranges for code in range(low, high + 1) if chr(code).isalpha()
        ]
        return union((*ranges, *other))
    more = [
        (member, member)
        for code, family in cased_characters() if any(low <= code <= high for low, high in ranges)
        for member in family
    ]
    return union((*ranges, *more))
