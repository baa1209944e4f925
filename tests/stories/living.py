"""An engine that dies and lives again at the same address, so that its printed tags still lead to it."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.cli.process import HERE, Running, own_environment, running


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Life:
    """One home and one address, with an engine in it for the time being."""

    home: Path
    port: int
    options: tuple[str, ...] = ("--allow-private-http",)
    command: tuple[str | Path, ...] = HERE

    @property
    def base(self) -> str:
        """The address that is printed on tags."""
        return f"http://localhost:{self.port}"

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Running]:
        """`pico up`, in a thread of its own, so that the test's own servers go on answering."""
        engine = running(self.home, "--port", str(self.port), *self.options, command=self.command)
        started = await asyncio.to_thread(engine.__enter__)
        try:
            yield started
        finally:
            await asyncio.to_thread(engine.__exit__, None, None, None)

    async def pico(self, *words: object, code: int = 0) -> str:
        """What a command prints, standard error after standard output."""
        return await asyncio.to_thread(self._pico, words, code)

    async def told(self, *words: object) -> Any:
        """The answer of a command as JSON."""
        return json.loads(await self.pico(*words, "--json"))

    def _pico(self, words: tuple[object, ...], code: int) -> str:
        done = subprocess.run(
            [*map(str, self.command), *map(str, words)], env=own_environment() | {"PICO_HOME": str(self.home)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )
        assert done.returncode == code, f"pico {words} ended with {done.returncode}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr


def kill(engine: Running) -> None:
    """`kill -9`: no signal handler runs, nothing is flushed, nothing is said goodbye to."""
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.process.wait(60)


def link_of(engine: Running) -> str:
    """The one-time link that `pico up` printed."""
    found = re.search(r"open (http://\S+/welcome/\S+)\n", "".join(engine.said))
    assert found, engine.said
    return found[1]


async def speak(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> tuple[int, Any]:
    """Status and JSON of one request; the body's type must say that it is JSON."""
    async with session.request(method, url, **options) as response:
        kind = response.headers["Content-Type"]
        expected = "application/problem+json" if response.status >= 400 else "application/json"
        assert kind.startswith(expected), f"{method} {url}: {response.status} {kind}"
        return response.status, json.loads(await response.read())
