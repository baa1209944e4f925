"""Limits that protect an owner's account: one-time links, guesses and sessions, at the limit and past it."""

import asyncio
import time
from typing import Any

import pytest

from pico.engine.engine import Engine
from pico.errors import Denied, LimitExceeded, NotFound
from pico.limits import INVITE_HOURS, SESSION_DAYS, SIGN_IN_ATTEMPTS
from pico.web.site import SITE
from tests.web.conftest import PASSPHRASE, Person

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_SECONDS = 86_400


def set_clock(monkeypatch: pytest.MonkeyPatch, now: int) -> None:
    """Let the engine think that it is `now` (ms since 1970)."""
    for module in ("accounts", "host"):
        monkeypatch.setattr(f"pico.engine.{module}.now_ms", lambda: now)


async def test_a_one_time_link_works_for_its_hours_and_then_says_how_to_get_another(
    engine: Engine, stranger: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_at = time.time_ns() // 1_000_000
    code = await engine.accounts.open_invite()
    assert code is not None
    set_clock(monkeypatch, made_at + INVITE_HOURS.value * HOUR_MS + MINUTE_MS)
    assert "Ask for a new one" in await stranger.see(f"/welcome/{code}", 404)
    with pytest.raises(NotFound) as refused:
        await engine.accounts.claim(code, "ada", PASSPHRASE)
    assert refused.value.code == "unknown-invite"
    set_clock(monkeypatch, made_at + INVITE_HOURS.value * HOUR_MS - MINUTE_MS)
    await stranger.see(f"/welcome/{code}")
    assert (await engine.accounts.claim(code, "ada", PASSPHRASE)).name == "ada"


async def fail(engine: Engine, name: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Denied):
            await engine.accounts.sign_in(name, "a guess")


async def test_guessing_is_stopped_for_ten_minutes_and_for_one_account_only(
    engine: Engine, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fail(engine, "ada", SIGN_IN_ATTEMPTS.value - 1)
    await engine.accounts.sign_in("ada", PASSPHRASE)  # who remembers in time starts anew
    await fail(engine, "ada", SIGN_IN_ATTEMPTS.value)
    with pytest.raises(LimitExceeded) as refused:
        await engine.accounts.sign_in("Ada", PASSPHRASE)
    assert refused.value.limit is SIGN_IN_ATTEMPTS
    code = await engine.accounts.invite()
    await engine.accounts.claim(code, "bob", PASSPHRASE)
    assert (await engine.accounts.sign_in("bob", PASSPHRASE)).name == "bob"
    loop = asyncio.get_running_loop()
    later = loop.time() + 10 * 60 + 1
    monkeypatch.setattr(loop, "time", lambda: later)
    assert (await engine.accounts.sign_in("ada", PASSPHRASE)).name == "ada"


async def test_a_sign_in_lasts_its_days(owner: Person, app: Any) -> None:
    began = time.time()
    for minutes, status in ((-1, 200), (1, 303)):
        at = began + SESSION_DAYS.value * DAY_SECONDS + minutes * 60
        app[SITE].sessions._clock = lambda at=at: at
        assert (await owner.get("/items")).status == status
