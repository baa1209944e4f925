"""`http:` — calls to the outside. They happen while the turn waits, at least once, each with an idempotency key.

Failures are answers too: without a reply the status is 0 and `status_line` says why.
"""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pico.errors import LimitExceeded, RuleFault
from pico.krl import jsontext
from pico.krl.modules import Draft, MemberKind
from pico.krl.values import from_json, to_json, to_text, truthy
from pico.limits import HTTP_CALLS_PER_TURN
from pico.model.message import Json
from pico.runtime.host import HttpAnswer, HttpCall
from pico.runtime.turn import Turn

_draft = Draft("http")


def _caller(method: str) -> Callable[..., Json]:
    def run(t: Turn, url: Any = None, qs: Any = None, headers: Any = None, body: Any = None, auth: Any = None,
            json: Any = None, form: Any = None, parseJSON: Any = None, autoraise: Any = None,
            autosend: Any = None, dontFollowRedirect: Any = None) -> Json:
        if autosend is not None:
            raise RuleFault("not-yet-supported", "Error: autosend is not supported yet; use autoraise")
        sent, kind = _body(t, body, json, form)
        call = HttpCall(
            method.upper(), _address(method, url, qs), _headers(t, headers, kind, auth), sent,
            not truthy(dontFollowRedirect),
        )
        t.calls += 1
        if t.calls > HTTP_CALLS_PER_TURN.value:
            raise LimitExceeded(HTTP_CALLS_PER_TURN)
        answer = _response(t.perform(call), parseJSON is True)
        if truthy(autoraise):
            t.raise_event("http", method, {**answer, "label": to_text(autoraise)}, None)
        return answer

    return run


for _method in ("get", "head"):
    _draft.add(MemberKind.BOTH, _caller(_method), _method)
for _method in ("post", "put", "patch", "delete"):
    _draft.add(MemberKind.ACTION, _caller(_method), _method)


def _address(method: str, url: Any, qs: Any) -> str:
    if not isinstance(url, str):
        if not truthy(url):
            raise RuleFault("bad-url", f"Error: http:{method} needs a url string")
        raise RuleFault("bad-url", f"TypeError: http:{method} was given {to_text(url)} instead of a url string")
    if not url:
        raise RuleFault("bad-url", f"Error: http:{method} needs a url string")
    if not isinstance(qs, dict) or not qs:
        return url
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise RuleFault("bad-url", f"Error: http:{method} was given {url}, which is no URL: {error}") from error
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, _encoded(qs))))))


def _encoded(value: dict[str, Any]) -> str:
    """A map as a query string, nested ones in brackets."""
    return "&".join(f"{quote(key, safe='')}={quote(text, safe='')}" for key, text in _flat(value, ""))


def _flat(value: Any, prefix: str) -> list[tuple[str, str]]:
    if not isinstance(value, dict | list):
        return [(prefix, "" if value is None else to_text(value))]
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    return [pair for key, v in entries for pair in _flat(v, f"{prefix}[{key}]" if prefix else str(key))]


def _body(t: Turn, body: Any, json: Any, form: Any) -> tuple[bytes | None, str | None]:
    """What is sent, and its content type: the first given of text, JSON and form."""
    if truthy(body):
        return to_text(body).encode("utf-8", "replace"), "text/plain; charset=utf-8"
    if json is not None:
        return jsontext.encode(json, 0, t).encode("utf-8", "replace"), "application/json"
    if isinstance(form, dict):
        fields = [(key, to_text(value)) for key, value in form.items()]
        return urlencode(fields).encode("ascii"), "application/x-www-form-urlencoded"
    return None, None


def _headers(t: Turn, headers: Any, kind: str | None, auth: Any) -> dict[str, str]:
    sent = {"user-agent": "pico", "idempotency-key": f"{t.id}-{t.calls + 1}"}
    if kind is not None:
        sent["content-type"] = kind
    if isinstance(auth, dict):
        pair = f"{to_text(auth.get('username') or '')}:{to_text(auth.get('password') or '')}"
        sent["authorization"] = "Basic " + base64.b64encode(pair.encode("utf-8", "replace")).decode("ascii")
    for name, value in headers.items() if isinstance(headers, dict) else ():
        text = to_text(value)
        if any(c in name + text for c in "\r\n\0"):
            raise RuleFault("bad-header", "Error: a header must not contain line breaks")
        sent[name.lower()] = text
    return sent


def _response(answer: HttpAnswer, parse: bool) -> dict[str, Json]:
    content: Json = answer.body.decode("utf-8", "replace")
    if parse:
        content = from_json(jsontext.decode(content))
    length = answer.headers.get("content-length", "0")
    return {
        "content": content,
        "content_type": answer.headers.get("content-type"),
        "content_length": int(length) if length.isascii() and length.isdigit() else 0,
        "headers": to_json(dict(answer.headers)),
        "status_code": answer.status,
        "status_line": answer.reason,
    }


MODULE = _draft.module()
