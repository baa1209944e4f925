"""The public door for modules: what `time:now()` or `http:post(...)` in KRL can call.

A module is a named table of members. A distribution offers one by an entry point in the
group `pico.modules` whose value is a `Module`; the built-in ones come through the same door.

A member's `run(t, ...)` gets the running turn first (a `Context`, or the runtime's `Turn`),
then the arguments in the order of `params`; missing ones are left out. A `located` member
also gets the RID of the ruleset whose code calls it, right after `t`.
"""

import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

GROUP = "pico.modules"
log = logging.getLogger("pico.modules")


class MemberKind(StrEnum):
    """How a member may be used."""

    PROPERTY = "property"  # read without parentheses
    FUNCTION = "function"  # called in expressions
    ACTION = "action"  # called in the action part of a rule
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Member:
    """One name of a module. `pure` members need nothing but their arguments."""

    kind: MemberKind
    run: Callable[..., Any]
    params: tuple[str, ...]
    located: bool = False
    pure: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """A named table of members."""

    name: str
    members: Mapping[str, Member]


class Draft:
    """Collects the members of a module while its Python file defines them.

    >>> clock = Draft("clock")
    >>> @clock.function
    ... def hour(t, ms): return ms // 3_600_000
    >>> MODULE = clock.module()
    """

    def __init__(self, name: str, pure: bool = False) -> None:
        self.name = name
        self.pure = pure
        self.members: dict[str, Member] = {}

    def add(self, kind: MemberKind, run: Callable[..., Any], name: str | None = None, located: bool = False) -> None:
        """Add a member; its parameters are those of `run` after `t` (and the RID, where located)."""
        skipped = 2 if located else 1
        params = tuple(inspect.signature(run).parameters)[skipped:]
        self.members[name or run.__name__.rstrip("_")] = Member(kind, run, params, located, self.pure)

    def function(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A decorator: `run` is a function of this module, under its own name."""
        self.add(MemberKind.FUNCTION, run)
        return run

    def action(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A decorator: `run` is an action of this module."""
        self.add(MemberKind.ACTION, run)
        return run

    def both(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A decorator: `run` is usable as a function and as an action."""
        self.add(MemberKind.BOTH, run)
        return run

    def property(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A decorator: `run` computes a property."""
        self.add(MemberKind.PROPERTY, run)
        return run

    def module(self) -> Module:
        """The finished module."""
        return Module(self.name, dict(self.members))


@cache
def installed_modules() -> Mapping[str, Module]:
    """Every module that an installed distribution offers, by name.

    A package that fails to load, or that takes a name which ours or an earlier one has, is left
    out with a line in the log: nobody's package can stop or replace the others.
    """
    found: dict[str, Module] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: (not _ours(e), e.name, e.value)):
        offered = _load(entry)
        if offered is not None and offered.name in found:
            log.error("the module `%s` of %s is left out: the name is taken", offered.name, entry.value)
        elif offered is not None:
            found[offered.name] = offered
    return found


def _load(entry: EntryPoint) -> Module | None:
    try:
        offered = entry.load()
    except Exception:
        log.exception("the module of %s is left out: it does not load", entry.value)
        return None
    if not isinstance(offered, Module):
        log.error("the module of %s is left out: it is a %s, not a Module", entry.value, type(offered).__name__)
        return None
    return offered


def _ours(entry: EntryPoint) -> bool:
    return entry.value.startswith("pico.runtime.modules.")
