"""Accounts: who may sign in as the owner of which owner pico.

Accounts are entity variables of the root pico under a RID that no ruleset can have, so none
can read them, and they change with the same commits as everything else: an account
and its owner pico come into being together.

An account begins as an invitation: a one-time link, of which only a hash is kept. Whoever
opens it first chooses the name and the passphrase. Tokens and session cookies are made from a
key in the store; raising an account's `epoch` ends all of its sessions and tokens at once.
"""

import asyncio
import hashlib
import hmac
import secrets
import unicodedata
from collections import defaultdict, deque
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from nacl import pwhash
from nacl.exceptions import InvalidkeyError

from pico.engine.host import now_ms
from pico.errors import Denied, Invalid, LimitExceeded, NotFound
from pico.limits import INVITE_HOURS, SIGN_IN_ATTEMPTS
from pico.model.commit import Birth, Commit, EntityPut, Source
from pico.model.identity import Eci, PicoId, Rid, new_id
from pico.model.message import Json
from pico.model.snapshot import Installed, Snapshot
from pico.runtime.host import Fetched, Host
from pico.runtime.instances import Instances

if TYPE_CHECKING:
    from pico.engine.engine import Engine

RID = Rid("(accounts)")  # no ruleset can be called so, and thus none can be installed that reads them
OWNER_RULESETS = ("pico:item/pico.owner.krl",)
ATTEMPT_WINDOW_SECONDS = 600
PASSPHRASE_CHARS = 10
PASSPHRASE_CHARS_MOST = 1_000
NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. Sessions and tokens carry `epoch` and end when it is raised."""

    name: str
    pico_id: PicoId
    epoch: int


class Accounts:
    """The accounts of one engine."""

    def __init__(self, engine: "Engine", session_key: bytes) -> None:
        self.engine = engine
        self.session_key = session_key
        self._failures: dict[str, deque[float]] = defaultdict(deque)

    @classmethod
    async def open(cls, engine: "Engine") -> "Accounts":
        """The accounts of an engine; the first start makes the key and the first owner's pico."""
        snapshot = await engine.snapshot(engine.root_id)
        key = snapshot.entity(RID, "session_key")
        if key is None:
            key = secrets.token_hex(32)
            await engine.change(engine.root_id, _writing("session_key", None, key))
        accounts = cls(engine, bytes.fromhex(key))
        if not (await accounts._all()):
            await accounts.invite()
        return accounts

    # Invitations

    async def open_invite(self) -> str | None:
        """A fresh code for the first account, while it awaits its passphrase; None once it has one."""
        records = await self._all()
        first = next(iter(records))
        if records[first]["passphrase"] is not None:
            return None
        code = secrets.token_urlsafe(24)
        await self._update(first, lambda record: record | _invitation(code))
        return code

    async def invite(self) -> str:
        """The code of a one-time link for a further account. Its owner pico is born with it."""
        code = secrets.token_urlsafe(24)
        rulesets = [await self.engine.registry.fetch(url) for url in OWNER_RULESETS]

        def work(snapshot: Snapshot, instances: Instances, host: Host, lines: Any) -> tuple[Commit, ...]:
            pico_id = PicoId(new_id())
            record = {"name": None, "passphrase": None, "epoch": 1, "made_at": host.now()} | _invitation(code)
            put = EntityPut(RID, "accounts", pico_id, record)
            birth = Birth(snapshot.pico_id, Eci(new_id()), Eci(new_id()), host.now())
            return (
                Commit(snapshot.pico_id, snapshot.version, entities=(put,)),
                Commit(pico_id, 0, birth=birth, rulesets=_installed(rulesets),
                       sources=tuple(Source(f.hash, f.text) for f in rulesets)),
            )

        await self.engine.change(self.engine.root_id, work)
        return code

    async def is_invited(self, code: str) -> bool:
        """Whether a one-time link still works."""
        return await self._invited(code) is not None

    async def claim(self, code: str, name: str, passphrase: str) -> Account:
        """Use a one-time link: give the account its name and passphrase.

        Raises `NotFound` (`unknown-invite`), `Invalid` (`bad-name`, `name-taken`, `bad-passphrase`).
        """
        called = check_name(name)
        check_passphrase(passphrase)
        if await self._invited(code) is None:
            raise _unknown_invite()
        hashed = await asyncio.to_thread(_hash, passphrase)

        def work(snapshot: Snapshot, instances: Instances, host: Host, lines: Any) -> tuple[Commit, ...]:
            records = snapshot.entity(RID, "accounts") or {}
            pico_id = _match_invite(records, code, host.now())
            if pico_id is None:
                raise _unknown_invite()
            if any(_key(r["name"]) == _key(called) for i, r in records.items() if r["name"] and i != pico_id):
                raise Invalid("name-taken", "That name is taken; choose another.")
            return _record_put(snapshot, pico_id, records[pico_id] | {
                "name": called, "passphrase": hashed, "invite": None,
            })

        await self.engine.change(self.engine.root_id, work)
        account = await self._by_name(called)
        assert account is not None
        return account

    # Signing in

    async def sign_in(self, name: str, passphrase: str) -> Account:
        """Check a name and passphrase. Raises `Denied` (`wrong-passphrase`) and `LimitExceeded`."""
        recent = self._recent_failures(_key(name))
        if len(recent) >= SIGN_IN_ATTEMPTS.value:
            raise LimitExceeded(SIGN_IN_ATTEMPTS)
        recent.append(asyncio.get_running_loop().time())
        account = await self._by_name(name)
        records = await self._all()
        nobody = await asyncio.to_thread(_nobody)
        hashed = records[account.pico_id]["passphrase"].encode() if account else nobody
        right = await asyncio.to_thread(_verify, hashed, passphrase)
        if account is None or not right:
            raise Denied("wrong-passphrase", "The name or the passphrase is wrong.")
        recent.clear()
        return account

    async def sign_out_everywhere(self, pico_id: PicoId) -> None:
        """End all sessions and tokens of an account."""
        await self._update(pico_id, lambda record: record | {"epoch": record["epoch"] + 1})

    async def find(self, pico_id: str) -> Account | None:
        """The account of an owner pico, None where there is none."""
        record = (await self._all()).get(pico_id)
        return None if record is None else _account(pico_id, record)

    async def is_first(self, account: Account) -> bool:
        """Whether this is the account that came with the engine, its operator's."""
        return next(iter(await self._all())) == account.pico_id

    # Tokens

    async def home_token(self) -> str:
        """The bearer token of the first account, for the command line on the engine's own machine."""
        first = next(iter(await self._all()))
        return await self.token(PicoId(first))

    async def token(self, pico_id: PicoId) -> str:
        """The bearer token of an account; it stays the same until the account's epoch is raised."""
        account = await self.find(pico_id)
        if account is None:
            raise NotFound("unknown-pico", "There is no such account.")
        return f"{pico_id}.{self._sign(account)}"

    async def from_token(self, token: str) -> Account:
        """The account that a bearer token stands for. Raises `Denied` (`bad-token`)."""
        pico_id, _, signature = token.partition(".")
        account = await self.find(pico_id)
        if account is None or not hmac.compare_digest(signature.encode(), self._sign(account).encode()):
            raise Denied("bad-token", "The token is not valid (any more); take a new one from the engine's home.")
        return account

    def _sign(self, account: Account) -> str:
        text = f"token:{account.pico_id}:{account.epoch}".encode()
        return hashlib.blake2b(text, key=self.session_key, digest_size=32).hexdigest()

    # Records

    async def _all(self) -> dict[str, dict[str, Json]]:
        records: dict[str, dict[str, Json]] = (await self.engine.snapshot(self.engine.root_id)).entity(
            RID, "accounts") or {}
        return records

    async def _by_name(self, name: str) -> Account | None:
        for pico_id, record in (await self._all()).items():
            if record["name"] is not None and _key(record["name"]) == _key(name):
                return _account(pico_id, record)
        return None

    async def _invited(self, code: str) -> str | None:
        return _match_invite(await self._all(), code, now_ms())

    async def _update(self, pico_id: str, change: Any) -> None:
        def work(snapshot: Snapshot, instances: Instances, host: Host, lines: Any) -> tuple[Commit, ...]:
            return _record_put(snapshot, pico_id, change((snapshot.entity(RID, "accounts") or {})[pico_id]))

        await self.engine.change(self.engine.root_id, work)

    def _recent_failures(self, key: str) -> deque[float]:
        """When the last wrong passphrases for a name came, those long ago forgotten."""
        now = asyncio.get_running_loop().time()
        for name in [n for n, times in self._failures.items() if not times or times[-1] < now - ATTEMPT_WINDOW_SECONDS]:
            del self._failures[name]
        recent = self._failures[key]
        while recent and recent[0] < now - ATTEMPT_WINDOW_SECONDS:
            recent.popleft()
        return recent


