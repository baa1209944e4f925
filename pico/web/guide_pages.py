"""The guides as pages: the same Markdown files that stand in `docs/`, so every copy explains itself.

The `type` of a problem (RFC 9457) is an address here: `/docs/errors#CODE` says what it means and how
to mend it.
"""

import re
from functools import cache
from itertools import chain, pairwise

from aiohttp import web
from markdown_it import MarkdownIt
from markupsafe import Markup

from pico.errors import NotFound
from pico.resources import shipped
from pico.web.visits import Visit, page

GUIDES = {
    "owner": "For owners: items, tags, rules and the inbox",
    "publisher": "For publishers: raising events at an item",
    "hobbyist": "For hobbyists: writing rulesets",
    "language": "The KRL language",
    "promises": "What we promise",
    "errors": "Errors, their causes and their mends",
}


def add_guide_routes(app: web.Application) -> None:
    """Put the guides into the application."""
    app.router.add_get("/docs", page(show_guides, public=True))
    app.router.add_get("/docs/{guide}", page(show_guide, public=True))


async def show_guides(visit: Visit) -> web.StreamResponse:
    """What there is to read."""
    return visit.show("guides.html", guides=GUIDES)


async def show_guide(visit: Visit) -> web.StreamResponse:
    """One guide."""
    name = visit.part("guide")
    if name not in GUIDES:
        raise NotFound("no-such-page", "There is no such guide.")
    return visit.show("guide.html", title=GUIDES[name], body=rendered(name))


@cache
def rendered(name: str) -> Markup:
    """A guide as HTML. Its headings have the anchors that Markdown readers give them; raw HTML is shown as text."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(_text(name))
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(following.content))
    for part in chain.from_iterable(token.children or () for token in tokens):
        if part.type == "link_open":
            part.attrSet("href", _link(str(part.attrGet("href"))))
    return Markup(markdown.renderer.render(tokens, markdown.options, {}))  # noqa: S704 - made of our own files


def anchor(heading: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _text(name: str) -> str:
    """The Markdown, without the comments that are for its authors."""
    return re.sub(r"<!--.*?-->\n?", "", shipped("docs", f"{name}.md").read_text("utf-8"), flags=re.DOTALL)


def _link(href: str) -> str:
    """A link to another guide leads to its page."""
    found = re.fullmatch(r"(?:\.\./docs/)?(\w+)\.md(#.*)?", href)
    return f"/docs/{found[1]}{found[2] or ''}" if found and found[1] in GUIDES else href
