"""The pages as their users meet them: signing in, items, tags, strangers, and whoever tries to cheat."""

import io
import json
import re
import time
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from pico.item.pictures import unpack
from pico.limits import INBOX_STREAMS, PICTURE_BYTES, PICTURE_PIXELS, SESSION_DAYS, SIGN_IN_ATTEMPTS
from pico.web.sessions import Sessions
from pico.web.site import SITE
from tests.web.conftest import BASE, PASSPHRASE, SCAN_NOTIFY, ListeningEngine, Person

NASTY = '<script>alert("x")</script>'


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 600), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


# Signing in


async def test_the_one_time_link_opens_a_cloud_once(engine: ListeningEngine, stranger: Person) -> None:
    link = f"/welcome/{await engine.accounts.open_invite()}"
    differ = await stranger.send(link, name="ada", passphrase=PASSPHRASE, again="battery staple")
    assert differ.status == 400
    assert "passphrases differ" in await differ.text()
    short = await stranger.send(link, name="ada", passphrase="short", again="short")
    assert (short.status, "A passphrase has at least" in await short.text()) == (400, True)
    welcome = await stranger.send(link, name="ada", passphrase=PASSPHRASE, again=PASSPHRASE)
    assert (welcome.status, welcome.headers["Location"]) == (303, "/items")
    assert "used before" in await stranger.see(link, 404)


async def test_signing_in_leads_where_one_wanted_to_go(owner: Person, stranger: Person) -> None:
    sent_away = await stranger.get("/items/new")
    assert sent_away.headers["Location"] == "/signin?next=%2Fitems%2Fnew"
    wrong = await stranger.send("/signin", name="ada", passphrase="guess")
    assert (wrong.status, "do not match" in await wrong.text()) == (403, True)
    unknown = await stranger.send("/signin", name="bob", passphrase="guess")
    assert "do not match" in await unknown.text()
    right = await stranger.send("/signin", name="ada", passphrase=PASSPHRASE, next="/items/new")
    assert right.headers["Location"] == "/items/new"
    assert "New item" in await stranger.see("/items/new")


@pytest.mark.parametrize("elsewhere", [
    "https://example.com/", "//example.com/", "/\\example.com", "javascript:x", "/\n/x", "//[", "",
])
async def test_nobody_is_led_to_another_site_by_signing_in(owner: Person, stranger: Person, elsewhere: str) -> None:
    answer = await stranger.send("/signin", name="ada", passphrase=PASSPHRASE, next=elsewhere)
    assert answer.headers["Location"] == "/items"


async def test_guessing_passphrases_is_stopped(owner: Person, stranger: Person) -> None:
    for _ in range(SIGN_IN_ATTEMPTS.value):
        await stranger.send("/signin", name="ada", passphrase="guess")
    stopped = await stranger.send("/signin", name="ada", passphrase=PASSPHRASE)
    assert (stopped.status, stopped.headers["Retry-After"]) == (429, "600")
    assert "Wait ten minutes" in await stopped.text()


async def test_the_session_cookie_is_locked_and_says_nothing(
    engine: ListeningEngine, stranger: Person, app: Any
) -> None:
    link = f"/welcome/{await engine.accounts.open_invite()}"
    answer = await stranger.send(link, name="ada", passphrase=PASSPHRASE, again=PASSPHRASE)
    cookie = answer.cookies["pico_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Lax", "/", "")
    assert (await engine.accounts.sign_in("ada", PASSPHRASE)).pico_id not in cookie.value
    assert app[SITE].sessions.read(cookie.value) is not None
    for forged in (cookie.value[:-6] + "AAAAAA", "x", "A" * 200, "ü", ""):
        assert app[SITE].sessions.read(forged) is None


async def test_over_https_the_session_cookie_never_leaves_it(engine: ListeningEngine, owner: Person) -> None:
    response = web.Response()
    account = await engine.accounts.sign_in("ada", PASSPHRASE)
    Sessions(engine.accounts, "https://things.example.com").begin(response, account)
    assert response.cookies["pico_session"]["secure"] is True


async def test_signing_out_ends_the_session(owner: Person) -> None:
    assert (await owner.get("/items")).status == 200
    await owner.send("/signout")
    assert (await owner.get("/items")).status == 303


