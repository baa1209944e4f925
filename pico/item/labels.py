"""Tag labels: the QR code of a tag's address as SVG, as PNG, and as a label to print and cut out.

A QR code has a compact mode for capitals and digits. Scheme and host do not care about case,
and neither do our `/t/` path and ids, so an address on a bare host is drawn in capitals:
fewer, larger squares, which old phones and worn stickers read better.
"""

import io
import re
from html import escape
from urllib.parse import urlsplit

import segno

QUIET_ZONE = 4  # modules of white around the code, as ISO/IEC 18004 asks
PNG_SCALE = 16  # pixels per module: sharp at 4 cm on a 600 dpi printer
CAPTION_CHARS = 22
CAPTION_LINES = 2

_OUR_PATH = re.compile(r"/t/[a-z2-7]{26}")


def draw_svg(url: str) -> str:
    """The QR code of `url` as a standalone SVG that scales to any size, black on white."""
    side, path = _modules(url)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>\n'
    )


def draw_png(url: str) -> bytes:
    """The QR code of `url` as a PNG, black on white with its quiet zone."""
    out = io.BytesIO()
    _code(url).save(out, kind="png", scale=PNG_SCALE, border=QUIET_ZONE)
    return out.getvalue()


def draw_label(url: str, caption: str) -> str:
    """A label of 50 mm by 70 mm as SVG: cutting line, hole for a string, QR code and `caption`.

    A long caption is broken into two lines and then cut with an ellipsis.
    """
    side, path = _modules(url)
    lines = _wrap(caption)
    texts = "".join(
        f'<text x="25" y="{59.5 + 4.6 * number}" font-size="3.9">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="50mm" height="70mm" viewBox="0 0 50 70">'
        '<path fill="#fff" stroke="#888" stroke-width=".2" stroke-dasharray="1.2 .8" '
        'd="M10 .2h30l9.8 9.8v54.8a5 5 0 0 1-5 5H5.2a5 5 0 0 1-5-5V10z"/>'
        '<circle cx="25" cy="6" r="2.6" fill="none" stroke="#888" stroke-width=".2"/>'
        f'<svg x="4" y="11" width="42" height="42" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path d="{path}"/></svg>'
        f'<g font-family="Helvetica, Arial, sans-serif" font-weight="700" text-anchor="middle">{texts}</g></svg>\n'
    )


def _code(url: str) -> segno.QRCode:
    return segno.make_qr(_compact(url), error="m", boost_error=True)


def _compact(url: str) -> str:
    """`url` in capitals where that means the same; unchanged where any part minds its case."""
    parts = urlsplit(url)
    ours = _OUR_PATH.fullmatch(parts.path) and not (parts.query or parts.fragment or "@" in parts.netloc)
    return url.upper() if ours else url


def _modules(url: str) -> tuple[int, str]:
    """The side in modules, quiet zone included, and an SVG path that covers the dark ones."""
    rows = [bytes(row) for row in _code(url).matrix_iter(border=QUIET_ZONE)]
    runs = (
        f"M{run.start()} {y}h{run.end() - run.start()}v1H{run.start()}z"
        for y, row in enumerate(rows)
        for run in re.finditer(rb"\x01+", row)
    )
    return len(rows), "".join(runs)


def _wrap(caption: str) -> list[str]:
    lines: list[str] = []
    for word in caption.split():
        if lines and len(lines[-1]) + 1 + len(word) <= CAPTION_CHARS:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    shown = [_cut(line) for line in lines[:CAPTION_LINES]]
    if len(lines) > CAPTION_LINES:
        shown[-1] = _cut(shown[-1] + "…")
    return shown


def _cut(line: str) -> str:
    return line if len(line) <= CAPTION_CHARS else line[: CAPTION_CHARS - 1] + "…"
