"""Regular expressions as KRL values: immutable, stateless, equal by source and flags.

They mean what they mean in JavaScript without the `u` flag, except that the unit is the code
point, and that a value remembers no position between searches. See `regexp_syntax` for the
dialect and `regexp_engines` for how it is run.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pico.errors import LimitExceeded, RuleFault
from pico.krl.context import Context
from pico.krl.regexp_engines import Program, Spans, compile_pattern
from pico.krl.regexp_syntax import PatternError, Reader
from pico.limits import REGEX_CHARS


@dataclass(frozen=True, slots=True)
class Match:
    """One match in `text`: the span of the whole, then of each group, None where unmatched."""

    text: str
    spans: Spans
    names: dict[str, int]

    @property
    def start(self) -> int:
        """Where the match begins."""
        return self.spans[0][0] if self.spans[0] else 0

    @property
    def end(self) -> int:
        """Where the match ends, exclusively."""
        return self.spans[0][1] if self.spans[0] else 0

    def group(self, number: int) -> str | None:
        """The text of a group, 0 for the whole match; null where the group took no part."""
        span = self.spans[number]
        return None if span is None else self.text[span[0] : span[1]]

    def groups(self) -> list[str | None]:
        """The texts of all groups, from 1."""
        return [self.group(number) for number in range(1, len(self.spans))]


class Regexp:
    """`re#source#flags`. Of the flags only `g` and `i` mean something; nothing is checked until it is used."""

    __slots__ = ("flags", "source")

    def __init__(self, source: str, flags: str = "") -> None:
        self.source = source
        self.flags = ("g" if "g" in flags else "") + ("i" if "i" in flags else "")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regexp) and (self.source, self.flags) == (other.source, other.flags)

    def __hash__(self) -> int:
        return hash((self.source, self.flags))

    def __repr__(self) -> str:
        return self.text()

    @property
    def repeats(self) -> bool:
        """Whether `replace` and `extract` take every match rather than the first."""
        return "g" in self.flags

    def text(self) -> str:
        """Its text as a KRL value: `re#a\\/b#gi`."""
        return f"re#{escape_slashes(self.source)}#{self.flags}"

    def check(self) -> None:
        """Raise `bad-regexp` where the pattern is none."""
        self.program(True)

    def program(self, captures: bool) -> Program:
        """The compiled pattern; raises `bad-regexp`, or `LimitExceeded` where it is too long."""
        if len(self.source) > REGEX_CHARS.value:
            raise LimitExceeded(REGEX_CHARS, len(self.source))
        try:
            return compile_pattern(self.source, "i" in self.flags, captures)
        except PatternError as error:
            raise RuleFault("bad-regexp", invalid(self.source, error)) from None

    def found_in(self, text: str, t: Context | None = None) -> bool:
        """Whether it matches anywhere in a text, charged to `t`."""
        program = self.program(False)
        charge_scan(t, self, text)
        return program.scan(text, t).find(0) is not None

    def first(self, text: str, t: Context | None = None) -> Match | None:
        """The first match in a text, charged to `t`."""
        return next(self.matches(text, t), None)

    def matches(self, text: str, t: Context | None = None) -> Iterator[Match]:
        """All matches in a text, in order; after an empty one the search goes on one character further."""
        program = self.program(True)
        charge_scan(t, self, text)
        scanner = program.scan(text, t)
        start = 0
        while start <= len(text):
            found = scanner.search(start)
            if found is None:
                return
            yield Match(text, program.spans(found), program.names)
            low, high = found[0]
            start = high + 1 if low == high else high
            if t is not None:
                t.spend(1)


def charge_scan(t: Context | None, regexp: Regexp, text: str) -> None:
    """The common price of a search: for having the pattern compiled, and by the text's length."""
    if t is not None:
        t.spend(1 + (len(regexp.source) >> 3) + (len(text) >> 5))


def escape_slashes(source: str) -> str:
    """The source as JavaScript shows it: `/` escaped outside of classes, and never empty."""
    shown = []
    inside = escaped = False
    for char in source:
        if char == "/" and not (inside or escaped):
            shown.append("\\")
        shown.append(char)
        inside = (char == "[" or (inside and char != "]")) if not escaped else inside
        escaped = char == "\\" and not escaped
    return "".join(shown) or "(?:)"


def invalid(source: str, error: PatternError) -> str:
    """The message for a pattern that is none."""
    shown = source if len(source) <= 200 else f"{source[:200]}…"
    return f"SyntaxError: Invalid regular expression: /{shown}/: {error}"


def check_pattern(pattern: str, flags: str = "") -> str | None:
    """What is wrong with a regexp literal, as a message, or None. `m` is accepted and means nothing."""
    if len(set(flags)) != len(flags) or set(flags) - set("gim"):
        return f"SyntaxError: Invalid flags supplied to RegExp constructor '{flags}'"
    if len(pattern) > REGEX_CHARS.value:
        return LimitExceeded(REGEX_CHARS, len(pattern)).message
    try:
        Reader(pattern, "i" in flags).read()
    except PatternError as error:
        return invalid(pattern, error)
    return None
