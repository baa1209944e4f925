"""Every test of this folder that asks for `home` or `store` runs on every store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pico.store.interface import Store
from tests.store.builders import Home

STORES = ["memory", "disk"]
SHARED_STORES = ["disk"]  # those that several nodes can open


@pytest.fixture(params=STORES)
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    place = Home(request.param, tmp_path)
    yield place
    await place.close()


@pytest.fixture(params=SHARED_STORES)
async def shared_home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Home]:
    place = Home(request.param, tmp_path)
    yield place
    await place.close()


@pytest.fixture
async def disk_home(tmp_path: Path) -> AsyncIterator[Home]:
    place = Home("disk", tmp_path)
    yield place
    await place.close()


@pytest.fixture
async def store(home: Home) -> Store:
    opened: Store = await home.open()
    return opened
