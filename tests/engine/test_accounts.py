"""Accounts: one-time links, names, passphrases and tokens."""

import asyncio

import pytest

from pico.engine.engine import Engine
from pico.errors import Denied, Invalid, KrlError, LimitExceeded, NotFound, PicoError
from tests.engine.worlds import outcome

PASSPHRASE = "correct horse battery"


async def claimed(engine: Engine, name: str) -> str:
    """A further account with a name; returns its pico."""
    return (await engine.accounts.claim(await engine.accounts.invite(), name, PASSPHRASE)).pico_id


async def test_a_one_time_link_opens_one_account_once_even_for_two_at_a_time(engine: Engine) -> None:
    code = await engine.accounts.open_invite()
    assert code is not None
    both = await asyncio.gather(*(outcome(engine.accounts.claim(code, name, PASSPHRASE)) for name in ("ada", "eve")))
    assert sorted(isinstance(result, NotFound) for result in both) == [False, True]
    assert not await engine.accounts.is_invited(code)
    assert await engine.accounts.open_invite() is None
    for wrong in (code, "", "x" * 10_000, "\ud800"):
        with pytest.raises(NotFound) as refused:
            await engine.accounts.claim(wrong, "bob", PASSPHRASE)
        assert refused.value.code == "unknown-invite"


async def test_a_newer_link_replaces_the_older_one(engine: Engine) -> None:
    older, newer = await engine.accounts.open_invite(), await engine.accounts.open_invite()
    assert older is not None
    assert newer is not None
    assert [await engine.accounts.is_invited(code) for code in (older, newer)] == [False, True]


@pytest.mark.parametrize("name", ["Ada Lovelace", "ada  lovelace", " ADA LOVELACE ", "ada\tlovelace"])
async def test_a_name_belongs_to_one_person_however_it_is_written(engine: Engine, name: str) -> None:
    first = await claimed(engine, "Ada Lovelace")
    code = await engine.accounts.invite()
    with pytest.raises(Invalid) as taken:
        await engine.accounts.claim(code, name, PASSPHRASE)
    assert taken.value.code == "name-taken"
    assert (await engine.accounts.claim(code, "Grace", PASSPHRASE)).pico_id != first  # the link is not spent
    assert (await engine.accounts.sign_in(name, PASSPHRASE)).pico_id == first


@pytest.mark.parametrize(
    ("name", "passphrase", "code"),
    [
        ("", PASSPHRASE, "bad-name"), ("x" * 61, PASSPHRASE, "bad-name"), ("a\x00b", PASSPHRASE, "bad-name"),
        ("ada", "short", "bad-passphrase"), ("ada", "aaaaaaaaaaaaaa", "bad-passphrase"),
        ("ada", "abcdef" * 200, "bad-passphrase"),
    ],
)
async def test_what_no_account_can_have_is_refused_and_the_link_stays_good(
    engine: Engine, name: str, passphrase: str, code: str
) -> None:
    invite = await engine.accounts.invite()
    with pytest.raises(Invalid) as refused:
        await engine.accounts.claim(invite, name, passphrase)
    assert refused.value.code == code
    assert await engine.accounts.is_invited(invite)


async def test_a_guess_is_told_the_same_whether_the_name_exists_or_not(engine: Engine) -> None:
    await claimed(engine, "ada")
    await engine.accounts.invite()  # an account without a name yet
    told: list[list[tuple[str, str]]] = []
    for name in ("ada", "nobody", ""):
        answers = [await outcome(engine.accounts.sign_in(name, f"a wrong guess {n}")) for n in range(11)]
        assert all(isinstance(answer, PicoError) for answer in answers)
        told.append([(answer.code, str(answer)) for answer in answers])
    assert told[0] == told[1] == told[2]
    assert [code for code, _ in told[0]] == ["wrong-passphrase"] * 10 + ["sign-in-attempts"]


async def test_many_guesses_at_the_same_moment_are_counted_too(engine: Engine) -> None:
    await claimed(engine, "ada")
    guesses = await asyncio.gather(*(outcome(engine.accounts.sign_in("ada", f"guess {n}")) for n in range(30)))
    assert sum(isinstance(guess, Denied) for guess in guesses) == 10
    assert sum(isinstance(guess, LimitExceeded) for guess in guesses) == 20


async def test_signing_out_everywhere_ends_all_tokens_of_that_account_alone(engine: Engine) -> None:
    ada, bob = await claimed(engine, "ada"), await claimed(engine, "bob")
    tokens = {pico: await engine.accounts.token(pico) for pico in (ada, bob)}
    assert (await engine.accounts.from_token(tokens[ada])).name == "ada"
    forged = f"{bob}.{tokens[ada].partition('.')[2]}"
    for bad in (forged, "", ".", bob, f"{bob}.", f"{bob}.é", "nobody.0"):
        with pytest.raises(Denied) as refused:
            await engine.accounts.from_token(bad)
        assert refused.value.code == "bad-token"
    before = await engine.accounts.find(ada)
    await engine.accounts.sign_out_everywhere(ada)
    after = await engine.accounts.find(ada)
    assert before is not None
    assert after is not None
    assert after.epoch > before.epoch
    with pytest.raises(Denied):
        await engine.accounts.from_token(tokens[ada])
    assert (await engine.accounts.from_token(tokens[bob])).pico_id == bob
    assert (await engine.accounts.from_token(await engine.accounts.token(ada))).pico_id == ada


async def test_no_ruleset_can_be_called_what_the_accounts_are_kept_under(engine: Engine) -> None:
    kept = {rid for rid, name in (await engine.snapshot("root")).entities if name in ("accounts", "session_key")}
    assert kept
    for rid in kept:
        source = f"ruleset {rid} {{ meta {{ shares all }} global {{ all = function() {{ ent:accounts }} }} }}"
        with pytest.raises(KrlError):
            await engine.install("root", source=source)
