"""Operators on values of any type: conversion, tests, logging, JSON."""

import re
from typing import Any

from pico.errors import RuleFault
from pico.krl import jsontext
from pico.krl.context import Context
from pico.krl.numbers import base16, is_number, to_number
from pico.krl.operators.sizes import reserve_text
from pico.krl.regexp import Regexp
from pico.krl.values import Action, quote, to_text, truthy, type_name

TYPE_AS_TEXT = re.compile(r"\[(\w+)\]")


def convert(t: Context, val: Any = None, type: Any = None, *_: Any) -> Any:
    """`as`: the value as another type; null where a text is no number; raises `bad-type` for a type there is no way to.

    `"false".as("Boolean")` is false; any other text is true unless it is empty.
    """
    if type is None or type == type_name(val):
        return val
    if type == "String":
        return to_text(val)
    if type == "Number":
        return to_number(val)
    if type == "Boolean":
        return truthy(val) and val != "false"
    if type == "RegExp":
        return to_regexp(t, val)
    if type == "Hex":
        return to_hex(val)
    shown = f"{quote(val)} (type {type_name(val)})"
    raise RuleFault("bad-type", f'TypeError: Cannot use the .as("{quote(type)}") operator with {shown}')


def to_regexp(t: Context, val: Any) -> Regexp:
    """The regexp of a text; the brackets of a type shown as text (`[Array]`) stand for themselves."""
    source = to_text(val)
    if val is not source:
        source = TYPE_AS_TEXT.sub(r"\\[\1\\]", source)
    found = Regexp(source)
    t.spend(1 + (len(source) >> 3))
    found.check()
    return found


def to_hex(val: Any) -> str | None:
    """Hexadecimal digits of a number, without prefix; texts and booleans as they are."""
    if is_number(val):
        return base16(val)
    return to_text(val) if isinstance(val, str | bool) else None


def isnull(t: Context, val: Any = None, *_: Any) -> bool:
    """`isnull`: whether the value is null."""
    return val is None


def typeof(t: Context, val: Any = None, *_: Any) -> str:
    """`typeof`: the name of the value's type."""
    return type_name(val)


def klog(t: Context, val: Any = None, message: Any = None, *_: Any) -> Any:
    """`klog`: write the value to the log, and return it."""
    t.log("klog", "klog" if message is None else quote(message), val)
    return val


def defaults_to(t: Context, val: Any = None, defaultVal: Any = None, message: Any = None, *_: Any) -> Any:
    """`defaultsTo`: the value, or the default in place of null; `message` then goes to the log."""
    if val is not None:
        return val
    if message is not None:
        t.log("debug", f"[DEFAULTSTO] {quote(message)}")
    return defaultVal


def is_empty(t: Context, val: Any = None, *_: Any) -> bool:
    """`isEmpty`: true for empty texts and collections, null, numbers, booleans and regexps."""
    if isinstance(val, str | list | dict):
        return not val
    return val is None or is_number(val) or isinstance(val, bool | Regexp)


def length(t: Context, val: Any = None, *_: Any) -> int:
    """`length`: items of an array, entries of a map, characters (code points) of a text; 0 for anything else."""
    return len(val) if isinstance(val, str | list | dict) else 0


def encode(t: Context, val: Any = None, indent: Any = None, *_: Any) -> str | None:
    """`encode`: the JSON text, with `indent` spaces per level; null for an action that is also a function."""
    if isinstance(val, Action) and val.pure:
        return None
    width = to_number(indent)
    text = jsontext.encode(val, 0 if width is None else int(width), t)
    reserve_text(t, len(text))
    return text


def decode(t: Context, val: Any = None, *_: Any) -> Any:
    """`decode`: the value of a JSON text; what is no text, or no JSON, as it is."""
    if type(val) is not str:
        return val
    t.spend(1 + (len(val) >> 3))
    return jsontext.decode(val)


TABLE = {
    "as": convert, "isnull": isnull, "typeof": typeof, "klog": klog, "defaultsTo": defaults_to,
    "isEmpty": is_empty, "length": length, "encode": encode, "decode": decode,
}
