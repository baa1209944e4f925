"""A real headless Chromium before a real engine, listening on a free port of this machine."""

import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from pico.cli.stores import open_store
from pico.config import Settings
from pico.engine.engine import Engine
from pico.web.app import make_app

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1200, "height": 900}


def find_chromium() -> str | None:
    """The browser that `tests/browser/install-chromium` finds or installs."""
    named = [os.environ.get("PICO_TEST_CHROMIUM", ""), *NAMES]
    return next((path for name in named if name and (path := shutil.which(name))), None)


# One browser serves all tests of a module, each in profiles of its own; so they share an event loop too.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = find_chromium()
    if path is None:
        why = "no Chromium on this machine: run tests/browser/install-chromium, or name one in PICO_TEST_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    async with async_playwright() as driver:
        started = await driver.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        await started.close()


class Site:
    """The running engine, and browsers to look at it with. `complaints` is what their consoles said."""

    def __init__(self, engine: Engine, base: str, browser: Browser) -> None:
        self.engine, self.base, self.browser = engine, base, browser
        self.complaints: list[str] = []
        self.profiles: list[BrowserContext] = []

    async def open(self, size: dict[str, int] = DESK, **options: Any) -> Page:
        """A page in a browser profile of its own. Movement is off, so that nothing is caught half way."""
        options = {"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC", **options}
        context: BrowserContext = await self.browser.new_context(viewport=size, base_url=self.base, **options)  # type: ignore[arg-type]  # a size is a plain dictionary
        self.profiles.append(context)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


@pytest_asyncio.fixture(loop_scope="module")
async def site(tmp_path: Path, browser: Browser) -> AsyncIterator[Site]:
    """An engine with its store in a file, as a new user has it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = Settings.load({"home": str(tmp_path), "base_url": base}, {})
        engine = await Engine.start(await open_store(settings.store), settings)
        runner = web.AppRunner(make_app(engine, settings), shutdown_timeout=2)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        site = Site(engine, base, browser)
        yield site
        for profile in site.profiles:
            await profile.close()
        await runner.cleanup()
        await engine.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def owner(site: Site) -> Page:
    """The first account, which came by its one-time link, on a desk's screen."""
    page = await site.open()
    await page.goto(f"/welcome/{await site.engine.accounts.open_invite()}")
    await page.get_by_label("Name").fill("ada")
    await page.get_by_label("Passphrase").fill("correct horse battery")
    await page.get_by_label("The same again").fill("correct horse battery")
    await page.get_by_role("button", name="Open my cloud").click()
    await page.get_by_role("heading", name="Your items").wait_for()
    return page


@pytest_asyncio.fixture(loop_scope="module")
async def boots(owner: Page) -> str:
    """The address of the page of "Winter boots"."""
    await owner.goto("/items/new")
    await owner.get_by_label("Name").fill("Winter boots")
    await owner.get_by_label("Description").fill("Size 43, resoled in May")
    await owner.get_by_role("button", name="Create the item").click()
    await owner.get_by_role("heading", name="Winter boots").wait_for()
    return owner.url.partition("?")[0]
