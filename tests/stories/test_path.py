"""The path of a new user over real HTTP: scan, rule, commit, notice; and `kill -9` on the way.

Each engine here is a process of its own, started with `pico up` in a home of its own; webhooks
go to a real HTTP receiver; people use a browser without JavaScript.
"""

import asyncio
import contextlib
import io
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import ANY
from urllib.parse import urlsplit
from xml.etree import ElementTree

import aiohttp
import pytest
import zxingcpp
from PIL import Image

from pico.krl.source import Source
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
    send_directive("never", {"thrice": event:attrs{"number"} * 3})
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
    photo = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(photo, "PNG")
    return await person.send(
        "Create the item", name="Winter boots", description="Size 43, resoled in May",
        picture=("boots.png", photo.getvalue()),
    )


async def install(person: Person, item: str, status: int = 200, **filled: str | tuple[str, bytes]) -> Page:
    await person.see(item)
    await person.follow("Install a ruleset")
    return await person.send("Install", status, **filled)


def tag_of(page: Page) -> str:
    return one(r'href="(http://[^"]+/t/[^"]+)"', page.body.decode())


async def scan(base: str, address: str) -> Page:
    """The phone of somebody that nobody knows."""
    async with at_a_browser(base) as stranger:
        return await stranger.see(address)


async def test_from_the_one_time_link_to_the_notice_of_a_scan(life: Life, hook: Receiver) -> None:
    async with at_a_browser(life.base) as owner:
        async with life.up() as engine:
            await come_by_link(owner, engine)
            await sign_in_again(owner)
            page = await create_boots(owner)
            item, address = page.url.partition("?")[0], tag_of(page)
            assert "Winter boots Size 43, resoled in May" in page.text
            await check_drawings(owner, address)
            await check_refusal(owner, item)

            # Pasted without a configuration, then from a file with one: the second takes the first one's place.
            pasted = await install(owner, item, source=SCAN_NOTIFY)
            assert "The ruleset is installed and working." in pasted.text
            version = Source(SCAN_NOTIFY).hash[:8]
            assert f"version {version}" in pasted.text, "it is the text of the file, its line breaks too"
            file = ("scan-notify.krl", SCAN_NOTIFY.encode())
            chosen = await install(owner, item, file=file, config=f"webhook = {hook.url}")
            assert chosen.text.count("pico.library.scan-notify") == 1

            # A stranger scans: the open inbox has it at once, the webhook once, the journal too.
            async with owner.listen("/inbox/stream") as notices:
                seen = await scan(life.base, address)
                since = time.monotonic()
                notice = await next_notice(notices)
            assert time.monotonic() - since < 2
            assert (notice["title"], notice["text"], notice["item_name"]) == ("Scanned", SCANNED, "Winter boots")
            check_nothing_private(seen, item)
            await check_what_is_public(life.base, owner, item, address)
            [(key, told)] = hook.calls
            assert told == {"event": "tag:scanned", "by": "stranger", "text": SCANNED}
            assert len(key) > 20
            await check_history(owner, item, 1)
            kill(engine)

        # Started again: the owner is still signed in, all of it is there, the tag works, nothing came twice.
        async with life.up() as engine:
            assert "/welcome/" not in "".join(engine.said), "it has its owner; nobody else is asked in"
            assert tag_of(await owner.see(item)) == address
            await check_history(owner, item, 1)
            async with owner.listen("/inbox/stream?since=1") as notices:
                assert "Size 43, resoled in May" in (await scan(life.base, address)).text, "it is public now"
                assert (await next_notice(notices))["id"] == 2
            await check_history(owner, item, 2)
            assert len(hook.calls) == len(hook.keys) == 2


async def sign_in_again(owner: Person) -> None:
    """The passphrase that was chosen works, another one does not, and one lands where one wanted to go."""
    await owner.follow("Sign out")
    await owner.send("Sign out")
    await owner.see("/inbox")
    await owner.send("Sign in", 403, name="ada", passphrase="correct horse saddle")
    await owner.send("Sign in", name="ada", passphrase=PASSPHRASE)
    assert urlsplit(owner.page.url).path == "/inbox"


async def check_drawings(owner: Person, address: str) -> None:
    """The tag on the page, as a picture and as a label to print: each leads to an address of 128 random bits."""
    assert re.fullmatch(rf"{owner.base}/t/[a-z2-7]{{26}}", address), "26 letters of 5 bits each"
    [code] = [image for image in owner.page.images if "/tags/" in image]
    on_page = await owner.get(code)
    assert on_page.headers["Content-Type"] == "image/svg+xml"
    assert ElementTree.fromstring(on_page.body).tag.endswith("svg")
    label = await owner.get(owner.page.link("Label to print"))
    assert "Winter boots" in "".join(ElementTree.fromstring(label.body).itertext())
    assert label.headers["Content-Disposition"].startswith("attachment")
    png = await owner.get(owner.page.link("PNG"))
    with Image.open(io.BytesIO(png.body)) as image:
        [read] = zxingcpp.read_barcodes(image)
    assert read.text.lower() == address


