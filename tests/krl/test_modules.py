"""The public door for modules: what packages offer, and what a bad package cannot do."""

import logging
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from pico.krl import modules
from pico.krl.modules import GROUP, Draft, installed_modules
from pico.runtime.modules import time as own_time

OFFERED = Draft("gauge", pure=True)


@OFFERED.function
def double(t: Any, value: Any = None) -> Any:
    """Twice the value."""
    return value * 2


GAUGE = OFFERED.module()
FALSE_TIME = Draft("time").module()
NO_MODULE = {"time": "no module"}


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Packages that offer what is named here, beside our own."""
    ours = EntryPoint("time", "pico.runtime.modules.time:MODULE", GROUP)

    def install(*names: str) -> Any:
        theirs = [EntryPoint(f"a{n}", name, GROUP) for n, name in enumerate(names)]
        monkeypatch.setattr(modules, "entry_points", lambda group: [*theirs, ours])
        installed_modules.cache_clear()
        return installed_modules()

    yield install
    installed_modules.cache_clear()


def test_a_package_adds_a_module(offered: Any) -> None:
    found = offered(f"{__name__}:GAUGE")
    assert found["gauge"].members["double"].params == ("value",)
    assert found["time"] is own_time.MODULE


@pytest.mark.parametrize(("value", "why"), [
    (f"{__name__}:FALSE_TIME", "the name is taken"),
    (f"{__name__}:NO_MODULE", "it is a dict, not a Module"),
    ("no.such.package:MODULE", "it does not load"),
])
def test_a_bad_package_is_named_in_the_log_and_left_out(
    offered: Any, caplog: pytest.LogCaptureFixture, value: str, why: str
) -> None:
    with caplog.at_level(logging.ERROR):
        assert offered(value, f"{__name__}:GAUGE").keys() == {"gauge", "time"}
    assert offered(value)["time"] is own_time.MODULE
    assert value in caplog.text
    assert why in caplog.text
