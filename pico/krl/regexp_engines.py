"""Pattern trees on two engines: re2, in linear time, and `regex` where only back-tracking helps.

re2 has neither look-around nor back-references, nor counts beyond a thousand. Patterns with
these run on `regex`, under a time limit. Both engines get nothing but explicit character
sets, so a pattern means the same on either.

ECMAScript forgets the groups inside a repetition at the start of each round; both engines
remember. So each round is captured by a group of its own, and a group that lies outside of
the last round counts as unmatched.

Where they differ from ECMAScript: the body of a repetition that prefers the empty text, as in
`(?:a??)*`, ends the repetition here, while ECMAScript tries its other choices; and `\\1` inside a
repetition may still see the group of the round before.
"""

import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import re2
import regex

from pico.errors import LimitExceeded
from pico.krl.characters import EVERYTHING, WORD, Ranges, without_surrogates
from pico.krl.context import Context
from pico.krl.regexp_syntax import (
    Alternatives,
    BackReference,
    Chars,
    Edge,
    Group,
    Look,
    PatternError,
    Reader,
    Repeat,
    Sequence,
    Tree,
)
from pico.limits import REGEX_MILLISECONDS

PROGRAM_BYTES = 2 << 20
"""Memory that re2 may use for one pattern."""

FUEL_PER_MILLISECOND = 3_000
"""What a search is charged for each full millisecond beyond the common price by length."""

Spans = list[tuple[int, int] | None]


class Scanner(Protocol):
    """One text open for searching. Positions are code points."""

    def find(self, start: int) -> Any:
        """The engine's own match, the first from `start` on, or None."""

    def search(self, start: int) -> list[tuple[int, int]] | None:
        """The spans of the first match from `start` on, by engine group; (-1, -1) for an unmatched one."""


@dataclass(frozen=True, slots=True)
class Round:
    """The engine group around one round of a repetition. An `optional` round that is empty never took place."""

    place: int
    optional: bool

    def holds(self, span: tuple[int, int], found: list[tuple[int, int]]) -> bool:
        """Whether a group with this span was matched in the last round."""
        low, high = found[self.place]
        return low <= span[0] and span[1] <= high and not (self.optional and low == high)


@dataclass(slots=True)
class Writer:
    """Writes a tree in the notation of one engine, and keeps the book on groups."""

    linear: bool
    captures: bool
    ignore_case: bool
    opened: int = 0
    places: dict[int, int] = field(default_factory=dict)
    rounds: dict[int, tuple["Round", ...]] = field(default_factory=dict)
    inside: tuple["Round", ...] = ()

    def write(self, tree: Tree) -> str:
        """The notation of a tree; raises `NeedsBacktracking` where this engine has none."""
        match tree:
            case Chars(ranges):
                return self.chars(ranges)
            case Edge(kind):
                return self.edge(kind)
            case Sequence(items):
                return "".join(map(self.write, items))
            case Alternatives(options):
                return f"(?:{'|'.join(map(self.write, options))})"
            case Group(body, number):
                return self.group(body, number)
            case Repeat():
                return self.repeat(tree)
            case Look():
                return self.look(tree)
            case BackReference():
                return self.reference(tree)

    def chars(self, ranges: Ranges) -> str:
        ranges = without_surrogates(ranges)
        if not ranges:
            return f"[^{self.span(*EVERYTHING[0])}]" if self.linear else "(?!)"
        if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
            return self.char(ranges[0][0])
        return f"[{''.join(self.span(low, high) for low, high in ranges)}]"

    def span(self, low: int, high: int) -> str:
        return self.char(low) if low == high else f"{self.char(low)}-{self.char(high)}"

    def char(self, code: int) -> str:
        if code < 128 and chr(code).isalnum():
            return chr(code)
        return f"\\x{{{code:x}}}" if self.linear else f"\\U{code:08x}"

    def edge(self, kind: str) -> str:
        if self.linear:
            return {"^": r"\A", "$": r"\z", "b": r"\b", "B": r"\B"}[kind]
        word = self.chars(WORD)
        return {
            "^": r"\A", "$": r"\Z",
            "b": f"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))",
            "B": f"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))",
        }[kind]

    def open(self) -> int:
        self.opened += 1
        return self.opened

    def group(self, body: Tree, number: int | None) -> str:
        if number is None or not self.captures:
            return f"(?:{self.write(body)})"
        self.places[number] = self.open()
        self.rounds[number] = self.inside
        return f"({self.write(body)})"

    def repeat(self, tree: Repeat) -> str:
        outer = self.inside
        body = tree.body
        if self.captures and tree.high != 1 and has_groups(body):
            place = self.open()
            self.inside = (*outer, Round(place, tree.low == 0))
            if isinstance(body, Group) and body.number is not None:
                # The group is the round itself: no second one is needed.
                self.places[body.number] = place
                self.rounds[body.number] = self.inside
                body = body.body
            text = f"({self.write(body)})"
        else:
            text = f"(?:{self.write(body)})"
        self.inside = outer
        return text + quantifier(tree)

    def look(self, tree: Look) -> str:
        if self.linear:
            raise NeedsBacktracking
        # What a look-ahead captures lies outside of the round around it.
        outer, self.inside = self.inside, ()
        sign = ("?" if tree.ahead else "?<") + ("!" if tree.negated else "=")
        text = f"({sign}{self.write(tree.body)})"
        self.inside = outer
        return text

    def reference(self, tree: BackReference) -> str:
        if self.linear:
            raise NeedsBacktracking
        place = self.places.get(tree.number)
        if not tree.closed or place is None:
            return "(?:)"
        same = f"(?i:\\g<{place}>)" if self.ignore_case else f"\\g<{place}>"
        return f"(?:(?({place}){same}|))"


