"""An engine in memory whose store can be made to fail, quick retries and quick passphrases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nacl import pwhash

from pico.engine import resident
from pico.engine import residents as residents_module
from pico.engine.engine import Engine
from pico.store.sqlite import SqliteStore
from tests.engine.worlds import FailingStore, others, start


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 at its least, and no second of waiting after each fault of the store."""
    monkeypatch.setattr(pwhash.argon2id, "OPSLIMIT_INTERACTIVE", pwhash.argon2id.OPSLIMIT_MIN)
    monkeypatch.setattr(pwhash.argon2id, "MEMLIMIT_INTERACTIVE", pwhash.argon2id.MEMLIMIT_MIN)
    monkeypatch.setattr(resident, "RETRY_SECONDS", 0.002)
    monkeypatch.setattr(residents_module, "RETRY_SECONDS", 0.002)


@pytest.fixture
async def store() -> FailingStore:
    return FailingStore(await SqliteStore.open(":memory:"))


@pytest.fixture
async def engine(store: FailingStore, tmp_path: Path) -> AsyncIterator[Engine]:
    before = await others()
    started = await start(store, tmp_path)
    yield started
    await started.stop()
    assert await others() <= before, "tasks outlive the engine"
