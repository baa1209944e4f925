"""What every route of one application shares, and the keys under which aiohttp keeps it."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from pico.config import Settings
    from pico.engine.engine import Engine
    from pico.web.assets import Assets
    from pico.web.cloud import Cloud
    from pico.web.rendering import Templates
    from pico.web.sessions import Sessions


@dataclass(slots=True)
class Site:
    """One application: its engine, its settings and what renders and guards its pages."""

    engine: "Engine"
    settings: "Settings"
    cloud: "Cloud"
    sessions: "Sessions"
    assets: "Assets"
    templates: "Templates"
    streams: dict[str, set["asyncio.Task[Any]"]] = field(default_factory=dict)  # by owner pico
    stopping: bool = False


SITE: web.AppKey[Site] = web.AppKey("site", Site)
