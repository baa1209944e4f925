"""Outside calls of rulesets: what stays out of reach, and what travels along a redirect."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from pico.engine import outside
from pico.engine.outside import REFUSED, Outside, is_public
from pico.limits import HTTP_RESPONSE_BYTES
from pico.runtime.host import HttpCall

SECRETS = {"authorization": "Basic c2VjcmV0", "cookie": "a=b", "x-plain": "kept", "content-type": "text/plain"}


@pytest.fixture
async def world(aiohttp_server: Any) -> Any:
    """A server on 127.0.0.1 that tells what it was asked, redirects, and answers with bombs."""
    async def echo(request: web.Request) -> web.Response:
        server.asked.append(request)
        return web.json_response({
            "method": request.method, "headers": {k.lower(): v for k, v in request.headers.items()},
            "body": await request.text(),
        })

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]), headers={"Location": request.query["to"]})

    async def bomb(request: web.Request) -> web.Response:
        kind = request.match_info["kind"]
        size = int(request.query["size"])
        packed = {"gzip": gzip.compress, "deflate": zlib.compress}[kind](b"x" * size)
        return web.Response(body=packed, headers={"Content-Encoding": kind})

    app = web.Application()
    app.router.add_route("*", "/echo", echo)
    app.router.add_route("*", "/redirect/{status}", redirect)
    app.router.add_get("/bomb/{kind}", bomb)
    server = await aiohttp_server(app)
    server.asked = []
    return server


@pytest.fixture
async def free() -> AsyncIterator[Outside]:
    """Where the operator allows private addresses."""
    made = Outside(allow_private=True)
    yield made
    await made.close()


@pytest.fixture
async def guarded() -> AsyncIterator[Outside]:
    made = Outside(allow_private=False)
    yield made
    await made.close()


# Private addresses

HERE = [
    "127.0.0.1", "localhost", "LOCALHOST", "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "0.0.0.0", "0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[::1%25lo]", "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "someone@127.0.0.1",
    "example.com\\@127.0.0.1", "%31%32%37.0.0.1",
]


@pytest.mark.parametrize("host", HERE)
async def test_the_engines_own_machine_is_out_of_reach_however_it_is_written(
    guarded: Outside, world: Any, host: str
) -> None:
    answer = await guarded.call(HttpCall("GET", f"http://{host}:{world.port}/echo"))
    assert answer.status == 0
    assert world.asked == []


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1",
     "255.255.255.255", "fe80::1", "fc00::1", "ff02::1", "2002:7f00:1::", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe"],
)
def test_addresses_of_private_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


class Names(AbstractResolver):
    """A name service in which one name leads home."""

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


async def test_a_public_name_that_leads_home_is_refused_and_the_reason_given(guarded: Outside, world: Any) -> None:
    resolver = guarded._client().connector._resolver
    resolver._inner = Names()
    answer = await guarded.call(HttpCall("GET", f"http://inside.example.com:{world.port}/echo"))
    assert (answer.status, answer.reason) == (0, REFUSED)
    assert world.asked == []


async def test_a_redirect_into_a_private_network_is_refused(
    guarded: Outside, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[str] = []
    plain = outside._refuse_literal

    def first_only(host: str) -> None:
        passed.append(host)
        if len(passed) > 1:
            plain(host)

    monkeypatch.setattr(outside, "_refuse_literal", first_only)
    to = f"http://127.0.0.1:{world.port}/echo"
    answer = await guarded.call(HttpCall("GET", str(world.make_url("/redirect/302").with_query(to=to))))
    assert (answer.status, answer.reason) == (0, REFUSED)
    assert world.asked == []


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://example.com/", "file:///etc/passwd", "http://", "http:///x", "http://[::1", "//a/b",
            "http://example.com:99999/", "http://a b/", "http://" + "a" * 300 + ".com/"])
async def test_what_is_no_address_is_an_answer_that_says_so(guarded: Outside, url: str) -> None:
    answer = await guarded.call(HttpCall("GET", url))
    assert answer.status == 0
    assert answer.reason


# Redirects


async def test_secrets_stay_with_the_origin_that_they_were_meant_for(free: Outside, world: Any) -> None:
    same = str(world.make_url("/redirect/307").with_query(to="/echo"))
    other = str(world.make_url("/redirect/307").with_query(to=f"http://localhost:{world.port}/echo"))
    for url, kept in ((same, True), (other, False)):
        world.asked.clear()
        answer = await free.call(HttpCall("POST", url, SECRETS, b"body"))
        assert answer.status == 200
        (asked,) = world.asked
        assert ("authorization" in asked.headers, "cookie" in asked.headers) == (kept, kept)
        assert asked.headers["x-plain"] == "kept"


@pytest.mark.parametrize(
    ("method", "status", "then", "body"),
    [("POST", 301, "GET", ""), ("POST", 302, "GET", ""), ("POST", 303, "GET", ""), ("PUT", 303, "GET", ""),
     ("HEAD", 303, "HEAD", ""), ("PUT", 302, "PUT", "body"), ("POST", 307, "POST", "body"),
     ("POST", 308, "POST", "body")],
)
async def test_a_redirect_changes_the_method_as_browsers_do(
    free: Outside, world: Any, method: str, status: int, then: str, body: str
) -> None:
    url = str(world.make_url(f"/redirect/{status}").with_query(to="/echo"))
    await free.call(HttpCall(method, url, SECRETS, None if method == "HEAD" else b"body"))
    (asked,) = world.asked
    assert (asked.method, await asked.text()) == (then, body)
    if not body:
        assert asked.headers.get("content-type") != "text/plain"


async def test_a_ruleset_can_ask_not_to_follow(free: Outside, world: Any) -> None:
    url = str(world.make_url("/redirect/302").with_query(to="/echo"))
    answer = await free.call(HttpCall("GET", url, follow=False))
    assert (answer.status, answer.headers["location"]) == (302, "/echo")
    assert world.asked == []


# Sizes


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
async def test_a_small_answer_that_unpacks_to_a_huge_one_is_refused_without_unpacking_it(
    free: Outside, world: Any, kind: str
) -> None:
    small = await free.call(HttpCall("GET", str(world.make_url(f"/bomb/{kind}").with_query(size=1_000))))
    assert small.body == b"x" * 1_000
    url = str(world.make_url(f"/bomb/{kind}").with_query(size=100_000_000))
    tracemalloc.start()
    try:
        answer = await free.call(HttpCall("GET", url))
        huge = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (answer.status, answer.reason) == (0, HTTP_RESPONSE_BYTES.explain())
    assert huge < 150_000_000  # the server makes the bomb in this process; unpacking it would add as much again
