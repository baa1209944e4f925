"""Installing a ruleset from a page: paste it or choose a file, and see at once what is wrong with it."""

import asyncio
import re
from typing import Any

import orjson
from aiohttp import web

from pico.errors import Invalid, KrlError, LimitExceeded, PicoError
from pico.limits import SOURCE_BYTES
from pico.model.message import Json
from pico.resources import shipped
from pico.web.cloud import SHIPPED
from pico.web.problems import describe, status_of
from pico.web.visits import Visit, page

NAME = re.compile(r'\bname\s+"([^"]*)"')  # in the meta block, which comes first


def add_ruleset_routes(app: web.Application) -> None:
    """Put the ruleset pages into the application."""
    app.router.add_get("/items/{item}/rules/new", page(show_new_ruleset))
    app.router.add_post("/items/{item}/rules/new", page(install_ruleset))
    app.router.add_post("/items/{item}/rules/{rid}/remove", page(remove_ruleset))


async def show_new_ruleset(visit: Visit) -> web.StreamResponse:
    """The form; `?start=NAME` fills in one of the shipped rulesets for owners."""
    source = await asyncio.to_thread(read_library, visit.request.query.get("start", ""))
    return await _show_form(visit, source=source)


async def install_ruleset(visit: Visit) -> web.StreamResponse:
    """Install what was pasted or chosen, or show where it is wrong with the text kept."""
    item = await visit.cloud.item(visit.account, visit.part("item"))
    source, config = visit.form.get("source", ""), visit.form.get("config", "")
    try:
        source = await _uploaded(visit) or source
        if not source.strip():
            raise Invalid("bad-source", "Paste a ruleset or choose a file.")
        await visit.site.engine.install(item.pico_id, source=source, config=parse_config(config))
    except (KrlError, Invalid, LimitExceeded) as problem:
        return await _show_form(visit, source=source, config=config, problem=problem)
    return visit.go(f"/items/{item.pico_id}", "installed")


async def remove_ruleset(visit: Visit) -> web.StreamResponse:
    """Take a ruleset away, with all that it remembered. Those that make an item an item stay."""
    item = await visit.cloud.item(visit.account, visit.part("item"))
    if visit.part("rid") in SHIPPED:
        raise Invalid("shipped-ruleset", "This ruleset makes the item what it is; it cannot be removed on a page.")
    await visit.site.engine.uninstall(item.pico_id, visit.part("rid"))
    return visit.go(f"/items/{item.pico_id}", "removed")


def parse_config(text: str) -> dict[str, Json]:
    """A configuration: a JSON object, or lines of `name = value`, where `#` starts a comment line.

    Raises `Invalid("bad-config")` with the line that is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as fault:
            raise Invalid("bad-config", f"The configuration is not JSON: {fault}.") from fault
        return dict(value)
    config: dict[str, Json] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = line.partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.strip():
            raise Invalid("bad-config", f"Line {number} of the configuration must look like `name = value`.")
        config[name.strip()] = value.strip()
    return config


def list_library() -> dict[str, str]:
    """The shipped rulesets that an owner can start from: file name -> what it calls itself."""
    found = {path.stem: NAME.search(path.read_text("utf-8")) for path in shipped("rulesets", "library").glob("*.krl")}
    return {stem: name[1] if name else stem for stem, name in sorted(found.items())}


def read_library(stem: str) -> str:
    """The source of one of them; empty for a name that is not among them."""
    return shipped("rulesets", "library", f"{stem}.krl").read_text("utf-8") if stem in list_library() else ""


async def _show_form(
    visit: Visit, source: str = "", config: str = "", problem: PicoError | None = None
) -> web.StreamResponse:
    item = await visit.cloud.item(visit.account, visit.part("item"))
    about = await visit.cloud.about(item.pico_id)
    return visit.show(
        "rules_new.html", 200 if problem is None else status_of(problem), id=item.pico_id, name=about["name"],
        source=source, config=config, library=await asyncio.to_thread(list_library),
        problem=None if isinstance(problem, KrlError) or problem is None else describe(problem)["detail"],
        diagnostics=lay_out(problem) if isinstance(problem, KrlError) else [],
    )


def lay_out(error: KrlError) -> list[dict[str, Any]]:
    """Each diagnostic as the page shows it: the parts of its rendered text, and its place."""
    laid = []
    for diagnostic in error.diagnostics:
        headline, place, line, carets = diagnostic.render().split("\n", 3)
        laid.append({**diagnostic.to_map(), "headline": headline, "place": place, "text": line, "carets": carets})
    return laid


async def _uploaded(visit: Visit) -> str | None:
    upload = visit.files.get("file")
    if upload is None or not upload.filename:
        return None
    data = await asyncio.to_thread(upload.file.read)
    if len(data) > SOURCE_BYTES.value:
        raise LimitExceeded(SOURCE_BYTES, len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Invalid("bad-source", "The file is not text in UTF-8; a ruleset is a plain text file.") from fault
