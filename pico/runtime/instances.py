"""Rulesets bound to one pico: loaded once, kept while the installation stays the same.

A ruleset whose globals read nothing of the pico is loaded once for all picos.
"""

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from pico.errors import RuleFault
from pico.krl.compile import CompiledRuleset, Loaded
from pico.krl.context import Context
from pico.model.identity import Rid
from pico.model.snapshot import Installed

Listeners = tuple[tuple[Rid, tuple[int, ...]], ...]

LISTENERS_KEPT = 500  # kinds of events remembered for one pico; strangers may invent kinds

_shared: WeakKeyDictionary[CompiledRuleset, Loaded] = WeakKeyDictionary()


class Instances:
    """The loaded rulesets of one pico.

    `compiled` gives the compiled ruleset behind an installation, None for one that does not
    compile (any more): that one is inert.
    """

    def __init__(self, compiled: Callable[[Installed], CompiledRuleset | None]) -> None:
        self.compiled = compiled
        self._loaded: dict[str, tuple[Installed, tuple[Installed, ...], Loaded]] = {}
        self._listeners: dict[tuple[str, str], Listeners] = {}
        self._listeners_of: object = None

    def listeners(self, present: Mapping[Rid, Installed], domain: str, type_: str) -> Listeners:
        """The rulesets that an event concerns, in install order, each with the positions of its rules."""
        if self._listeners_of is not present or len(self._listeners) >= LISTENERS_KEPT:
            self._listeners, self._listeners_of = {}, present
        found = self._listeners.get((domain, type_))
        if found is None:
            compiled = [(rid, self.compiled(installed)) for rid, installed in present.items()]
            rules = [(rid, one.dispatch.rules(domain, type_)) for rid, one in compiled if one is not None]
            found = self._listeners[domain, type_] = tuple(pair for pair in rules if pair[1])
        return found

    def get(self, t: Context, installed: Installed, present: Mapping[Rid, Installed]) -> Loaded:
        """The loaded ruleset; raises what its globals raise. `present` are the pico's rulesets."""
        held = self._loaded.get(installed.rid)
        if held is not None and held[0] is installed and all(
            present.get(module.rid) is module for module in held[1]
        ):
            return held[2]
        loaded = self._load(t, installed, present)
        self._loaded[installed.rid] = (installed, tuple(self._modules(installed, present)), loaded)
        return loaded

    def _modules(self, installed: Installed, present: Mapping[Rid, Installed]) -> list[Installed]:
        """The modules that a ruleset uses, theirs included: where one is installed anew, its users are loaded anew."""
        found: dict[str, Installed] = {}
        pending = [installed]
        while pending:
            compiled = self.compiled(pending.pop())
            for rid in compiled.uses if compiled else ():
                if rid not in found and Rid(rid) in present:
                    found[rid] = present[Rid(rid)]
                    pending.append(found[rid])
        return list(found.values())

    def _load(self, t: Context, installed: Installed, present: Mapping[Rid, Installed]) -> Loaded:
        compiled = self._compiled(installed)
        if compiled.shareable and compiled in _shared:
            return _shared[compiled]
        loaded = compiled.load(t, {}, self._user(t, present, (compiled.rid,)))
        if compiled.shareable:
            _shared[compiled] = loaded
        return loaded

    def _compiled(self, installed: Installed) -> CompiledRuleset:
        compiled = self.compiled(installed)
        if compiled is None:
            raise RuleFault("ruleset-inert", f"Error: {installed.rid} does not compile on this engine; install it anew")
        return compiled

    def _user(self, t: Context, present: Mapping[Rid, Installed],
              chain: tuple[str, ...]) -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
        """What `use module` calls: an instance of the module of its own, with its own `with` values."""

        def use(rid: str, bindings: Mapping[str, Any]) -> Mapping[str, Any]:
            if rid in chain:
                raise RuleFault("module-cycle", f"Error: Dependency Cycle Found: {' -> '.join((*chain, rid))}")
            if Rid(rid) not in present:
                raise RuleFault("module-not-found", f"Error: Module not found: {rid}; install it on this pico first")
            compiled = self._compiled(present[Rid(rid)])
            return compiled.load(t, bindings, self._user(t, present, (*chain, rid))).provides

        return use
