"""The front page, the one-time link, signing in and out."""

from aiohttp import web

from pico.errors import Denied, Invalid, LimitExceeded, NotFound
from pico.web.problems import RETRY_SECONDS, status_of
from pico.web.visits import Visit, complain, next_path, page


def add_account_routes(app: web.Application) -> None:
    """Put the account pages into the application."""
    app.router.add_get("/", page(show_front, public=True))
    app.router.add_get("/welcome/{code}", page(show_welcome, public=True))
    app.router.add_post("/welcome/{code}", page(accept_welcome, public=True))
    app.router.add_get("/signin", page(show_sign_in, public=True))
    app.router.add_post("/signin", page(accept_sign_in, public=True))
    app.router.add_get("/signout", page(show_sign_out, public=True))
    app.router.add_post("/signout", page(accept_sign_out, public=True))


async def show_front(visit: Visit) -> web.StreamResponse:
    """What this is, and the way in."""
    return visit.show("front.html")


async def show_welcome(visit: Visit) -> web.StreamResponse:
    """The form behind a one-time link."""
    if not await visit.site.engine.accounts.is_invited(visit.part("code")):
        raise NotFound("unknown-invite", "This link was used before, or it is too old. Ask for a new one.")
    return visit.show("welcome.html", name="", problem=None)


async def accept_welcome(visit: Visit) -> web.StreamResponse:
    """A new account: name and passphrase are chosen, and its owner is signed in."""
    name = visit.form.get("name", "").strip()
    passphrase = visit.form.get("passphrase", "")
    try:
        if passphrase != visit.form.get("again", ""):
            raise Invalid("bad-passphrase", "The two passphrases differ. Type them once more.")
        account = await visit.site.engine.accounts.claim(visit.part("code"), name, passphrase)
    except Invalid as problem:
        return complain(visit, "welcome.html", problem, name=name)
    response = visit.go("/items")
    visit.site.sessions.begin(response, account)
    return response


async def show_sign_in(visit: Visit) -> web.StreamResponse:
    """The sign-in form."""
    if visit.found is not None:
        return visit.go(next_path(visit))
    return visit.show("signin.html", name="", next=next_path(visit), problem=None)


async def accept_sign_in(visit: Visit) -> web.StreamResponse:
    """Check name and passphrase."""
    name = visit.form.get("name", "").strip()
    try:
        account = await visit.site.engine.accounts.sign_in(name, visit.form.get("passphrase", ""))
    except (Denied, NotFound):
        wrong = Denied("wrong-passphrase", "Name and passphrase do not match. Try again.")
        return complain(visit, "signin.html", wrong, name=name, next=next_path(visit))
    except LimitExceeded as limit:
        waiting = "Too many attempts for this account. Wait ten minutes, then try again."
        response = visit.show("signin.html", status_of(limit), name=name, next=next_path(visit), problem=waiting)
        response.headers["Retry-After"] = str(RETRY_SECONDS["sign-in-attempts"])
        return response
    response = visit.go(next_path(visit))
    visit.site.sessions.begin(response, account)
    return response


async def show_sign_out(visit: Visit) -> web.StreamResponse:
    """Ask before signing out: a link on another page must not do it."""
    return visit.show("signout.html")


async def accept_sign_out(visit: Visit) -> web.StreamResponse:
    """Forget the session."""
    response = visit.go("/")
    visit.site.sessions.end(response)
    return response
