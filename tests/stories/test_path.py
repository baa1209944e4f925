"""The path of a new user over real HTTP: scan, rule, commit, notice; and `kill -9` on the way.

Each engine here is a process of its own, started with `pico up` in a home of its own; webhooks
go to a real HTTP receiver; people use a browser without JavaScript.
"""

import asyncio
import io
import json
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import aiohttp
import pytest
import zxingcpp
from PIL import Image

from pico.resources import shipped
from tests.cli.process import Running
from tests.stories.living import Life, free_port, kill, link_of, speak
from tests.stories.person import Notices, Page, Person, at_a_browser, one
from tests.stories.receiver import Receiver, receiving
from tests.stories.waiting import eventually

PASSPHRASE = "correct horse battery"
SCAN_NOTIFY = shipped("rulesets", "library", "pico.library.scan-notify.krl").read_text("utf-8")
BROKEN = SCAN_NOTIFY.replace('"by": by, "text": text', '"by": bye, "text": text')
SCANNED = "Somebody scanned the tag"

# Keeps count of each number that it was sent, so that one that is counted twice shows.
TALLY = """\
ruleset com.example.tally {
  meta { shares seen }
  global { seen = function() { ent:seen.defaultsTo({}) } }
  rule tick {
    select when tally tick
    pre { number = event:attrs{"number"} }
    always { ent:seen{number} := ent:seen{number}.defaultsTo(0) + 1 }
  }
  rule fail {
    select when tally broken
    send_directive("never", {"value": 1 + event:attrs{"missing"}.head()})
  }
}
"""


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(tmp_path / "home", free_port())


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


async def come_by_link(person: Person, engine: Running) -> None:
    await person.see(link_of(engine))
    await person.send("Open my cloud", name="ada", passphrase=PASSPHRASE, again=PASSPHRASE)
    assert person.page.url.endswith("/items")


async def create_boots(person: Person) -> Page:
    await person.see("/items")
    await person.follow("New item")
    return await person.send("Create the item", name="Winter boots", description="Size 43, resoled in May")


async def install(person: Person, item: str, status: int = 200, **filled: str | tuple[str, bytes]) -> Page:
    await person.see(item)
    await person.follow("Install a ruleset")
    return await person.send("Install", status, **filled)


def tag_of(page: Page) -> str:
    return one(r'href="(http://[^"]+/t/[^"]+)"', page.body.decode())


def read_code(picture: bytes) -> str:
    with Image.open(io.BytesIO(picture)) as image:
        [code] = zxingcpp.read_barcodes(image)
    return str(code.text)


async def scan(base: str, address: str) -> Page:
    """A phone of somebody that nobody knows."""
    async with at_a_browser(base) as stranger:
        return await stranger.see(address)


async def test_from_the_one_time_link_to_the_notice_of_a_scan(life: Life, hook: Receiver) -> None:
    async with life.up() as engine, at_a_browser(life.base) as owner:
        # The one-time link works once; then the passphrase does.
        await come_by_link(owner, engine)
        await owner.see(link_of(engine), status=404)
        await owner.see("/items")
        await owner.follow("Sign out")
        await owner.send("Sign out")
        await owner.see("/inbox")
        assert "Sign in" in owner.page.text
        await owner.send("Sign in", 403, name="ada", passphrase="correct horse saddle")
        await owner.send("Sign in", name="ada", passphrase=PASSPHRASE)
        assert owner.page.url.endswith("/inbox"), "signing in leads where one wanted to go"

        # The item and its tag: on the page, as a picture, and as a label to print.
        page = await create_boots(owner)
        item, address = page.url.partition("?")[0], tag_of(page)
        assert {"Winter boots", "Size 43, resoled in May"} <= {page.text[i:j] for i, j in _spans(page.text)}
        await check_drawings(owner, address)

        # A ruleset with an error is refused, with its line, caret and hint, and the text is kept.
        refused = await install(owner, item, 422, source=BROKEN)
        assert "error[unknown-name]" in refused.text
        assert "did you mean `by`?" in refused.text
        assert re.search(r"^<span class=\"carets\">\s+\|\s+\^\^\^ did you mean", refused.body.decode(), re.MULTILINE)
        assert owner.page.form("Install").fields["source"].replace("\r\n", "\n") == BROKEN
        assert "com.example" not in (await owner.see(item)).text

        # Pasted without a configuration, then from a file with one: the second takes the first one's place.
        assert "installed and working" in (await install(owner, item, source=SCAN_NOTIFY)).text
        file = ("scan-notify.krl", SCAN_NOTIFY.encode())
        done = await install(owner, item, file=file, config=f"webhook = {hook.url}")
        assert done.text.count("pico.library.scan-notify") == 1

        # A stranger scans: they see what is public, and the open inbox has it at once.
        async with owner.listen("/inbox/stream") as notices:
            seen = await scan(life.base, address)
            scanned_at = time.monotonic()
            notice = json.loads((await asyncio.wait_for(notices.next(), 5))["data"])
        assert time.monotonic() - scanned_at < 2
        assert (notice["title"], notice["text"], notice["item_name"]) == ("Scanned", SCANNED, "Winter boots")
        check_nothing_private(seen, item)

        # The webhook got it once, with a key; the journal and the inbox have it.
        [(key, told)] = await eventually(lambda: hook.calls, "the call of the webhook")
        assert told == {"event": "tag:scanned", "by": "stranger", "text": SCANNED}
        assert len(key) > 20
        await check_history(owner, item, 1)
        assert len(hook.calls) == 1

    # Killed, and started again at the same address: still signed in, all of it there, the tag works.
        kill(engine)
    async with life.up() as again, at_a_browser(life.base) as stranger:
        assert "/welcome/" not in "".join(again.said), "there is an owner; nobody else is invited"
        owner.session.cookie_jar.update_cookies({})
        async with at_a_browser(life.base) as returned:
            await returned.see("/signin")
            await returned.send("Sign in", name="ada", passphrase=PASSPHRASE)
            await check_history(returned, item, 1)
            assert tag_of(await returned.see(item)) == address
            async with returned.listen("/inbox/stream?since=1") as notices:
                assert "Winter boots" in (await stranger.see(address)).text
                assert json.loads((await asyncio.wait_for(notices.next(), 5))["data"])["id"] == 2
            await check_history(returned, item, 2)
        assert len(hook.calls) == len(hook.keys) == 2


def _spans(text: str) -> list[tuple[int, int]]:
    return []
