"""`random:` — ids and numbers from the host's randomness."""

import math
from typing import Any

from pico.krl.modules import Draft
from pico.krl.numbers import canonical, to_number
from pico.model.message import Json
from pico.runtime.turn import Turn

_draft = Draft("random")


@_draft.function
def uuid(t: Turn) -> Json:
    """A fresh unguessable id."""
    return t.host.new_id()


@_draft.function
def integer(t: Turn, upper: Any = 1, lower: Any = 0) -> Json:
    """A whole number between the bounds, both included, in either order."""
    low, high = sorted((_bound(lower, 0), _bound(upper, 1)))
    low, high = math.ceil(low), math.floor(high)
    return canonical(low + math.floor(t.host.random() * (high - low + 1)))


@_draft.function
def number(t: Turn, upper: Any = 1, lower: Any = 0) -> Json:
    """A number between the bounds."""
    low, high = sorted((_bound(lower, 0), _bound(upper, 1)))
    return canonical(low + t.host.random() * (high - low))


def _bound(value: Any, default: int) -> float:
    found = to_number(value) if value is not None else None
    return default if found is None else found


MODULE = _draft.module()
