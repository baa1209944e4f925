"""The owner interface: `/api/...` with a bearer token, JSON in and out."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from pico.errors import Denied, Invalid
from pico.item.labels import draw_label, draw_png, draw_svg
from pico.item.pictures import shrink, unpack
from pico.model.channel import Channel, Policy, normalise_tags
from pico.model.identity import Eci, Rid
from pico.web.attributes import parse_json
from pico.web.item_pages import answer_drawing
from pico.web.replies import answer_own
from pico.web.site import SITE, Site

if TYPE_CHECKING:
    from pico.engine.accounts import Account
    from pico.model.snapshot import Installed, Snapshot

Call = Callable[[web.Request, Site, "Account"], Awaitable[web.Response]]


def add_api_routes(app: web.Application) -> None:
    """Put the owner interface into the application."""
    for method, path, call in ROUTES:
        app.router.add_route(method, path, owned(call))


def owned(call: Call) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A call as a route that only a bearer of a good token reaches."""

    async def answer(request: web.Request) -> web.Response:
        site = request.app[SITE]
        return await call(request, site, await site.engine.accounts.from_token(_token(request)))

    return answer


async def list_items(request: web.Request, site: Site, account: "Account") -> web.Response:
    """Id, name and page of each item."""
    items = await site.cloud.items(account)
    base = site.settings.base_url
    return answer_own([{"id": i["id"], "name": i["name"], "page": f"{base}/items/{i['id']}"} for i in items])


async def create_item(request: web.Request, site: Site, account: "Account") -> web.Response:
    """A new item from `name`, and optionally `description` and `picture` (a data URI)."""
    wanted = await _read_map(request)
    picture = _optional(wanted, "picture")
    found = unpack(picture)
    if picture and found is None:
        raise Invalid("bad-picture", "`picture` must be a data URI of a PNG, JPEG, WebP or GIF, in base64.")
    small = await asyncio.to_thread(shrink, found[1]) if found else None
    name, description = _required(wanted, "name"), _optional(wanted, "description") or ""
    item_id = await site.cloud.create_item(account, name, description, small)
    return answer_own(await _describe(site, await site.cloud.item(account, item_id)), 201)


async def show_item(request: web.Request, site: Site, account: "Account") -> web.Response:
    """One item with its tags and rulesets."""
    return answer_own(await _describe(site, await _item(request, site, account)))


async def show_journal(request: web.Request, site: Site, account: "Account") -> web.Response:
    """The journal, newest first."""
    return answer_own(await site.cloud.journal((await _item(request, site, account)).pico_id))


async def write_journal(request: web.Request, site: Site, account: "Account") -> web.Response:
    """One more entry, from `text`."""
    item = await _item(request, site, account)
    await site.cloud.write_journal(item.pico_id, _required(await _read_map(request), "text"))
    return answer_own((await site.cloud.journal(item.pico_id))[:1], 201)


async def list_rulesets(request: web.Request, site: Site, account: "Account") -> web.Response:
    """The installed rulesets in install order."""
    item = await _item(request, site, account)
    described = await site.engine.rulesets(item.pico_id)
    return answer_own([
        {**_ruleset(r.installed), "name": r.name, "description": r.description, "works": r.works} for r in described
    ])


async def install_ruleset(request: web.Request, site: Site, account: "Account") -> web.Response:
    """Install from `source` or `url`, with an optional `config`."""
    item = await _item(request, site, account)
    wanted = await _read_map(request)
    source, url, config = _optional(wanted, "source"), _optional(wanted, "url"), wanted.get("config")
    if (source is None) == (url is None):
        raise Invalid("bad-request", "Give either `source`, the ruleset's text, or `url`, where it is.")
    if config is not None and not isinstance(config, dict):
        raise Invalid("bad-config", "`config` must be an object.")
    report = await site.engine.install(item.pico_id, source=source, url=url, config=config)
    warnings = [{**d.to_map(), "rendered": d.render()} for d in report.warnings]
    return answer_own({**_ruleset(report.installed), "name": report.name, "warnings": warnings}, 201)


async def uninstall_ruleset(request: web.Request, site: Site, account: "Account") -> web.Response:
    """Remove a ruleset and what it remembered."""
    item = await _item(request, site, account)
    await site.engine.uninstall(item.pico_id, Rid(request.match_info["rid"]))
    return _done()


async def list_channels(request: web.Request, site: Site, account: "Account") -> web.Response:
    """The channels that the item's pico has, with their policies."""
    return answer_own([_channel(c) for c in (await _item(request, site, account)).channels.values()])


async def open_channel(request: web.Request, site: Site, account: "Account") -> web.Response:
    """A new channel from `tags`, `eventPolicy` and `queryPolicy`; without a policy nothing is allowed."""
    item = await _item(request, site, account)
    wanted = await _read_map(request)
    channel = await site.engine.open_channel(
        item.pico_id, normalise_tags(wanted.get("tags")),
        Policy.parse(wanted.get("eventPolicy"), "EventPolicy", "domain"),
        Policy.parse(wanted.get("queryPolicy"), "QueryPolicy", "rid"),
    )
    return answer_own(_channel(channel), 201)


async def close_channel(request: web.Request, site: Site, account: "Account") -> web.Response:
    """Close a channel for good."""
    item = await _item(request, site, account)
    await site.engine.close_channel(item.pico_id, Eci(request.match_info["eci"]))
    return _done()


