"""What running KRL code may lean on: fuel, depth and a log.

The language knows no pico, store or HTTP. The runtime's `Turn` extends this class;
`pico eval` and the tests use it as it is. Fuel is counted down in slices: the counter
is one attribute that compiled code decrements itself, and only where it falls below
zero is `refuel` called, which pays for the slice out of the budgets or raises.

KRL's own call depth is counted and limited. Python's limit is raised here so that KRL's is
met first: calls between Python functions take no C stack, so that is safe.
"""

import sys
from typing import Any

from pico.errors import LimitExceeded
from pico.limits import CALL_DEPTH, FUEL_PER_STEP, FUEL_SLICE, TEXT_CHARS, Limit

FRAMES_PER_CALL = 6  # Python frames that one KRL call may take: the function, an operator, its loop
sys.setrecursionlimit(max(sys.getrecursionlimit(), 1_000 + FRAMES_PER_CALL * CALL_DEPTH.value))


class Context:
    """Carries one evaluation. `fuel` is what is left of the current slice."""

    __slots__ = ("budget", "depth", "fuel")

    def __init__(self, budget: int = FUEL_PER_STEP.value) -> None:
        self.fuel = 0
        self.depth = 0
        self.budget = budget

    def spend(self, units: int) -> None:
        """Charge work in proportion to a size; raises `LimitExceeded` when the budget is gone."""
        self.fuel -= units
        if self.fuel < 0:
            self.refuel()

    def refuel(self) -> None:
        """Open further slices, as many as the overdraft needs, or raise `LimitExceeded`."""
        overdraft = -self.fuel
        if overdraft > self.budget:
            raise LimitExceeded(self.fuel_limit())
        grant = min(self.budget, overdraft + FUEL_SLICE.value)
        self.budget -= grant
        self.fuel += grant

    def fuel_limit(self) -> Limit:
        """The limit to name when the budget is gone."""
        return FUEL_PER_STEP

    def too_deep(self) -> LimitExceeded:
        """The error for a call below the depth limit."""
        return LimitExceeded(CALL_DEPTH)

    def log(self, level: str, message: str, value: Any = None) -> None:
        """Write a line to the log of this evaluation; the bare context has none."""


def check_text(size: int) -> None:
    """Raise `LimitExceeded` before a text of `size` characters is built."""
    if size > TEXT_CHARS.value:
        raise LimitExceeded(TEXT_CHARS, size)
