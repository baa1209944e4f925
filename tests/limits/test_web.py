"""Limits on what a browser or a program may send: at the limit it works, past it the answer names the limit."""

import io
from typing import Any

import pytest
from PIL import Image

from pico.engine.engine import Engine
from pico.item import pictures
from pico.limits import ATTRIBUTES, BODY_BYTES, FORM_BYTES, INBOX_STREAMS, PICTURE_BYTES, PICTURE_PIXELS, Limit
from pico.model.channel import Policy
from tests.web.conftest import Person, soon

EVERYTHING = Policy(allow=(("*", "*"),))
JSON = {"Content-Type": "application/json"}
RULESET = """
ruleset listener {
  meta { shares sizes }
  global { sizes = function() { ent:sizes.defaultsTo([]) } }
  rule listen {
    select when test said
    always { ent:sizes := sizes().append(event:attrs.keys().length()) }
  }
}
"""


@pytest.fixture
async def events(engine: Engine, ada: str) -> str:
    """Where events go that a ruleset counts the attributes of."""
    await engine.install(ada, source=RULESET)
    channel = await engine.open_channel(ada, [], EVERYTHING, EVERYTHING)
    return f"/c/{channel.eci}"


async def assert_refused(answer: Any, limit: Limit, status: int = 413) -> None:
    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (status, limit.name)
    assert f"{limit.value:,} {limit.unit}" in problem["detail"]


async def test_a_body_has_so_many_bytes_announced_or_not(stranger: Person, events: str) -> None:
    path = f"{events}/event-wait/test/said"
    fits = b'{"a":"' + b"x" * (BODY_BYTES.value - 8) + b'"}'
    assert (await stranger.client.post(path, data=fits, headers=JSON)).status == 200
    await assert_refused(await stranger.client.post(path, data=fits + b" ", headers=JSON), BODY_BYTES)
    await assert_refused(await stranger.client.post(path, data=io.BytesIO(fits + b" "), headers=JSON), BODY_BYTES)
    assert await (await stranger.get(f"{events}/query/listener/sizes")).json() == [1]


async def test_the_owner_interface_takes_so_many_bytes(owner: Person, bearer: dict[str, str]) -> None:
    headers = JSON | bearer
    fits = b'{"name":"","description":"' + b"x" * (FORM_BYTES.value - 28) + b'"}'
    assert len(fits) == FORM_BYTES.value
    understood = await owner.client.post("/api/items", data=io.BytesIO(fits), headers=headers)
    assert (understood.status, (await understood.json(content_type=None))["code"]) == (400, "name-missing")
    refused = await owner.client.post("/api/items", data=io.BytesIO(fits + b" "), headers=headers)
    await assert_refused(refused, FORM_BYTES)


async def test_an_event_has_so_many_attributes_in_whatever_form(stranger: Person, events: str) -> None:
    path = f"{events}/event-wait/test/said"
    fits = {f"a{n}": "1" for n in range(ATTRIBUTES.value)}
    for one_more, options in (({"more": "1"}, ("json", "data")), ({"more": "a b"}, ("data",))):
        for option in options:
            assert (await stranger.client.post(path, **{option: fits})).status == 200
            await assert_refused(await stranger.client.post(path, **{option: fits | one_more}), ATTRIBUTES)
    await assert_refused(await stranger.client.post(f"{path}?more=1", json=fits), ATTRIBUTES)
    found = await (await stranger.get(f"{events}/query/listener/sizes")).json()
    assert found == [ATTRIBUTES.value] * 3


def png(side: int) -> bytes:
    """A square picture."""
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


async def test_a_picture_has_so_many_bytes(owner: Person) -> None:
    fits = png(10).ljust(PICTURE_BYTES.value, b"\0")
    assert (await owner.send("/items/new", name="Boots", picture=io.BytesIO(fits))).status == 303
    refused = await owner.send("/items/new", name="Boots", picture=io.BytesIO(fits + b"\0"))
    assert (refused.status, f"{PICTURE_BYTES.value:,} {PICTURE_BYTES.unit}" in await refused.text()) == (413, True)


async def test_a_picture_has_so_many_pixels(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    giant = png(int(PICTURE_PIXELS.value ** 0.5) + 1)
    assert len(giant) < PICTURE_BYTES.value
    refused = await owner.send("/items/new", name="Boots", picture=io.BytesIO(giant))
    assert (refused.status, f"{PICTURE_PIXELS.value:,} {PICTURE_PIXELS.unit}" in await refused.text()) == (413, True)
    # Unpacking as many as are really allowed takes seconds, so the edge itself is tried with fewer.
    monkeypatch.setattr(pictures, "PICTURE_PIXELS", Limit(PICTURE_PIXELS.name, 100, "pixels", "a test"))
    assert (await owner.send("/items/new", name="Boots", picture=io.BytesIO(png(10)))).status == 303
    assert (await owner.send("/items/new", name="Boots", picture=io.BytesIO(png(11)))).status == 413


async def test_an_account_has_so_many_open_streams_and_a_closed_one_makes_room(owner: Person) -> None:
    streams = [await owner.get("/inbox/stream") for _ in range(INBOX_STREAMS.value)]
    assert [stream.status for stream in streams] == [200] * INBOX_STREAMS.value
    refused = await owner.get("/inbox/stream")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert f"{INBOX_STREAMS.value} {INBOX_STREAMS.unit}" in await refused.text()
    streams.pop().close()

    async def one_more() -> Any:
        return await owner.get("/inbox/stream")

    streams.append(await soon(one_more, lambda answer: answer.status == 200))
    for stream in streams:
        stream.close()
