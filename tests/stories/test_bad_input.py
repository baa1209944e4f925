"""Bad input: each gets an answer that a person can act on, and everything else stays well.

Every test talks to a running engine over HTTP. After each one, whatever it did, the same item
still holds what it held and goes on counting, its neighbour does too, and an engine that is
started anew on the same file finds both as they were.
"""

import asyncio
import io
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from pico.cli.remote import connect
from pico.config import Settings
from pico.engine import outside
from pico.engine.engine import Engine
from pico.limits import HTTP_SECONDS
from pico.store.sqlite import SqliteStore
from pico.web.app import make_app
from tests.cli.process import HERE, own_environment, running

JSON = {"Content-Type": "application/json"}
BEFORE = 3  # what each item has counted before the bad input comes
BIG = "x" * 200_000
COUNTER = """\
ruleset counter {
  meta { shares ticks, last, call }
  global {
    ticks = function() { ent:ticks.defaultsTo(0) }
    last = function() { ent:last }
    call = function(f) { f(1) }
  }
  rule tick {
    select when test tick
    always { ent:ticks := ticks() + 1 }
  }
  rule add {
    select when test add
    pre { more = event:attrs{"more"}.head()(1) }
    always { ent:ticks := ticks() + more }
  }
  rule keep {
    select when test keep
    always {
      ent:ticks := ticks() + 1
      ent:kept := event:attrs{"text"}
    }
  }
  rule grow {
    select when test grow
    always {
      ent:ticks := ticks() + 1
      ent:kept := 1.range(100000)
    }
  }
  rule call {
    select when test call
    pre { answer = http:get(event:attrs{"url"}) }
    always { ent:last := answer }
  }
}
"""


