"""Events and queries on channels: `/c/...` and `/sky/...`, any method.

This is the path that every event takes, so the route table is two small dictionaries keyed by
the fixed part of the path and the number of parts, and everything that can be made once is.
Fixed parts ignore case, a slash at the end is allowed, parts are percent-decoded.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from aiohttp import web

from pico.errors import Invalid, NotFound
from pico.web.attributes import read_attributes
from pico.web.replies import CHANNEL_HEADERS, FOREIGN_HEADERS, PREFLIGHT_HEADERS, answer_channel, encode
from pico.web.site import SITE

if TYPE_CHECKING:
    from pico.engine.engine import Engine
    from pico.model.commit import Reply
    from pico.model.message import Json

Answer = Awaitable[web.Response]

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OWN_COOKIE = re.compile(r"\s*(?:pico_|__host-|__secure-)", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


def add_event_routes(app: web.Application) -> None:
    """Put the channel routes into the application."""
    app.router.add_route("*", "/c/{rest:.*}", answer_c)
    app.router.add_route("*", "/sky/{rest:.*}", answer_sky)
    app.router.add_route("*", "/{door:[cC]}/{rest:.*}", answer_c)
    app.router.add_route("*", "/{door:[sS][kK][yY]}/{rest:.*}", answer_sky)


async def answer_c(request: web.Request) -> web.Response:
    """`/c/{eci}/...`: the second part after the ECI's says what is wanted."""
    if request.method == "OPTIONS":
        return answer_preflight()
    parts = split_path(request)
    route = C_ROUTES.get((len(parts), parts[1].lower())) if len(parts) > 1 else None
    if route is None:
        raise NotFound("no-such-route", "There is no such route; see `/openapi.json` or the documentation.")
    return await route(request, request.app[SITE].engine, parts)


async def answer_sky(request: web.Request) -> web.Response:
    """`/sky/{kind}/{eci}/...`."""
    if request.method == "OPTIONS":
        return answer_preflight()
    parts = split_path(request)
    route = SKY_ROUTES.get((len(parts), parts[0].lower())) if parts else None
    if route is None:
        raise NotFound("no-such-route", "There is no such route; see `/openapi.json` or the documentation.")
    return await route(request, request.app[SITE].engine, parts)


def answer_preflight() -> web.Response:
    """What a browser asks before a request to another origin."""
    return web.Response(headers=PREFLIGHT_HEADERS.copy())


def split_path(request: web.Request) -> list[str]:
    """The decoded parts after the first. Raises `Invalid("bad-path")` for broken percent-encoding."""
    path = request.rel_url.raw_path
    parts = path.split("/")[2:]
    if parts and not parts[-1]:
        parts.pop()
    if "%" in path:
        parts = [_decode(part) for part in parts]
    return parts


async def post_event(request: web.Request, engine: "Engine", parts: list[str]) -> web.Response:
    """The event's id, once it is on disk."""
    eci, _, domain, name = parts
    attrs = await read_attributes(request)
    return answer_channel(await engine.send(eci, domain, name, attrs))


async def await_event(request: web.Request, engine: "Engine", parts: list[str]) -> web.Response:
    """Id and directives, once the event's turn is committed."""
    eci, _, domain, name = parts
    attrs = await read_attributes(request)
    reply = await engine.send_wait(eci, domain, name, attrs)
    return answer_channel(describe_reply(reply))


async def event_then_query(request: web.Request, engine: "Engine", parts: list[str]) -> web.Response:
    """The query's answer, after the event's turn. Both must be allowed before either starts."""
    eci, _, domain, event, _, rid, name = parts
    attrs = await read_attributes(request)
    channel = await engine.resolve(eci)
    if channel.user() is None and channel.event_policy.allows(domain, event):
        if not channel.query_policy.allows(rid, name):
            return answer_channel(await _ask(engine, eci, rid, name, attrs))  # says why not
    await engine.send_wait(eci, domain, event, attrs)
    return answer_channel(await _ask(engine, eci, rid, name, attrs))


