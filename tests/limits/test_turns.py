"""What a stranger's ruleset may cost: each limit on a turn, at the limit and past it."""

from typing import Any

import pytest

from pico.errors import LimitExceeded
from pico.krl.compile import evaluate
from pico.krl.context import Context
from pico.limits import (
    CALL_DEPTH,
    COLLECTION_ITEMS,
    DIRECTIVES_PER_TURN,
    FUEL_PER_STEP,
    FUEL_PER_TURN,
    FUEL_SLICE,
    HTTP_CALLS_PER_TURN,
    LOG_LINES_PER_TURN,
    RAISES_PER_TURN,
    SENDS_PER_TURN,
    TEXT_CHARS,
    VALUE_BYTES,
    VALUE_DEPTH,
)
from pico.model.channel import Channel, Policy
from pico.model.identity import Eci, PicoId
from pico.runtime.host import HttpAnswer, Pause, Request, Route
from tests.conformance.scripted import ScriptedHost, ScriptedPico

RECURSE = "down = function(n) { n == 0 => 0 | 1 + down(n - 1) };"
RECURSE_THROUGH_MAP = "down = function(n) { n == 0 => 0 | [n - 1].map(down).head() };"


def rule(body: str, globals_: str = "") -> str:
    """A ruleset with one rule on `a b`, and a second one that proves that the event went on."""
    return f"ruleset hostile {{ global {{ {globals_} }} rule r {{ select when a b {body} }} }}"


BYSTANDER = "ruleset bystander { rule r { select when a b send_directive(\"still here\") } }"


def codes(pico: ScriptedPico, attrs: dict[str, Any] | None = None) -> list[str]:
    """The error codes of one `a:b`, after checking that the neighbour ruleset was served."""
    reply = pico.send("a", "b", attrs)
    assert [d["name"] for d in reply.directives if d["meta"]["rid"] == "bystander"] == ["still here"]
    return [error["code"] for error in reply.errors]


LOOPS = {
    "a loop that never ends": rule("pre { x = 0.range(900).map(each) }",
                                   "each = function(i) { 0.range(900).map(function(j) { j * i }) }"),
    "nested foreach": rule("foreach 0.range(2000) setting(x) foreach 0.range(2000) setting(y) always { ent:x := y }"),
}


@pytest.mark.parametrize("source", LOOPS.values(), ids=LOOPS)
def test_a_loop_ends_at_the_fuel_of_its_step_and_leaves_nothing(source: str) -> None:
    pico = ScriptedPico(source, BYSTANDER)
    assert codes(pico) == [FUEL_PER_STEP.name]
    assert pico.snapshot.entities == {}


def test_one_ruleset_cannot_spend_the_fuel_of_the_others_but_a_turn_ends() -> None:
    hungry = [LOOPS["nested foreach"].replace("hostile", f"hungry{n}") for n in range(6)]
    pico = ScriptedPico(*hungry[:3], BYSTANDER, *hungry[3:])
    found = codes(pico)
    assert found[:3] == [FUEL_PER_STEP.name] * 3
    assert found[3:] == [FUEL_PER_TURN.name] * 3


def test_a_long_turn_pauses_once_for_each_slice_of_fuel() -> None:
    pauses = []

    class Counting(ScriptedHost):
        def perform(self, request: Request) -> Any:
            if isinstance(request, Pause):
                pauses.append(request)
            return None

    pico = ScriptedPico(rule("pre { x = 0.range(90000).map(function(i) { i }) }"), host=Counting())
    assert not pico.send("a", "b").errors
    assert 90_000 / FUEL_SLICE.value - 2 < len(pauses) < 400_000 / FUEL_SLICE.value


def test_recursion_a_thousand_deep_works_and_past_the_limit_is_an_error() -> None:
    assert evaluate("down(1000)", RECURSE) == 1000
    assert evaluate(f"down({CALL_DEPTH.value - 1})", RECURSE) == CALL_DEPTH.value - 1
    assert evaluate("down(1000)", RECURSE_THROUGH_MAP) == 0
    for prelude in (RECURSE, RECURSE_THROUGH_MAP):
        with pytest.raises(LimitExceeded) as refused:
            evaluate(f"down({CALL_DEPTH.value})", prelude)
        assert refused.value.limit is CALL_DEPTH


