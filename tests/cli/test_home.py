"""A home is private and used by one engine at a time; logs tell no secrets."""

import io
import json
import logging
import os
import stat
from pathlib import Path

import pytest

from pico.cli.home import locked, write_private
from pico.cli.logs import JsonLines
from pico.config import Settings
from pico.errors import Unavailable


def mode(path: Path) -> int:
    """The permission bits of a path."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_and_what_is_written_to_it_are_readable_by_their_user_only(tmp_path: Path) -> None:
    settings = Settings.load({"home": tmp_path / "a" / "home"}, {})
    with locked(settings):
        write_private(settings.token_path, "first")
        write_private(settings.token_path, "second")
        assert (mode(settings.home), mode(settings.token_path)) == (0o700, 0o600)
        assert settings.token_path.read_text("utf-8") == "second"
        assert sorted(path.name for path in settings.home.iterdir()) == ["lock", "token"]


def test_a_second_engine_is_told_who_has_the_home(tmp_path: Path) -> None:
    settings = Settings.load({"home": tmp_path}, {})
    with locked(settings):
        with pytest.raises(Unavailable) as caught, locked(settings):
            pytest.fail("the lock was given twice")
        assert caught.value.code == "home-in-use"
        assert f"used by another engine (process {os.getpid()})" in caught.value.message
    with locked(settings):
        pass


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    settings = Settings.load({"home": tmp_path / "file" / "home"}, {})
    with pytest.raises(Unavailable) as caught, locked(settings):
        pytest.fail("there is no such home")
    assert caught.value.code == "home-unusable"


def test_a_log_line_is_json_and_quotes_no_exception() -> None:
    out = io.StringIO()
    output = logging.StreamHandler(out)
    output.setFormatter(JsonLines())
    log = logging.Logger("pico.test")
    log.addHandler(output)
    try:
        raise ValueError("an attribute's value")
    except ValueError:
        log.exception("a turn failed\nbadly", extra={"rid": "com.example.door"})
    line = json.loads(out.getvalue())
    assert out.getvalue().count("\n") == 1
    assert line["message"] == "a turn failed\nbadly"
    assert (line["level"], line["from"], line["rid"]) == ("error", "pico.test", "com.example.door")
    assert line["error"] == "ValueError"
    assert "test_home.py" in line["at"][0]
    assert "attribute" not in out.getvalue()