async def check_refusal(owner: Person, item: str) -> None:
    """A ruleset with an error: line, caret and hint are shown, the text is kept, nothing is installed."""
    refused = await install(owner, item, 422, source=BROKEN)
    line = 1 + BROKEN[:BROKEN.index("bye")].count("\n")
    assert "error[unknown-name]: `bye` is not defined" in refused.text
    assert f"Line {line}, column" in refused.text
    assert "^^^ did you mean `by`?" in refused.text
    assert refused.form("Install").fields["source"].replace("\r\n", "\n") == BROKEN
    assert "scan-notify" not in (await owner.see(item)).text


def check_nothing_private(seen: Page, item: str) -> None:
    """A stranger's page has the public name, and nothing that the owner kept or that says who owns it."""
    assert "Winter boots" in seen.text
    said = seen.body.decode() + str(seen.headers)
    assert [secret for secret in ("Size 43", "ada", "Scanned", item.rsplit("/", 1)[1]) if secret in said] == []
    assert not seen.forms
    assert "Set-Cookie" not in seen.headers


async def check_what_is_public(base: str, owner: Person, item: str, address: str) -> None:
    """A stranger sees the picture and the description once the owner says so, and not before."""
    async with at_a_browser(base) as stranger:
        assert (await stranger.see(f"{address}/picture")).headers["Content-Type"] == "image/svg+xml"
        await owner.see(item)
        ticked: dict[str, Any] = {"public-description": "on", "public-picture": "on"}
        await owner.send("Save", **ticked)
        assert (await stranger.see(f"{address}/picture")).headers["Content-Type"] != "image/svg+xml"
        [pages_picture] = [image for image in owner.page.images if image.endswith("/picture")]
        assert (await owner.get(pages_picture)).body == stranger.page.body


async def check_history(owner: Person, item: str, scans: int) -> None:
    """The journal and the inbox have each scan, and none of them twice."""
    assert (await owner.see(item)).text.count(SCANNED) == scans
    assert (await owner.see("/inbox")).text.count(SCANNED) == scans


async def next_notice(notices: Notices) -> dict[str, Any]:
    event = await asyncio.wait_for(notices.next(), 10)
    told: dict[str, Any] = json.loads(event["data"])
    assert (event["event"], event["id"]) == ("notice", str(told["id"]))
    return told


async def test_each_acknowledged_scan_happens_once_however_often_the_engine_is_killed(
    life: Life, hook: Receiver, tmp_path: Path
) -> None:
    async with life.up() as engine:
        address = await boots_with_webhook(life, hook, tmp_path)
        kill(engine)
    acknowledged = 0
    for at_once in (1, 1, 4, 4):
        async with life.up() as engine:
            # Killed with the answer: the rule has hardly begun, its webhook may be under way.
            await asyncio.gather(*(scan(life.base, address) for _ in range(at_once)))
            acknowledged += at_once
            kill(engine)
    async with life.up():
        async def inbox() -> Any:
            found = await life.told("inbox")
            return found if len(found) >= acknowledged else None

        notices = await eventually(inbox, f"{acknowledged} notices")
        journal = (await life.told("item", "show", "Winter boots"))["journal"]
        assert [entry["text"] for entry in journal] == [SCANNED] * acknowledged
        assert [notice["id"] for notice in notices] == list(range(acknowledged, 0, -1))
        # A call of a turn that was cut off is made again, under the same key.
        assert len(hook.keys) == acknowledged


async def test_a_rule_that_was_killed_while_it_waited_runs_again_and_calls_under_the_same_key(
    life: Life, hook: Receiver, tmp_path: Path
) -> None:
    async with life.up() as engine:
        address = await boots_with_webhook(life, hook, tmp_path)
        hook.answering.clear()
        await scan(life.base, address)
        await eventually(lambda: hook.calls, "the call of the webhook")
        kill(engine)
    hook.answering.set()
    async with life.up():
        await eventually(lambda: life.told("inbox"), "the notice")
        assert len((await life.told("item", "show", "Winter boots"))["journal"]) == 1
        assert (len(hook.calls), len(hook.keys)) == (2, 1)


async def boots_with_webhook(life: Life, hook: Receiver, folder: Path) -> str:
    """An item whose rule calls a webhook; the address on its tag."""
    (folder / "rules.krl").write_text(SCAN_NOTIFY, "utf-8")
    item = await life.told("item", "new", "Winter boots")
    config = json.dumps({"webhook": hook.url})
    await life.pico("ruleset", "install", "Winter boots", folder / "rules.krl", "--config", config)
    return str(item["tags"][0]["url"])


