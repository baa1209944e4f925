"""Limits on one outside HTTP request: what the ruleset is told at the limit and past it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from pico.engine import outside
from pico.engine.outside import Outside
from pico.limits import HTTP_REDIRECTS, HTTP_RESPONSE_BYTES, HTTP_SECONDS
from pico.runtime.host import HttpAnswer, HttpCall


@pytest.fixture
async def world(aiohttp_server: Any) -> Any:
    """A server with a long answer, a chain of redirects, and two that keep one waiting."""
    asked: list[str] = []

    async def long(request: web.Request) -> web.Response:
        return web.Response(body=b"x" * int(request.match_info["size"]))

    async def hop(request: web.Request) -> web.Response:
        left = int(request.match_info["left"])
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": f"/hop/{left - 1}"}) if left else web.Response(text="here")

    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async def dripping(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1_000):
            await response.write(b".")
            await asyncio.sleep(0.06)
        return response

    app = web.Application()
    app.router.add_get("/long/{size}", long)
    app.router.add_get("/hop/{left}", hop)
    app.router.add_get("/silent", silent)
    app.router.add_get("/dripping", dripping)
    server = await aiohttp_server(app, shutdown_timeout=0.1)
    server.asked = asked
    return server


@pytest.fixture
async def caller() -> AsyncIterator[Outside]:
    made = Outside(allow_private=True)
    yield made
    await made.close()


async def get(caller: Outside, world: Any, path: str) -> HttpAnswer:
    return await caller.call(HttpCall("GET", str(world.make_url(path))))


async def test_an_answer_has_so_many_bytes(caller: Outside, world: Any) -> None:
    answer = await get(caller, world, f"/long/{HTTP_RESPONSE_BYTES.value}")
    assert (answer.status, len(answer.body)) == (200, HTTP_RESPONSE_BYTES.value)
    answer = await get(caller, world, f"/long/{HTTP_RESPONSE_BYTES.value + 1}")
    assert (answer.status, answer.reason, answer.body) == (0, HTTP_RESPONSE_BYTES.explain(), b"")


async def test_so_many_redirects_are_followed(caller: Outside, world: Any) -> None:
    answer = await get(caller, world, f"/hop/{HTTP_REDIRECTS.value}")
    assert (answer.status, answer.body) == (200, b"here")
    world.asked.clear()
    answer = await get(caller, world, f"/hop/{HTTP_REDIRECTS.value + 1}")
    assert (answer.status, answer.reason) == (0, f"more than {HTTP_REDIRECTS.value} redirects")
    assert len(world.asked) == HTTP_REDIRECTS.value + 1


@pytest.mark.parametrize("path", ["/silent", "/dripping"])
async def test_one_request_has_so_much_time_however_it_is_spent(
    caller: Outside, world: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "HTTP_SECONDS", replace(HTTP_SECONDS, value=1))
    began = time.monotonic()
    answer = await get(caller, world, path)
    assert (answer.status, answer.reason) == (0, "no answer within 1 seconds")
    assert 0.9 < time.monotonic() - began < 5
    assert (await get(caller, world, "/hop/0")).status == 200
