"""Events and queries over HTTP, as programs of other people send them."""

import io
from typing import Any

import pytest
from yarl import URL

from pico.limits import ATTRIBUTES, BODY_BYTES
from pico.model.channel import Policy
from pico.web.replies import encode
from tests.web.conftest import ListeningEngine, Person

EVERYTHING = Policy(allow=(("*", "*"),))
RULESET = """
ruleset test {
  meta { shares pair, page, nothing, count }
  global {
    pair = function(a, b) { [a, b] }
    page = function() { "<h1>Hi</h1>" }
    nothing = function() { null }
    count = function() { ent:count.defaultsTo(0) }
  }
  rule say {
    select when test say
    send_directive("said", event:attrs)
    always { ent:count := ent:count.defaultsTo(0) + 1 }
  }
  rule go {
    select when test go
    every {
      send_directive("_redirect", {"url": event:attrs{"url"}})
      send_directive("_cookie", {"cookie": event:attrs{"cookie"}})
    }
  }
  rule broken {
    select when test broken
    pre { gone = ent:count(1) }
  }
}
"""


@pytest.fixture
async def pico_id(engine: ListeningEngine, ada: str) -> str:
    """A pico with the ruleset above."""
    await engine.install(ada, source=RULESET)
    return ada


@pytest.fixture
async def eci(engine: ListeningEngine, pico_id: str) -> str:
    """A channel of it that allows everything."""
    channel = await engine.open_channel(pico_id, ["test"], EVERYTHING, EVERYTHING)
    engine.accepted.clear()
    return channel.eci


async def ask(person: Person, path: str, method: str = "GET", status: int = 200, **options: Any) -> Any:
    answer = await person.client.request(method, path, allow_redirects=False, **options)
    assert answer.status == status, await answer.text()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    return await answer.json(content_type=None)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_an_event_is_answered_with_its_id_whatever_the_method(
    stranger: Person, engine: ListeningEngine, eci: str, method: str
) -> None:
    eid = await ask(stranger, f"/c/{eci}/event/test/say?a=1", method)
    assert isinstance(eid, str)
    assert await ask(stranger, f"/c/{eci}/query/test/count") == 1
    assert [(domain, name, attrs) for _, domain, name, attrs in engine.accepted] == [("test", "say", {"a": "1"})]


@pytest.mark.parametrize("path", [
    "/c/{}/event-wait/test/say", "/C/{}/EVENT-wait/test/say/", "/c/{}/event-wait/te%73t/say",
    "/sky/EVENT/{}/none/test/say",
])
async def test_an_awaited_event_is_answered_with_its_directives(stranger: Person, eci: str, path: str) -> None:
    answer = await ask(stranger, path.format(eci) + "?x=1&q=2", "POST", json={"x": {"deep": [1]}})
    assert answer == {"eid": answer["eid"], "directives": [
        {"type": "directive", "name": "said", "options": {"x": {"deep": [1]}, "q": "2"},
         "meta": {"rid": "test", "rule_name": "say", "txnId": answer["eid"]}},
    ]}


async def test_no_header_of_the_request_becomes_an_attribute(
    stranger: Person, engine: ListeningEngine, eci: str
) -> None:
    await ask(stranger, f"/c/{eci}/event/test/say", headers={"Cookie": "secret=1"})
    assert engine.accepted[0][3] == {}


async def test_the_older_address_hands_the_event_id_on_as_an_attribute(
    stranger: Person, engine: ListeningEngine, eci: str
) -> None:
    await ask(stranger, f"/sky/event/{eci}/1234/test/say?a=1")
    await ask(stranger, f"/sky/event/{eci}/none/test/say")
    assert [attrs for *_, attrs in engine.accepted] == [{"a": "1", "__eid": "1234"}, {}]


async def test_an_event_and_a_query_in_one_request(stranger: Person, engine: ListeningEngine, eci: str) -> None:
    assert await ask(stranger, f"/c/{eci}/event/test/say/query/test/pair?a=1") == ["1", None]
    assert await ask(stranger, f"/c/{eci}/event/test/say/query/test/count") == 2
    assert len(engine.accepted) == 2


async def test_neither_happens_where_one_of_them_is_not_allowed(
    stranger: Person, engine: ListeningEngine, pico_id: str
) -> None:
    half = await engine.open_channel(pico_id, [], EVERYTHING, Policy())
    engine.accepted.clear()
    problem = await ask(stranger, f"/c/{half.eci}/event/test/say/query/test/pair", status=403)
    assert problem["error"] == "Error: Not allowed by channel policy"
    assert engine.accepted == []


async def test_queries_answer_json_pages_and_text(stranger: Person, eci: str) -> None:
    assert await ask(stranger, f"/c/{eci}/query/test/pair?0=x&1=y") == ["x", "y"]
    assert await ask(stranger, f"/sky/cloud/{eci}/test/pair.json?a=x&b=y") == ["x", "y"]
    assert await ask(stranger, f"/c/{eci}/query/test/nothing") is None
    page = await stranger.get(f"/c/{eci}/query/test/page.html")
    assert (page.content_type, await page.text()) == ("text/html", "<h1>Hi</h1>")
    text = await stranger.get(f"/c/{eci}/query/test/page.txt")
    assert (text.content_type, await text.text()) == ("text/plain", "<h1>Hi</h1>")
    assert await (await stranger.get(f"/c/{eci}/query/test/nothing.html")).text() == ""
    await ask(stranger, f"/c/{eci}/query/test/pair.html", status=400)