def check_name(name: str) -> str:
    """An account's name as it is kept. Raises `Invalid` (`bad-name`)."""
    called = " ".join(unicodedata.normalize("NFC", name).split())
    if not called or len(called) > NAME_CHARS or not called.isprintable():
        raise Invalid("bad-name", f"A name has 1 to {NAME_CHARS} visible characters.")
    return called


def check_passphrase(passphrase: str) -> None:
    """Raise `Invalid` (`bad-passphrase`) for one that is too short or has too few different characters."""
    if not PASSPHRASE_CHARS <= len(passphrase) <= PASSPHRASE_CHARS_MOST or len(set(passphrase)) < 5:
        why = f"A passphrase has at least {PASSPHRASE_CHARS} characters; four words are good."
        raise Invalid("bad-passphrase", why)


def _record_put(snapshot: Snapshot, pico_id: str, record: dict[str, Json]) -> tuple[Commit, ...]:
    return (Commit(snapshot.pico_id, snapshot.version, entities=(EntityPut(RID, "accounts", pico_id, record),)),)


def _account(pico_id: str, record: dict[str, Json]) -> Account:
    return Account(record["name"] or "", PicoId(pico_id), record["epoch"])


def _installed(rulesets: list[Fetched]) -> tuple[Installed, ...]:
    return tuple(Installed(Rid(f.rid), f.url, f.hash, {}, n, f.capabilities) for n, f in enumerate(rulesets))


