"""The owner interface, as scripts and the command line use it."""

import base64
import io
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from tests.web.conftest import BASE, SCAN_NOTIFY, ListeningEngine, Person, soon


class Script:
    """A program with the owner's token."""

    def __init__(self, person: Person, headers: dict[str, str]) -> None:
        self.client, self.headers = person.client, headers

    async def __call__(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = await self.client.request(method, path, json=body, headers=self.headers)
        assert answer.status == status, await answer.text()
        return await answer.json(content_type=None) if status != 204 else None


@pytest.fixture
def script(owner: Person, stranger: Person, bearer: dict[str, str]) -> Script:
    return Script(stranger, bearer)


@pytest.fixture
async def item(script: Script) -> dict[str, Any]:
    made: dict[str, Any] = await script("POST", "/api/items", {"name": "Winter boots", "description": "Size 43"}, 201)
    return made


async def test_without_the_token_there_is_nothing(owner: Person, stranger: Person) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        answer = await stranger.client.get("/api/items", headers=headers)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="pico"')
        assert answer.content_type == "application/problem+json"
    assert (await owner.get("/api/items")).status == 401, "a cookie is no token: another site could send it"


async def test_an_item_is_made_listed_and_shown(script: Script, item: dict[str, Any]) -> None:
    assert item["name"] == "Winter boots"
    assert item["page"] == f"{BASE}/items/{item['id']}"
    assert [set(tag) for tag in item["tags"]] == [{"id", "url", "label"}]
    assert [r["rid"] for r in item["rulesets"]] == ["pico.item", "pico.tag", "pico.journal"]
    assert await script("GET", f"/api/items/{item['id']}") == item
    assert [i["id"] for i in await script("GET", "/api/items")] == [item["id"]]
    assert (await script("GET", "/api/items/unknown", status=404))["code"] == "unknown-item"


@pytest.mark.parametrize(("body", "code"), [
    ({}, "bad-request"), ({"name": 7}, "bad-request"), ([], "bad-body"), ({"name": "x" * 300}, "name-too-long"),
    ({"name": "x", "picture": "data:text/html;base64,eA=="}, "bad-picture"),
    ({"name": "x", "picture": "data:image/png;base64,eA=="}, "bad-picture"),
])
async def test_an_item_that_cannot_be_is_refused(script: Script, body: Any, code: str) -> None:
    assert (await script("POST", "/api/items", body, 400))["code"] == code


async def test_an_item_may_come_with_a_picture(script: Script, engine: ListeningEngine) -> None:
    out = io.BytesIO()
    Image.new("RGB", (10, 10)).save(out, "PNG")
    uri = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    item = await script("POST", "/api/items", {"name": "x", "picture": uri}, 201)
    about = await engine.query(item["id"], "pico.item", "about", trusted=True)
    assert about["picture"].startswith("data:image/webp;base64,")


async def test_rulesets_are_installed_listed_and_removed(script: Script, item: dict[str, Any]) -> None:
    path = f"/api/items/{item['id']}/rulesets"
    made = await script("POST", path, {"source": SCAN_NOTIFY, "config": {"a": 1}}, 201)
    assert made["name"] == "If scanned, tell me"
    assert set(made) == {"rid", "name", "hash", "url", "warnings"}
    assert [r["rid"] for r in await script("GET", path)][-1] == "pico.library.scan-notify"
    await script("DELETE", f"{path}/pico.library.scan-notify", status=204)
    assert len(await script("GET", path)) == 3
    for body in ({}, {"source": "x", "url": "y"}, {"source": 7}, {"source": "x", "config": []}):
        await script("POST", path, body, 400)
    await script("POST", path, {"url": "pico:library/nothing.krl"}, 404)
    await script("DELETE", f"{path}/pico.library.scan-notify", status=404)


async def test_a_refused_ruleset_comes_with_its_diagnostics(script: Script, item: dict[str, Any]) -> None:
    source = "ruleset x {\n  global { name = 1  other = nmae }\n}"
    problem = await script("POST", f"/api/items/{item['id']}/rulesets", {"source": source}, 422)
    [found] = problem["diagnostics"]
    assert (found["code"], found["line"], found["column"], found["end_column"]) == ("unknown-name", 2, 30, 34)
    assert "^^^^ did you mean `name`?" in found["rendered"]
    assert problem["error"].endswith(" [at line 2 col 30]")


async def test_channels_are_opened_with_policies_used_and_closed(script: Script, item: dict[str, Any]) -> None:
    path = f"/api/items/{item['id']}/channels"
    policy = {"allow": [{"domain": "test", "name": "*"}], "deny": []}
    channel = await script("POST", path, {"tags": ["My Tag!"], "eventPolicy": policy}, 201)
    assert (channel["tags"], channel["eventPolicy"]) == (["my-tag"], policy)
    assert channel["queryPolicy"] == {"allow": [], "deny": []}
    await script("GET", f"/c/{channel['id']}/event/test/say")
    await script("GET", f"/c/{channel['id']}/query/pico.item/about", status=403)
    assert channel in await script("GET", path)
    await script("DELETE", f"{path}/{channel['id']}", status=204)
    await script("GET", f"/c/{channel['id']}/event/test/say", status=404)
    assert (await script("POST", path, {"tags": "x"}, 400))["code"] == "bad-tags"
    assert (await script("POST", path, {"tags": [], "eventPolicy": {}}, 400))["code"] == "bad-policy"


async def test_tags_are_made_drawn_and_revoked(script: Script, item: dict[str, Any], bearer: dict[str, str]) -> None:
    path = f"/api/items/{item['id']}/tags"
    tag = await script("POST", path, {"label": "Sole"}, 201)
    assert tag["url"] == f"{BASE}/t/{tag['id']}"
    assert tag in await script("GET", path)
    png = await script.client.get(f"{path}/{tag['id']}.png", headers=bearer)
    with Image.open(io.BytesIO(await png.read())) as image:
        [code] = zxingcpp.read_barcodes(image)
    assert code.text.lower() == tag["url"]
    svg = await script.client.get(f"{path}/{tag['id']}.svg", headers=bearer)
    assert (await svg.text()).startswith("<svg ")
    label = await script.client.get(f"{path}/{tag['id']}/label.svg", headers=bearer)
    assert "Winter boots" in await label.text()
    await script("DELETE", f"{path}/{tag['id']}", status=204)
    assert (await script("DELETE", f"{path}/{tag['id']}", status=404))["code"] == "unknown-tag"
    assert (await script.client.get(f"/t/{tag['id']}")).status == 404


async def test_journal_and_inbox(script: Script, item: dict[str, Any]) -> None:
    await script("POST", f"/api/items/{item['id']}/journal", {"text": "Waxed"}, 201)
    assert [e["text"] for e in await script("GET", f"/api/items/{item['id']}/journal")] == ["Waxed"]
    await script("POST", f"/api/items/{item['id']}/rulesets", {"source": SCAN_NOTIFY}, 201)
    for _ in range(2):
        await script.client.get(f"/t/{item['tags'][0]['id']}")
    await soon(lambda: script("GET", "/api/inbox"), lambda notices: [n["id"] for n in notices] == [2, 1])
    assert [n["id"] for n in await script("GET", "/api/inbox?since=1")] == [2]
    await script("GET", "/api/inbox?since=x", status=400)


async def test_the_first_account_invites_others(script: Script, engine: ListeningEngine) -> None:
    link = (await script("POST", "/api/invites", status=201))["link"]
    assert link.startswith(f"{BASE}/welcome/")
    assert (await script.client.get(link.removeprefix(BASE))).status == 200


async def test_what_does_not_exist_says_so_in_json(script: Script) -> None:
    assert (await script("GET", "/api/nothing", status=404))["code"] == "no-such-page"
    answer = await script.client.put("/api/items", headers=script.headers)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")


async def test_probes_answer_on_this_machine_only(stranger: Person) -> None:
    for path, says in (("/health", "alive"), ("/ready", "ready"), ("/metrics", "pico_events 0")):
        answer = await stranger.get(path)
        assert (answer.status, says in await answer.text()) == (200, True)
        assert (await stranger.get(path, headers={"X-Forwarded-For": "203.0.113.9"})).status == 404
