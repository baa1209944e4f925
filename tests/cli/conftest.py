"""What the tests of the command line share."""

import pytest

from tests.cli.command import Run, runner


@pytest.fixture
def pico(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`pico("item", "list")` runs the command in this process."""
    return runner(monkeypatch, capsys)
