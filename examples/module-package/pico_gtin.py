"""`gtin:` — article numbers (GTIN-8, -12, -13 and -14), as they stand under bar codes.

Each member gets the running turn first, then the arguments that the ruleset gave; a missing one
takes its default. Values are those of JSON: None, bool, int, float, str, list and dict.
"""

from typing import Any

from pico.krl.modules import Draft

_draft = Draft("gtin", pure=True)  # pure: it needs nothing of a pico, so `pico eval` may use it too

LENGTHS = (8, 12, 13, 14)


@_draft.function
def isValid(t: Any, code: Any = None) -> bool:
    """Whether a text is a GTIN with the right check digit."""
    digits = code if isinstance(code, str) and code.isascii() and code.isdigit() else ""
    return len(digits) in LENGTHS and _check_digit(digits[:-1]) == int(digits[-1])


@_draft.function
def normalise(t: Any, code: Any = None) -> str | None:
    """A GTIN with the 14 digits that GS1 Digital Link wants; null for what is none."""
    return str(code).zfill(14) if isValid(t, code) else None


def _check_digit(digits: str) -> int:
    """Digits count three times and once in turn, beginning at the right with three."""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return -total % 10


MODULE = _draft.module()
