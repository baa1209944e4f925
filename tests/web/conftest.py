"""An engine in memory behind the web application, an owner who is signed in, and a stranger."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from nacl import pwhash

from pico.cli.stores import open_store
from pico.config import Settings
from pico.engine.engine import Engine
from pico.resources import shipped
from pico.web.app import make_app

SCAN_NOTIFY = shipped("rulesets", "library", "pico.library.scan-notify.krl").read_text("utf-8")
BASE = "http://127.0.0.1:3000"
PASSPHRASE = "correct horse battery"
Clients = Callable[[Any], Awaitable[TestClient[Any, Any]]]


class ListeningEngine(Engine):
    """The engine, writing down which events from outside it accepted: (pico, domain, type, attributes)."""

    accepted: list[tuple[str, str, str, dict[str, Any]]]

    async def _accepted(self, *arguments: Any, **options: Any) -> Any:
        message, resident = await super()._accepted(*arguments, **options)
        event = message.event
        self.accepted.append((message.pico_id, event.domain, event.type, dict(event.attrs)))
        return message, resident


async def soon(look: Callable[[], Awaitable[Any]], right: Callable[[Any], bool]) -> Any:
    """What `look` finds, once it is `right`."""
    for _ in range(500):
        if right(found := await look()):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"not within ten seconds, but this: {found}")


class Person:
    """Somebody with a browser: follows no redirect unasked, fills in forms as they stand on the page."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    async def get(self, path: Any, **options: Any) -> ClientResponse:
        return await self.client.get(path, allow_redirects=False, **options)

    async def see(self, path: str, status: int = 200) -> str:
        answer = await self.get(path)
        text = await answer.text()
        assert answer.status == status, text
        return text

    async def see_soon(self, path: str, part: str) -> str:
        """The page, once it contains `part`: rules run on their own time."""
        return await soon(lambda: self.see(path), lambda text: part in text)

    async def token(self, page: str) -> str:
        found = re.search(r'name="token" value="([^"]+)"', await (await self.get(page)).text())
        assert found, f"no form on {page}"
        return found[1]

    async def send(self, page: str, path: str | None = None, **fields: Any) -> ClientResponse:
        """Fill in the form of `page` and send it to `path`, the page itself where it is None."""
        fields.setdefault("token", await self.token(page))
        headers = {"Origin": str(self.client.make_url("/")).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        return await self.client.post(path or page, data=fields, allow_redirects=False, headers=headers)


@pytest.fixture(autouse=True)
def _quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 at its least: how long a guess takes is tested with the accounts, not on every page."""
    monkeypatch.setattr(pwhash.argon2id, "OPSLIMIT_INTERACTIVE", pwhash.argon2id.OPSLIMIT_MIN)
    monkeypatch.setattr(pwhash.argon2id, "MEMLIMIT_INTERACTIVE", pwhash.argon2id.MEMLIMIT_MIN)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load({"home": str(tmp_path), "store": "sqlite://:memory:", "base_url": BASE}, {})


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[ListeningEngine]:
    ListeningEngine.accepted = []
    started = await ListeningEngine.start(await open_store(settings.store), settings)
    assert isinstance(started, ListeningEngine)
    yield started
    await started.stop()


@pytest.fixture
async def app(engine: Engine, settings: Settings) -> Any:
    return make_app(engine, settings)


@pytest.fixture
async def stranger(app: Any, aiohttp_client: Clients) -> Person:
    """Nobody that the engine knows."""
    return Person(await aiohttp_client(app))


@pytest.fixture
async def owner(engine: Engine, stranger: Person, aiohttp_client: Clients) -> Person:
    """The first account, "ada", signed in in a browser of its own."""
    person = Person(await aiohttp_client(stranger.client.server))
    code = await engine.accounts.open_invite()
    answer = await person.send(f"/welcome/{code}", name="ada", passphrase=PASSPHRASE, again=PASSPHRASE)
    assert answer.status == 303, await answer.text()
    return person


@pytest.fixture
async def ada(engine: Engine, owner: Person) -> str:
    """The id of the owner's pico."""
    return str((await engine.accounts.sign_in("ada", PASSPHRASE)).pico_id)


@pytest.fixture
async def boots(owner: Person) -> str:
    """The path of the page of an item called "Winter boots"."""
    answer = await owner.send("/items/new", name="Winter boots", description="Size 43")
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"].partition("?")[0]


@pytest.fixture
async def tag(owner: Person, boots: str) -> str:
    """The path that is printed on its tag."""
    found = re.search(rf'{BASE}(/t/\w+)"', await owner.see(boots))
    assert found
    return found[1]


@pytest.fixture
async def bearer(engine: Engine, owner: Person) -> dict[str, str]:
    """What a script of the owner sends along."""
    return {"Authorization": f"Bearer {await engine.accounts.home_token()}"}
