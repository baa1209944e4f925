"""Templates into pages, with the headers that every page has.

The policy allows nothing but our own files: no inline script or style, no frame, no other host.
`Referrer-Policy: same-origin` keeps a tag's address, which is a secret, from leaving with a link.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from multidict import CIMultiDict

from pico.web.assets import Assets
from pico.web.replies import SERVER

FOLDER = Path(__file__).parent / "templates"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SHIELD = {
    "Server": SERVER,
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
PAGE_HEADERS = CIMultiDict({**SHIELD, "Content-Type": "text/html; charset=utf-8"})


class Templates:
    """The pages' templates; everything put into them is escaped."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )
        self._environment.globals["asset"] = assets.url
        self._environment.filters["when"] = show_time

    def render(self, template: str, **values: Any) -> str:
        """The page as text."""
        return self._environment.get_template(template).render(values)

    def answer(self, body: str, status: int = 200) -> web.Response:
        """A rendered page as an answer."""
        return web.Response(body=body.encode("utf-8", "replace"), status=status, headers=PAGE_HEADERS.copy())


def show_time(milliseconds: float) -> Markup:
    """A moment (ms since 1970) as a `time` element; a script may show it in the reader's own zone."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"), moment.strftime("%-d %b %Y, %H:%M UTC")
    )
