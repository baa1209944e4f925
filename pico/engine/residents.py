"""The picos in memory: loaded when somebody speaks to them, forgotten when idle for long.

A pico is in memory at most once, also while it is being loaded and after it was forgotten but
is still in somebody's hands: two copies would only lose to each other by version.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from itertools import islice
from typing import Any
from weakref import WeakValueDictionary

from pico.engine.resident import RETRY_SECONDS, Job, Resident
from pico.errors import NotFound, StoreError
from pico.limits import ACTIVE_PICOS
from pico.model.identity import PicoId
from pico.model.message import Message


class Residents:
    """Residents by pico id, the least recently looked up first.

    `load` makes a resident from the store, `job` the job of a stored message, `spawn` a task
    that the engine watches over.
    """

    def __init__(
        self,
        load: Callable[[PicoId], Awaitable[Resident]],
        job: Callable[[Message], Job],
        spawn: Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"],
    ) -> None:
        self._load = load
        self._job = job
        self._spawn = spawn
        self.held: OrderedDict[PicoId, Resident] = OrderedDict()
        self.early: dict[PicoId, list[Message]] = {}  # stored messages of picos that are being loaded
        self._alive: WeakValueDictionary[PicoId, Resident] = WeakValueDictionary()  # forgotten, but somebody has it
        self._loading: dict[PicoId, asyncio.Task[Resident]] = {}

    def __len__(self) -> int:
        return len(self.held)

    def __iter__(self) -> Iterator[Resident]:
        return iter(list(self.held.values()))

    def at_hand(self, pico_id: PicoId) -> Resident | None:
        """A pico that is in memory, without waiting."""
        resident = self.held.get(pico_id)
        if resident is not None:
            self.held.move_to_end(pico_id)
        return resident

    async def get(self, pico_id: PicoId) -> Resident:
        """A pico, loaded where it is not in memory. Raises what `load` raises."""
        resident = self.held.get(pico_id) or self._alive.get(pico_id)
        if resident is not None:
            self.held[pico_id] = resident
            self.held.move_to_end(pico_id)
            self._forget()
            return resident
        if pico_id not in self._loading:
            self._loading[pico_id] = self._spawn(self._admit(pico_id))
        return await asyncio.shield(self._loading[pico_id])

    def deliver(self, message: Message) -> None:
        """Hand a stored message that is due to its pico; each pico gets its messages in order."""
        resident = self.held.get(message.pico_id) or self._alive.get(message.pico_id)
        if resident is not None:
            resident.accept(self._job(message))
            return
        early = self.early.setdefault(message.pico_id, [])
        early.append(message)
        if len(early) == 1:
            self._spawn(self._load_for_early(message.pico_id))

    async def _load_for_early(self, pico_id: PicoId) -> None:
        """Load a pico for the messages that wait for it; they are its first, in their order."""
        while pico_id in self.early:
            try:
                await self.get(pico_id)
            except StoreError:
                await asyncio.sleep(RETRY_SECONDS)
            except NotFound:
                self.early.pop(pico_id, None)

    async def _admit(self, pico_id: PicoId) -> Resident:
        try:
            resident = await self._load(pico_id)
        finally:
            del self._loading[pico_id]
        self.held[pico_id] = self._alive[pico_id] = resident
        for message in self.early.pop(pico_id, ()):
            resident.accept(self._job(message))
        self._forget()
        return resident

    def _forget(self) -> None:
        """Let go of idle picos, those first that nobody looked up for longest."""
        surplus = len(self.held) - ACTIVE_PICOS.value
        if surplus > 0:
            for pico_id in list(islice((i for i, r in self.held.items() if r.idle()), surplus)):
                del self.held[pico_id]
