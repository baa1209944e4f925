"""One diagnostic value, and its one renderer."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pico.krl.source import Source, Span

LINE_CHARS = 200  # of a source line are shown around the place; a longer line is generated text


class Severity(StrEnum):
    """Errors stop a ruleset from being installed; warnings do not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something to tell the author of a ruleset: what, where, and what to do next."""

    code: str
    message: str
    source: Source
    span: Span
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def render(self) -> str:
        """The text form: a headline, the place, the line, carets and the hint."""
        line, column = self.source.place(self.span.start)
        end_line, end_column = self.source.place(self.span.end)
        text = self.source.line(line)
        last = end_column if end_line == line else len(text) + 1
        hidden = max(0, column - 1 - LINE_CHARS // 2) if len(text) > LINE_CHARS else 0
        shown = text[hidden : hidden + LINE_CHARS]
        carets = "^" * max(1, min(last - column, hidden + LINE_CHARS - column))
        gutter = str(line)
        pad = "".join("\t" if c == "\t" else " " for c in shown[: column - 1 - hidden])
        hint = f" {self.hint}" if self.hint else ""
        return (
            f"{self.severity}[{self.code}]: {self.message}\n"
            f"  {self.source.name}:{line}:{column}\n"
            f"{gutter} | {shown}\n"
            f"{' ' * len(gutter)} | {pad}{carets}{hint}"
        )

    def to_map(self) -> dict[str, Any]:
        """The JSON form of `pico check --json`."""
        line, column = self.source.place(self.span.start)
        end_line, end_column = self.source.place(self.span.end)
        return {
            "code": self.code, "message": self.message, "file": self.source.name,
            "line": line, "column": column, "end_line": end_line, "end_column": end_column,
            "hint": self.hint, "severity": str(self.severity),
        }


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, then severity and code; the same finding only once."""
    unique = {(d.span, d.code, d.message): d for d in diagnostics}
    return sorted(unique.values(), key=lambda d: (d.span, d.severity, d.code))
