"""Style sheet, scripts and drawings of the pages, kept in memory.

Each is served under an address with a hash of its content, so a browser may keep it for ever.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from pico.errors import NotFound

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, its media type and the address that pages use."""

    body: bytes
    media_type: str
    url: str


class Assets:
    """All files of `static/`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._assets = {path.name: _load(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}

    def url(self, name: str) -> str:
        """The address of a file, for templates. Raises `KeyError` for one that does not exist."""
        return self._assets[name].url

    async def answer(self, request: web.Request) -> web.Response:
        """Serve one file; an address with another hash gets today's content, but may not keep it."""
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise NotFound("no-such-page", "There is nothing at this address.")
        current = request.query_string and asset.url.endswith(request.query_string)
        return web.Response(body=asset.body, headers={
            "Content-Type": asset.media_type,
            "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        })


def _load(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.blake2b(body, digest_size=6).hexdigest()
    return Asset(body, TYPES[path.suffix], f"/static/{path.name}?v={digest}")
