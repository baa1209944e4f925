"""Names of things: picos, channels (ECIs) and rulesets (RIDs).

Every id is 128 random bits written as 26 lower-case letters and digits (RFC 4648
base 32 without padding): safe in a URL, in a shell and in the compact alphanumeric
mode of a QR code, and without any time or order that a stranger could use.
"""

import base64
import secrets
from typing import NewType

PicoId = NewType("PicoId", str)
Eci = NewType("Eci", str)
Rid = NewType("Rid", str)

ID_BYTES = 16


def new_id(entropy: bytes | None = None) -> str:
    """A fresh id of 26 characters; `entropy` (16 bytes) replaces the system's randomness."""
    raw = secrets.token_bytes(ID_BYTES) if entropy is None else entropy
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()
