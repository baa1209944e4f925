"""A running engine from start to stop: socket, store, engine, web application, and the way back.

The order matters. The port is taken before the engine starts, so that its address is known
everywhere from the first moment and early callers wait rather than fail. Stopping goes the other
way round: no new connections, requests finish, turns finish, the store closes; all within
`STOP_SECONDS`, because what runs a service gives it only so long.
"""

import asyncio
import gc
import ipaddress
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web

from pico.cli.home import write_private
from pico.cli.output import print_line
from pico.cli.stores import open_store
from pico.config import Settings, default_base_url
from pico.engine.engine import Engine
from pico.errors import Unavailable
from pico.limits import INVITE_HOURS, STOP_SECONDS
from pico.web.app import make_app

LOG = logging.getLogger("pico.cli")
BACKLOG = 1_024  # connections that wait while the engine starts or is busy
REQUEST_SECONDS = STOP_SECONDS.value / 2  # of the time for stopping, what requests get to finish


def run_engine(settings: Settings) -> None:
    """Run an engine in this thread until SIGTERM or SIGINT. Raises `Unavailable` where it cannot start."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Run an engine until SIGTERM or SIGINT. Raises `Unavailable` where it cannot start."""
    stopped = _stop_signal()
    listener = listen(settings.host, settings.port)
    try:
        port = listener.getsockname()[1]
        settings = replace(settings, port=port, base_url=settings.base_url or default_base_url(port))
        async with _engine(settings) as engine, _serving(engine, settings, listener):
            await _announce(engine, settings)
            _settle_memory()
            await stopped.wait()
    finally:
        settings.engine_path.unlink(missing_ok=True)
        listener.close()


def _settle_memory() -> None:
    """What exists now lives as long as the engine: leave it out of every later garbage collection.

    Going through all of it again and again held up every event for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `Unavailable` where the address cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(
            "address-in-use",
            f"cannot listen on {host} port {port}: {error.strerror or error}; "
            "stop what uses it, or choose another with --port",
        ) from error


def local_url(host: str, port: int) -> str:
    """How programs on this machine reach an engine that listens on `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if address.is_unspecified:  # it listens on every address, so also on the loopback one
        return f"http://127.0.0.1:{port}" if address.version == 4 else f"http://[::1]:{port}"
    return f"http://{address}:{port}" if address.version == 4 else f"http://[{address}]:{port}"


@asynccontextmanager
async def _engine(settings: Settings) -> AsyncIterator[Engine]:
    store = await open_store(settings.store)
    try:
        engine = await Engine.start(store, settings)
        try:
            yield engine
        finally:
            await _finish(engine)
    finally:
        await store.close()


async def _finish(engine: Engine) -> None:
    """Let turns finish in the time that is left. What does not is in the mailbox, as after a crash."""
    try:
        async with asyncio.timeout(STOP_SECONDS.value - REQUEST_SECONDS):
            await engine.stop()
    except TimeoutError:
        LOG.warning("stopped with turns unfinished; they run again at the next start")


@asynccontextmanager
async def _serving(engine: Engine, settings: Settings, listener: socket.socket) -> AsyncIterator[None]:
    # No access log: the paths in it are ECIs, and whoever has an ECI may use it.
    runner = web.AppRunner(
        make_app(engine, settings), access_log=None, handle_signals=False, shutdown_timeout=REQUEST_SECONDS
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener, backlog=BACKLOG).start()
        yield
    finally:
        await runner.cleanup()


async def _announce(engine: Engine, settings: Settings) -> None:
    write_private(settings.token_path, await engine.accounts.home_token())
    address = {"url": local_url(settings.host, settings.port), "pid": os.getpid()}
    write_private(settings.engine_path, json.dumps(address))
    print_line(f"pico is at {settings.base_url}")
    code = await engine.accounts.open_invite()
    if code:
        print_line(f"To sign in first, open {settings.base_url}/welcome/{code}")
        print_line(f"The link works once, within {INVITE_HOURS.value} hours.")
    print_line(f"Ctrl-C stops it. Everything is kept in {settings.home}")
    sys.stdout.flush()


def _stop_signal() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT; a second one then ends the process at once."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopped.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    return stopped


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it exists: it does not on Windows."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
