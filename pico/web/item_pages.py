"""The pages of an owner's items: list, new, facts, tags and journal."""

import asyncio
import hashlib
from typing import Any

from aiohttp import web

from pico.errors import Invalid, LimitExceeded, PicoError
from pico.item.labels import draw_label, draw_png, draw_svg
from pico.item.pictures import shrink, unpack
from pico.web.cloud import FACTS, SHIPPED
from pico.web.marks import draw_mark
from pico.web.problems import describe, status_of
from pico.web.rendering import SHIELD
from pico.web.visits import Visit, complain, page

DRAWING_CSP = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def add_item_routes(app: web.Application) -> None:
    """Put the item pages into the application."""
    app.router.add_get("/items", page(show_items))
    app.router.add_get("/items/new", page(show_new_item))
    app.router.add_post("/items/new", page(create_item))
    app.router.add_get("/items/{item}", page(show_item))
    app.router.add_post("/items/{item}", page(describe_item))
    app.router.add_get("/items/{item}/picture", page(show_picture))
    app.router.add_post("/items/{item}/journal", page(write_journal))
    app.router.add_post("/items/{item}/tags", page(make_tag))
    app.router.add_post("/items/{item}/tags/{eci}/revoke", page(revoke_tag))
    app.router.add_get("/items/{item}/tags/{eci}.svg", page(show_tag_svg))
    app.router.add_get("/items/{item}/tags/{eci}.png", page(show_tag_png))
    app.router.add_get("/items/{item}/tags/{eci}/label.svg", page(show_tag_label))


async def show_items(visit: Visit) -> web.StreamResponse:
    """All items of the owner."""
    return visit.show("items.html", items=await visit.cloud.items(visit.account))


async def show_new_item(visit: Visit) -> web.StreamResponse:
    """The form for a new item."""
    return visit.show("item_new.html", name="", description="", problem=None)


async def create_item(visit: Visit) -> web.StreamResponse:
    """Make the item, or say what is missing."""
    name, description = visit.form.get("name", "").strip(), visit.form.get("description", "").strip()
    try:
        if not name:
            raise Invalid("bad-name", "Give the item a name: whatever you call it is right.")
        item_id = await visit.cloud.create_item(visit.account, name, description, await read_picture(visit))
    except (Invalid, LimitExceeded) as problem:
        return complain(visit, "item_new.html", problem, name=name, description=description)
    return visit.go(f"/items/{item_id}", "created")


async def show_item(visit: Visit, problem: str | None = None, status: int = 200) -> web.StreamResponse:
    """Everything about one item."""
    snapshot = await visit.cloud.item(visit.account, visit.part("item"))
    about, tags, journal = await visit.cloud.overview(snapshot.pico_id)
    described = await visit.site.engine.rulesets(snapshot.pico_id)
    base = visit.site.settings.base_url
    return visit.show(
        "item.html", status, id=snapshot.pico_id, about=about, journal=journal, problem=problem, facts=FACTS,
        tags=[{**tag, "url": f"{base}/t/{tag['eci']}"} for tag in tags],
        rulesets=[r for r in described if r.installed.rid not in SHIPPED],
        shipped=[r for r in described if r.installed.rid in SHIPPED],
    )


async def describe_item(visit: Visit) -> web.StreamResponse:
    """Change facts, and which of them are public."""
    item_id = (await visit.cloud.item(visit.account, visit.part("item"))).pico_id
    facts: dict[str, Any] = {
        "name": visit.form.get("name", "").strip(),
        "description": visit.form.get("description", "").strip(),
        "public": [fact for fact in FACTS if f"public-{fact}" in visit.form],
    }
    try:
        if not facts["name"]:
            raise Invalid("bad-name", "An item needs a name.")
        picture = await read_picture(visit)
        if picture is not None or "no-picture" in visit.form:
            facts["picture"] = picture
        await visit.cloud.describe(item_id, facts)
    except (Invalid, LimitExceeded) as problem:
        return await _complain(visit, problem)
    return visit.go(f"/items/{item_id}", "saved")


