"""A real HTTP receiver for webhooks, in the test's own process."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Receiver:
    """What was posted so far: the idempotency key and the JSON body of each call. It answers while `answering`."""

    url: str
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def keys(self) -> set[str]:
        """The distinct idempotency keys, as a receiver that keeps to them counts calls."""
        return {key for key, _ in self.calls}


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    application = web.Application()
    runner = web.AppRunner(application)
    received = Receiver("")
    received.answering.set()

    async def receive(request: web.Request) -> web.Response:
        received.calls.append((request.headers["Idempotency-Key"], json.loads(await request.read())))
        await received.answering.wait()
        return web.json_response({"received": True})

    application.router.add_post("/hook", receive)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    received.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield received
    finally:
        received.answering.set()
        await runner.cleanup()
