"""A turn as a function: what its commit says, what a fault costs, and that nothing else changes."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pico.errors import TurnFailed, Unavailable
from pico.model.commit import EntityPut
from pico.runtime.host import Ask, HttpAnswer, HttpCall
from tests.conformance.scripted import ScriptedHost, ScriptedPico

# What a step changes, and what a fault takes back


WORKS = "ruleset works { rule r { select when a b send_directive(\"works\") fired { ent:x := 1 } } }"
FAILS = """ruleset fails {
  rule first {
    select when a b
    every { send_directive("lost") ctx:newChannel(["lost"]) }
    fired { ent:x := 1; raise c event "d" }
  }
  rule second { select when a b fired { ent:y := [1].map("no function") } }
  rule third { select when c d send_directive("raised") }
}"""


LISTENS = "ruleset listens { rule r { select when system error send_directive(\"heard\") } }"


@pytest.mark.parametrize("order", [(WORKS, FAILS, LISTENS), (LISTENS, FAILS, WORKS)], ids=["after", "before"])
def test_a_fault_takes_back_its_own_step_and_nothing_else(order: tuple[str, str]) -> None:
    pico = ScriptedPico(*order)
    reply = pico.send("a", "b")
    assert not reply.failed
    assert [d["name"] for d in reply.directives] == ["works"]
    assert [(e["rid"], e["rule"], e["code"]) for e in reply.errors] == [("fails", "second", "bad-callback")]
    assert dict(pico.snapshot.entities) == {("works", "x"): 1}
    assert dict(pico.snapshot.channels) == {}
    (told,) = pico.commits[0].messages
    assert (told.event.domain, told.event.type, told.durable) == ("system", "error", True)
    assert told.event.attrs == {"genus": "system", "errors": list(reply.errors), **reply.errors[0]}


def test_where_every_ruleset_that_selected_failed_nothing_is_committed() -> None:
    pico = ScriptedPico(FAILS, LISTENS)
    reply = pico.send("a", "b")
    assert reply.failed
    assert reply.directives == ()
    assert dict(pico.snapshot.entities) == {}
    assert [m.event.type for m in pico.commits[0].messages] == ["error"]


def test_a_fault_that_nobody_listens_for_is_told_to_the_caller_alone() -> None:
    pico = ScriptedPico(FAILS, WORKS)
    assert len(pico.send("a", "b").errors) == 1
    assert pico.commits[0].messages == ()


def test_a_fault_in_a_raised_event_leaves_what_raised_it() -> None:
    pico = ScriptedPico("""ruleset chain {
      rule one { select when a b fired { ent:one := 1; raise c event "d" } }
      rule two { select when c d fired { ent:two := 2; raise e event "f" attributes 7 } }
    }""")
    reply = pico.send("a", "b")
    assert (reply.failed, [e["rule"] for e in reply.errors]) == (False, ["two"])
    assert dict(pico.snapshot.entities) == {("chain", "one"): 1}


def test_a_fault_while_system_error_is_handled_is_not_told_again() -> None:
    pico = ScriptedPico("ruleset r { rule e { select when system error fired { ent:x := [1].map(1) } } }")
    assert pico.send("system", "error").failed
    assert pico.commits[0].messages == ()


def test_a_store_that_fails_is_no_fault_of_the_ruleset() -> None:
    def answer(request: Any) -> Any:
        raise Unavailable("disk-full", "the disk is full")

    asking = ('ruleset asks { meta { shares f } global { f = function() { ctx:query("other", "a", "b") } } '
              "rule r { select when a b pre { x = f() } } }")
    pico = ScriptedPico(asking, host=ScriptedHost(answer))
    for work in (lambda: pico.send("a", "b"), lambda: pico.query("asks", "f")):
        with pytest.raises(Unavailable):
            work()


def test_the_same_turn_twice_gives_the_same_commit() -> None:
    source = """ruleset same { rule r { select when a b
      every { ctx:newChannel(["x"]) send_directive(random:uuid(), {"n": random:integer(10), "t": time:now()}) }
      fired { ent:x := event:attrs } } }"""
    first, second = (ScriptedPico(source) for _ in range(2))
    attrs = {"list": [1, {"a": None}]}
    assert first.send("a", "b", attrs) == second.send("a", "b", attrs)
    assert first.commits == second.commits
    assert attrs == {"list": [1, {"a": None}]}


# Entity variables: the smallest writes, and never another result than what the rules saw

KEYS = st.sampled_from(["a", "b", "c", "d"])
SAMPLES = [None, 0, 1, True, 1.5, "", [], [1], {}, {"a": 1}, {"b": 2, "a": 1}]
VALUES = st.sampled_from(SAMPLES)
CHANGES = st.one_of(
    st.builds(lambda v: f"ent:m := {json.dumps(v)}", VALUES),
    st.builds(lambda k, v: f'ent:m{{"{k}"}} := {json.dumps(v)}', KEYS, VALUES),
    st.builds(lambda k, j, v: f'ent:m{{["{k}", "{j}"]}} := {json.dumps(v)}', KEYS, KEYS, VALUES),
    st.builds(lambda k: f'clear ent:m{{"{k}"}}', KEYS),
    st.builds(lambda k, j: f'clear ent:m{{["{k}", "{j}"]}}', KEYS, KEYS),
    st.just("clear ent:m"),
)
START = st.one_of(VALUES, st.permutations(["a", "b", "c"]).map(lambda keys: dict.fromkeys(keys, 0)))


@example({"a": 0, "b": 0}, [['clear ent:m{"a"}', 'ent:m{"a"} := 1']])
@example({"a": 0, "b": 0}, [['clear ent:m{"a"}'], ['ent:m{"a"} := 1']])
@given(START, st.lists(st.lists(CHANGES, max_size=3), max_size=3))
def test_what_the_rules_saw_last_is_what_is_stored(before: Any, rules: list[list[str]]) -> None:
    bodies = [[*changes, f'raise s event "s{n + 1}"'] for n, changes in enumerate(rules)]
    raises = "".join(
        f'rule r{n} {{ select when s s{n} fired {{ {"; ".join(body)} }} }} ' for n, body in enumerate(bodies)
    )
    pico = ScriptedPico(
        "ruleset m { rule start { select when a start fired { ent:m := event:attrs{\"v\"} } } " + raises
        + f'rule last {{ select when s s{len(rules)} send_directive("m", [ent:m]) }} }}')
    pico.send("a", "start", {"v": before})
    reply = pico.send("s", "s0")
    assert not reply.errors
    seen = reply.directives[0]["options"][0]
    assert json.dumps(pico.snapshot.entity("m", "m")) == json.dumps(seen)


def test_one_entry_of_a_large_map_is_one_write() -> None:
    pico = ScriptedPico("""ruleset m {
      rule fill { select when a fill fired { ent:m := event:attrs } }
      rule set { select when a set fired { ent:m{"k7"} := "new"; ent:m{"k9"} := 9; ent:m{"k3"} := event:attrs{"x"} } }
      rule whole { select when a whole fired { ent:m := ent:m.put("k8", "changed") } }
    }""")
    pico.send("a", "fill", {f"k{n}": n for n in range(1_000)})
    pico.send("a", "set")
    writes = pico.commits[0].entities
    assert [(type(w).__name__, w.key) for w in writes] == [("EntityPut", "k7"), ("EntityDrop", "k3")]
    pico.send("a", "whole")
    assert pico.commits[0].entities == (EntityPut("m", "m", "k8", "changed"),)  # type: ignore[arg-type]  # RIDs are texts
    pico.send("a", "nothing")
    assert not pico.commits[0].changes()


# Queries


def test_a_query_takes_arguments_by_name_and_by_position_and_tells_where_it_failed() -> None:
    pico = ScriptedPico("""ruleset q {
      meta { shares pair, bad, plain, never }
      global {
        pair = function(a, b = "default") { [a, b] }
        bad = function() {
          [1].map("no function") }
        plain = {"a": 1}
        never = function() { act() }
        act = function() { [1].map(ctx:newChannel) }
      }
    }""")
    asked = [{"a": 1}, {"b": 2}, {"0": 1, "1": 2}, {"0": 1, "a": 3}, {"c": 4}, {"b": None, "a": False}]
    assert [pico.query("q", "pair", args) for args in asked] == [
        [1, "default"], [None, 2], [1, 2], [3, "default"], [None, "default"], [False, "default"]]
    assert pico.query("q", "plain") == {"a": 1}
    for name in ("bad", "never"):
        with pytest.raises(TurnFailed) as failed:
            pico.query("q", name)
        assert failed.value.code == "bad-callback"
    (error,) = failed.value.reply.errors
    assert (error["rid"], error["line"]) == ("q", 9)


# Modules


def test_http_calls_carry_a_key_of_their_own_and_their_failures_are_answers() -> None:
    calls: list[HttpCall] = []

    def answer(request: Any) -> Any:
        calls.append(request)
        return HttpAnswer(0, "no answer within 10 seconds", {}, b"") if len(calls) == 1 else HttpAnswer(
            201, "Created", {"content-type": "application/json"}, '{"a": "é"}'.encode())

    pico = ScriptedPico("""ruleset h {
      rule call {
        select when a call
        every {
          http:post("https://example.com/x?a=1", qs = {"b": [1, null], "c": {"d": "é&"}}, json = {"k": 1}) setting(one)
          http:put("https://example.com", form = {"a b": "ü"}, parseJSON = true, auth = {"username": "me"},
                   headers = {"X-Mine": 7}, autoraise = "mine") setting(two)
          send_directive("answers", [one, two])
        }
      }
      rule raised { select when http put send_directive("raised", event:attrs) }
      rule broken { select when a broken every { http:get("http://[::1", qs = {"a": 1}) } }
      rule split { select when a split http:get("https://example.com", headers = event:attrs) }
    }""", host=ScriptedHost(answer))
    reply = pico.send("a", "call")
    assert not reply.errors
    one, two = reply.directives[0]["options"]
    assert (one["status_code"], one["status_line"], one["content"]) == (0, "no answer within 10 seconds", "")
    assert (two["status_code"], two["content"]) == (201, {"a": "é"})
    assert reply.directives[1]["options"]["label"] == "mine"
    first, second = calls
    assert first.url == "https://example.com/x?a=1&b%5B0%5D=1&b%5B1%5D=&c%5Bd%5D=%C3%A9%26"
    assert (first.body, first.headers["content-type"]) == (b'{"k":1}', "application/json")
    assert (second.body, second.headers["x-mine"]) == (b"a+b=%C3%BC", "7")
    assert second.headers["authorization"] == "Basic bWU6"
    assert len({first.headers["idempotency-key"], second.headers["idempotency-key"]}) == 2
    refused = [pico.send("a", "broken"), pico.send("a", "split", {"x": "y\r\nz: 1"})]
    assert [reply.errors[0]["code"] for reply in refused] == ["bad-url", "bad-header"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("integer(10)", 5), ("integer(10, 10)", 10), ("integer(1, 4)", 3), ("integer(-3)", -1), ("integer()", 1),
     ("integer(\"4\")", 2), ("integer(null)", 1), ("number(10)", 5), ("number(-1, 1)", 0), ("integer(1.5, 1.2)", None)],
)
def test_random_numbers_lie_between_their_bounds(text: str, found: Any) -> None:
    source = f'ruleset r {{ rule r {{ select when a b send_directive("n", [random:{text}]) }} }}'
    reply = ScriptedPico(source).send("a", "b")
    assert not reply.errors, reply.errors
    if found is not None:
        assert reply.directives[0]["options"] == [found]


def test_a_query_of_another_pico_says_who_waits() -> None:
    host = ScriptedHost(lambda request: 7)
    pico = ScriptedPico('ruleset q { rule r { select when a b '
                        'pre { x = ctx:query("e", "r", "n", {"k": [1]}) } send_directive("x", [x]) } }', host=host)
    assert pico.send("a", "b").directives[0]["options"] == [7]
    assert host.requests == [Ask("e", "r", "n", {"k": [1]}, ("p",))]  # type: ignore[arg-type]  # ids are texts