async def test_a_session_ends_after_its_days_or_when_it_is_withdrawn(
    engine: ListeningEngine, owner: Person, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, started = app[SITE].sessions, time.time()
    sessions._clock = lambda: started + SESSION_DAYS.value * 86_400 - 60
    assert (await owner.get("/items")).status == 200
    sessions._clock = lambda: started + SESSION_DAYS.value * 86_400 + 60
    assert (await owner.get("/items")).status == 303
    sessions._clock = time.time
    account = await engine.accounts.sign_in("ada", PASSPHRASE)

    async def signed_out_everywhere(pico_id: str) -> Any:
        return replace(account, epoch=account.epoch + 1)

    monkeypatch.setattr(engine.accounts, "find", signed_out_everywhere)
    assert (await owner.get("/items")).status == 303


# Forms that are not ours


async def test_a_form_without_our_token_does_nothing(
    owner: Person, stranger: Person, engine: ListeningEngine
) -> None:
    their_own = await stranger.token("/signin")
    for token in ("", "guess", their_own):
        assert (await owner.send("/items/new", name="Forged", token=token)).status == 403
    assert engine.accepted == []


@pytest.mark.parametrize("headers", [
    {"Origin": "https://example.com"}, {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
])
async def test_a_form_from_another_site_does_nothing(
    owner: Person, engine: ListeningEngine, headers: dict[str, str]
) -> None:
    data = {"name": "Forged", "token": await owner.token("/items/new")}
    answer = await owner.client.post("/items/new", data=data, headers=headers, allow_redirects=False)
    assert (answer.status, "another site" in await answer.text()) == (403, True)
    assert engine.accepted == []


async def test_looking_never_changes_anything(owner: Person, boots: str, engine: ListeningEngine) -> None:
    engine.accepted.clear()
    for path in ("/", "/items", "/items/new", boots, f"{boots}/rules/new", "/inbox", "/signout"):
        await owner.see(path)
    assert engine.accepted == []
    assert (await owner.get(f"{boots}/journal")).status == 405


# Every page


async def test_every_page_is_shielded(owner: Person, stranger: Person, boots: str, tag: str) -> None:
    open_to_all = [(stranger, path) for path in ("/", "/signin", tag, "/nowhere")]
    for person, path in [*open_to_all, (owner, boots), (owner, "/inbox")]:
        answer = await person.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        text = await answer.text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), path
        assert not re.search(r'(?:src|href)="https?://(?!127\.0\.0\.1:3000/t/)', text), path


async def test_style_and_scripts_may_be_kept_for_ever(stranger: Person) -> None:
    for url in re.findall(r'"(/static/[^"]+)"', await stranger.see("/")):
        answer = await stranger.get(url)
        assert (answer.status, "immutable" in answer.headers["Cache-Control"]) == (200, True)
    assert (await stranger.get("/static/nothing.css")).status == 404
    assert (await stranger.get("/static/%2e%2e/app.py")).status == 404


async def test_names_that_look_like_markup_stay_names(owner: Person, stranger: Person) -> None:
    made = await owner.send("/items/new", name=NASTY, description=f'" onload="x{NASTY}')
    assert made.status == 303, await made.text()
    page = made.headers["Location"].partition("?")[0]
    text = await owner.see(page)
    path = re.search(rf"{BASE}(/t/\w+)", text)
    assert path
    for seen in (text, await owner.see("/items"), await stranger.see(path[1]), await owner.see(f"{page}/rules/new")):
        assert "<script>alert" not in seen
        assert "&lt;script&gt;alert" in seen
    tag_id = path[1].removeprefix("/t/")
    label = await owner.see(f"{page}/tags/{tag_id}/label.svg")
    assert "<script>" not in label
    refused = await owner.send(f"{page}/rules/new", source=f"nmae</textarea>{NASTY}")
    assert "<script>alert" not in await refused.text()


# Items


async def test_an_item_is_made_and_seen(owner: Person, boots: str) -> None:
    assert "Winter boots" in await owner.see("/items")
    text = await owner.see(f"{boots}?done=created")
    assert "Size 43" in text
    assert "Your item is here" in text
    assert "Give the item a name" in await (await owner.send("/items/new", name=" ")).text()
    refused = await owner.send("/items/new", name="x" * 300, description="kept")
    assert (refused.status, "at most 120 characters" in await refused.text()) == (400, True)
    assert "kept" in await refused.text()


async def test_an_item_of_somebody_else_does_not_exist(
    owner: Person, ada: str, boots: str, tag: str, engine: ListeningEngine, stranger: Person
) -> None:
    link = f"/welcome/{await engine.accounts.invite()}"
    await stranger.send(link, name="bob", passphrase="battery staple gun", again="battery staple gun")
    eci = tag.removeprefix("/t/")
    token = await stranger.token("/items/new")
    for path in (boots, f"{boots}/rules/new", f"{boots}/picture", f"{boots}/tags/{eci}.svg", "/items/unknown"):
        assert "There is no such item." in await stranger.see(path, 404)
    for path in (boots, f"{boots}/journal", f"{boots}/tags", f"{boots}/tags/{eci}/revoke", f"{boots}/rules/new"):
        assert (await stranger.send("/items/new", path, token=token, text="x", source="x")).status == 404
    bob = (await engine.accounts.sign_in("bob", "battery staple gun")).pico_id
    for pico in (ada, bob, "root"):
        assert (await stranger.get(f"/items/{pico}")).status == 404


async def test_facts_are_changed_and_hidden(owner: Person, stranger: Person, boots: str, tag: str) -> None:
    changed = await owner.send(boots, name="Hiking boots", description="Size 44", **{"public-name": "on"})
    assert changed.headers["Location"] == f"{boots}?done=saved"
    seen = await stranger.see(tag)
    assert "Hiking boots" in seen
    assert "Size 44" not in seen
    await owner.send(boots, name="Hiking boots", description="Size 44")
    hidden = await stranger.see(tag)
    assert "Hiking boots" not in hidden
    assert "not made anything public" in hidden


async def test_a_picture_is_cleaned_shown_and_hidden(
    owner: Person, stranger: Person, boots: str, tag: str, engine: ListeningEngine
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    upload = picture("JPEG", exif=exif)
    assert b"SecretCamera" in upload
    public = {"public-name": "on", "public-picture": "on"}
    answer = await owner.send(boots, name="Boots", picture=io.BytesIO(upload), **public)
    assert answer.status == 303, await answer.text()
    shown = await stranger.get(f"{tag}/picture")
    body = await shown.read()
    assert shown.content_type == "image/webp"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(body)) as image:
        assert image.size == (800, 400)
    assert b"SecretCamera" not in body
    again = await stranger.get(f"{tag}/picture", headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status == 304
    await owner.send(boots, name="Boots")
    assert (await stranger.get(f"{tag}/picture")).content_type == "image/svg+xml"
    assert (await owner.get(f"{boots}/picture")).content_type == "image/webp"


@pytest.mark.parametrize(("upload", "status"), [
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 400),
    (picture()[:200], 400),
    (picture("BMP", (10, 10)), 400),
    (b"\0" * (PICTURE_BYTES.value + 1), 413),
    (b"\0" * (2 * PICTURE_BYTES.value), 413),
])
async def test_what_is_no_picture_is_refused(owner: Person, upload: bytes, status: int) -> None:
    answer = await owner.send("/items/new", name="Boots", picture=io.BytesIO(upload))
    assert answer.status == status


async def test_a_small_file_that_unpacks_to_a_giant_is_refused(owner: Person) -> None:
    side = int(PICTURE_PIXELS.value ** 0.5) + 1
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert len(out.getvalue()) < PICTURE_BYTES.value
    assert (await owner.send("/items/new", name="Boots", picture=io.BytesIO(out.getvalue()))).status == 413


def test_a_stored_value_that_is_no_picture_is_never_served() -> None:
    assert unpack("data:text/html;base64,PGI+") is None
    assert unpack("data:image/svg+xml;base64,PGI+") is None
    assert unpack("https://example.com/x.png") is None
    assert unpack(None) is None


async def test_the_journal_is_written_on_the_page(owner: Person, boots: str) -> None:
    assert (await owner.send(boots, f"{boots}/journal", text="Waxed them")).status == 303
    assert "Waxed them" in await owner.see(boots)
    assert (await owner.send(boots, f"{boots}/journal", text="  ")).status == 400


# Tags


async def test_a_stranger_sees_what_is_public_and_nothing_of_the_owner(
    stranger: Person, ada: str, boots: str, tag: str
) -> None:
    seen = await stranger.see(tag)
    assert "Winter boots" in seen
    for secret in ("ada", ada, boots, boots.removeprefix("/items/")):
        assert secret not in seen
    assert not (await stranger.get(tag)).cookies


async def test_a_scan_is_told_to_the_item_before_the_page_is_answered(
    owner: Person, stranger: Person, boots: str, tag: str, engine: ListeningEngine
) -> None:
    item, eci = boots.removeprefix("/items/"), tag.removeprefix("/t/")
    engine.accepted.clear()
    await stranger.see(tag)
    assert engine.accepted == [(item, "tag", "scanned", {"by": "stranger", "tag": eci})]
    assert f'href="{boots}"' in await owner.see(tag)
    assert engine.accepted[1][3]["by"] == "owner"
    await stranger.client.head(tag)
    ahead = await stranger.get(tag, headers={"Sec-Purpose": "prefetch;prerender"})
    await stranger.get(f"{tag}/picture")
    assert (ahead.status, len(engine.accepted)) == (503, 2)


async def test_a_label_in_capitals_leads_to_the_same_page(stranger: Person, tag: str, engine: ListeningEngine) -> None:
    assert "Winter boots" in await stranger.see(tag.upper())
    assert engine.accepted[-1][3]["tag"] == tag.removeprefix("/t/")


async def test_unknown_revoked_and_other_addresses_look_the_same(
    owner: Person, stranger: Person, boots: str, tag: str, engine: ListeningEngine, bearer: dict[str, str]
) -> None:
    item = boots.removeprefix("/items/")
    other = await stranger.client.post(f"/api{boots}/channels", json={"tags": ["app"]}, headers=bearer)
    channel = (await other.json())["id"]
    eci = tag.removeprefix("/t/")
    revoked = await owner.send(boots, f"{boots}/tags/{eci}/revoke")
    assert revoked.headers["Location"] == f"{boots}?done=tag-revoked"
    engine.accepted.clear()
    answers = [await stranger.get(f"/t/{path}") for path in ("a" * 26, eci, item, channel, "x%2F..", "<b>")]
    bodies = {await answer.text() for answer in answers}
    headers = {tuple(sorted((k, v) for k, v in answer.headers.items() if k != "Date")) for answer in answers}
    assert {answer.status for answer in answers} == {404}
    assert (len(bodies), len(headers)) == (1, 1)
    assert engine.accepted == []


async def test_a_new_tag_is_printed_as_svg_png_and_label(owner: Person, boots: str) -> None:
    await owner.send(boots, f"{boots}/tags", label="On the sole")
    page = await owner.see(boots)
    assert "On the sole" in page
    paths = set(re.findall(rf"{boots}/tags/\w+(?:\.svg|\.png|/label\.svg)", page))
    assert len(paths) == 6
    for path in paths:
        answer = await owner.get(path)
        assert answer.status == 200
        assert answer.content_type == ("image/png" if path.endswith(".png") else "image/svg+xml")


# Rulesets


async def test_a_ruleset_is_installed_by_pasting_or_from_a_file(owner: Person, boots: str) -> None:
    pasted = await owner.send(f"{boots}/rules/new", source=SCAN_NOTIFY, config="colour = blue")
    assert pasted.status == 303, await pasted.text()
    assert pasted.headers["Location"] == f"{boots}?done=installed"
    assert "pico.library.scan-notify" in await owner.see(boots)
    removed = await owner.send(boots, f"{boots}/rules/pico.library.scan-notify/remove")
    assert removed.headers["Location"] == f"{boots}?done=removed"
    assert "pico.library.scan-notify" not in await owner.see(boots)
    await owner.send(f"{boots}/rules/new", file=io.BytesIO(f"\ufeff{SCAN_NOTIFY}".encode()))
    assert "pico.library.scan-notify" in await owner.see(boots)
    assert (await owner.send(boots, f"{boots}/rules/pico.item/remove")).status == 400


async def test_a_ruleset_with_an_error_is_refused_with_line_caret_and_hint(owner: Person, boots: str) -> None:
    source = SCAN_NOTIFY.replace('"by": by, "text": text', '"by": bye, "text": text')
    line = next(n for n, text in enumerate(source.splitlines(), 1) if "bye" in text)
    answer = await owner.send(f"{boots}/rules/new", source=source, config="colour = blue")
    text = unescape(await answer.text())
    assert answer.status == 422, text
    carets = "^^^ did you mean `by`?"
    for part in ("error[unknown-name]", "`bye`", f":{line}:", f"{line} | ", carets, source, "colour = blue"):
        assert part in text, part
    assert "pico.library.scan-notify" not in (await owner.see(boots))


async def test_a_shipped_ruleset_is_a_start(owner: Person, boots: str) -> None:
    assert "If scanned, tell me" in await owner.see(f"{boots}/rules/new")
    assert "select when tag scanned" in await owner.see(f"{boots}/rules/new?start=pico.library.scan-notify")
    assert "select when" not in await owner.see(f"{boots}/rules/new?start=../item/pico.item")


@pytest.mark.parametrize(("fields", "says"), [
    ({"source": " "}, "Paste a ruleset or choose a file."),
    ({"source": "ruleset x {}", "config": "webhook"}, "Line 1 of the configuration"),
    ({"source": "ruleset x {}", "config": '{"a":'}, "is not JSON"),
    ({"source": "x", "file": io.BytesIO(b"\xff\xfe")}, "not text in UTF-8"),
])
async def test_a_ruleset_form_that_is_not_right_says_why(
    owner: Person, boots: str, fields: dict[str, Any], says: str
) -> None:
    answer = await owner.send(f"{boots}/rules/new", **fields)
    assert (answer.status, says in await answer.text()) == (400, True)


# The inbox


async def test_notices_are_listed_and_streamed_and_none_is_missed(
    owner: Person, stranger: Person, boots: str, tag: str
) -> None:
    await owner.send(f"{boots}/rules/new", source=SCAN_NOTIFY)
    assert "Nothing has arrived yet" in await owner.see("/inbox")
    await stranger.see(tag)
    assert f'href="{boots}"' in await owner.see_soon("/inbox", "Somebody scanned the tag")
    stream = await owner.get("/inbox/stream?since=0")
    assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert await stream.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
    first = await stream.content.readuntil(b"\n\n")
    assert first.startswith(b"id: 1\nevent: notice\ndata: {")
    assert json.loads(first.split(b"data: ")[1])["item"] == boots.removeprefix("/items/")
    await stranger.see(tag)
    assert (await stream.content.readuntil(b"\n\n")).startswith(b"id: 2\n")
    stream.close()
    await stranger.see(tag)
    resumed = await owner.get("/inbox/stream?since=0", headers={"Last-Event-ID": "2"})
    await resumed.content.readuntil(b"\n\n")
    assert (await resumed.content.readuntil(b"\n\n")).startswith(b"id: 3\n")
    resumed.close()
    assert "Somebody scanned the tag" in await owner.see(boots), "the rule wrote it into the journal"


async def test_an_inbox_stream_is_for_its_owner_and_ends_with_the_engine(
    stranger: Person, owner: Person, app: Any
) -> None:
    assert (await stranger.get("/inbox/stream")).status == 303
    stream = await owner.get("/inbox/stream")
    await stream.content.readuntil(b"\n\n")
    await app.shutdown()
    assert await stream.content.read() == b""


async def test_an_owner_may_watch_from_many_screens_but_not_from_all(owner: Person) -> None:
    streams = [await owner.get("/inbox/stream") for _ in range(INBOX_STREAMS.value)]
    one_more = await owner.get("/inbox/stream")
    assert (one_more.status, one_more.headers["Retry-After"]) == (429, "60")
    for stream in streams:
        assert stream.status == 200
        stream.close()


# Errors


async def test_an_unforeseen_error_says_nothing_of_the_inside(
    owner: Person, engine: ListeningEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret path /srv")

    monkeypatch.setattr(engine, "query", fail)
    text = await owner.see("/items", 500)
    assert "Something broke" in text
    assert "secret" not in text
    assert "secret path /srv" in caplog.text
