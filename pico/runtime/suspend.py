"""Synchronous rules inside an asynchronous engine; the only import of greenlet.

Rules are plain Python. Where one needs the outside, `suspend(request)` leaves the greenlet
that the turn runs in; the engine awaits the answer and comes back with it. No thread is
involved, and nothing above a turn knows that it paused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import greenlet

Result = TypeVar("Result")


async def run_suspendable(
    work: Callable[[], Result], answer: Callable[[Any], Awaitable[Any]], seconds: float | None = None
) -> Result:
    """Run `work` to its end, awaiting `answer(request)` for each request that it suspends on.

    What `answer` raises is raised at the place of the request; so is the cancellation of the
    task. Raises `TimeoutError` where the waiting takes longer than `seconds` in all.
    """
    running = greenlet.greenlet(work)
    outcome: Any = running.switch()
    if not running.dead:  # most turns never suspend: they pay for no timer
        async with asyncio.timeout(seconds):
            outcome = await _finish(running, outcome, answer)
    result: Result = outcome
    return result


async def _finish(running: greenlet.greenlet, outcome: Any, answer: Callable[[Any], Awaitable[Any]]) -> Any:
    while not running.dead:
        try:
            value = await answer(outcome)
        except BaseException as error:
            outcome = running.throw(error)
        else:
            outcome = running.switch(value)
    return outcome


def suspend(request: Any) -> Any:
    """Hand a request to whoever runs this turn; returns the answer. Only inside `run_suspendable`."""
    parent = greenlet.getcurrent().parent
    assert parent is not None, "suspend needs run_suspendable around it"
    return parent.switch(request)