class NeedsBacktracking(Exception):
    """The linear engine cannot run this pattern."""


def quantifier(tree: Repeat) -> str:
    """The sign of a repetition, the same for both engines."""
    if (tree.low, tree.high) == (0, 1):
        sign = "?"
    elif tree.high is None and tree.low < 2:
        sign = "*+"[tree.low]
    else:
        sign = f"{{{tree.low},{'' if tree.high is None else tree.high}}}"
    return sign + ("?" if tree.lazy else "")


def has_groups(tree: Tree) -> bool:
    """Whether a tree captures anything."""
    match tree:
        case Group(body, number):
            return number is not None or has_groups(body)
        case Repeat(body) | Look(body):
            return has_groups(body)
        case Sequence(items) | Alternatives(items):
            return any(map(has_groups, items))
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled pattern. `compiled` belongs to re2 if `linear`, else to `regex`; it has `opened` groups."""

    compiled: Any
    linear: bool
    opened: int
    groups: tuple[tuple[int, tuple[Round, ...]], ...]
    names: dict[str, int]

    def scan(self, text: str, t: Context | None) -> Scanner:
        """Open a text for searching, charged to `t`."""
        if self.linear:
            return LinearScanner(self.compiled, self.opened, text, t)
        return BacktrackingScanner(self.compiled, text, t)

    def spans(self, found: list[tuple[int, int]]) -> Spans:
        """The span of the match, then of each group of the pattern, None for an unmatched one."""
        spans: Spans = [found[0]]
        for place, rounds in self.groups:
            span = found[place]
            matched = span[0] >= 0 and all(one.holds(span, found) for one in rounds)
            spans.append(span if matched else None)
        return spans


@lru_cache(maxsize=512)
def compile_pattern(source: str, ignore_case: bool, captures: bool) -> Program:
    """Compile a pattern; raises `PatternError` with the reason where it is none.

    Without `captures` its groups are not recorded, which makes a plain search cheaper.
    """
    reader = Reader(source, ignore_case)
    tree = reader.read()
    try:
        return build(tree, reader, True, captures)
    except (NeedsBacktracking, re2.error):
        # re2's own errors are about size only: the syntax has been checked above.
        try:
            return build(tree, reader, False, True)
        except regex.error as error:
            raise PatternError(str(error)) from None


def build(tree: Tree, reader: Reader, linear: bool, captures: bool) -> Program:
    """Write the tree for one engine and compile it there."""
    writer = Writer(linear, captures, reader.ignore_case)
    text = writer.write(tree)
    compiled = re2.compile(text.encode("utf-8"), re2_options()) if linear else regex.compile(text, regex.V0)
    groups = tuple((writer.places[n], writer.rounds[n]) for n in sorted(writer.places))
    return Program(compiled, linear, writer.opened, groups, reader.names)


@lru_cache(maxsize=1)
def re2_options() -> Any:
    """Our settings for re2: silent, and bounded in memory."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = PROGRAM_BYTES
    return options


def charge_time(t: Context | None, started: float) -> None:
    """Charge a search that took long. Common ones are charged by length alone, which is the same every time."""
    milliseconds = int((time.perf_counter() - started) * 1000)
    if t is not None and milliseconds:
        t.spend(milliseconds * FUEL_PER_MILLISECOND)


class LinearScanner:
    """A text open for re2, which counts bytes of UTF-8."""

    def __init__(self, compiled: Any, groups: int, text: str, t: Context | None) -> None:
        self.compiled = compiled
        self.groups = groups
        self.text = text
        self.t = t
        self.data = text.encode("utf-8", "replace")
        self.plain = len(self.data) == len(text)
        self.passed = (0, 0)

    def find(self, start: int) -> Any:
        """See `Scanner`. Later searches must not start before earlier ones."""
        started = time.perf_counter()
        found = self.compiled.search(self.data, start if self.plain else self.to_byte(start))
        charge_time(self.t, started)
        return found

    def search(self, start: int) -> list[tuple[int, int]] | None:
        """See `Scanner`."""
        found = self.find(start)
        if found is None:
            return None
        spans = [found.span(n) for n in range(self.groups + 1)]
        if self.plain:
            return spans
        return self.to_characters(spans)

    def to_byte(self, position: int) -> int:
        character, byte = self.passed
        byte += len(self.text[character:position].encode("utf-8", "replace"))
        self.passed = (position, byte)
        return byte

    def to_characters(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Spans in characters, in one pass over the text since the last search began."""
        character, byte = self.passed
        known = {-1: -1}
        for offset in sorted({offset for span in spans for offset in span if offset >= 0}):
            character += len(self.data[byte:offset].decode("utf-8"))
            byte = offset
            known[offset] = character
        return [(known[low], known[high]) for low, high in spans]


class BacktrackingScanner:
    """A text open for `regex`, which is stopped after `REGEX_MILLISECONDS`."""

    def __init__(self, compiled: Any, text: str, t: Context | None) -> None:
        self.compiled = compiled
        self.text = text
        self.t = t

    def find(self, start: int) -> Any:
        """See `Scanner`; raises `LimitExceeded` when the time is up."""
        started = time.perf_counter()
        try:
            found = self.compiled.search(self.text, start, timeout=REGEX_MILLISECONDS.value / 1000)
        except TimeoutError:
            raise LimitExceeded(REGEX_MILLISECONDS) from None
        charge_time(self.t, started)
        return found

    def search(self, start: int) -> list[tuple[int, int]] | None:
        """See `Scanner`."""
        found = self.find(start)
        return None if found is None else list(found.regs)