async def test_a_rulesets_page_cannot_act_as_one_of_ours(stranger: Person, eci: str) -> None:
    answer = await stranger.get(f"/c/{eci}/query/test/page.html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy


async def test_a_redirect_goes_to_the_web_and_nowhere_else(stranger: Person, eci: str) -> None:
    async def location(url: str, door: str = f"/sky/event/{eci}/1/test/go") -> tuple[int, str | None]:
        answer = await stranger.get(door, params={"url": url, "cookie": "a=b"})
        return answer.status, answer.headers.get("Location")

    assert await location("https://example.com/x") == (302, "https://example.com/x")
    for elsewhere in ("javascript:alert(1)", "data:text/html,x", "https://example.com/\r\nX: y", "file:///etc/hosts"):
        assert await location(elsewhere) == (200, None)
    assert await location("https://example.com/", f"/c/{eci}/event-wait/test/go") == (200, None)


async def test_a_ruleset_may_set_cookies_but_not_ours(stranger: Person, eci: str) -> None:
    async def cookies(cookie: str) -> list[str]:
        params = {"url": "", "cookie": cookie}
        return (await stranger.get(f"/sky/event/{eci}/1/test/go", params=params)).headers.getall("Set-Cookie", [])

    assert await cookies("colour=blue; Path=/") == ["colour=blue; Path=/"]
    assert await cookies("pico_session=stolen") == []
    assert await cookies(" PICO_visitor=fixed") == []
    assert await cookies("a=b\r\nX-Evil: 1") == []


async def test_a_browser_may_ask_first(stranger: Person, engine: ListeningEngine, eci: str) -> None:
    answer = await stranger.client.options(f"/c/{eci}/event/test/say")
    assert (answer.status, await answer.text()) == (200, "")
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, GET, OPTIONS"
    assert engine.accepted == []


@pytest.mark.parametrize(("path", "status", "code", "error"), [
    ("/c/nobody/event/a/b", 404, "unknown-eci", "Error: ECI not found nobody"),
    ("/c/{}/event/%20/b", 400, "bad-event", "Error: missing event.domain"),
    ("/c/{}/query/test/.html", 400, "bad-query", "Error: missing query.name"),
    ("/c/{}/query/nothing/x", 404, "ruleset-not-installed", "Error: Pico doesn't have nothing installed."),
    ("/c/{}/event/a/%zz", 400, "bad-path", "URIError: Failed to decode param '%zz'"),
    ("/c/{}/event/a/%ff", 400, "bad-path", "URIError: Failed to decode param '%ff'"),
    ("/c/{}/nothing", 404, "no-such-route", None),
    ("/sky/", 404, "no-such-route", None),
    ("/c/", 404, "no-such-route", None),
])
async def test_what_goes_wrong_is_a_problem_with_its_status(
    stranger: Person, eci: str, path: str, status: int, code: str, error: str | None
) -> None:
    answer = await stranger.get(URL(path.format(eci), encoded=True))
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"/docs/errors#{code}"
    assert {"title", "detail", "error"} <= set(problem)
    assert error is None or problem["error"] == error


async def test_a_turn_that_failed_whole_still_says_which_event_it_was(stranger: Person, eci: str) -> None:
    problem = await ask(stranger, f"/c/{eci}/event-wait/test/broken", status=500)
    assert problem["eid"]
    [fault] = problem["errors"]
    assert (fault["rid"], fault["rule"], problem["error"]) == ("test", "broken", fault["message"])


async def test_bodies_are_bounded_and_must_be_what_they_claim(
    stranger: Person, engine: ListeningEngine, eci: str
) -> None:
    path, json = f"/c/{eci}/event/test/say", {"Content-Type": "application/json"}
    fits = b'{"a":"' + b"x" * (BODY_BYTES.value - 8) + b'"}'
    await ask(stranger, path, "POST", data=io.BytesIO(fits), headers=json)
    assert (await ask(stranger, path, "POST", 413, data=io.BytesIO(fits + b" "), headers=json))["code"] == "body-size"
    await ask(stranger, path, "POST", 413, data=io.BytesIO(b" " * 3 * BODY_BYTES.value), headers=json)
    assert (await ask(stranger, path, "POST", 400, data=b'{"a":', headers=json))["code"] == "bad-json"
    assert (await ask(stranger, path, "POST", 400, data=b"7", headers=json))["code"] == "bad-body"
    many = {str(n): n for n in range(ATTRIBUTES.value + 1)}
    assert (await ask(stranger, path, "POST", 413, json=many))["code"] == "attribute-count"
    assert len(engine.accepted) == 1


@pytest.mark.parametrize(("value", "text"), [
    ({"a": [1, 2.5, None, True, "ü"]}, '{"a":[1,2.5,null,true,"ü"]}'),
    (2**70, str(2**70)),
    ([float("inf"), float("nan"), 2**70], "[null, null, 1180591620717411303424]"),
    ({"half a pair": "\ud83d"}, '{"half a pair": "\\ud83d"}'),
    (("a", object()), '["a",null]'),
])
def test_whatever_a_ruleset_answers_becomes_json(value: Any, text: str) -> None:
    assert encode(value).decode() == text
