"""A person with a browser that runs no JavaScript: follows links, fills in forms, keeps cookies.

It knows pages only as a browser does: forms with their fields and hidden tokens, links by their
text. So a page that breaks for people breaks here.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin

import aiohttp
from multidict import CIMultiDictProxy

VOID = frozenset({"img", "input", "br", "meta", "link", "hr"})
File = tuple[str, bytes]  # its name, and what is in it


@dataclass
class Form:
    """A form as it stands on the page. `buttons` are the texts on what sends it."""

    action: str
    method: str
    multipart: bool
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """What came back for one request, with its text as people read it."""

    def __init__(self, url: str, status: int, headers: "CIMultiDictProxy[str]", body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.url, self.status, self.headers, self.body = url, status, headers, body
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.images: list[str] = []
        self._words: list[str] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        if headers.get("Content-Type", "").startswith("text/html"):
            self.feed(body.decode("utf-8"))
            self.close()

    @property
    def text(self) -> str:
        """The words on the page, with single spaces between them."""
        return " ".join("".join(self._words).split())

    def link(self, name: str) -> str:
        """Where the first link of that name leads."""
        found = [target for text, target in self.links if text == name]
        assert found, f"{self.url} has no link {name!r}, only {self.links}"
        return urljoin(self.url, found[0])

    def form(self, button: str) -> Form:
        """The form that a button sends."""
        found = [form for form in self.forms if button in form.buttons]
        assert found, f"{self.url} has no button {button!r}: {self.text}"
        return found[0]

    # What HTMLParser calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            multipart = given.get("enctype") == "multipart/form-data"
            method = given.get("method", "get").upper()
            self.forms.append(Form(urljoin(self.url, given.get("action", "")), method, multipart))
        elif tag == "input" and self._in_form() and "name" in given:
            self._input(given)
        elif tag == "img":
            self.images.append(urljoin(self.url, given.get("src", "")))
        if tag not in VOID:
            self._open.append((tag, given, []))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, given, said = self._open.pop()
            text = "".join(said)
            if name == "a" and "href" in given:
                self.links.append((" ".join(text.split()), given["href"]))
            elif name == "button" and given.get("type", "submit") == "submit" and self._in_form():
                self.forms[-1].buttons.append(" ".join(text.split()))
            elif name == "textarea" and self._in_form():
                self.forms[-1].fields[given["name"]] = text.removeprefix("\n")
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        for _, _, said in self._open:
            said.append(data)
        if not {"head", "script", "style", "textarea"} & {name for name, _, _ in self._open}:
            self._words.append(data)

    def _in_form(self) -> bool:
        return any(name == "form" for name, _, _ in self._open)

    def _input(self, given: dict[str, str]) -> None:
        form, kind = self.forms[-1], given.get("type", "text")
        if kind == "file":
            form.files.append(given["name"])
            return
        if kind == "checkbox":
            form.boxes.append(given["name"])
        if kind not in ("checkbox", "radio") or "checked" in given:
            form.fields[given["name"]] = given.get("value", "on" if kind == "checkbox" else "")


class Person:
    """Somebody at a browser of their own; `page` is what they see."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session, self.base = session, base
        self.page: Page

    async def see(self, where: str, status: int = 200) -> Page:
        """Open an address."""
        return await self._ask("GET", where, status, {"Sec-Fetch-Site": "none"})

    async def follow(self, link: str) -> Page:
        """Go where a link on the page leads."""
        return await self.see(self.page.link(link))

    async def get(self, where: str) -> Page:
        """Fetch an image or a download of the page, and go on seeing the page."""
        seen = self.page
        try:
            return await self.see(where)
        finally:
            self.page = seen

    async def send(self, button: str, status: int = 200, **filled: str | File) -> Page:
        """Fill in fields by their names (a box is ticked with "on"), and press a button of the page."""
        form = self.page.form(button)
        known = {*form.fields, *form.files, *form.boxes}
        assert set(filled) <= known, f"the form of {button!r} has only {known}, not {set(filled) - known}"
        data = aiohttp.FormData(default_to_multipart=form.multipart)
        for name, value in {**form.fields, **{n: v for n, v in filled.items() if isinstance(v, str)}}.items():
            data.add_field(name, value.replace("\n", "\r\n"))  # as browsers send texts
        for name in form.files:
            chosen = filled.get(name, ("", b""))
            assert isinstance(chosen, tuple)
            data.add_field(name, chosen[1], filename=chosen[0], content_type="application/octet-stream")
        origin = {"Sec-Fetch-Site": "same-origin", "Origin": self.base}
        return await self._ask(form.method, form.action, status, origin, data)

    @asynccontextmanager
    async def listen(self, where: str) -> AsyncIterator["Notices"]:
        """An open stream of server-sent events."""
        async with self.session.get(urljoin(self.base, where)) as response:
            assert response.status == 200
            assert response.headers["Content-Type"].startswith("text/event-stream")
            yield Notices(response)

    async def _ask(self, method: str, where: str, status: int, headers: dict[str, str], data: Any = None) -> Page:
        address = urldefrag(urljoin(self.base, where)).url
        async with self.session.request(method, address, headers=headers, data=data) as response:
            self.page = Page(str(response.url), response.status, response.headers, await response.read())
        assert self.page.status == status, f"{method} {address}: {self.page.status}, {self.page.text}"
        return self.page


class Notices:
    """Server-sent events, one after the other."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._lines = response.content

    async def next(self) -> dict[str, str]:
        """The fields of the next event that carries data."""
        event: dict[str, str] = {}
        while True:
            line = (await self._lines.readline()).decode("utf-8")
            assert line, "the stream ended"
            if line.strip():
                name, _, value = line.rstrip("\n").partition(":")
                event[name] = value.removeprefix(" ")
            elif "data" in event:
                return event
            else:
                event = {}


@asynccontextmanager
async def at_a_browser(base: str) -> AsyncIterator[Person]:
    """Somebody with an empty cookie jar."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar()) as session:
        yield Person(session, base)


def one(pattern: str, text: str) -> str:
    """The one match of a pattern's group in a text."""
    found = set(re.findall(pattern, text))
    assert len(found) == 1, f"{len(found)} matches of {pattern} in {text}"
    return str(found.pop())