def _writing(name: str, key: str | None, value: Json) -> Any:
    def work(snapshot: Snapshot, instances: Instances, host: Host, lines: Any) -> tuple[Commit, ...]:
        return (Commit(snapshot.pico_id, snapshot.version, entities=(EntityPut(RID, name, key, value),)),)

    return work


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def _invitation(code: str) -> dict[str, Json]:
    return {"invite": _digest(code), "invite_ends": now_ms() + INVITE_HOURS.value * 3_600_000}


def _match_invite(records: dict[str, dict[str, Json]], code: str, now: int) -> str | None:
    wanted = _digest(code)
    for pico_id, record in records.items():
        if record["invite"] and hmac.compare_digest(record["invite"], wanted) and now < record["invite_ends"]:
            return pico_id
    return None


def _unknown_invite() -> NotFound:
    why = "This link was used already, or is too old. A restart of the engine gives a new one."
    return NotFound("unknown-invite", why)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "replace")).hexdigest()


@cache
def _nobody() -> bytes:
    """A hash to check where there is no such account, so that the answer takes as long as for a wrong passphrase."""
    return _hash(secrets.token_hex(16)).encode()


def _hash(passphrase: str) -> str:
    made = pwhash.argon2id.str(
        passphrase.encode("utf-8", "replace"), pwhash.argon2id.OPSLIMIT_INTERACTIVE,
        pwhash.argon2id.MEMLIMIT_INTERACTIVE,
    )
    return made.decode("ascii")


def _verify(hashed: bytes, passphrase: str) -> bool:
    try:
        return bool(pwhash.verify(hashed, passphrase.encode("utf-8", "replace")))
    except InvalidkeyError:
        return False
