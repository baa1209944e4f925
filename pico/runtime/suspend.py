"""Synchronous rules inside an asynchronous engine; the only import of greenlet.

Rules are plain Python. Where one needs the outside, `suspend(request)` leaves the greenlet
that the turn runs in; the engine awaits the answer and comes back with it. No thread is
involved, and nothing above a turn knows that it paused.

Greenlets are used again: a new one costs more than a whole small turn, because Python maps
fresh memory for its frames, while a switch into one that waits for work costs next to nothing.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import greenlet

Result = TypeVar("Result")

IDLE_WORKERS = 64  # kept for the next turns; only as many exist as turns were suspended at once


@dataclass(frozen=True, slots=True)
class _Ended:
    """A worker's work came to its end."""

    result: Any = None
    error: BaseException | None = None


class _Workers(threading.local):
    """The idle workers of one thread: a greenlet belongs to the thread that made it."""

    def __init__(self) -> None:
        self.idle: list[greenlet.greenlet] = []


_workers = _Workers()


async def run_suspendable(
    work: Callable[[], Result], answer: Callable[[Any], Awaitable[Any]], seconds: float | None = None
) -> Result:
    """Run `work` to its end, awaiting `answer(request)` for each request that it suspends on.

    What `answer` raises is raised at the place of the request; so is the cancellation of the
    task. Raises `TimeoutError` where the waiting takes longer than `seconds` in all.
    """
    idle = _workers.idle
    worker = idle.pop() if idle else greenlet.greenlet(_serve)
    outcome: Any = worker.switch(work)
    if type(outcome) is not _Ended:  # most turns never suspend: they pay for no timer
        async with asyncio.timeout(seconds):
            outcome = await _finish(worker, outcome, answer)
            if isinstance(outcome.error, asyncio.CancelledError):
                raise outcome.error  # in here, so that the timer takes back a cancellation of its own
    if len(idle) < IDLE_WORKERS:
        idle.append(worker)
    if outcome.error is not None:
        raise outcome.error
    result: Result = outcome.result
    return result


def suspend(request: Any) -> Any:
    """Hand a request to whoever runs this turn; returns the answer. Only inside `run_suspendable`."""
    parent = greenlet.getcurrent().parent
    assert parent is not None, "suspend needs run_suspendable around it"
    return parent.switch(request)


async def _finish(worker: greenlet.greenlet, outcome: Any, answer: Callable[[Any], Awaitable[Any]]) -> _Ended:
    while type(outcome) is not _Ended:
        try:
            value = await answer(outcome)
        except BaseException as error:
            outcome = worker.throw(error)
        else:
            outcome = worker.switch(value)
    return outcome


def _serve(work: Callable[[], Any]) -> None:
    """A worker: runs what it is given, tells how it ended, and waits for the next."""
    parent = greenlet.getcurrent().parent
    assert parent is not None
    while True:
        try:
            ended = _Ended(work())
        except greenlet.GreenletExit:
            raise
        except BaseException as error:
            ended = _Ended(error=error)
        del work
        work = parent.switch(ended)
        del ended