async def show_picture(visit: Visit) -> web.StreamResponse:
    """The item's picture, or its mark where it has none."""
    item_id = (await visit.cloud.item(visit.account, visit.part("item"))).pico_id
    about = await visit.cloud.about(item_id)
    return answer_picture(visit.request, about["picture"], item_id)


async def write_journal(visit: Visit) -> web.StreamResponse:
    """An entry by the owner."""
    item_id = (await visit.cloud.item(visit.account, visit.part("item"))).pico_id
    text = visit.form.get("text", "").strip()
    try:
        if not text:
            raise Invalid("bad-entry", "Write something first.")
        await visit.cloud.write_journal(item_id, text)
    except Invalid as problem:
        return await _complain(visit, problem)
    return visit.go(f"/items/{item_id}", "written")


async def make_tag(visit: Visit) -> web.StreamResponse:
    """One more tag."""
    item_id = (await visit.cloud.item(visit.account, visit.part("item"))).pico_id
    try:
        await visit.cloud.new_tag(item_id, visit.form.get("label", "").strip())
    except Invalid as problem:
        return await _complain(visit, problem)
    return visit.go(f"/items/{item_id}", "tag-made")


async def revoke_tag(visit: Visit) -> web.StreamResponse:
    """A tag leads nowhere from now on."""
    item_id = (await visit.cloud.item(visit.account, visit.part("item"))).pico_id
    await visit.cloud.revoke_tag(item_id, visit.part("eci"))
    return visit.go(f"/items/{item_id}", "tag-revoked")


async def show_tag_svg(visit: Visit) -> web.StreamResponse:
    """The tag's QR code as SVG."""
    return answer_drawing(draw_svg(await _tag_url(visit)).encode(), "image/svg+xml")


async def show_tag_png(visit: Visit) -> web.StreamResponse:
    """The tag's QR code as PNG, to download."""
    return answer_drawing(draw_png(await _tag_url(visit)), "image/png", "tag.png")


async def show_tag_label(visit: Visit) -> web.StreamResponse:
    """A label to print and cut out, to download."""
    url = await _tag_url(visit)
    about = await visit.cloud.about(visit.part("item"))
    return answer_drawing(draw_label(url, about["name"] or "").encode(), "image/svg+xml", "label.svg")


def answer_drawing(body: bytes, media_type: str, download: str | None = None) -> web.Response:
    """An image that can do nothing but be seen."""
    headers = {**SHIELD, "Content-Type": media_type, "Content-Security-Policy": DRAWING_CSP}
    if download:
        headers["Content-Disposition"] = f'attachment; filename="{download}"'
    return web.Response(body=body, headers=headers)


def answer_picture(request: web.Request, data_uri: str | None, seed: str) -> web.Response:
    """A stored picture, or a mark drawn from `seed`. The browser may keep it, but asks whether it changed."""
    media_type, body = unpack(data_uri) or ("image/svg+xml", draw_mark(seed).encode())
    response = answer_drawing(body, media_type)
    response.headers["Cache-Control"] = "private, no-cache"
    response.etag = hashlib.blake2b(body, digest_size=12).hexdigest()
    if any(etag == response.etag for etag in request.if_none_match or ()):
        kept = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
        return web.Response(status=304, headers=kept)
    return response


async def read_picture(visit: Visit) -> str | None:
    """The uploaded picture, made small; None where none was chosen."""
    upload = visit.files.get("picture")
    if upload is None or not upload.filename:
        return None
    data = await asyncio.to_thread(upload.file.read)
    return await asyncio.to_thread(shrink, data) if data else None


async def _complain(visit: Visit, problem: PicoError) -> web.StreamResponse:
    return await show_item(visit, describe(problem)["detail"], status_of(problem))


async def _tag_url(visit: Visit) -> str:
    item = await visit.cloud.item(visit.account, visit.part("item"))
    tag = await visit.cloud.tag(item.pico_id, visit.part("eci"))
    return f"{visit.site.settings.base_url}/t/{tag['eci']}"