def test_endless_recursion_fails_its_own_step() -> None:
    pico = ScriptedPico(rule("pre { x = f(1) }", "f = function(x) { f(x) + 1 }"), BYSTANDER)
    assert codes(pico) == [CALL_DEPTH.name]


def test_rules_that_raise_each_other_for_ever_end() -> None:
    ping = "ruleset ping { rule go { select when a b or x y fired { raise x event \"y\" } } }"
    pico = ScriptedPico(BYSTANDER, ping)
    assert codes(pico) == [RAISES_PER_TURN.name]
    assert pico.send("x", "y").errors[0]["code"] == RAISES_PER_TURN.name


def test_a_gigabyte_text_is_never_built() -> None:
    doubling = "f = function(s, n) { n == 0 => s | f(s + s, n - 1) };"
    with pytest.raises(LimitExceeded) as refused:
        evaluate('f("12345678", 27)', doubling)
    assert refused.value.limit in (TEXT_CHARS, FUEL_PER_STEP)


def test_an_endless_array_is_never_built() -> None:
    with pytest.raises(LimitExceeded) as refused:
        evaluate(f"0.range({COLLECTION_ITEMS.value})", context=Context(100 * FUEL_PER_STEP.value))
    assert refused.value.limit is COLLECTION_ITEMS


def test_directives_and_log_lines_have_a_limit() -> None:
    pico = ScriptedPico(rule('foreach 1.range(event:attrs{"n"}) setting(i) send_directive("d")'), BYSTANDER)
    assert codes(pico, {"n": DIRECTIVES_PER_TURN.value - 1}) == []
    assert codes(pico, {"n": DIRECTIVES_PER_TURN.value + 1}) == [DIRECTIVES_PER_TURN.name]
    chatty = ScriptedPico(rule('foreach 1.range(2000) setting(i) always { log info "again" }'))
    assert not chatty.send("a", "b").errors
    assert len(chatty.lines) == LOG_LINES_PER_TURN.value + 1
    assert chatty.lines[-1]["msg"] == LOG_LINES_PER_TURN.explain()


def test_a_turn_sends_only_so_many_messages() -> None:
    def route(request: Request) -> Any:
        assert isinstance(request, Route)
        return Channel(Eci("other"), PicoId("q"), (), Policy((("*", "*"),)))

    body = ('foreach 1.range(event:attrs{"n"}) setting(i) '
            'event:send({"eci": "other", "domain": "x", "type": "y", "attrs": {}})')
    pico = ScriptedPico(rule(body), BYSTANDER, host=ScriptedHost(route))
    assert codes(pico, {"n": SENDS_PER_TURN.value}) == []
    assert len(pico.commits[0].messages) == SENDS_PER_TURN.value
    assert codes(pico, {"n": SENDS_PER_TURN.value + 1}) == [SENDS_PER_TURN.name]


def test_a_turn_calls_the_outside_only_so_often() -> None:
    host = ScriptedHost(lambda request: HttpAnswer(200, "OK", {}, b""))
    pico = ScriptedPico(rule('foreach 1.range(event:attrs{"n"}) setting(i) http:post("https://example.com", json = i)'),
                        BYSTANDER, host=host)
    assert codes(pico, {"n": HTTP_CALLS_PER_TURN.value}) == []
    assert codes(pico, {"n": HTTP_CALLS_PER_TURN.value + 1}) == [HTTP_CALLS_PER_TURN.name]


def test_values_that_are_stored_or_sent_have_a_size_and_a_depth() -> None:
    store = "fired { ent:x := event:attrs{\"v\"} }"
    deep: Any = 1
    for _ in range(VALUE_DEPTH.value + 1):
        deep = [deep]
    pico = ScriptedPico(rule(store), BYSTANDER)
    assert codes(pico, {"v": deep[0]}) == []
    assert codes(pico, {"v": deep}) == [VALUE_DEPTH.name]
    assert codes(pico, {"v": ["x" * 1_000_000] * (VALUE_BYTES.value // 1_000_000 + 1)}) == [VALUE_BYTES.name]
