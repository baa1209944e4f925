"""One visit of one page: who comes, what the form says, and the page that goes back.

`page(...)` wraps a page's function. Before a function that changes something runs, the visit has shown
that it comes from one of our own forms: the browser's word on where it came from, and a token that only
our page could know.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from pico.errors import Denied, PicoError
from pico.web.problems import describe, status_of
from pico.web.sessions import VISITOR_COOKIE, Session
from pico.web.site import SITE, Site

if TYPE_CHECKING:
    from pico.engine.accounts import Account
    from pico.web.cloud import Cloud

DONE = {
    "created": "Your item is here. Print its tag and stick it on.",
    "saved": "Saved.",
    "tag-made": "A new tag is ready to print.",
    "tag-revoked": "The tag is revoked. Its address leads nowhere now.",
    "written": "Written into the journal.",
    "installed": "The ruleset is installed and working.",
    "removed": "The ruleset is removed.",
}

Page = Callable[["Visit"], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Visit:
    """A request for a page, with what the pages need to know about it."""

    request: web.Request
    site: Site
    session: Session | None = None
    found: "Account | None" = None
    form: dict[str, str] = field(default_factory=dict)
    files: dict[str, web.FileField] = field(default_factory=dict)
    minted: str | None = None

    @property
    def cloud(self) -> "Cloud":
        """The picos behind the pages."""
        return self.site.cloud

    @property
    def account(self) -> "Account":
        """The account that is signed in; `page` lets nobody else in."""
        if self.found is None:
            raise Denied("not-signed-in", "Sign in first.")
        return self.found

    def part(self, name: str) -> str:
        """A variable part of the path."""
        return self.request.match_info[name]

    def token(self) -> str:
        """The token for this page's forms. A first visitor is given the secret behind it with the answer."""
        secret = self._secret()
        if secret is None:
            secret = self.minted = secrets.token_urlsafe(16)
        return self.site.sessions.form_token(secret)

    def show(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """Render a page."""
        done = DONE.get(self.request.query.get("done", ""))
        body = self.site.templates.render(
            template, token=self.token, signed_in=self.found is not None, done=done,
            here=self.request.path, **values
        )
        response = self.site.templates.answer(body, status)
        if self.minted is not None:
            self.site.sessions.remember_visitor(response, self.minted)
        return response

    def go(self, path: str, done: str | None = None) -> web.Response:
        """Send the browser on, after a form; the next page may say what was `done`."""
        target = f"{path}?done={done}" if done else path
        return web.Response(status=303, headers={"Location": target, "Cache-Control": "no-store"})

    async def read_form(self) -> None:
        """Read the form and check that it is ours. Raises `Denied("bad-form-token")`."""
        sessions = self.site.sessions
        if not sessions.came_from_us(self.request):
            raise Denied("bad-form-token", "This form was sent from another site, so nothing was done.")
        for name, value in (await self.request.post()).items():
            if isinstance(value, web.FileField):
                self.files[name] = value
            elif isinstance(value, str):
                self.form[name] = value.replace("\r\n", "\n")  # forms send every line break as CRLF
        if not sessions.guards(self._secret(), self.form.get("token")):
            raise Denied(
                "bad-form-token", "This form is no longer valid, so nothing was done. Reload its page and try again."
            )

    def _secret(self) -> str | None:
        if self.session is not None:
            return self.session.secret
        return self.minted or self.request.cookies.get(VISITOR_COOKIE) or None


def page(show: Page, *, public: bool = False) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A page's function as a route. One that is not `public` sends strangers to the sign-in page first."""

    async def answer(request: web.Request) -> web.StreamResponse:
        site = request.app[SITE]
        visit = Visit(request, site)
        found = await site.sessions.find(request)
        if found is not None:
            visit.session, visit.found = found
        elif not public:
            return visit.go("/signin?next=" + quote(_local_path(request), safe=""))
        if request.method == "POST":
            await visit.read_form()
        return await show(visit)

    return answer


def next_path(visit: Visit) -> str:
    """Where to go after signing in: a page of ours that was asked for, else the items."""
    wanted = visit.form.get("next") or visit.request.query.get("next") or ""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/items"
    ours = wanted.startswith("/") and not wanted.startswith("//") and not (parts.scheme or parts.netloc)
    return wanted if ours and "\\" not in wanted and wanted.isprintable() else "/items"


def complain(visit: Visit, template: str, error: PicoError, **values: Any) -> web.Response:
    """The form again, with what was typed and what is wrong."""
    return visit.show(template, status_of(error), problem=describe(error)["detail"], **values)


def _local_path(request: web.Request) -> str:
    return request.path_qs if request.method == "GET" else "/items"
