"""The production host of a turn: the real time, real randomness, and the requests it may make."""

import random
import time
from typing import TYPE_CHECKING, Any

from pico.model.identity import new_id
from pico.runtime.host import Request, Route
from pico.runtime.suspend import suspend

if TYPE_CHECKING:
    from pico.store.interface import Store

_random = random.SystemRandom()


def now_ms() -> int:
    """The time in ms since 1970."""
    return time.time_ns() // 1_000_000


class EngineHost:
    """What one engine's turns see of the world. A channel that is known is answered without a pause."""

    def __init__(self, base_url: str, store: "Store") -> None:
        self.base_url = base_url
        self.store = store

    def now(self) -> int:
        """The time in ms since 1970."""
        return now_ms()

    def new_id(self) -> str:
        """128 fresh random bits."""
        return new_id()

    def random(self) -> float:
        """From the system's randomness: nobody can predict what a rule picks."""
        return _random.random()

    def perform(self, request: Request) -> Any:
        """Answer a request; suspends the turn unless the answer is at hand."""
        if isinstance(request, Route):
            known = self.store.resolved(request.eci)
            if known is not None:
                return known
        return suspend(request)
