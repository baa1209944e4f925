"""An engine's home: a folder that only its user can read, used by one engine at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pico.config import Settings
from pico.errors import Unavailable


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Make the home where it is missing, and hold its lock.

    The system frees the lock when the process ends, however it ends. Raises `Unavailable`
    (`home-in-use`, `home-unusable`).
    """
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(settings.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            "home-unusable",
            f"the home {settings.home} cannot be used: {error.strerror}; name another with --home",
        ) from error
    try:
        _lock(lock, settings)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, settings: Settings) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode("ascii", "replace").strip()
        raise Unavailable(
            "home-in-use",
            f"the home {settings.home} is used by another engine{f' (process {holder})' if holder else ''}; "
            "stop that one first, or give this one another home with --home",
        ) from None
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode("ascii"))


def write_private(path: Path, text: str) -> None:
    """Put a text at a path, whole or not at all, readable by this user only."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(beside, path)
