"""Rulesets: where their text comes from, their pins, and their compiled form.

A pico installs a text, not a name: the installation holds the text's SHA-256, and the text
goes into the store with the commit that installs it. So nothing that happens at a URL later
changes a pico. Three kinds of URL exist: `pico:item/pico.tag.krl` (shipped with the engine),
`https://...` (fetched), and `sha256:...` (pasted or uploaded: the text is its own address).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol

from pico.errors import Invalid, KrlError, NotFound
from pico.krl.compile import CompiledRuleset, compile_ruleset
from pico.krl.source import Source
from pico.limits import COMPILED_RULESETS
from pico.model.identity import Rid
from pico.model.snapshot import Installed
from pico.resources import shipped
from pico.runtime.host import Fetched, HttpAnswer, HttpCall
from pico.store.interface import Store

SHIPPED = "pico:"
PASTED = "sha256:"
LONG_CHARS = 5_000  # of source; a shorter one compiles within some ten milliseconds


class Web(Protocol):
    """Whoever makes outside HTTP calls."""

    async def call(self, request: HttpCall) -> HttpAnswer:
        """One request; status 0 where there was no answer."""


class Registry:
    """Compiled rulesets by the hash of their text, the least recently used forgotten first."""

    def __init__(self, store: Store, web: Web) -> None:
        self.store = store
        self.web = web
        self._compiled: OrderedDict[str, CompiledRuleset] = OrderedDict()

    async def prepare(self, rulesets: Mapping[Rid, Installed]) -> dict[str, CompiledRuleset]:
        """The compiled form of a pico's rulesets, by hash.

        One that does not compile any more (an engine that understands it differently) is left
        out: it does nothing until it is replaced, and the pico's others go on.
        """
        found = {}
        for installed in rulesets.values():
            compiled = await self._by_pin(installed)
            if compiled is not None:
                found[installed.hash] = compiled
        return found

    async def _by_pin(self, installed: Installed) -> CompiledRuleset | None:
        held = self._held(installed.hash)
        if held is not None:
            return held
        text = await self.store.source(installed.hash)
        if text is None:
            return None
        try:
            return await self.compile(text, installed.url)
        except KrlError:
            return None

    async def compile(self, text: str, name: str) -> CompiledRuleset:
        """Compile a text, or take it from memory. Raises `KrlError`.

        A long text is compiled in a thread, so that everybody else's turns go on meanwhile.
        """
        source = Source(text, name)
        held = self._held(source.hash)
        if held is not None:
            return held
        if len(text) < LONG_CHARS:
            compiled = compile_ruleset(source)
        else:
            compiled = await asyncio.to_thread(compile_ruleset, source)
        self._compiled[source.hash] = compiled
        while len(self._compiled) > COMPILED_RULESETS.value:
            self._compiled.popitem(last=False)
        return compiled

    def _held(self, hash_: str) -> CompiledRuleset | None:
        held = self._compiled.get(hash_)
        if held is not None:
            self._compiled.move_to_end(hash_)
        return held

    async def fetch(self, url: str) -> Fetched:
        """The ruleset at a URL, compiled. Raises `NotFound`, `Invalid` and what `compile` raises."""
        if url.startswith(SHIPPED):
            text = self._shipped(url)
        elif url.startswith(PASTED):
            text = await self.store.source(url.removeprefix(PASTED)) or _missing(url)
        elif url.startswith(("http://", "https://")):
            text = await self._download(url)
        else:
            raise Invalid("bad-ruleset-url", f"Error: {url} is no place for a ruleset; use an https: URL")
        return fetched(await self.compile(text, url), url)

    async def paste(self, text: str, name: str = "<pasted>") -> Fetched:
        """A text that is its own address. Raises what `compile` raises."""
        compiled = await self.compile(text, name)
        return fetched(compiled, f"{PASTED}{compiled.hash}")

    def _shipped(self, url: str) -> str:
        parts = url.removeprefix(SHIPPED).split("/")
        path = shipped("rulesets", *parts)
        if any(part in ("", ".", "..") for part in parts) or not path.is_file():
            _missing(url)
        return path.read_text("utf-8")

    async def _download(self, url: str) -> str:
        answer = await self.web.call(HttpCall("GET", url))
        if answer.status == 0:
            raise NotFound("ruleset-unreachable", f"Error: {url} cannot be fetched: {answer.reason}")
        if not 200 <= answer.status < 300:
            raise NotFound("ruleset-unreachable", f"Error: Got a statusCode={answer.status} for: {url}")
        try:
            return answer.body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Invalid("not-utf8", f"Error: {url} is not UTF-8 text") from error


def fetched(compiled: CompiledRuleset, url: str) -> Fetched:
    """What an installation needs of a compiled ruleset."""
    return Fetched(compiled.rid, url, compiled.hash, compiled.source.text, compiled.capabilities)


def _missing(url: str) -> str:
    raise NotFound("unknown-ruleset", f"Error: there is no ruleset at {url}")
