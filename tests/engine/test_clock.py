"""Stored messages run when they are due: also one that is stored while the clock looks, and after a defect."""

import asyncio
from typing import Any

import pytest

from pico.engine import clock
from pico.engine.clock import Clock
from pico.engine.host import now_ms
from pico.model.commit import Birth, Commit
from pico.model.identity import Eci, PicoId
from pico.model.message import Event, Message
from pico.store.sqlite import SqliteStore

PICO = PicoId("p")


def message(id: str, due_in: int) -> Message:
    """A message that is due in so many milliseconds."""
    return Message(id, PICO, Event(Eci("e"), "a", "b"), now_ms() + due_in)


@pytest.fixture
async def store() -> Any:
    opened = await SqliteStore.open(":memory:")
    await opened.commit(Commit(PICO, 0, birth=Birth()))
    yield opened
    await opened.close()


async def test_a_message_that_is_stored_while_the_clock_looks_is_not_overslept(store: SqliteStore) -> None:
    looking, looked = asyncio.Event(), asyncio.Event()
    plain = store.next_due

    async def next_due() -> int | None:
        found = await plain()
        looking.set()
        await looked.wait()
        return found

    store.next_due = next_due  # type: ignore[method-assign]
    heard: asyncio.Queue[Message] = asyncio.Queue()
    running = Clock(store, now_ms, heard.put_nowait)
    await running.start()
    await looking.wait()
    await store.post(message("m", 30))
    running.look_again()
    looked.set()
    assert (await asyncio.wait_for(heard.get(), 2)).id == "m"
    await running.stop()


async def test_a_defect_does_not_stop_the_clock(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(clock, "RENEW_SECONDS", 0.01)
    heard: asyncio.Queue[Message] = asyncio.Queue()

    def deliver(message: Message) -> None:
        if message.id == "bad":
            raise ZeroDivisionError
        heard.put_nowait(message)

    running = Clock(store, now_ms, deliver)
    await running.start()
    for id, due_in in (("bad", 10), ("good", 60)):
        await store.post(message(id, due_in))
        running.look_again()
    assert (await asyncio.wait_for(heard.get(), 2)).id == "good"
    await running.stop()
    assert "ZeroDivisionError" in caplog.text