async def list_tags(request: web.Request, site: Site, account: "Account") -> web.Response:
    """The tags that work."""
    item = await _item(request, site, account)
    return answer_own([_tag(site, tag) for tag in await site.cloud.tags(item.pico_id)])


async def make_tag(request: web.Request, site: Site, account: "Account") -> web.Response:
    """One more tag, with an optional `label`."""
    item = await _item(request, site, account)
    label = _optional(await _read_map(request), "label") or ""
    return answer_own(_tag(site, await site.cloud.new_tag(item.pico_id, label)), 201)


async def revoke_tag(request: web.Request, site: Site, account: "Account") -> web.Response:
    """A tag leads nowhere from now on."""
    item = await _item(request, site, account)
    await site.cloud.revoke_tag(item.pico_id, request.match_info["eci"])
    return _done()


async def draw_tag(request: web.Request, site: Site, account: "Account") -> web.Response:
    """The tag's QR code as SVG or PNG, or as a label to print."""
    item = await _item(request, site, account)
    url = _tag(site, await site.cloud.tag(item.pico_id, request.match_info["eci"]))["url"]
    if request.path.endswith("/label.svg"):
        about = await site.cloud.about(item.pico_id)
        return answer_drawing(draw_label(url, about["name"] or "").encode(), "image/svg+xml")
    if request.path.endswith(".svg"):
        return answer_drawing(draw_svg(url).encode(), "image/svg+xml")
    return answer_drawing(draw_png(url), "image/png")


async def show_inbox(request: web.Request, site: Site, account: "Account") -> web.Response:
    """Notices, newest first; `?since=ID` only those after it."""
    since = request.query.get("since", "0")
    if not (since.isascii() and since.isdigit() and len(since) < 19):
        raise Invalid("bad-request", "`since` must be the number of a notice.")
    return answer_own(await site.cloud.inbox(account, int(since)))


async def invite(request: web.Request, site: Site, account: "Account") -> web.Response:
    """A one-time link for one more account; only the first account may ask for it."""
    if not hmac.compare_digest(_token(request).encode(), (await site.engine.accounts.home_token()).encode()):
        raise Denied("not-operator", "Only the engine's first account invites others.")
    return answer_own({"link": f"{site.settings.base_url}/welcome/{await site.engine.accounts.invite()}"}, 201)


ROUTES: tuple[tuple[str, str, Call], ...] = (
    ("GET", "/api/items", list_items),
    ("POST", "/api/items", create_item),
    ("GET", "/api/items/{item}", show_item),
    ("GET", "/api/items/{item}/journal", show_journal),
    ("POST", "/api/items/{item}/journal", write_journal),
    ("GET", "/api/items/{item}/rulesets", list_rulesets),
    ("POST", "/api/items/{item}/rulesets", install_ruleset),
    ("DELETE", "/api/items/{item}/rulesets/{rid}", uninstall_ruleset),
    ("GET", "/api/items/{item}/channels", list_channels),
    ("POST", "/api/items/{item}/channels", open_channel),
    ("DELETE", "/api/items/{item}/channels/{eci}", close_channel),
    ("GET", "/api/items/{item}/tags", list_tags),
    ("POST", "/api/items/{item}/tags", make_tag),
    ("DELETE", "/api/items/{item}/tags/{eci}", revoke_tag),
    ("GET", "/api/items/{item}/tags/{eci}.svg", draw_tag),
    ("GET", "/api/items/{item}/tags/{eci}.png", draw_tag),
    ("GET", "/api/items/{item}/tags/{eci}/label.svg", draw_tag),
    ("GET", "/api/inbox", show_inbox),
    ("POST", "/api/invites", invite),
)


def _token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Denied("not-signed-in", "Send the owner's token: `Authorization: Bearer TOKEN`.")
    return token.strip()


async def _item(request: web.Request, site: Site, account: "Account") -> "Snapshot":
    return await site.cloud.item(account, request.match_info["item"])


async def _read_map(request: web.Request) -> dict[str, Any]:
    body = await request.read()
    value = parse_json(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise Invalid("bad-body", "The body must be a JSON object.")
    return value


def _required(wanted: dict[str, Any], name: str) -> str:
    text = _optional(wanted, name)
    if text is None:
        raise Invalid("bad-request", f"`{name}` is missing.")
    return text


def _optional(wanted: dict[str, Any], name: str) -> str | None:
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid("bad-request", f"`{name}` must be text.")
    return value


async def _describe(site: Site, item: "Snapshot") -> dict[str, Any]:
    about, tags = await site.cloud.about(item.pico_id), await site.cloud.tags(item.pico_id)
    return {
        "id": item.pico_id, "name": about["name"], "description": about["description"], "public": about["public"],
        "page": f"{site.settings.base_url}/items/{item.pico_id}",
        "tags": [_tag(site, tag) for tag in tags],
        "rulesets": [_ruleset(r) for r in item.rulesets.values()],
    }


def _tag(site: Site, tag: dict[str, Any]) -> dict[str, Any]:
    return {"id": tag["eci"], "url": f"{site.settings.base_url}/t/{tag['eci']}", "label": tag["label"]}


def _ruleset(installed: "Installed") -> dict[str, Any]:
    return {"rid": installed.rid, "url": installed.url, "hash": installed.hash}


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.eci, "tags": list(channel.tags), "kind": str(channel.kind),
        "eventPolicy": channel.event_policy.to_map("domain"), "queryPolicy": channel.query_policy.to_map("rid"),
    }


def _done() -> web.Response:
    return web.Response(status=204, headers={"Cache-Control": "no-store"})
