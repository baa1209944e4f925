"""Which rules an event concerns: (domain, type) to the positions of rules, in source order."""

from collections.abc import Sequence
from dataclasses import dataclass

from pico.krl import nodes
from pico.krl.eventex import primitives


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The index of one ruleset. `everywhere` are the rules that look at every event (`select where`)."""

    by_event: dict[tuple[str, str], tuple[int, ...]]
    everywhere: tuple[int, ...]

    def rules(self, domain: str, type_: str) -> tuple[int, ...]:
        """Positions of the rules to try for an event."""
        return self.by_event.get((domain, type_), self.everywhere)


def index(rules: Sequence[nodes.Rule]) -> Dispatch:
    """Build the index of a ruleset's active rules, which `rules` holds in source order."""
    everywhere = [n for n, rule in enumerate(rules) if isinstance(rule.select, nodes.SelectWhere)]
    watched: dict[tuple[str, str], set[int]] = {}
    for number, rule in enumerate(rules):
        if isinstance(rule.select, nodes.SelectWhen):
            for event in primitives(rule.select.event):
                watched.setdefault((event.domain, event.type), set(everywhere)).add(number)
    return Dispatch({event: tuple(sorted(numbers)) for event, numbers in watched.items()}, tuple(everywhere))
