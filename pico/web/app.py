"""The aiohttp application: every route, and what they share."""

from typing import TYPE_CHECKING

from aiohttp import web

from pico.limits import FORM_BYTES
from pico.web.account_pages import add_account_routes
from pico.web.api import add_api_routes
from pico.web.assets import Assets
from pico.web.cloud import Cloud
from pico.web.events import add_event_routes
from pico.web.guide_pages import add_guide_routes
from pico.web.inbox_pages import add_inbox_routes
from pico.web.item_pages import add_item_routes
from pico.web.probes import add_probe_routes
from pico.web.problems import answer_faults
from pico.web.rendering import Templates
from pico.web.ruleset_pages import add_ruleset_routes
from pico.web.sessions import Sessions
from pico.web.site import SITE, Site
from pico.web.tag_pages import add_tag_routes

if TYPE_CHECKING:
    from pico.config import Settings
    from pico.engine.engine import Engine


def make_app(engine: "Engine", settings: "Settings") -> web.Application:
    """The application for an engine that runs. `settings.base_url` is what its tags and links say.

    Stopping the application ends the open inbox streams; the engine is stopped by whoever started it.
    """
    app = web.Application(client_max_size=FORM_BYTES.value, middlewares=[answer_faults])
    assets = Assets()
    app[SITE] = Site(
        engine=engine, settings=settings, cloud=Cloud(engine),
        sessions=Sessions(engine.accounts, settings.base_url),
        assets=assets, templates=Templates(assets),
    )
    add_event_routes(app)
    add_tag_routes(app)
    add_api_routes(app)
    add_account_routes(app)
    add_item_routes(app)
    add_ruleset_routes(app)
    add_inbox_routes(app)
    add_guide_routes(app)
    add_probe_routes(app)
    app.router.add_get("/static/{name}", assets.answer)
    return app
