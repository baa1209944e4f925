"""Attributes of an event, or arguments of a query, out of one HTTP request.

The query string comes first, a body's entries win over it. The query string knows brackets
(`a[x]=1` is a map, `a[]=1` and `a=1&a=2` are arrays) and all its leaves are text; a form is
flat; a JSON body is a map, or an array whose indexes become names. Headers are no attributes:
rules that pass their attributes on would leak them.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from pico.errors import Invalid, LimitExceeded
from pico.limits import ATTRIBUTES, BODY_BYTES, VALUE_DEPTH
from pico.model.message import Json

JSON_TYPES = frozenset({"application/json", "application/octet-stream", "application/ssi-agent-wire"})
FORM_TYPE = "application/x-www-form-urlencoded"
BRACKET_DEPTH = 5  # deeper brackets stay part of the name
ARRAY_INDEX = 20  # `a[7]` is a place in an array up to here, a key of a map beyond

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_PLACE = re.compile(r"0|[1-9][0-9]?")


class _Branch(dict[int | str, Any]):
    """A map or array while a query string is read: places of an array have whole-number keys."""


async def read_attributes(request: web.Request) -> dict[str, Json]:
    """Query string and body of a request, merged.

    Raises `LimitExceeded` for a body over `body-size` or more than `attribute-count` entries,
    `Invalid` for a body that is not what its type says.
    """
    text = request.rel_url.raw_query_string
    attrs = parse_query(text) if text else {}
    if request.can_read_body:
        attrs.update(parse_body(request.headers.get("Content-Type", ""), await read_body(request)))
        if len(attrs) > ATTRIBUTES.value:
            raise LimitExceeded(ATTRIBUTES, len(attrs))
    return attrs


async def read_body(request: web.Request) -> bytes:
    """The whole body, refused as early as its size shows."""
    announced = request.content_length
    if announced is not None and announced > BODY_BYTES.value:
        raise LimitExceeded(BODY_BYTES, announced)
    body = await request.read()
    if len(body) > BODY_BYTES.value:
        raise LimitExceeded(BODY_BYTES, len(body))
    return body


def parse_body(content_type: str, body: bytes) -> dict[str, Json]:
    """The entries of a body; none for a type that carries no attributes, or an empty body."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body or not (kind in JSON_TYPES or kind == FORM_TYPE):
        return {}
    if kind == FORM_TYPE:
        return _flat(_pairs(body.decode("utf-8", "replace")))
    value = parse_json(body)
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(index): entry for index, entry in enumerate(value)}
    raise Invalid("bad-body", "SyntaxError: a JSON body must be an object or an array")


def parse_json(body: bytes) -> Json:
    """A JSON text; `Invalid("bad-json")` with the place where it stops being one."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise Invalid("bad-json", f"SyntaxError: the body is not JSON: {fault}") from fault
    if body.count(b"[") + body.count(b"{") > VALUE_DEPTH.value and _depth(value) > VALUE_DEPTH.value:
        raise LimitExceeded(VALUE_DEPTH, _depth(value))
    return value


def parse_query(text: str) -> dict[str, Json]:
    """A query string with brackets. Raises `LimitExceeded` for too many entries."""
    if "[" not in text and "%" not in text:
        return _flat(_pairs(text))
    root = _Branch()
    for name, value in _pairs(text):
        _place(root, _steps(name), value)
    return {str(name): _settled(value) for name, value in root.items()}


def _pairs(text: str) -> list[tuple[str, str]]:
    if "%" not in text and "+" not in text and text.count("&") < ATTRIBUTES.value:
        # Nothing to decode, as on most events: a third of the time that the general way takes.
        return [(part[0], part[2]) for pair in text.split("&") if pair for part in (pair.partition("="),)]
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=ATTRIBUTES.value)
    except ValueError as fault:
        raise LimitExceeded(ATTRIBUTES) from fault


def _flat(pairs: list[tuple[str, str]]) -> dict[str, Json]:
    """Names as they are; one that is repeated has an array."""
    entries: dict[str, Json] = {}
    for name, value in pairs:
        if name not in entries:
            entries[name] = value
        elif isinstance(entries[name], list):
            entries[name].append(value)
        else:
            entries[name] = [entries[name], value]
    return entries


def _steps(name: str) -> list[str]:
    head, bracket, _ = name.partition("[")
    if not head or not bracket:
        return [name]
    steps, at = [head], len(head)
    while len(steps) <= BRACKET_DEPTH and (found := _BRACKETS.match(name, at)):
        steps.append(found[1])
        at = found.end()
    if at < len(name):
        return [name] if len(steps) == 1 else [*steps, name[at:]]
    return steps


def _place(root: _Branch, steps: list[str], value: str) -> None:
    branch = root
    for step in steps[:-1]:
        key = _key(branch, step, branch is root)
        below = branch.get(key)
        if not isinstance(below, _Branch):
            below = _Branch() if below is None else _Branch({0: below})
            branch[key] = below
        branch = below
    key = _key(branch, steps[-1], branch is root)
    held = branch.get(key)
    if held is None:
        branch[key] = value
    elif isinstance(held, _Branch):
        held[len(held)] = value
    else:
        branch[key] = _Branch({0: held, 1: value})


def _key(branch: _Branch, step: str, top: bool) -> int | str:
    if top:
        return step
    if step == "":
        return len(branch)
    return int(step) if _PLACE.fullmatch(step) and int(step) <= ARRAY_INDEX else step


def _settled(value: Any) -> Json:
    if not isinstance(value, _Branch):
        return value
    if all(isinstance(key, int) for key in value):
        return [_settled(value[key]) for key in sorted(value, key=lambda key: int(key))]
    return {str(key): _settled(entry) for key, entry in value.items()}


def _depth(value: Json) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        held, depth = waiting.pop()
        if isinstance(held, dict | list):
            deepest = max(deepest, depth)
            entries = held.values() if isinstance(held, dict) else held
            waiting.extend((entry, depth + 1) for entry in entries)
    return deepest
