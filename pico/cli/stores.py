"""Which store a URL means: the one place where concrete stores are named."""

from urllib.parse import unquote, urlsplit

from pico.errors import Invalid
from pico.store.interface import Store
from pico.store.sqlite import SqliteStore

MEMORY = ":memory:"


async def open_store(url: str) -> Store:
    """The store behind a URL. Raises `Invalid` for a scheme that none has, `Unavailable` where it cannot be opened."""
    parts = urlsplit(url)
    if parts.scheme != "sqlite":
        raise Invalid("bad-setting", f"no store has URLs that start with {parts.scheme}: ; there is sqlite:///PATH")
    return await SqliteStore.open(MEMORY if parts.netloc == MEMORY else unquote(parts.path))