@dataclass
class Burst:
    """What several connections sent at once, and what they were told of it, by number."""

    sent: set[int] = field(default_factory=set)
    stored: set[int] = field(default_factory=set)
    committed: set[int] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)

    async def send(self, url: str, acknowledged: set[int]) -> None:
        """Raise one event after the other until the engine is gone."""
        async with aiohttp.ClientSession() as session:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                while True:
                    number = next(self.numbers)
                    self.sent.add(number)
                    async with session.post(url, json={"number": str(number)}) as answer:
                        assert answer.status == 200, await answer.text()
                        await answer.read()
                    acknowledged.add(number)


async def test_a_kill_in_the_middle_of_a_burst_loses_nothing_and_repeats_nothing(life: Life, tmp_path: Path) -> None:
    burst = Burst()
    eci = ""
    for seconds in (0.3, 0.7, 1.1):
        async with life.up() as engine:
            eci = eci or await tally_channel(life, tmp_path)
            channel = f"{life.base}/c/{eci}"
            senders = [asyncio.create_task(burst.send(f"{channel}/event/tally/tick", burst.stored)) for _ in range(4)]
            senders += [
                asyncio.create_task(burst.send(f"{channel}/event-wait/tally/tick", burst.committed)) for _ in range(4)
            ]
            await asyncio.sleep(seconds)
            kill(engine)
            await asyncio.gather(*senders)
    assert len(burst.stored) > 20, "the burst was no burst"
    assert len(burst.committed) > 20, "the burst was no burst"
    async with life.up(), aiohttp.ClientSession() as session:
        async def seen() -> Any:
            _, counted = await speak(session, "GET", f"{life.base}/c/{eci}/query/com.example.tally/seen")
            return counted if burst.stored <= set(map(int, counted)) else None

        counted = await eventually(seen, "counting what was acknowledged")
        assert set(counted.values()) == {1}, "something happened twice"
        assert burst.committed <= set(map(int, counted)) <= burst.sent


async def test_a_kill_while_items_are_made_leaves_whole_items_and_nothing_else(life: Life) -> None:
    made: set[str] = set()
    asked = count(1)

    async def make(session: aiohttp.ClientSession) -> None:
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            while True:
                name = f"Boot {next(asked)}"
                status, item = await speak(session, "POST", f"{life.base}/api/items", json={"name": name})
                assert (status, item["name"]) == (201, name)
                made.add(name)

    for seconds in (0.3, 0.6):
        async with life.up() as engine, aiohttp.ClientSession(headers=bearer(life)) as session:
            makers = [asyncio.create_task(make(session)) for _ in range(4)]
            await asyncio.sleep(seconds)
            kill(engine)
            await asyncio.gather(*makers)
    assert len(made) > 5
    async with life.up(), aiohttp.ClientSession(headers=bearer(life)) as session:
        _, items = await speak(session, "GET", f"{life.base}/api/items")
        names = [item["name"] for item in items]
        assert len(names) == len(set(names)) < next(asked)
        assert made <= set(names)

        async def all_whole() -> bool:
            shown = [(await speak(session, "GET", f"{life.base}/api/items/{item['id']}"))[1] for item in items]
            return [(item["name"], len(item["tags"])) for item in shown] == [(name, 1) for name in names]

        await eventually(all_whole, "making each item whole")


def bearer(life: Life) -> dict[str, str]:
    """What a script of the owner sends along."""
    return {"Authorization": f"Bearer {(life.home / 'token').read_text('utf-8').strip()}"}


async def tally_channel(life: Life, folder: Path) -> str:
    """An item that keeps count, and a channel that lets anybody count."""
    (folder / "tally.krl").write_text(TALLY, "utf-8")
    await life.pico("item", "new", "Counter")
    await life.pico("ruleset", "install", "Counter", folder / "tally.krl")
    eci = await life.pico("channel", "new", "Counter", "--event", "tally:*", "--query", "com.example.tally/*")
    return eci.strip()


