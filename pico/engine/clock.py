"""When the next stored message is due: claims it then, and keeps this node's leases alive.

Messages that this node stores and that are due at once never pass here; what does are
messages for later, messages of nodes that died, and everything left over at a start.
"""

import asyncio
import logging
from collections.abc import Callable

from pico.errors import StoreError
from pico.model.message import Message
from pico.store.interface import Store

BATCH = 1_000  # messages claimed at a time
log = logging.getLogger("pico.clock")
RENEW_SECONDS = 10.0  # between two renewals of leases; also how late another node's death is noticed at most


class Clock:
    """Hands due messages to `deliver`, in the order of the store. `now` gives ms since 1970."""

    def __init__(self, store: Store, now: Callable[[], int], deliver: Callable[[Message], None]) -> None:
        self.store = store
        self.now = now
        self.deliver = deliver
        self._sooner = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Deliver everything that is due, then go on in the background."""
        await self._claim()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Claim nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def look_again(self) -> None:
        """A message for later was stored: it may be due before what the clock waits for."""
        self._sooner.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._wait()
                await self.store.renew()
                await self._claim()
            except StoreError:
                await asyncio.sleep(RENEW_SECONDS)
            except Exception:  # without the clock no stored message would run any more
                log.exception("the clock met a defect of the engine")
                await asyncio.sleep(RENEW_SECONDS)

    async def _wait(self) -> None:
        self._sooner.clear()  # before asking, so that what is stored meanwhile wakes us
        due = await self.store.next_due()
        seconds = RENEW_SECONDS if due is None else min(RENEW_SECONDS, max(0.0, (due - self.now()) / 1000))
        try:
            async with asyncio.timeout(seconds):
                await self._sooner.wait()
        except TimeoutError:
            pass

    async def _claim(self) -> None:
        while batch := await self.store.claim(BATCH):
            for message in batch:
                self.deliver(message)
