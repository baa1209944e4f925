"""What holds of operators for values of any kind: they answer or refuse, and leave their operands alone."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pico.errors import LimitExceeded, RuleFault
from pico.krl import jsontext
from pico.krl.context import Context
from pico.krl.numbers import EXACT, canonical, number_text, to_number
from pico.krl.operators import OPERATORS, infix
from pico.krl.regexp import Regexp
from pico.krl.values import (
    Action,
    Function,
    compare,
    compare_text,
    equal,
    from_json,
    to_json,
    to_text,
    type_name,
)

INFIX = [
    infix.add, infix.sub, infix.mul, infix.div, infix.mod, infix.equal, infix.not_equal, infix.lt, infix.le, infix.gt,
    infix.ge, infix.spaceship, infix.cmp, infix.like, infix.contains, infix.path, infix.index,
]


def first_argument(t: Context, a: Any = None, *_: Any) -> Any:
    return a


FUNCTIONS = [
    Function(first_argument, ("a",), "first"),
    Function(lambda t, *args: len(args), (), "count"),
    Function(lambda t, a=None, b=None, *_: compare(a, b), ("a", "b"), "order"),
    Action(first_argument, (), "act"),
    Action(first_argument, (), "pure", pure=True),
]
PATTERNS = ["", "a", "(a)|b", "(?:(a)|b)*", r"\s*", "[^x]+?", r"(a*)*(?=b)?", r"(.)\1", "^", "$", r"\b", "(", "[z-a]"]

numbers = st.one_of(
    st.integers(-5, 5), st.integers(-EXACT, EXACT), st.sampled_from([2**31, 2**32 - 1, EXACT, -EXACT, 0.1, 1.5, -0.5]),
    st.floats(allow_nan=False, allow_infinity=False).map(canonical),
)
texts = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["", "a", "null", "0", "1", " 12 ", "0x1F", "1e400", "ab,ba", "(a", "%s\\%d", "$1$&", "length",
                     "reverse", "numeric", "Number", "RegExp", "Hex", "ß😀é", "[1,{\"a\":2}]"]),
)
json_leaves = st.one_of(st.none(), st.booleans(), numbers, texts)
json_values = st.recursive(
    json_leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
regexps = st.builds(Regexp, st.sampled_from(PATTERNS), st.sampled_from(["", "g", "i", "gi"]))
leaves = st.one_of(json_leaves, regexps, st.sampled_from(FUNCTIONS))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=6,
)


def check_value(v: Any) -> None:
    """Fail where something is no KRL value, or not in its one form."""
    if isinstance(v, list):
        for item in v:
            check_value(item)
    elif isinstance(v, dict):
        for key, item in v.items():
            assert type(key) is str
            check_value(item)
    elif type(v) in (int, float):
        assert type(canonical(v)) is type(v)
        assert canonical(v) == v
    else:
        assert v is None or isinstance(v, bool | str | Regexp | Function | Action)


def frozen(v: Any) -> Any:
    """A copy that later changes of `v` cannot reach; functions and regexps stand for themselves."""
    if isinstance(v, list):
        return [frozen(item) for item in v]
    return {key: frozen(item) for key, item in v.items()} if isinstance(v, dict) else v


@pytest.mark.parametrize("name", OPERATORS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_operator_answers_or_refuses_and_changes_nothing(name: str, data: st.DataObject) -> None:
    operator = OPERATORS[name]
    args = data.draw(st.lists(values, max_size=len(operator.params) + 1))
    before = frozen(args)
    try:
        result = operator.run(Context(), *args)
    except (RuleFault, LimitExceeded):
        pass
    else:
        check_value(result)
    assert args == before


@pytest.mark.parametrize("operator", INFIX, ids=lambda operator: operator.__name__)
@settings(max_examples=60, deadline=None)
@given(a=values, b=values)
def test_every_infix_operator_answers_or_refuses_and_changes_nothing(operator: Any, a: Any, b: Any) -> None:
    before = frozen([a, b])
    try:
        check_value(operator(Context(), a, b))
    except (RuleFault, LimitExceeded):
        pass
    assert [a, b] == before


@given(json_values)
def test_json_text_reads_back_as_the_same_value(v: Any) -> None:
    for indent in (0, 3):
        read = jsontext.decode(jsontext.encode(v, indent))
        # A text that is itself JSON would be read as what it says; in quotes it is not.
        assert equal(read, v)
        assert list(read) == list(v) if isinstance(v, dict) else True


@given(values)
def test_every_value_has_a_plain_json_form(v: Any) -> None:
    plain = to_json(v)
    assert equal(from_json(plain), plain)
    assert jsontext.encode(plain) == jsontext.encode(v)


@given(values, values, values)
def test_order_by_text_is_transitive(a: Any, b: Any, c: Any) -> None:
    low, middle, high = sorted([a, b, c], key=to_text)
    assert compare_text(low, middle) <= 0
    assert compare_text(middle, high) <= 0
    assert compare_text(low, high) <= 0
    assert compare_text(a, b) == -compare_text(b, a)


@given(*[values.filter(lambda v: to_number(v) is not None)] * 3)
def test_order_by_number_is_transitive(a: Any, b: Any, c: Any) -> None:
    assert compare(a, b) == -compare(b, a)
    if compare(a, b) <= 0 and compare(b, c) <= 0:
        assert compare(a, c) <= 0


@given(values, values)
def test_equality_is_an_equivalence_and_survives_copies(a: Any, b: Any) -> None:
    assert equal(a, frozen(a))
    assert equal(a, b) == equal(b, a)
    if equal(a, b):
        assert type_name(a) == type_name(b)
        assert OPERATORS["unique"].run(Context(), [a, b]) == [a]
    else:
        assert len(OPERATORS["unique"].run(Context(), [a, b])) == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers()).map(list), max_size=40))
def test_sorting_by_a_function_is_stable(pairs: list[Any]) -> None:
    by_first = Function(lambda t, a, b: compare(a[0], b[0]), ("a", "b"))
    assert OPERATORS["sort"].run(Context(), pairs, by_first) == sorted(pairs, key=lambda pair: pair[0])


@given(st.lists(json_leaves, max_size=20))
def test_named_orders_are_stable_and_keep_nulls_last(items: list[Any]) -> None:
    present = [item for item in items if item is not None]
    nulls = [None] * (len(items) - len(present))
    ascending = OPERATORS["sort"].run(Context(), items)
    assert ascending == sorted(present, key=to_text) + nulls
    assert OPERATORS["sort"].run(Context(), items, "reverse") == sorted(present, key=to_text, reverse=True) + nulls


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_text_reads_back_as_the_same_number(x: float) -> None:
    n = canonical(x)
    assert n is not None
    assert to_number(number_text(n)) == n
    assert "." not in number_text(n) or "e" in number_text(n) or not float(n).is_integer()


@given(st.lists(values, max_size=6), st.lists(values, max_size=6))
def test_sets_agree_with_comparing_each_with_each(a: list[Any], b: list[Any]) -> None:
    t = Context()
    naive: list[Any] = reduce(lambda kept, v: kept if any(equal(v, k) for k in kept) else [*kept, v], a + b, [])
    assert equal(OPERATORS["union"].run(t, a, b), naive)
    assert equal(OPERATORS["difference"].run(t, a, b), [v for v in a if not any(equal(v, w) for w in b)])
    assert OPERATORS["has"].run(t, a, b) == all(any(equal(v, w) for w in a) for v in b)


@given(json_values, st.lists(st.one_of(texts, st.integers(-1, 3)), min_size=1, max_size=4), json_values)
def test_what_was_set_can_be_read_back(v: Any, path: list[Any], new: Any) -> None:
    t = Context()
    assert equal(infix.path(t, OPERATORS["set"].run(t, v, path, new), path), new)
    if isinstance(v, list | dict):
        assert equal(infix.path(t, OPERATORS["put"].run(t, v, path, new), path), new)


@given(st.text(max_size=30), st.sampled_from([p for p in PATTERNS if p not in ("(", "[z-a]")]))
def test_splitting_and_joining_or_replacing_by_itself_gives_the_text_back(text: str, pattern: str) -> None:
    t = Context()
    assert OPERATORS["replace"].run(t, text, Regexp(pattern, "g"), "$&") == text
    assert OPERATORS["split"].run(t, text, ",") == text.split(",")
    assert OPERATORS["replace"].run(t, text, Regexp(pattern, "g"), FUNCTIONS[0]) == text
