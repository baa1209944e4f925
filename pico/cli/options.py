"""Options that many commands share, and how `key=value` arguments are read."""

import json
from typing import Annotated, Any

import typer

from pico.errors import Invalid

Url = Annotated[
    str | None, typer.Option("--url", envvar="PICO_URL", help="the engine's address; otherwise the one of the home")
]
Token = Annotated[
    str | None, typer.Option("--token", envvar="PICO_TOKEN", help="the owner's token; otherwise the one of the home")
]
Home = Annotated[str | None, typer.Option("--home", envvar="PICO_HOME", help="the engine's home; ~/.pico by default")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON, for programs")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="the item's name or id")]


def read_pairs(pairs: list[str], whole: str | None, option: str) -> dict[str, Any]:
    """Attributes from `key=value` arguments (texts), or from one JSON object given to `option`.

    Raises `Invalid` for anything else, and where a key comes twice.
    """
    attributes = {} if whole is None else read_object(whole, option)
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise Invalid("bad-argument", f"{pair!r} is not key=value; for JSON values use {option} '{{\"key\": 1}}'")
        if key in attributes:
            raise Invalid("bad-argument", f"{key!r} is given twice; leave one of them out")
        attributes[key] = value
    return attributes


def read_object(text: str, option: str) -> dict[str, Any]:
    """The JSON object in an option's text. Raises `Invalid` where it is none."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise Invalid("bad-argument", f"{option} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Invalid("bad-argument", f'{option} must be a JSON object such as {{"key": "value"}}')
    return value
