"""The inbox, and the stream that brings new notices to an open page.

The stream is server-sent events: the id of each is the notice's number, so a browser that lost the
connection says which one it saw last and misses none. Without a script the page reloads itself.
"""

import asyncio
import contextlib
from typing import Any

import orjson
from aiohttp import web

from pico.errors import LimitExceeded
from pico.limits import INBOX_STREAMS
from pico.web.rendering import SHIELD
from pico.web.site import SITE
from pico.web.visits import Visit, page

PAGE_NOTICES = 50
BEAT_SECONDS = 20  # proxies cut connections that are silent for half a minute
STREAM_HEADERS = {**SHIELD, "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


def add_inbox_routes(app: web.Application) -> None:
    """Put the inbox into the application, and end its streams when the application stops."""
    app.router.add_get("/inbox", page(show_inbox))
    app.router.add_get("/inbox/stream", page(stream_inbox), allow_head=False)
    app.on_shutdown.append(end_streams)


async def show_inbox(visit: Visit) -> web.StreamResponse:
    """The newest notices; `?before=ID` goes on from there."""
    notices = await visit.cloud.inbox(visit.account)
    newest = notices[0]["id"] if notices else 0
    before = _number(visit.request.query.get("before"))
    if before:
        notices = [notice for notice in notices if notice["id"] < before]
    shown = notices[:PAGE_NOTICES]
    older = shown[-1]["id"] if len(notices) > PAGE_NOTICES else None
    return visit.show("inbox.html", notices=shown, newest=newest, older=older, live=not before)


async def stream_inbox(visit: Visit) -> web.StreamResponse:
    """Each notice after the last one seen, as soon as it is committed."""
    open_ones = visit.site.streams.setdefault(visit.account.pico_id, set())
    if len(open_ones) >= INBOX_STREAMS.value:
        raise LimitExceeded(INBOX_STREAMS)
    task = request_task()
    open_ones.add(task)
    response = web.StreamResponse(headers=STREAM_HEADERS)
    try:
        await _stream(visit, response)
    except (ConnectionError, asyncio.CancelledError):
        if task.cancelling() and not visit.site.stopping:
            raise
    finally:
        open_ones.discard(task)
    return response


def request_task() -> "asyncio.Task[Any]":
    """The task that answers this request; aiohttp runs each in one."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a stream is answered outside of a task")
    return task


async def end_streams(app: web.Application) -> None:
    """Let go of every open stream: the engine is stopping, the browsers will come back."""
    site = app[SITE]
    site.stopping = True
    for task in [task for tasks in site.streams.values() for task in tasks]:
        task.cancel()


async def _stream(visit: Visit, response: web.StreamResponse) -> None:
    seen = _number(visit.request.headers.get("Last-Event-ID")) or _number(visit.request.query.get("since"))
    async with visit.site.engine.watch(visit.account.pico_id) as versions:
        await response.prepare(visit.request)
        await response.write(b"retry: 2000\n\n")
        while await visit.site.sessions.find(visit.request) is not None:
            for notice in reversed(await visit.cloud.inbox(visit.account, seen)):
                await response.write(_event(notice))
                seen = notice["id"]
            if not await _changed(versions):
                await response.write(b": still here\n\n")


async def _changed(versions: "asyncio.Queue[int]") -> bool:
    """Wait for a commit; many at once count as one. False after a while without any."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(BEAT_SECONDS):
            await versions.get()
            while not versions.empty():
                versions.get_nowait()
            return True
    return False


def _event(notice: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: notice\ndata: %s\n\n" % (notice["id"], orjson.dumps(notice))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
