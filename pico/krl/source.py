"""Source text and places in it.

A span is two offsets in code points, the end exclusive. Lines and columns are 1-based and
computed only when somebody asks; CRLF, LF and CR each count as one line break.
"""

import hashlib
import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of source: from offset `start` up to, not including, `end`."""

    start: int
    end: int


class Source:
    """A named KRL text. `name` is what diagnostics call it: a path, a URL or "<pasted>"."""

    def __init__(self, text: str, name: str = "<text>") -> None:
        self.text = text
        self.name = name

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the UTF-8 text, hexadecimal: the identity of a ruleset's version."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character."""
        return [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line break."""
        starts = self.line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def quote(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]
