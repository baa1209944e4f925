"""Whether the engine lives, whether it can work, and its figures for Prometheus; for this machine only."""

import ipaddress
import re

from aiohttp import web

from pico.errors import NotFound
from pico.web.replies import OWN_HEADERS, answer_own
from pico.web.site import SITE

_NAME = re.compile(r"[^a-z0-9_]")


def add_probe_routes(app: web.Application) -> None:
    """Put the probes into the application."""
    app.router.add_get("/health", show_health)
    app.router.add_get("/ready", show_ready)
    app.router.add_get("/metrics", show_metrics)


async def show_health(request: web.Request) -> web.Response:
    """The process answers."""
    _local_only(request)
    return answer_own({"status": "alive"})


async def show_ready(request: web.Request) -> web.Response:
    """The engine can reach its store; the error says why where it cannot."""
    _local_only(request)
    await request.app[SITE].engine.accounts.home_token()
    stopping = request.app[SITE].stopping
    return answer_own({"status": "stopping" if stopping else "ready"}, 503 if stopping else 200)


async def show_metrics(request: web.Request) -> web.Response:
    """Counters in Prometheus' text format 0.0.4."""
    _local_only(request)
    counts = request.app[SITE].engine.counts()
    lines = [f"pico_{_NAME.sub('_', name.lower())} {value}" for name, value in counts.items()]
    headers = OWN_HEADERS.copy()
    headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return web.Response(text="\n".join([*lines, ""]), headers=headers)


def _local_only(request: web.Request) -> None:
    """Let nobody through who is elsewhere, or comes by way of a proxy on this machine."""
    try:
        local = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        local = False
    if not local or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        raise NotFound("no-such-page", "There is nothing at this address.")
