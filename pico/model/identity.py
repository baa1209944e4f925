"""Names of things: picos, channels (ECIs) and rulesets (RIDs).

Every id is 128 random bits written as 26 lower-case letters and digits (RFC 4648
base 32 without padding): safe in a URL, in a shell and in the compact alphanumeric
mode of a QR code, and without any time or order that a stranger could use.
"""

import secrets
from typing import NewType

PicoId = NewType("PicoId", str)
Eci = NewType("Eci", str)
Rid = NewType("Rid", str)

ID_BYTES = 16
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]  # the texts of ten bits


def new_id(entropy: bytes | None = None) -> str:
    """A fresh id of 26 characters; `entropy` (16 bytes) replaces the system's randomness."""
    raw = secrets.token_bytes(ID_BYTES) if entropy is None else entropy
    bits = int.from_bytes(raw, "big") << 2
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(120, -1, -10)])
