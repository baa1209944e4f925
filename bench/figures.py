"""Figures: what the measuring programs print, for people or with `--json` for programs.

A rate says little about another machine, so a figure also carries its ratio to something simpler
that was measured in the same run, on the same machine, in the same minute.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement. `ratio` is `value` divided by that of the figure called `against`."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str | None = None

    def compared(self, other: "Figure") -> "Figure":
        """This figure with its ratio to another of the same unit."""
        return Figure(self.name, self.value, self.unit, self.value / other.value, other.name)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value that a share (0 to 1) of an ascending sequence does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle value; the upper one of two."""
    return sorted(values)[len(values) // 2]


def print_figures(figures: Sequence[Figure], as_json: bool) -> None:
    """All figures of a program: one JSON array, or a table."""
    if as_json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))
        return
    width = max(len(figure.name) for figure in figures)
    for figure in figures:
        ratio = "" if figure.ratio is None else f"   {figure.ratio:.2f} of {figure.against}"
        print(f"{figure.name:<{width}}  {figure.value:>12,.2f} {figure.unit}{ratio}")
