"""What a request says becomes attributes: query string, form and JSON."""

import json

import pytest

from pico.errors import Invalid, LimitExceeded
from pico.limits import ATTRIBUTES, VALUE_DEPTH
from pico.web.attributes import parse_body, parse_query


@pytest.mark.parametrize(("text", "attrs"), [
    ("a=1", {"a": "1"}),
    ("a=", {"a": ""}),
    ("a", {"a": ""}),
    ("a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
    ("a[x]=1", {"a": {"x": "1"}}),
    ("a[x][y]=1&a[x][z]=2", {"a": {"x": {"y": "1", "z": "2"}}}),
    ("a[]=1&a[]=2", {"a": ["1", "2"]}),
    ("a[1]=y&a[0]=x", {"a": ["x", "y"]}),
    ("a[x][]=1&a[x][]=2", {"a": {"x": ["1", "2"]}}),
    ("a[100]=x", {"a": {"100": "x"}}),
    ("a[0]=x&a[k]=y", {"a": {"0": "x", "k": "y"}}),
    ("0=x&1=y", {"0": "x", "1": "y"}),
    ("a%5Bx%5D=caf%C3%A9+au", {"a": {"x": "café au"}}),
    ("a[b=1", {"a[b": "1"}),
    ("[]=1", {"[]": "1"}),
    ("a[b][c][d][e][f][g]=1", {"a": {"b": {"c": {"d": {"e": {"f": {"[g]": "1"}}}}}}}),
])
def test_a_query_string_knows_brackets(text: str, attrs: object) -> None:
    assert parse_query(text) == attrs


@pytest.mark.parametrize(("kind", "body", "attrs"), [
    ("application/json", '{"x": {"deep": [1, 2.5, null]}}', {"x": {"deep": [1, 2.5, None]}}),
    ("application/json; charset=utf-8", '["a", "b"]', {"0": "a", "1": "b"}),
    ("application/octet-stream", '{"a": 1}', {"a": 1}),
    ("application/json", "", {}),
    ("application/x-www-form-urlencoded", "a=1&a=2&b[x]=3", {"a": ["1", "2"], "b[x]": "3"}),
    ("text/plain", "a=1", {}),
    ("", '{"a": 1}', {}),
])
def test_a_body_is_read_as_its_type_says(kind: str, body: str, attrs: object) -> None:
    assert parse_body(kind, body.encode()) == attrs


@pytest.mark.parametrize("body", ["7", '"text"', "null", "true", "{", '{"a": NaN}', "\udcff"])
def test_what_is_not_an_object_or_array_is_refused(body: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_body("application/json", body.encode("utf-8", "surrogateescape"))
    assert refusal.value.message.startswith("SyntaxError: ")


def test_too_many_entries_and_too_deep_ones_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        parse_query("&".join(f"a{n}=1" for n in range(ATTRIBUTES.value + 1)))
    deep = json.dumps({"a": "["}).replace('"["', "[" * VALUE_DEPTH.value + "]" * VALUE_DEPTH.value)
    with pytest.raises(LimitExceeded):
        parse_body("application/json", deep.encode())
    assert parse_body("application/json", json.dumps({"a": ["[" * 1000]}).encode())
