"""JSON text from KRL values and back: what `encode` and `decode` do, and every other way out.

Numbers print as KRL prints them, non-ASCII characters stay as they are, map entries keep
their order and their nulls, and what JSON has no form for becomes its text.
"""

import json
import re
from json.encoder import encode_basestring
from typing import Any, NoReturn

from pico.errors import LimitExceeded
from pico.krl.context import Context
from pico.krl.numbers import finite, number_text
from pico.krl.values import json_text, well_formed
from pico.limits import COLLECTION_ITEMS, TEXT_CHARS, VALUE_DEPTH

WIDEST_INDENT = 10
"""Spaces per level, at most."""

NOT_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[^\[\]{}"]+', re.DOTALL)
SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def encode(v: Any, indent: int = 0, t: Context | None = None) -> str:
    """The JSON text of a value, on one line, or with `indent` spaces (0 to 10) per level.

    Raises `LimitExceeded` for a value nested deeper than `value-depth` or a text larger than `text-size`.
    """
    writer = JsonWriter(max(0, min(indent, WIDEST_INDENT)), t)
    writer.write(v, 0)
    return "".join(writer.pieces)


class JsonWriter:
    """Collects the pieces of one JSON text and watches its size: a small value may share parts and unfold hugely."""

    def __init__(self, indent: int, t: Context | None) -> None:
        self.indent = indent
        self.t = t
        self.size = 0
        self.pieces: list[str] = []
        self.colon = ": " if indent else ":"

    def add(self, piece: str) -> None:
        self.pieces.append(piece)
        self.size += len(piece)
        if self.size > TEXT_CHARS.value:
            raise LimitExceeded(TEXT_CHARS, self.size)

    def write(self, v: Any, depth: int) -> None:
        kind = type(v)
        if kind is list or kind is dict:
            if depth == VALUE_DEPTH.value:
                raise LimitExceeded(VALUE_DEPTH)
            if self.t is not None:
                self.t.spend(1 + len(v))
            if kind is list:
                self.write_array(v, depth + 1)
            else:
                self.write_map(v, depth + 1)
        else:
            self.add(scalar(v))
            if self.t is not None and kind is str:
                self.t.spend(len(v) >> 6)

    def line(self, depth: int) -> str:
        """What stands in front of an element: nothing, or a new line and its indentation."""
        return "\n" + " " * (self.indent * depth) if self.indent else ""

    def write_array(self, items: list[Any], depth: int) -> None:
        if not items:
            self.add("[]")
            return
        before = "[" + self.line(depth)
        for item in items:
            self.add(before)
            self.write(item, depth)
            before = "," + self.line(depth)
        self.add(self.line(depth - 1) + "]")

    def write_map(self, entries: dict[str, Any], depth: int) -> None:
        if not entries:
            self.add("{}")
            return
        before = "{" + self.line(depth)
        for key, item in entries.items():
            self.add(before + encode_basestring(key) + self.colon)
            self.write(item, depth)
            before = "," + self.line(depth)
        self.add(self.line(depth - 1) + "}")


def scalar(v: Any) -> str:
    """The JSON text of a value without parts."""
    kind = type(v)
    if kind is str:
        return encode_basestring(v)
    if v is None:
        return "null"
    if kind is bool:
        return "true" if v else "false"
    if kind is int or kind is float:
        return number_text(v)
    text = json_text(v)
    return "null" if text is None else encode_basestring(text)


def decode(text: str) -> Any:
    """The value of a JSON text; a text that is no JSON is its own value.

    Of equal keys the last counts; numbers become doubles, and a text with a number beyond them is
    no JSON here. Raises `LimitExceeded` for JSON that is nested deeper than `value-depth`, or that has
    more commas than `collection-size` allows items.
    """
    if text.count(",") >= COLLECTION_ITEMS.value:
        raise LimitExceeded(COLLECTION_ITEMS)
    check_depth(text)
    try:
        value = json.loads(text, parse_int=read_int, parse_float=read_float, parse_constant=refuse)
    except ValueError:
        return text
    return repair(value) if SURROGATE_ESCAPE.search(text) else value


def check_depth(text: str) -> None:
    """Raise `LimitExceeded` where brackets outside of strings are nested too deeply."""
    if text.count("[") + text.count("{") <= VALUE_DEPTH.value:
        return
    depth = 0
    for bracket in NOT_BRACKETS.sub("", text):
        depth += 1 if bracket in "[{" else -1
        if depth > VALUE_DEPTH.value:
            raise LimitExceeded(VALUE_DEPTH, depth)


def read_int(digits: str) -> int | float:
    """A whole number; raises `ValueError` where no double holds it."""
    return int(digits) if len(digits) <= 15 else read_float(digits)


def read_float(digits: str) -> int | float:
    """Any number; raises `ValueError` where no double holds it."""
    value = finite(float(digits))
    if value is None:
        raise ValueError(digits)
    return value


def refuse(word: str) -> NoReturn:
    """`NaN` and `Infinity` are no JSON, though Python reads them."""
    raise ValueError(word)


def repair(v: Any) -> Any:
    """The value with lone halves of surrogate pairs replaced; its depth has been checked."""
    if type(v) is str:
        return well_formed(v)
    if type(v) is list:
        return [repair(item) for item in v]
    if type(v) is dict:
        return {well_formed(key): repair(item) for key, item in v.items()}
    return v


