"""A pico without an engine: turns are run on a snapshot, and commits applied to it, in memory.

Time stands still at `NOW` and moves one second with each event; ids count up; randomness is
always the same. What a turn asks of the outside is answered from `answers`, or refused.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pico.krl.compile import CompiledRuleset, compile_ruleset
from pico.krl.source import Source
from pico.model.commit import Birth, Commit, Reply
from pico.model.identity import Eci, PicoId, Rid
from pico.model.message import Event, Message, Query
from pico.model.snapshot import Installed, Snapshot
from pico.runtime.asking import run_query
from pico.runtime.host import Pause, Request
from pico.runtime.instances import Instances
from pico.runtime.turn import run_turn

NOW = 1_800_000_000_000
PICO = PicoId("p")


class ScriptedHost:
    """A host whose answers are known beforehand."""

    base_url = "http://engine.example.com"

    def __init__(self, answers: Callable[[Request], Any] | None = None) -> None:
        self.answers = answers
        self.requests: list[Request] = []
        self.time = NOW
        self.ids = 0

    def now(self) -> int:
        return self.time

    def new_id(self) -> str:
        self.ids += 1
        return f"id{self.ids}"

    def random(self) -> float:
        return 0.5

    def perform(self, request: Request) -> Any:
        if isinstance(request, Pause):
            return None
        self.requests.append(request)
        assert self.answers is not None, f"nothing was to be asked of the outside, but {request}"
        return self.answers(request)


class ScriptedPico:
    """One pico with rulesets, and everything that it said so far."""

    def __init__(
        self, *sources: str, config: Mapping[str, Any] | None = None, host: ScriptedHost | None = None
    ) -> None:
        self.host = host or ScriptedHost()
        compiled = [compile_ruleset(Source(text, "test.krl")) for text in sources]
        self.compiled: dict[str, CompiledRuleset] = {c.hash: c for c in compiled}
        self.instances = Instances(lambda installed: self.compiled.get(installed.hash))
        rulesets = {
            Rid(c.rid): Installed(Rid(c.rid), f"test:{c.rid}", c.hash, dict(config or {}), n)
            for n, c in enumerate(compiled)
        }
        self.snapshot = Snapshot(PICO, 1, Birth(), rulesets=rulesets)
        self.lines: list[dict[str, Any]] = []
        self.commits: tuple[Commit, ...] = ()
        self.count = 0

    def send(self, domain: str, type_: str, attrs: Mapping[str, Any] | None = None) -> Reply:
        """Raise an event, apply the commit, and return the reply."""
        self.count += 1
        self.host.time += 1000
        message = Message(f"e{self.count}", PICO, Event(Eci("c"), domain, type_, attrs or {}, self.host.time), 0)
        self.lines = []
        self.commits = run_turn(self.snapshot, message, self.instances, self.host, self.lines)
        self.snapshot = self.snapshot.after(self.commits[0])
        reply = self.commits[0].reply
        assert reply is not None
        return reply

    def query(self, rid: str, name: str, args: Mapping[str, Any] | None = None) -> Any:
        """Ask a shared function."""
        return run_query(self.snapshot, Query("q", Eci("c"), Rid(rid), name, args or {}), self.instances, self.host)