async def test_the_same_from_the_command_line(life: Life, hook: Receiver, tmp_path: Path) -> None:
    (tmp_path / "broken.krl").write_text(BROKEN, "utf-8")
    (tmp_path / "rules.krl").write_text(SCAN_NOTIFY, "utf-8")
    checked = await life.pico("check", tmp_path / "broken.krl", code=1)
    for said in ("error[unknown-name]: `bye` is not defined", "broken.krl:", "^^^ did you mean `by`?"):
        assert said in checked
    assert "fine" in await life.pico("check", tmp_path / "rules.krl")
    assert "pico up" in await life.pico("item", "list", code=3)
    async with life.up():
        item = await life.told("item", "new", "Winter boots", "--description", "Size 43")
        assert [kept["name"] for kept in await life.told("item", "list")] == ["Winter boots"]
        refused = await life.pico("ruleset", "install", "Winter boots", tmp_path / "broken.krl", code=1)
        assert "^^^ did you mean `by`?" in refused
        config = json.dumps({"webhook": hook.url})
        await life.pico("ruleset", "install", "Winter boots", tmp_path / "rules.krl", "--config", config)
        label = tmp_path / "label.png"
        await life.pico("tag", "label", "Winter boots", item["tags"][0]["id"], "--output", label)
        with Image.open(label) as image:
            [code] = zxingcpp.read_barcodes(image)
        seen = await scan(life.base, code.text)
        check_nothing_private(seen, item["page"])

        [notice] = await eventually(lambda: life.told("inbox"), "the notice")
        assert notice["text"] == SCANNED
        [entry] = (await life.told("item", "show", "Winter boots"))["journal"]
        assert (entry["author"], entry["text"]) == ("rule", SCANNED)
        assert len(hook.calls) == 1

        eci = (await life.pico("channel", "new", "Winter boots", "--event", "tag:*", "--query", "pico.tag/*")).strip()
        answer = await life.told("event", eci, "tag", "scanned", "by=shop")
        assert [directive["name"] for directive in answer["directives"]] == ["entry_written"]
        assert await life.pico("query", eci, "pico.tag", "scans") == "2\n"
        assert "[no-such-query]" in await life.pico("query", eci, "pico.tag", "nothing", code=1)
        await life.pico("tag", "revoke", "Winter boots", "first tag")
        async with at_a_browser(life.base) as stranger:
            await stranger.see(code.text, status=404)


async def test_the_same_over_http_with_real_statuses(life: Life, tmp_path: Path) -> None:
    async with life.up(), aiohttp.ClientSession() as session:
        eci = await tally_channel(life, tmp_path)
        base, rid = f"{life.base}/c/{eci}", "com.example.tally"

        async def ask(method: str, path: str, **options: Any) -> tuple[int, Any]:
            return await speak(session, method, path if path.startswith("http") else base + path, **options)

        status, eid = await ask("POST", "/event/tally/tick", json={"number": "1"})
        assert (status, type(eid)) == (200, str)
        assert await ask("GET", "/event-wait/tally/tick?number=2") == (200, {"eid": ANY, "directives": []})
        status, answer = await ask("POST", f"{life.base}/sky/event/{eci}/none/tally/tick", data={"number": "3"})
        assert (status, answer["directives"]) == (200, [])
        assert await ask("GET", f"/event/tally/tick/query/{rid}/seen?number=4") == (200, dict.fromkeys("1234", 1))
        assert await ask("GET", f"{life.base}/sky/cloud/{eci}/{rid}/seen") == (200, dict.fromkeys("1234", 1))

        for method, path, expected, code, options in PROBLEMS:
            url = path.format(base=life.base, eci=eci, rid=rid)
            status, problem = await ask(method, url, **options)
            assert (status, problem["status"], problem["code"]) == (expected, expected, code), path
            assert problem["title"]
            assert problem["type"].endswith(code)
            assert problem["detail"] in problem["error"]
        status, problem = await ask("GET", "/event-wait/tally/broken?number=one")
        assert (status, problem["code"], problem["errors"][0]["line"]) == (500, "bad-operand", 11)
        assert await ask("GET", f"/query/{rid}/seen") == (200, dict.fromkeys("1234", 1)), "no problem left a trace"


# What is asked, its status and its code.
PROBLEMS: tuple[tuple[str, str, int, str, dict[str, Any]], ...] = (
    ("GET", "{base}/c/no-such-eci/event/tally/tick", 404, "unknown-eci", {}),
    ("GET", "{base}/sky/cloud/no-such-eci/{rid}/seen", 404, "unknown-eci", {}),
    ("POST", "{base}/c/{eci}/event-wait/door/opened", 403, "not-allowed-by-policy", {}),
    ("GET", "{base}/c/{eci}/query/pico.journal/entries", 403, "not-allowed-by-policy", {}),
    ("GET", "{base}/c/{eci}/query/{rid}/nothing", 404, "no-such-query", {}),
    ("GET", "{base}/c/{eci}/nothing/at/all", 404, "no-such-route", {}),
    ("POST", "{base}/c/{eci}/event/tally/tick", 400, "bad-json",
     {"data": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "{base}/c/{eci}/event/tally/tick", 413, "body-size",
     {"data": b" " * 1_000_001, "headers": {"Content-Type": "application/json"}}),
    ("GET", "{base}/api/items", 401, "not-signed-in", {}),
)