async def ask_query(request: web.Request, engine: "Engine", parts: list[str]) -> web.Response:
    """A query's answer as JSON, or as the page or text that its function makes."""
    eci, _, rid, name = parts
    return await _query(request, engine, eci, rid, name)


async def sky_cloud(request: web.Request, engine: "Engine", parts: list[str]) -> web.Response:
    """The same under its older address."""
    _, eci, rid, name = parts
    return await _query(request, engine, eci, rid, name)


async def sky_event(request: web.Request, engine: "Engine", parts: list[str]) -> web.Response:
    """As `await_event`, and the directives `_cookie` and `_redirect` are carried out."""
    _, eci, eid, domain, name = parts
    attrs = await read_attributes(request)
    if eid != "none":
        attrs.setdefault("__eid", eid)
    reply = await engine.send_wait(eci, domain, name, attrs)
    response = answer_channel(describe_reply(reply))
    obey(response, reply.directives, str(request.url))
    return response


C_ROUTES: dict[tuple[int, str], Callable[[web.Request, Any, list[str]], Answer]] = {
    (4, "event"): post_event,
    (4, "event-wait"): await_event,
    (4, "query"): ask_query,
    (7, "event"): event_then_query,
}
SKY_ROUTES: dict[tuple[int, str], Callable[[web.Request, Any, list[str]], Answer]] = {
    (5, "event"): sky_event,
    (4, "cloud"): sky_cloud,
}


def describe_reply(reply: "Reply") -> dict[str, Any]:
    """A reply in the shape that clients read; `error` repeats the first contained fault as text."""
    described: dict[str, Any] = {"eid": reply.eid, "directives": reply.directives}
    if reply.errors:
        described["errors"] = reply.errors
        described["error"] = reply.errors[0].get("message")
    return described


def obey(response: web.Response, directives: tuple[Mapping[str, "Json"], ...], here: str) -> None:
    """Carry out `_cookie` and the first `_redirect`.

    A redirect goes to http and https only. A ruleset cannot set the cookies that sign owners in.
    """
    for directive in directives:
        options = directive.get("options") or {}
        if directive.get("name") == "_cookie":
            cookie = options.get("cookie")
            if isinstance(cookie, str) and not (_OWN_COOKIE.match(cookie) or _UNSAFE.search(cookie)):
                response.headers.add("Set-Cookie", cookie)
        elif directive.get("name") == "_redirect" and response.status == 200:
            target = _redirect_target(options.get("url"), here)
            if target:
                response.set_status(302)
                response.headers["Location"] = target


async def _query(request: web.Request, engine: "Engine", eci: str, rid: str, name: str) -> web.Response:
    args = await read_attributes(request)
    function, _, suffix = name.partition(".")
    value = await _ask(engine, eci, rid, function, args)
    headers = FOREIGN_HEADERS.get(suffix)
    if headers is None:
        return web.Response(body=encode(value), headers=CHANNEL_HEADERS.copy())
    if value is not None and not isinstance(value, str):
        raise Invalid("not-text", f"TypeError: {rid}/{function} answers no text; leave `.{suffix}` away to get JSON")
    return web.Response(body=(value or "").encode("utf-8", "replace"), headers=headers.copy())


async def _ask(engine: "Engine", eci: str, rid: str, name: str, args: dict[str, "Json"]) -> "Json":
    rid, name = rid.strip(), name.strip()
    if not rid or not name:
        raise Invalid("bad-query", f"Error: missing query.{'name' if rid else 'rid'}")
    return await engine.query(eci, rid, name, args)


def _decode(part: str) -> str:
    try:
        if _BAD_PERCENT.search(part):
            raise ValueError(part)
        return unquote(part, errors="strict")
    except ValueError as fault:
        raise Invalid("bad-path", f"URIError: Failed to decode param '{part}'") from fault


def _redirect_target(url: Any, here: str) -> str | None:
    if not isinstance(url, str) or _UNSAFE.search(url):
        return None
    try:
        target = urlsplit(urljoin(here, url.strip()))
    except ValueError:
        return None
    return target.geturl() if target.scheme in ("http", "https") and target.netloc else None
