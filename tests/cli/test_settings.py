"""Settings come from command line, then environment, then config.toml, and say what is wrong with them and where."""

from pathlib import Path

import pytest

from pico.config import Settings
from pico.errors import Invalid


def test_a_fresh_home_needs_no_settings(tmp_path: Path) -> None:
    settings = Settings.load({"home": tmp_path / "new"}, {})
    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 3000, "http://localhost:3000")
    assert settings.store == f"sqlite://{tmp_path}/new/pico.db"
    assert not settings.developer
    assert not settings.allow_private_http
    assert not (tmp_path / "new").exists()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('port = 4001\nhost = "::1"\nallow_private_http = true\n', "utf-8")
    around = {"PICO_HOME": str(tmp_path), "PICO_PORT": "4002"}
    assert Settings.load({"port": 4003}, around).port == 4003
    assert Settings.load({"port": None}, around).port == 4002
    from_file = Settings.load({}, {"PICO_HOME": str(tmp_path), "PICO_PORT": ""})
    assert (from_file.port, from_file.host, from_file.allow_private_http) == (4001, "::1", True)


def test_a_home_is_found_below_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert Settings.load({}, {}).home == Path("/home/ada/.pico")
    assert Settings.load({"home": "~/cloud"}, {}).home == Path("/home/ada/cloud")


def test_the_base_url_follows_the_port_unless_it_is_given(tmp_path: Path) -> None:
    load = lambda **given: Settings.load({"home": tmp_path, **given}, {}).base_url  # noqa: E731 - said five times
    assert load(port=4000) == "http://localhost:4000"
    assert load(port=0) == ""
    assert load(base_url="https://things.example.com/") == "https://things.example.com"
    assert load(base_url="https://example.com/cloud/") == "https://example.com/cloud"


@pytest.mark.parametrize(
    ("given", "around", "says"),
    [
        ({"port": 65_536}, {}, "--port cannot be 65536: it must be a whole number from 0 to 65535"),
        ({"port": -1}, {}, "--port cannot be -1"),
        ({}, {"PICO_PORT": "many"}, "PICO_PORT cannot be 'many'"),
        ({}, {"PICO_PORT": "3000.5"}, "PICO_PORT cannot be '3000.5'"),
        ({"host": " "}, {}, "--host cannot be ' '"),
        ({"host": "http://localhost"}, {}, "--host cannot be 'http://localhost'"),
        ({}, {"PICO_BASE_URL": "things.example.com"}, "PICO_BASE_URL cannot be 'things.example.com'"),
        ({"base_url": "https://example.com/?a=1"}, {}, "--base-url cannot be"),
        ({"base_url": "http://["}, {}, "--base-url cannot be"),
        ({"store": "mysql://example.com/pico"}, {}, "--store cannot be 'mysql://example.com/pico'"),
        ({}, {"PICO_DEVELOPER": "maybe"}, "PICO_DEVELOPER cannot be 'maybe': it must be true or false"),
        ({"developer": True, "host": "0.0.0.0"}, {}, "developer mode opens the engine to whoever reaches it"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    tmp_path: Path, given: dict[str, object], around: dict[str, str], says: str
) -> None:
    with pytest.raises(Invalid) as caught:
        Settings.load({"home": tmp_path, **given}, around)
    assert caught.value.code == "bad-setting"
    assert says in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = ", "is not TOML"),
        ("prot = 3000", "has the unknown setting `prot`; there are: host, port"),
        ("port = true", "`port` in "),
        ("developer = 1", "`developer` in "),
        ("home = '/elsewhere'", "has the unknown setting `home`"),
    ],
)
def test_a_wrong_file_is_refused_with_its_path(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "config.toml").write_text(text, "utf-8")
    with pytest.raises(Invalid) as caught:
        Settings.load({"home": tmp_path}, {})
    assert says in caught.value.message
    assert str(tmp_path / "config.toml") in caught.value.message


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("", "utf-8")
    with pytest.raises(Invalid, match="it is a file; name a folder"):
        Settings.load({"home": tmp_path / "home"}, {})
