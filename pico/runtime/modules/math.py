"""`math:` — rounding, base 64 and hashes. All pure: the same arguments give the same result."""

import base64
import hashlib
import hmac as keyed
import math
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from pico.errors import RuleFault
from pico.krl.context import Context
from pico.krl.modules import Draft
from pico.krl.numbers import canonical, to_number
from pico.krl.values import to_text
from pico.model.message import Json

_draft = Draft("math", pure=True)

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512", "blake2b512")
ENCODINGS = ("hex", "base64")
DIGITS = 300  # of precision at most: doubles have no more


@_draft.function
def base64encode(t: Context, str: Any = None, encoding: Any = "utf8") -> Json:
    """The base 64 form of a text in UTF-8."""
    raw = to_text(str).encode("utf-8", "replace")
    t.spend(len(raw) // 64)
    return base64.b64encode(raw).decode("ascii")


@_draft.function
def base64decode(t: Context, str: Any = None, encoding: Any = "utf8") -> Json:
    """The text behind a base 64 form; the URL-safe alphabet too, missing padding and strange characters ignored."""
    text = to_text(str).replace("-", "+").replace("_", "/")
    t.spend(len(text) // 64)
    kept = "".join(c for c in text.partition("=")[0] if c.isascii() and (c.isalnum() or c in "+/"))
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return base64.b64decode(kept + "=" * (-len(kept) % 4)).decode("utf-8", "replace")


@_draft.property
def hashAlgorithms(t: Context) -> Json:
    """The names that `hash` and `hmac` understand."""
    return list(ALGORITHMS)


@_draft.function
def hashFunctions(t: Context) -> Json:
    """The same names, under the older name."""
    return list(ALGORITHMS)


@_draft.function
def hash_(t: Context, algorithm: Any = None, str: Any = None, encoding: Any = "hex") -> Json:
    """The hash of a text in UTF-8, as hexadecimal or base 64."""
    raw = to_text(str).encode("utf-8", "replace")
    t.spend(len(raw) // 64)
    return _digest(hashlib.new(_algorithm("hash", algorithm), raw).digest(), "hash", encoding)


@_draft.function
def hmac(t: Context, algorithm: Any = None, key: Any = None, message: Any = None, encoding: Any = "hex") -> Json:
    """The keyed hash (RFC 2104) of a text in UTF-8, as hexadecimal or base 64."""
    name = _algorithm("hmac", algorithm)
    if not isinstance(key, str):
        raise RuleFault("bad-argument", "TypeError: math:hmac needs a key string")
    raw = to_text(message).encode("utf-8", "replace")
    t.spend(len(raw) // 64)
    return _digest(keyed.digest(key.encode("utf-8", "replace"), raw, name), "hmac", encoding)


def _algorithm(member: str, algorithm: Any) -> str:
    if not isinstance(algorithm, str):
        given = to_text(algorithm)
        raise RuleFault("bad-argument", f"TypeError: math:{member} was given {given} instead of a algorithm string")
    if algorithm not in ALGORITHMS:
        raise RuleFault("bad-argument", f"Error: math:{member} doesn't recognize the hash algorithm {algorithm}")
    return {"sha3-256": "sha3_256", "sha3-512": "sha3_512", "blake2b512": "blake2b"}.get(algorithm, algorithm)


def _digest(raw: bytes, member: str, encoding: Any) -> str:
    if encoding not in ENCODINGS:
        given = to_text(encoding)
        raise RuleFault("bad-argument", f'Error: math:{member} encoding must be "hex" or "base64" but was {given}')
    return raw.hex() if encoding == "hex" else base64.b64encode(raw).decode("ascii")


@_draft.function
def abs_(t: Context, number: Any = None) -> Json:
    """The size of a number without its sign; null for what is no number."""
    found = to_number(number)
    return None if found is None else canonical(math.fabs(found))


@_draft.function
def int_(t: Context, number: Any = None) -> Json:
    """The number without its fraction; null for what is no number."""
    found = to_number(number)
    return None if found is None else canonical(math.trunc(found))


@_draft.function
def floor(t: Context, number: Any = None, precision: Any = 0) -> Json:
    """The nearest number not above it with `precision` digits after the point; negative: tens, hundreds."""
    return _rounded(number, precision, lambda scaled: scaled.to_integral_value(ROUND_FLOOR))


@_draft.function
def ceiling(t: Context, number: Any = None, precision: Any = 0) -> Json:
    """The nearest number not below it with `precision` digits after the point; negative: tens, hundreds."""
    return _rounded(number, precision, lambda scaled: -((-scaled).to_integral_value(ROUND_FLOOR)))


@_draft.function
def round_(t: Context, number: Any = None, precision: Any = 0) -> Json:
    """The nearest number with `precision` digits after the point; halves go up."""
    return _rounded(number, precision, lambda scaled: (scaled + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


def _rounded(number: Any, precision: Any, step: Callable[[Decimal], Decimal]) -> Json:
    """Round the decimal digits that the number is written with, so that 1.005 to two digits is 1.01."""
    found, wanted = to_number(number), to_number(precision)
    if found is None:
        return None
    digits = max(-DIGITS, min(DIGITS, math.trunc(wanted or 0)))
    return canonical(float(step(Decimal(repr(found)).scaleb(digits)).scaleb(-digits)))


MODULE = _draft.module()
