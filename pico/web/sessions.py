"""Who is looking: session cookies and the tokens that guard forms.

A session is what the cookie says, encrypted and authenticated with the engine's own key
(XSalsa20-Poly1305): the account's pico, its epoch (signing out everywhere raises it) and when it
began. Nothing is kept on the server. Each session, and each visitor who is not signed in, has a
random secret; a form carries its keyed hash (BLAKE2b), which another site cannot know.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from pico.limits import SESSION_DAYS

if TYPE_CHECKING:
    from pico.engine.accounts import Account, Accounts

SESSION_COOKIE = "pico_session"
VISITOR_COOKIE = "pico_visitor"
SESSION_SECONDS = SESSION_DAYS.value * 86_400
SAME = frozenset({"same-origin", "none"})  # Sec-Fetch-Site: our own page, or the person's own doing


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in. `issued_at` is in seconds since 1970; `secret` binds its forms to it."""

    pico_id: str
    epoch: int
    issued_at: int
    secret: str


class Sessions:
    """Issues and reads cookies and form tokens of one engine."""

    def __init__(self, accounts: "Accounts", base_url: str, clock: Callable[[], float] = time.time) -> None:
        self._accounts = accounts
        self._base_url = base_url
        self._clock = clock
        self._box = SecretBox(accounts.session_key)
        self._form_key = hashlib.blake2b(b"forms", key=accounts.session_key).digest()

    def begin(self, response: web.StreamResponse, account: "Account") -> None:
        """Sign `account` in on the answer's browser."""
        session = Session(account.pico_id, account.epoch, int(self._clock()), secrets.token_urlsafe(16))
        told = [session.pico_id, session.epoch, session.issued_at, session.secret]
        sealed = base64.urlsafe_b64encode(self._box.encrypt(orjson.dumps(told))).decode("ascii")
        self._set(response, SESSION_COOKIE, sealed, SESSION_SECONDS)
        response.del_cookie(VISITOR_COOKIE, path="/")

    def end(self, response: web.StreamResponse) -> None:
        """Sign the answer's browser out."""
        response.del_cookie(SESSION_COOKIE, path="/")

    async def find(self, request: web.Request) -> "tuple[Session, Account] | None":
        """The session of a request and its account; None where it is absent, forged, expired or withdrawn."""
        session = self.read(request.cookies.get(SESSION_COOKIE, ""))
        if session is None:
            return None
        account = await self._accounts.find(session.pico_id)
        if account is None or account.epoch != session.epoch:
            return None
        return session, account

    def read(self, cookie: str) -> Session | None:
        """The session in a cookie's text, None unless this engine wrote it and it has not expired."""
        if not cookie:
            return None
        try:
            pico_id, epoch, issued_at, secret = orjson.loads(self._box.decrypt(base64.urlsafe_b64decode(cookie)))
        except (CryptoError, binascii.Error, ValueError):
            return None
        if not 0 <= self._clock() - issued_at < SESSION_SECONDS:
            return None
        return Session(pico_id, epoch, issued_at, secret)

    def remember_visitor(self, response: web.StreamResponse, secret: str) -> None:
        """Give a browser that is not signed in the secret behind its forms."""
        self._set(response, VISITOR_COOKIE, secret, None)

    def form_token(self, secret: str) -> str:
        """What a form of this session or visitor must carry."""
        return hashlib.blake2b(secret.encode("utf-8", "replace"), key=self._form_key, digest_size=24).hexdigest()

    def guards(self, secret: str | None, token: object) -> bool:
        """Whether `token` is the form token of `secret`."""
        if not secret or not isinstance(token, str):
            return False
        return hmac.compare_digest(self.form_token(secret).encode(), token.encode("utf-8", "replace"))

    def came_from_us(self, request: web.Request) -> bool:
        """Whether a browser says that one of our own pages made this request, as far as it says anything."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site not in SAME:
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        ours = {request.host.lower(), urlsplit(self._base_url).netloc.lower()} - {""}
        return urlsplit(origin).netloc.lower() in ours

    def _set(self, response: web.StreamResponse, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/", httponly=True, samesite="Lax",
            secure=self._base_url.startswith("https:"),
        )