@dataclass
class World:
    """A running engine on a file, a client and the owner's token, and two items that count."""

    engine: Engine
    client: Any
    headers: dict[str, str]
    item: str = ""
    eci: str = ""
    neighbour: str = ""
    counted: dict[str, int] = field(default_factory=dict)  # what every item must have counted, by ECI

    async def ask(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """The answer, once its status is right; an error is also checked to be one that helps."""
        answer = await self.client.request(method, path, allow_redirects=False, **options)
        assert answer.status == status, await answer.text()
        if status < 400:
            return await answer.json(content_type=None)
        problem = await answer.json(content_type="application/problem+json")
        assert problem["status"] == status
        assert problem["type"] == f"/docs/errors#{problem['code']}"
        assert len(problem["detail"]) > 15, "a person can make something of it"
        assert problem["error"], "older clients read this"
        return problem

    async def own(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """As the owner's program."""
        return await self.ask(method, f"/api{path}", status, headers=self.headers, **options)

    async def send(self, name: str, status: int = 200, eci: str = "", **attrs: Any) -> Any:
        """One event to the item, or to whom `eci` reaches, awaited."""
        return await self.ask("POST", f"/c/{eci or self.eci}/event-wait/test/{name}", status, json=attrs)

    async def query(self, name: str, eci: str = "") -> Any:
        """What a shared function of the counter answers."""
        return await self.ask("GET", f"/c/{eci or self.eci}/query/counter/{name}")

    async def install(self, source: str, status: int = 201) -> Any:
        """Another ruleset on the item."""
        return await self.own("POST", f"/items/{self.item}/rulesets", status, json={"source": source})

    async def make_item(self) -> tuple[str, str]:
        """A new item that has counted, and a channel that reaches all of it."""
        made = await self.own("POST", "/items", 201, json={"name": "Winter boots"})
        path = f"/items/{made['id']}"
        await self.own("POST", f"{path}/rulesets", 201, json={"source": COUNTER})
        channel = await self.own("POST", f"{path}/channels", 201, json={
            "tags": [], "eventPolicy": {"allow": [{"domain": "*", "name": "*"}], "deny": []},
            "queryPolicy": {"allow": [{"rid": "*", "name": "*"}], "deny": []},
        })
        for _ in range(BEFORE):
            await self.tick(channel["id"])
        return made["id"], channel["id"]

    async def tick(self, eci: str) -> Any:
        """Let an item count, and remember it."""
        answer = await self.send("tick", eci=eci)
        self.counted[eci] = self.counted.get(eci, 0) + 1
        assert await self.query("ticks", eci) == self.counted[eci]
        return answer

    async def assert_well(self) -> None:
        """Nothing is lost or done twice, and both items go on."""
        for eci, count in list(self.counted.items()):
            assert await self.query("ticks", eci) == count
            await self.tick(eci)
        assert (await self.ask("GET", "/ready"))["status"] == "ready"


@pytest.fixture
async def world(tmp_path: Path, aiohttp_client: Any) -> AsyncIterator[World]:
    settings = Settings.load({"home": str(tmp_path), "base_url": "http://127.0.0.1:3000"}, {})
    engine = await Engine.start(await SqliteStore.open(tmp_path / "pico.db"), settings)
    try:
        client = await aiohttp_client(make_app(engine, settings))
        made = World(engine, client, {"Authorization": f"Bearer {await engine.accounts.home_token()}"})
        made.item, made.eci = await made.make_item()
        _, made.neighbour = await made.make_item()
        yield made
        await made.assert_well()
    finally:
        await engine.stop()
    again = await Engine.start(await SqliteStore.open(tmp_path / "pico.db"), settings)
    for eci, count in made.counted.items():
        assert await again.query(eci, "counter", "ticks") == count, "it is on disk"
    await again.stop()


# What is not there


async def test_an_unknown_tag_leads_to_a_page_that_says_so(world: World) -> None:
    for path in ("/t/nowhere", "/t/nowhere/picture", f"/t/{world.eci}", "/t/%00", "/t/" + "x" * 5_000):
        answer = await world.client.get(path)
        assert answer.status == 404, path
        text = await answer.text()
        assert "This tag leads nowhere. It may have been replaced." in text or "Nothing here" in text


@pytest.mark.parametrize("path", [
    "/c/nowhere/event/test/tick", "/c/nowhere/event-wait/test/tick", "/c/nowhere/query/counter/ticks",
    "/c/nowhere/event/test/tick/query/counter/ticks", "/sky/event/nowhere/none/test/tick",
    "/sky/cloud/nowhere/counter/ticks",
])
async def test_an_unknown_eci_is_named(world: World, path: str) -> None:
    problem = await world.ask("POST", path, 404)
    assert (problem["code"], problem["detail"]) == ("unknown-eci", "ECI not found nowhere")


async def test_an_unknown_ruleset_and_an_unknown_function_are_named(world: World) -> None:
    for door in (f"/c/{world.eci}/query", f"/sky/cloud/{world.eci}"):
        problem = await world.ask("GET", f"{door}/nowhere/ticks", 404)
        assert (problem["code"], problem["detail"]) == (
            "ruleset-not-installed", "Pico doesn't have nowhere installed.")
        problem = await world.ask("GET", f"{door}/counter/nowhere", 404)
        assert (problem["code"], problem["detail"]) == (
            "no-such-query", 'Ruleset counter does not have query function "nowhere"')
    missing = await world.own("DELETE", f"/items/{world.item}/rulesets/nowhere", 404)
    assert missing["code"] == "ruleset-not-installed"


# What does not have the right form


@pytest.mark.parametrize(("body", "place"), [
    (b'{"more": [1, 2', "line 1 column 15"), (b"{'more': 1}", "line 1 column 2"), (b"\xff\xfe", "line 1 column 1"),
    (b'{"more":\n NaN}', "line 2 column 2"), (b'{"more": 1e999}', "line 1 column 10"), (b'{"a": 1} b', "column 10"),
])
async def test_malformed_json_is_refused_with_its_place(world: World, body: bytes, place: str) -> None:
    for how in ("event", "event-wait"):
        problem = await world.ask("POST", f"/c/{world.eci}/{how}/test/tick", 400, data=body, headers=JSON)
        assert problem["code"] == "bad-json"
        assert place in problem["detail"]
    problem = await world.own("POST", "/items", 400, data=body)
    assert (problem["code"], place in problem["detail"]) == ("bad-json", True)


async def test_a_body_that_is_too_large_is_refused_with_the_size_that_fits(world: World) -> None:
    for size in (1_000_001, 3_000_000):
        body = io.BytesIO(b'"' + b"x" * (size - 2) + b'"')
        problem = await world.ask("POST", f"/c/{world.eci}/event/test/tick", 413, data=body, headers=JSON)
        assert problem["code"] == "body-size"
        assert "at most 1,000,000 bytes of one request body" in problem["detail"]


@pytest.mark.parametrize("body", [b"7", b'"text"', b"null", b"true"])
async def test_attributes_that_are_no_map_are_refused(world: World, body: bytes) -> None:
    problem = await world.ask("POST", f"/c/{world.eci}/event-wait/test/tick", 400, data=body, headers=JSON)
    assert (problem["code"], problem["detail"]) == ("bad-body", "a JSON body must be an object or an array")


@pytest.mark.parametrize("more", [None, 7, "text", [], {}, [[]], {"a": {"b": None}}])
async def test_an_attribute_of_the_wrong_type_fails_the_rule_at_its_place(world: World, more: Any) -> None:
    problem = await world.send("add", 500, more=more)
    [error] = problem["errors"]
    line = COUNTER.split("head()")[0].count("\n") + 1
    assert (error["rid"], error["rule"], error["line"]) == ("counter", "add", line)
    assert error["code"] == problem["code"]


async def test_a_query_with_an_argument_of_the_wrong_type_fails_at_its_place(world: World) -> None:
    problem = await world.ask("POST", f"/c/{world.eci}/query/counter/call", 500, json={"f": [1, {"b": None}]})
    [error] = problem["errors"]
    assert (error["rid"], error["line"]) == ("counter", COUNTER.split("call = ")[0].count("\n") + 1)


async def test_fields_of_the_wrong_type_are_named(world: World) -> None:
    assert (await world.own("POST", "/items", 400, json={"name": 7}))["detail"] == "`name` must be text."
    path = f"/items/{world.item}"
    problem = await world.own("POST", f"{path}/rulesets", 400, json={"source": COUNTER, "config": [1]})
    assert problem["detail"] == "`config` must be an object."
    problem = await world.own("POST", f"{path}/channels", 400, json={"tags": [], "eventPolicy": {"allow": 1}})
    assert problem["code"] == "bad-policy"


async def test_a_ruleset_with_an_error_is_refused_with_the_line_and_a_hint(world: World) -> None:
    problem = await world.install('ruleset x {\n  global { greeting = "hi"  said = greetign }\n}', 422)
    [found] = problem["diagnostics"]
    assert (found["code"], found["line"], found["column"]) == ("unknown-name", 2, 36)
    assert "did you mean `greeting`?" in found["rendered"]


# Rulesets that go too far

LIBRARY = """\
    loop = function() { 0.range(900).map(function(i) { 0.range(900).map(function(j) { i * j }) }) }
    recurse = function(n) { 1 + recurse(n) }
    double = function(s, n) { n == 0 => s | double(s + s, n - 1) }
    gigabyte = function() { double("12345678", 27) }
"""
HOSTILE = """\
ruleset hostile {
  meta { shares loop, recurse, gigabyte }
  global {
%s  }
  rule hurt {
    select when test hurt or test tick
    %s
  }
}
"""
TOO_FAR = {
    "loops": ("pre { x = loop() }", "fuel-per-step", 500),
    "recurses": ("pre { x = recurse(1) }", "call-depth", 500),
    "builds a gigabyte": ("pre { x = gigabyte() }", "text-size", 500),
    # Each raise but the last is a step that ended well, so this turn did not fail whole.
    "raises for ever": ('fired { raise test event "hurt" }', "raises-per-turn", 200),
}


@pytest.mark.parametrize(("body", "code", "status"), TOO_FAR.values(), ids=TOO_FAR)
async def test_a_ruleset_that_goes_too_far_fails_by_itself_and_the_others_are_served(
    world: World, body: str, code: str, status: int
) -> None:
    await world.install(HOSTILE % (LIBRARY, body))
    hurting = asyncio.create_task(world.send("hurt", status))
    await world.tick(world.neighbour)
    answer = await hurting
    assert "limit reached: at most " in answer["error"]
    [error] = answer["errors"]
    assert (error["rid"], error["rule"], error["code"]) == ("hostile", "hurt", code)
    assert error["line"] in (4, 5, 6, 11)
    assert error["column"] is not None
    assert answer.get("code", code) == code
    answer = await world.tick(world.eci)  # the counter handles the same event
    assert {error["code"] for error in answer["errors"]} == {code}
    assert {error["rid"] for error in answer["errors"]} == {"hostile"}


@pytest.mark.parametrize(("name", "code"), [
    ("loop", "fuel-per-step"), ("recurse", "call-depth"), ("gigabyte", "text-size"),
])
async def test_a_query_that_goes_too_far_fails_by_itself(world: World, name: str, code: str) -> None:
    await world.install(HOSTILE % (LIBRARY, "always { log info 1 }"))
    problem = await world.ask("GET", f"/c/{world.eci}/query/hostile/{name}", 500)
    assert problem["code"] == code
    [error] = problem["errors"]
    assert (error["rid"], error["line"] in (4, 5, 6)) == ("hostile", True)


@pytest.mark.parametrize(("value", "code"), [
    ("loop()", "fuel-per-step"), ("recurse(1)", "call-depth"), ("gigabyte()", "text-size"),
])
async def test_a_ruleset_whose_globals_go_too_far_is_not_installed(world: World, value: str, code: str) -> None:
    problem = await world.install(HOSTILE % (f"{LIBRARY}    x = {value}\n", ""), 422)
    [found] = problem["diagnostics"]
    assert found["code"] == code
    assert "this runs when the ruleset is installed" in found["rendered"]
    installed = await world.own("GET", f"/items/{world.item}/rulesets")
    assert "hostile" not in [ruleset["rid"] for ruleset in installed]


# The outside


@pytest.fixture
async def silent(aiohttp_server: Any) -> Any:
    """A receiver of webhooks that never answers. `asked` is set once somebody tried."""
    asked = asyncio.Event()

    async def wait(request: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(60)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", wait)
    server = await aiohttp_server(app, shutdown_timeout=0.1)
    server.asked = asked
    return server


async def test_a_webhook_that_never_answers_holds_up_its_own_item_and_only_for_a_while(
    world: World, silent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.engine.outside.allow_private = True
    monkeypatch.setattr(outside, "HTTP_SECONDS", replace(HTTP_SECONDS, value=1))
    calling = asyncio.create_task(world.send("call", url=str(silent.make_url("/"))))
    await silent.asked.wait()
    await world.tick(world.neighbour)
    assert not calling.done(), "the neighbour did not wait"
    await calling
    answer = await world.query("last")
    assert (answer["status_code"], answer["status_line"]) == (0, "no answer within 1 seconds")


@pytest.mark.parametrize("target", [
    "http://127.0.0.2:{port}/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:{port}/",
    "http://[::ffff:10.0.0.1]/", "http://0.0.0.0:{port}/", "//192.168.1.1/", "http://user:pass@10.0.0.1/",
])
async def test_a_webhook_that_redirects_to_a_private_address_is_not_followed(
    world: World, aiohttp_server: Any, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    is_public = outside.is_public
    monkeypatch.setattr(outside, "is_public", lambda address: address == "127.0.0.1" or is_public(address))

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": target.format(port=request.url.port)})

    app = web.Application()
    app.router.add_get("/", redirect)
    server = await aiohttp_server(app)
    await world.send("call", url=f"http://127.0.0.1:{server.port}/")
    answer = await world.query("last")
    assert (answer["status_code"], answer["content"]) == (0, "")
    assert "--allow-private-http" in answer["status_line"], "the operator can do something about it"


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/", "http://localhost/", "ftp://example.com/", "file:///etc/passwd", "http://", "nowhere", "http://[",
    "http://example.com:99999/", "http://exa mple.com/", "http://a..b/",
    "http://2130706433/", "http://0x7f.1/", "http://127.1/",
])
async def test_an_address_that_cannot_be_called_is_an_answer_that_says_why(world: World, url: str) -> None:
    await world.send("call", url=url)
    answer = await world.query("last")
    assert (answer["status_code"], answer["content"]) == (0, "")
    assert len(answer["status_line"]) > 10


# The disk


async def pragma(world: World, text: str) -> Any:
    store: Any = world.engine.store
    return await store.maintain(lambda connection: connection.execute(f"PRAGMA {text}").fetchone())


async def test_a_full_disk_refuses_what_does_not_fit_and_goes_on_once_there_is_room(world: World) -> None:
    pages = (await pragma(world, "page_count"))[0]
    await pragma(world, f"max_page_count = {pages}")
    for how in ("event-wait", "event", "event-wait", "event"):
        async with asyncio.timeout(5):
            problem = await world.ask("POST", f"/c/{world.eci}/{how}/test/keep", 503, json={"text": BIG})
        assert problem["code"] == "disk-full"
        assert "free some space" in problem["detail"]
    for eci, count in world.counted.items():
        assert await world.query("ticks", eci) == count, "queries are answered all the same"
    answer = await world.client.post(f"/c/{world.eci}/event-wait/test/keep", json={"text": BIG})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    refused = await world.own("POST", f"/items/{world.item}/rulesets", 503, json={
        "source": f"ruleset big {{ }} // {BIG}"})
    assert refused["code"] == "disk-full"
    await pragma(world, "max_page_count = 1000000")
    await world.send("keep", text=BIG)
    world.counted[world.eci] += 1


async def test_an_event_that_was_accepted_before_the_disk_was_full_is_handled_once_there_is_room(
    world: World
) -> None:
    pages = (await pragma(world, "page_count"))[0]
    await pragma(world, f"max_page_count = {pages}")
    await world.ask("POST", f"/c/{world.eci}/event/test/grow")
    async with asyncio.timeout(10):
        for _ in range(3):
            assert (await world.send("tick", 503))["code"] == "disk-full"
    await world.tick(world.neighbour)
    await pragma(world, "max_page_count = 1000000")
    world.counted[world.eci] += 1
    assert await world.query("ticks") == world.counted[world.eci]


# Two engines


def test_a_home_used_by_a_second_engine_is_refused_to_it_and_the_first_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home) as first:
        engine = connect(None, None, str(home))
        item = engine.post("api", "items", body={"name": "Winter boots"})
        second = start_another("--home", home)
        assert second.returncode == 1
        assert f"the home {home} is used by another engine (process {first.process.pid})" in second.stderr
        assert "--home" in second.stderr
        assert "home-in-use" in second.stderr
        third = start_another("--home", tmp_path / "other", "--store", f"sqlite://{home / 'pico.db'}")
        assert third.returncode == 1
        assert f"another engine works on {home / 'pico.db'}" in third.stderr
        for refused in (second, third):
            assert "Traceback" not in refused.stderr
        engine.post("api", "items", item["id"], "journal", body={"text": "Waxed"})
        assert connect(None, None, str(home)).url == first.url, "clients still find the first one"
        first.stop(signal.SIGKILL)
    with running(home):
        engine = connect(None, None, str(home))
        assert [entry["text"] for entry in engine.get("api", "items", item["id"], "journal")] == ["Waxed"]


def start_another(*options: str | Path) -> "subprocess.CompletedProcess[str]":
    """`pico up` where it must not come up."""
    return subprocess.run(
        [*HERE, "up", "--port", "0", *options], capture_output=True, text=True, timeout=60, env=own_environment(),
        stdin=subprocess.DEVNULL, check=False,
    )
