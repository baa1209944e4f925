"""Values at their edges: texts, types, calls with named arguments, and the way out to JSON."""

from typing import Any

import pytest

from pico.errors import LimitExceeded, RuleFault
from pico.krl import jsontext
from pico.krl.context import Context
from pico.krl.numbers import EXACT, base16, canonical, number_text, read_number
from pico.krl.operators import OPERATORS, infix
from pico.krl.regexp import Regexp
from pico.krl.values import (
    Action,
    Function,
    call,
    call_named,
    equal,
    from_json,
    to_json,
    to_text,
    truthy,
    type_name,
)

IDENTITY = Function(lambda t, a=None, b=None, *_: [a, b], ("a", "b"), "identity")
EFFECT = Action(lambda t, *_: None, (), "effect")
PURE = Action(lambda t, *_: None, (), "pure", pure=True)


def test_a_number_has_one_form() -> None:
    assert [canonical(x) for x in (1.0, -0.0, 2.5, 2**53 + 1, 1e300, float("nan"))] == [1, 0, 2.5, EXACT, 1e300, None]
    assert type(canonical(1.0)) is int
    assert type(canonical(2**60)) is float
    for beyond in (float("inf"), 10**400):
        with pytest.raises(RuleFault, match="RangeError") as fault:
            canonical(beyond)
        assert fault.value.code == "number-overflow"


