"""Waiting for what happens by itself, such as a rule that runs after its scan was answered."""

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any

SECONDS = 20  # much more than it takes, for machines with much else to do


async def eventually(look: Callable[[], Any], what: str, seconds: float = SECONDS) -> Any:
    """What `look` gives, as soon as it gives something; fails with the last look otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if inspect.isawaitable(seen):
            seen = await seen
        if seen or time.monotonic() > deadline:
            assert seen, f"{what} did not happen within {seconds} s"
            return seen
        await asyncio.sleep(0.05)
