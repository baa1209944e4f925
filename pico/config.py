"""The settings of one engine.

A setting is looked for on the command line, then in the environment (`PICO_PORT`), then in
`config.toml` in the home (`port = 3000`), and has a default otherwise. `SETTINGS` below is the
one table of them: names, meaning and how each text becomes a value. What is wrong is said with
the place where it was written, before anything starts.
"""

import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pico.errors import Invalid

PREFIX = "PICO_"
FILE = "config.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an engine is told when it starts. Build it with `Settings.load`."""

    home: Path
    host: str
    port: int  # 0 lets the system choose a free one
    base_url: str  # no slash at its end; "" until the port is known, where `port` is 0
    store: str  # URL, such as sqlite:///home/ada/.pico/pico.db
    developer: bool
    allow_private_http: bool  # rulesets may call private addresses

    @classmethod
    def load(
        cls, given: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
    ) -> "Settings":
        """Settings from command line (`given`, None for what was not said), environment and file.

        `environment` is the process's own where it is None. Raises `Invalid` (code `bad-setting`)
        for a value that cannot be, a name that does not exist, and a file that is not TOML.
        """
        said = {name: value for name, value in (given or {}).items() if value is not None}
        around = os.environ if environment is None else environment
        home = _choose_home(said, around)
        written = _read_file(home / FILE)
        values: dict[str, Any] = {}
        for name, read in SETTINGS.items():
            place, raw = _find(name, said, around, written, home)
            values[name] = None if raw is None else _read(read, raw, place)
        return cls(home=home, **_completed(values, home))

    @property
    def lock_path(self) -> Path:
        """Locked by the engine that uses this home."""
        return self.home / "lock"

    @property
    def engine_path(self) -> Path:
        """Where the running engine writes its address, for the command line."""
        return self.home / "engine.json"

    @property
    def token_path(self) -> Path:
        """Where the running engine writes the owner's token, readable by its user only."""
        return self.home / "token"


def default_base_url(port: int) -> str:
    """How a browser on this machine reaches an engine on `port`."""
    return f"http://localhost:{port}"


def _choose_home(said: Mapping[str, Any], around: Mapping[str, str]) -> Path:
    raw = said.get("home") or around.get(PREFIX + "HOME") or "~/.pico"
    try:
        home = Path(raw).expanduser().absolute()
    except RuntimeError:
        raise _bad("home", raw, "there is no home directory to start from; give a full path with --home") from None
    if home.exists() and not home.is_dir():
        raise _bad("home", raw, "it is a file; name a folder")
    return home


def _read_file(path: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("bad-setting", f"{path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise Invalid("bad-setting", f"{path} is not TOML: {error}") from error
    for name in written:
        if name not in SETTINGS:
            raise Invalid("bad-setting", f"{path} has the unknown setting `{name}`; there are: {', '.join(SETTINGS)}")
    return written


def _find(
    name: str, said: Mapping[str, Any], around: Mapping[str, str], written: Mapping[str, Any], home: Path
) -> tuple[str, Any]:
    """Where the setting was given, in words, and its raw value; None where it was not."""
    variable = PREFIX + name.upper()
    if name in said:
        return "--" + name.replace("_", "-"), said[name]
    if around.get(variable, "") != "":
        return variable, around[variable]
    return f"`{name}` in {home / FILE}", written.get(name)


def _read(read: Callable[[Any], Any], raw: Any, place: str) -> Any:
    try:
        return read(raw)
    except ValueError as error:
        raise _bad(place, raw, str(error)) from None


def _bad(place: str, raw: Any, why: str) -> Invalid:
    return Invalid("bad-setting", f"{place} cannot be {raw!r}: {why}")


def _completed(values: dict[str, Any], home: Path) -> dict[str, Any]:
    """Fill in defaults, and check what only shows in the combination."""
    host = values["host"] or "127.0.0.1"
    port = 3000 if values["port"] is None else values["port"]
    if values["developer"] and not is_loopback(host):
        raise Invalid(
            "bad-setting",
            f"developer mode opens the engine to whoever reaches it, so it needs a loopback address, not {host}; "
            "leave --host out, or leave --developer out",
        )
    return {
        "host": host,
        "port": port,
        "base_url": values["base_url"] or (default_base_url(port) if port else ""),
        "store": values["store"] or f"sqlite://{quote((home / 'pico.db').as_posix())}",
        "developer": bool(values["developer"]),
        "allow_private_http": bool(values["allow_private_http"]),
    }


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_host(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip() or any(c.isspace() or c in "/@" for c in raw.strip()):
        raise ValueError("it must be an address such as 127.0.0.1, 0.0.0.0 or ::1")
    return raw.strip()


def _read_port(raw: Any) -> int:
    try:
        port = -1 if isinstance(raw, bool | float) else int(raw)
    except (TypeError, ValueError):
        port = -1
    if not 0 <= port <= 65_535:
        raise ValueError("it must be a whole number from 0 to 65535 (0: any free port)")
    return port


def _read_base_url(raw: Any) -> str:
    parts = urlsplit(raw) if isinstance(raw, str) else None
    right = parts is not None and parts.scheme in ("http", "https") and parts.hostname
    if parts is None or not right or parts.query or parts.fragment:
        raise ValueError("it must be the address that people use, such as https://things.example.com")
    return parts.geturl().rstrip("/")


def _read_store(raw: Any) -> str:
    if not isinstance(raw, str) or urlsplit(raw).scheme != "sqlite":
        raise ValueError("it must be a URL such as sqlite:///var/lib/pico/pico.db, or sqlite://:memory:")
    return raw


def _read_switch(raw: Any) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in words:
        return words[raw.strip().lower()]
    raise ValueError("it must be true or false")


SETTINGS: dict[str, Callable[[Any], Any]] = {
    "host": _read_host,
    "port": _read_port,
    "base_url": _read_base_url,
    "store": _read_store,
    "developer": _read_switch,
    "allow_private_http": _read_switch,
}
