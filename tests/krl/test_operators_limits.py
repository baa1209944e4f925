"""No operator builds, searches or compares without bound, whatever rules ask it to do."""

from typing import Any

import pytest
from greenlet import getcurrent, greenlet

from pico.errors import LimitExceeded, RuleFault
from pico.krl import jsontext
from pico.krl.context import Context
from pico.krl.operators import OPERATORS, infix
from pico.krl.regexp import Regexp
from pico.krl.values import Action, Function, equal, from_json, to_json
from pico.limits import (
    COLLECTION_ITEMS,
    FUEL_PER_STEP,
    REGEX_CHARS,
    REGEX_MILLISECONDS,
    TEXT_CHARS,
    VALUE_BYTES,
    VALUE_DEPTH,
    Limit,
)

BIG = "x" * (TEXT_CHARS.value // 2 + 1)
MANY = [None] * (COLLECTION_ITEMS.value // 2 + 1)


def run(name: str, *args: Any, fuel: int = FUEL_PER_STEP.value) -> Any:
    return OPERATORS[name].run(Context(fuel), *args)


def doubled(v: Any, times: int) -> Any:
    """A value with `times` parts in memory and 2**times parts written out."""
    for _ in range(times):
        v = [v, v]
    return v


def nested(depth: int) -> Any:
    v: Any = 1
    for _ in range(depth):
        v = [v]
    return v


TOO_LARGE = [
    (TEXT_CHARS, lambda: infix.add(Context(), BIG, BIG)),
    (TEXT_CHARS, lambda: infix.chevron(Context(), (BIG, "-", BIG))),
    (TEXT_CHARS, lambda: run("join", [BIG, BIG])),
    (TEXT_CHARS, lambda: run("join", [1, 2], "x" * TEXT_CHARS.value)),
    (TEXT_CHARS, lambda: run("sprintf", BIG, "%s%s")),
    (TEXT_CHARS, lambda: run("replace", BIG, "x", BIG)),
    (TEXT_CHARS, lambda: run("replace", "ab" * 1000, Regexp(".", "g"), "x" * 10_000)),
    (TEXT_CHARS, lambda: run("replace", "a" * 5000, Regexp("a", "g"), "$`$'")),
    (TEXT_CHARS, lambda: run("replace", "a" * 5000, Regexp("a", "g"), Function(lambda t, *_: BIG))),
    (TEXT_CHARS, lambda: run("encode", [BIG, BIG])),
    (TEXT_CHARS, lambda: jsontext.encode(doubled(1, 60))),
    (TEXT_CHARS, lambda: run("collect", [1], Function(lambda t, *_: [BIG, BIG]))),
    (COLLECTION_ITEMS, lambda: run("range", 0, 10**12)),
    (COLLECTION_ITEMS, lambda: run("range", 1e300, -1e300)),
    (COLLECTION_ITEMS, lambda: run("append", MANY, MANY)),
    (COLLECTION_ITEMS, lambda: run("splice", MANY, 0, 0, MANY)),
    (COLLECTION_ITEMS, lambda: run("union", MANY, MANY)),
    (COLLECTION_ITEMS, lambda: run("split", BIG, "")),
    (COLLECTION_ITEMS, lambda: run("split", BIG, "x")),
    (COLLECTION_ITEMS, lambda: run("set", [], 10**9, 1)),
    (COLLECTION_ITEMS, lambda: run("put", [], [10**9], 1)),
    (COLLECTION_ITEMS, lambda: run("decode", "[" + "1," * COLLECTION_ITEMS.value + "1]")),
    (VALUE_DEPTH, lambda: run("encode", nested(VALUE_DEPTH.value + 1))),
    (VALUE_DEPTH, lambda: run("decode", "[" * 100_000)),
    (VALUE_DEPTH, lambda: run("decode", '{"a":[' * 101 + "]}" * 101)),
    (VALUE_DEPTH, lambda: run("unique", [nested(100_000)])),
    (VALUE_DEPTH, lambda: run("set", {}, ["k"] * 201, 1)),
    (VALUE_DEPTH, lambda: to_json(nested(100_000))),
    (VALUE_DEPTH, lambda: from_json(nested(VALUE_DEPTH.value + 1))),
    (VALUE_BYTES, lambda: to_json(doubled("text", 60))),
    (VALUE_BYTES, lambda: to_json([BIG] * 5)),
    (VALUE_BYTES, lambda: to_json({BIG: 1, BIG + "y": 2, BIG + "z": 3, BIG + "a": 4})),
    (REGEX_CHARS, lambda: run("match", "a", "a" * (REGEX_CHARS.value + 1))),
    (REGEX_MILLISECONDS, lambda: run("match", "a" * 60 + "!", r"^(?=(a|aa)+$)")),
    (FUEL_PER_STEP, lambda: run("any", MANY, Function(lambda t, *_: 0), fuel=1000)),
    (FUEL_PER_STEP, lambda: run("map", MANY, Function(lambda t, *_: 0), fuel=1000)),
    (FUEL_PER_STEP, lambda: run("sort", list(range(1000)), Function(lambda t, a, b: a - b), fuel=1000)),
    (FUEL_PER_STEP, lambda: run("range", 1, 2000, fuel=1000)),
    (FUEL_PER_STEP, lambda: infix.equal(Context(1000), list(MANY), list(MANY))),
    (FUEL_PER_STEP, lambda: infix.contains(Context(1000), MANY, 1)),
    (FUEL_PER_STEP, lambda: run("collect", [1], Function(lambda t, *_: doubled(1, 60)))),
    (FUEL_PER_STEP, lambda: to_json(doubled("text", 60), Context())),
]


@pytest.mark.parametrize(("limit", "attempt"), TOO_LARGE, ids=lambda v: v.name if isinstance(v, Limit) else "")
def test_what_grows_past_a_limit_is_refused_before_it_is_built(limit: Limit, attempt: Any) -> None:
    with pytest.raises(LimitExceeded) as refused:
        attempt()
    assert refused.value.limit is limit


def test_at_the_limit_it_still_works() -> None:
    half = "x" * (TEXT_CHARS.value // 2)
    assert len(infix.add(Context(), half, half)) == TEXT_CHARS.value
    assert jsontext.decode(jsontext.encode(nested(VALUE_DEPTH.value))) == nested(VALUE_DEPTH.value)
    assert run("match", "a" * 10, "a" * REGEX_CHARS.value) is False
    assert len(run("range", 1, 200_000)) == 200_000


def test_comparing_values_that_share_parts_takes_no_longer_than_they_have_parts() -> None:
    left, right = doubled(1, 2000), doubled(1, 2000)
    assert equal(left, right, Context())
    assert not equal(left, doubled(2, 2000), Context())
    assert len(OPERATORS["unique"].run(Context(), [doubled(1, 150), doubled(1, 150)])) == 1


def test_comparing_very_deep_values_does_not_crash() -> None:
    assert equal(nested(100_000), nested(100_000))
    assert not equal(nested(100_000), nested(99_999))


def test_a_pattern_that_explodes_elsewhere_costs_no_more_than_its_text() -> None:
    assert run("match", "a" * 5000 + "!", r"^(a|a?)+$", fuel=1000) is False


@pytest.mark.parametrize("name", ["map", "filter", "collect", "all", "none", "sort", "reduce", "pairwise", "replace"])
def test_a_callback_may_suspend_the_turn(name: str) -> None:
    def ask(t: Context, a: Any = None, b: Any = None, *_: Any) -> Any:
        return getcurrent().parent.switch("question")

    operand = {"pairwise": [[1, 2], [3, 4]], "replace": "ab"}.get(name, [3, 1, 2])
    args = (Regexp(".", "g"), Function(ask)) if name == "replace" else (Function(ask),)
    turn = greenlet(lambda: OPERATORS[name].run(Context(), operand, *args))
    said = turn.switch()
    questions = 0
    while said == "question":
        questions += 1
        said = turn.switch(0 if name in ("none", "sort") else "yes")
    assert turn.dead
    assert questions > 1


def test_actions_are_not_run_by_operators() -> None:
    ran = []
    action = Action(lambda t, *_: ran.append(1), (), "effect")
    for name, operand in (("map", [1]), ("filter", [1]), ("collect", [1]), ("any", [1]), ("reduce", [1, 2]),
                          ("sort", [2, 1]), ("pairwise", [[1], [2]])):
        with pytest.raises(RuleFault, match=r"TypeError: \[Action\] is not a function") as fault:
            run(name, operand, action)
        assert fault.value.code == "bad-callback"
    assert ran == []