@pytest.mark.parametrize(("n", "text"), [
    (0, "0"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (123456789012345680000.0, "123456789012345680000"),
    (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e300, "1.5e+300"), (5e-324, "5e-324"), (-2.5, "-2.5"),
    (-1.25e-9, "-1.25e-9"), (1234.5, "1234.5"), (EXACT, "9007199254740992"),
])
def test_number_text(n: float, text: str) -> None:
    assert number_text(n) == text


@pytest.mark.parametrize(("text", "n"), [
    ("", 0), (" \u00a0\ufeff", 0), ("1_0", None), ("1e3", 1000), (".5", 0.5), ("5.", 5), (".", None), ("+1", 1),
    ("--1", None), ("0X1f", 31), ("0b12", None), ("+0x1", None), ("1e400", None), ("Infinity", None), ("nan", None),
    ("٣", None), ("\x1c1", None), ("1" * 2000, None),
])
def test_reading_numbers(text: str, n: float | None) -> None:
    assert read_number(text) == n


def test_hexadecimal_digits() -> None:
    assert [base16(n) for n in (255, -255, 0, 0.5, 10.75)] == ["ff", "-ff", "0", "0.8", "a.c"]


def test_truth_is_not_pythons() -> None:
    assert [truthy(v) for v in (None, False, 0, "", [], {}, "0", Regexp(""), EFFECT)] == [False] * 4 + [True] * 5


def test_types_and_texts() -> None:
    examples = (None, True, 1.5, "0xF", [1], {}, IDENTITY, EFFECT, PURE, Regexp("a"))
    assert [type_name(v) for v in examples] == [
        "Null", "Boolean", "Number", "Hex", "Array", "Map", "Function", "Action", "ActionFunction", "RegExp",
    ]
    assert [to_text(v) for v in examples] == [
        "null", "true", "1.5", "0xF", "[Array]", "[Map]", "[Function]", "[Action]", "[ActionFunction]", "re#a#",
    ]


def test_booleans_are_no_numbers() -> None:
    assert not equal(True, 1)
    assert not equal([False], [0])
    assert len(OPERATORS["unique"].run(Context(), [1, True, 0, False, [1], [True]])) == 6


def test_calls_with_named_arguments() -> None:
    t = Context()
    assert call_named(t, IDENTITY, (1,), {"b": 2}) == [1, 2]
    assert call_named(t, IDENTITY, (1, 2), {"a": 3, "other": 4}) == [3, 2]
    assert call_named(t, IDENTITY, (), {"b": 2}) == [None, 2]
    assert call_named(t, OPERATORS["join"], ([4, 5],), {"str": "+"}) == "4+5"
    assert call_named(t, OPERATORS["splice"], ([1, 2],), {"value": 9}) == [9, 1, 2]
    assert call_named(t, OPERATORS["put"], ({},), {"toSet": 1, "path": "k"}) == {"k": 1}


@pytest.mark.parametrize("v", [5, None, "x", EFFECT, {}])
def test_only_functions_can_be_called(v: Any) -> None:
    with pytest.raises(RuleFault) as fault:
        call(Context(), v, 1)
    assert (fault.value.code, fault.value.message) == ("not-a-function", f"TypeError: {to_text(v)} is not a function")
    with pytest.raises(RuleFault):
        call_named(Context(), v, (), {"a": 1})


def test_a_pure_action_can_be_called() -> None:
    assert call(Context(), PURE, 1, 2, 3) is None
    assert OPERATORS["map"].run(Context(), [1], PURE) == [None]


def test_the_way_out_keeps_nulls_and_shows_what_json_cannot() -> None:
    v = {"n": None, "f": IDENTITY, "a": EFFECT, "p": PURE, "r": Regexp("a", "g"), "l": [IDENTITY, None]}
    assert to_json(v) == {
        "n": None, "f": "[Function]", "a": "[Action]", "p": None, "r": "re#a#g", "l": ["[Function]", None],
    }
    assert jsontext.encode(v) == (
        '{"n":null,"f":"[Function]","a":"[Action]","p":null,"r":"re#a#g","l":["[Function]",null]}'
    )


def test_the_way_in_makes_krl_values() -> None:
    assert from_json({"a": 1.0, "b": (2**60, -0.0), 3: "x"}) == {"a": 1, "b": [float(2**60), 0], "3": "x"}
    assert type(from_json(1.0)) is int
    assert from_json("\ud83d\ude00\ud83d") == "😀\ufffd"
    with pytest.raises(TypeError):
        from_json({1, 2})
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(LimitExceeded):
        from_json(endless)


@pytest.mark.parametrize("text", [
    "", "oops", "NaN", "-Infinity", "1e400", "[1,]", "{'a':1}", "\ufeff1", '"\n"', "01", '{"a":1}x', "[",
])
def test_what_is_no_json_stays_a_text(text: str) -> None:
    assert jsontext.decode(text) == text


def test_decoding() -> None:
    text = '{"a":1.0,"b":1e2,"a":-0.0,"c":"\\ud83d\\ude00\\udc00"}'
    assert jsontext.decode(text) == {"a": 0, "b": 100, "c": "😀\ufffd"}
    assert list(jsontext.decode('{"b":1,"a":2,"b":3}').items()) == [("b", 3), ("a", 2)]
    deep = '["' + "[" * 500 + '"]'
    assert jsontext.decode(deep) == ["[" * 500]


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(RuleFault) as fault:
        OPERATORS["slice"].run(Context(), [1], "x" * 100_000)
    assert len(fault.value.message) < 400


def test_logs() -> None:
    class Logged(Context):
        __slots__ = ("lines",)

        def log(self, level: str, message: str, value: Any = None) -> None:
            self.lines = [*getattr(self, "lines", []), (level, message, value)]

    t = Logged()
    OPERATORS["klog"].run(t, 7)
    OPERATORS["klog"].run(t, [1], "seven")
    OPERATORS["defaultsTo"].run(t, None, 1, "why")
    OPERATORS["defaultsTo"].run(t, 2, 1, "unused")
    infix.div(t, "9", 0)
    assert t.lines == [
        ("klog", "klog", 7), ("klog", "seven", [1]), ("debug", "[DEFAULTSTO] why", None),
        ("debug", "[DIVISION BY ZERO] 9 / 0", None),
    ]


def test_every_operator_takes_surplus_arguments() -> None:
    for operator in OPERATORS.values():
        try:
            operator.run(Context(), [], *[None] * 12)
        except RuleFault:
            pass
