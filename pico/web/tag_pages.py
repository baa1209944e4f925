"""What a scanned tag shows: the public facts of a thing, and nothing else.

The scan is on disk before the page is answered. Whoever looks learns nothing of the owner: no id of
the item, no name, no count, and an unknown tag, a revoked one and a channel that is no tag look the same.
"""

from aiohttp import web

from pico.errors import NotFound
from pico.web.item_pages import answer_picture
from pico.web.visits import Visit, page


def add_tag_routes(app: web.Application) -> None:
    """Put the tag pages into the application; labels in capitals lead to the same place."""
    app.router.add_get("/{door:[tT]}/{tag}{end:/?}", page(show_tag, public=True))
    app.router.add_get("/{door:[tT]}/{tag}/picture", page(show_tag_picture, public=True))


async def show_tag(visit: Visit) -> web.StreamResponse:
    """The page behind a tag. Seeing it is a scan, except for a HEAD request and a browser's guess ahead."""
    tag, item_id = await visit.cloud.find_tag(visit.part("tag"))
    if "prefetch" in visit.request.headers.get("Sec-Purpose", visit.request.headers.get("Purpose", "")):
        return web.Response(status=503, headers={"Cache-Control": "no-store"})  # nobody has looked yet
    owner = await _owns(visit, item_id)
    facts = await visit.cloud.public(item_id)
    if visit.request.method != "HEAD":
        await visit.cloud.scan(item_id, tag, "owner" if owner else "stranger")
    return visit.show("tag.html", tag=tag, facts=facts, item_id=item_id if owner else None)


async def show_tag_picture(visit: Visit) -> web.StreamResponse:
    """The picture, where it is public."""
    tag, item_id = await visit.cloud.find_tag(visit.part("tag"))
    facts = await visit.cloud.public(item_id)
    return answer_picture(visit.request, facts.get("picture"), tag)


async def _owns(visit: Visit, item_id: str) -> bool:
    if visit.found is None:
        return False
    try:
        await visit.cloud.item(visit.found, item_id)
    except NotFound:
        return False
    return True
