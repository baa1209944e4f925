"""Installing and uninstalling rulesets: changes that an owner makes to a pico, as commits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pico.errors import CompileFault, Invalid, NotFound, PicoError, StoreError
from pico.krl.compile import CompiledRuleset
from pico.krl.diagnostic import Diagnostic
from pico.krl.faults import place_of
from pico.krl.source import Span
from pico.krl.values import from_json
from pico.model.commit import Commit, Source
from pico.model.identity import Eci, Rid
from pico.model.message import Event, Json, Message
from pico.model.snapshot import Installed, Snapshot
from pico.runtime.host import Fetched, Host
from pico.runtime.instances import Instances
from pico.runtime.turn import Turn, explained


@dataclass(frozen=True, slots=True)
class InstallReport:
    """What an installation did: the record, the ruleset's name for people, and the compiler's warnings."""

    installed: Installed
    name: str
    warnings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """An installed ruleset for people: what it calls itself and says of itself.

    `works` is false for one that does not compile on this engine (any more) and does nothing.
    """

    installed: Installed
    name: str
    description: str
    works: bool


def check_config(config: Any) -> dict[str, Json]:
    """The configuration of an installation: a map of JSON values. Raises `Invalid`."""
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise Invalid("bad-config", "TypeError: the configuration of a ruleset must be a map of names to values")
    read: dict[str, Json] = from_json(config)
    return read


@dataclass(frozen=True, slots=True)
class Installation:
    """The work of a job: install one ruleset, or install it anew with another text or configuration.

    Its globals are evaluated first: where one fails, nothing is installed and `CompileFault`
    says where. Entity variables are kept, and so is the place in the install order. The pico
    is told by `wrangler:ruleset_installed {rids}`.
    """

    fetched: Fetched
    compiled: CompiledRuleset
    config: Mapping[str, Json]

    def __call__(self, snapshot: Snapshot, instances: Instances, host: Host,
                 lines: list[dict[str, Json]]) -> tuple[Commit, ...]:
        installed = self.record(snapshot)
        self.try_load(snapshot, installed, instances, host)
        now = host.now()
        told = Event(Eci(snapshot.pico_id), "wrangler", "ruleset_installed",
                     {"rids": [installed.rid], "url": installed.url}, now)
        message = Message(host.new_id(), snapshot.pico_id, told, now, snapshot.pico_id, durable=True)
        return (Commit(
            snapshot.pico_id, snapshot.version, rulesets=(installed,),
            sources=(Source(self.fetched.hash, self.fetched.text),), messages=(message,),
        ),)

    def record(self, snapshot: Snapshot) -> Installed:
        """The record of this installation on a pico."""
        held = snapshot.rulesets.get(Rid(self.fetched.rid))
        last = max((r.position for r in snapshot.rulesets.values()), default=-1)
        return Installed(
            Rid(self.fetched.rid), self.fetched.url, self.fetched.hash, dict(self.config),
            held.position if held else last + 1, self.fetched.capabilities,
        )

    def try_load(self, snapshot: Snapshot, installed: Installed, instances: Instances, host: Host) -> None:
        """Evaluate the ruleset's globals as its first turn would."""
        present = {**snapshot.rulesets, installed.rid: installed}
        trial = Instances(lambda i: self.compiled if i.hash == installed.hash else instances.compiled(i))
        turn = Turn(replace(snapshot, rulesets=present), trial, host, host.new_id(), snapshot.pico_id)
        turn.begin(installed.rid)
        try:
            trial.get(turn, installed, present)
        except StoreError:
            raise
        except Exception as error:
            raise self.located(error) from error

    def located(self, error: Exception) -> PicoError:
        """A failing global, shown in the source."""
        named, place, source = explained(error), place_of(error), self.compiled.source
        if place is None or place.rid != self.compiled.rid:
            return named
        start = source.line_starts[place.line - 1] + place.column - 1
        end = source.line_starts[place.line - 1] + len(source.line(place.line))
        hint = "this runs when the ruleset is installed"
        return CompileFault([Diagnostic(named.code, named.message, source, Span(start, max(end, start + 1)), hint)])


def removal(rid: Rid) -> Any:
    """The work of uninstalling a ruleset: its record and its entity variables go."""

    def work(snapshot: Snapshot, instances: Instances, host: Host, lines: list[dict[str, Json]]) -> tuple[Commit, ...]:
        if rid not in snapshot.rulesets:
            raise NotFound("ruleset-not-installed", f"Error: Pico doesn't have {rid} installed.")
        for installed in snapshot.rulesets.values():
            compiled = instances.compiled(installed)
            if compiled is not None and rid in compiled.uses:
                raise Invalid("module-in-use", f"Error: Cannot uninstall {rid} because {compiled.rid} depends on it")
        return (Commit(snapshot.pico_id, snapshot.version, dropped_rulesets=(rid,)),)

    return work
