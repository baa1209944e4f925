"""Values as HTTP answers: JSON encoding and the headers that go with each kind of answer.

The headers are built once. aiohttp keeps and completes the map that it is given, so each
answer gets a copy.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web
from multidict import CIMultiDict

JSON = "application/json; charset=utf-8"
PROBLEM = "application/problem+json"
SERVER = "pico"  # which libraries and versions answer is nobody's business

# What rulesets answer is theirs, not ours: a page of theirs runs in a sandbox without our origin,
# so that it can neither read our cookies' pages nor act in our owners' names.
FOREIGN_CSP = (
    "sandbox allow-scripts allow-forms allow-popups; default-src 'self'; img-src * data:; "
    "style-src 'self' https: 'unsafe-inline'; font-src 'self' https: data:; object-src 'none'; base-uri 'none'"
)

CORS = CIMultiDict({
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Origin, X-Requested-With, Content-Type, Accept",
})
CHANNEL_HEADERS = CIMultiDict({
    **CORS, "Server": SERVER, "Content-Type": JSON, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
})
FOREIGN_HEADERS = {
    "html": CIMultiDict({**CHANNEL_HEADERS, "Content-Type": "text/html; charset=utf-8",
                         "Content-Security-Policy": FOREIGN_CSP, "Referrer-Policy": "no-referrer"}),
    "txt": CIMultiDict({**CHANNEL_HEADERS, "Content-Type": "text/plain; charset=utf-8"}),
}
PREFLIGHT_HEADERS = CIMultiDict({
    **CORS, "Allow": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS", "Access-Control-Max-Age": "86400",
})
OWN_HEADERS = CIMultiDict({
    "Server": SERVER, "Content-Type": JSON, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
})


def encode(value: Any) -> bytes:
    """`value` as UTF-8 JSON. What JSON cannot say becomes null, as rulesets know it."""
    try:
        return orjson.dumps(value, default=_plain)
    except TypeError:  # whole numbers beyond 64 bits, half a surrogate pair
        return json.dumps(_tame(value)).encode("ascii")


def answer_channel(value: Any) -> web.Response:
    """The JSON answer to an event or a query, readable from any page."""
    return web.Response(body=encode(value), headers=CHANNEL_HEADERS.copy())


def answer_own(value: Any, status: int = 200) -> web.Response:
    """The JSON answer of the owner interface, which is for its bearer alone."""
    return web.Response(body=encode(value), status=status, headers=OWN_HEADERS.copy())


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else None


def _tame(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _tame(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_tame(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else None
