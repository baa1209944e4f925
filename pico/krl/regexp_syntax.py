"""The syntax of regular expressions: ECMAScript's, without the `u` flag, read into a small tree.

It includes the leniencies of Annex B that people's patterns lean on: literal braces and
closing brackets, octal and unknown escapes. Characters are code points here, so an escaped
surrogate pair is one character. Letter case is resolved while reading: a tree says exactly
which characters it matches, and the engines behind it need no flags.
"""

import re
from dataclasses import dataclass
from typing import Union

from pico.krl.characters import (
    CLASSES,
    DOT,
    EVERYTHING,
    Ranges,
    close_over_case,
    complement,
    single,
    union,
)

DEEPEST = 50
"""Levels of nested groups: nobody writes more, and every stage works by depth."""

LARGEST_COUNT = 1_000_000
"""Counts in braces above this one are taken for it: no text is longer than a few of them."""


class PatternError(Exception):
    """Why a pattern is none; the text is the reason as JavaScript engines give it."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of a set: `a`, `.`, `[a-z]`, `\\d`."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Edge:
    """A place without width: `^`, `$`, `\\b` or `\\B`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Group:
    """`(...)` with its number from 1, or `(?:...)` with number None."""

    body: "Tree"
    number: int | None


@dataclass(frozen=True, slots=True)
class Look:
    """`(?=...)`, `(?!...)`, `(?<=...)` or `(?<!...)`."""

    body: "Tree"
    ahead: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class BackReference:
    """`\\1` or `\\k<name>`; `closed` says whether the group ends before this place."""

    number: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Terms one after the other."""

    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """`a|b`: the first that leads to a match."""

    options: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`a*`, `a+?`, `a{2,3}`; `high` None is without end."""

    body: "Tree"
    low: int
    high: int | None
    lazy: bool


Tree = Union[Chars, Edge, Group, Look, BackReference, Sequence, Alternatives, Repeat]

QUANTIFIER = re.compile(r"([*+?]|\{([0-9]+)(?:(,)([0-9]*))?\})(\?)?")
GROUP_NAME = re.compile(r"\?<([^\W\d][\w$]*|\$[\w$]*)>")
REFERENCE_NAME = re.compile(r"<([^>]*)>")
CONTROL = {"f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}
HEX_ESCAPE = {"x": re.compile(r"[0-9a-fA-F]{2}"), "u": re.compile(r"[0-9a-fA-F]{4}")}
LOW_SURROGATE = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
OCTAL = re.compile(r"[0-3][0-7]{0,2}|[4-7][0-7]?")


class Reader:
    """Reads one pattern. After `read`, `names` maps each named group to its number."""

    def __init__(self, source: str, ignore_case: bool) -> None:
        self.source = source
        self.ignore_case = ignore_case
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.closed: set[int] = set()
        self.total, self.names = count_groups(source)

    def read(self) -> Tree:
        """The tree of the whole pattern; raises `PatternError`."""
        tree = self.alternatives()
        if self.at < len(self.source):
            raise PatternError("Unmatched ')'")
        return tree

    def peek(self, text: str) -> bool:
        return self.source.startswith(text, self.at)

    def accept(self, text: str) -> bool:
        if self.peek(text):
            self.at += len(text)
            return True
        return False

    def chars(self, ranges: Ranges) -> Chars:
        return Chars(close_over_case(ranges) if self.ignore_case else ranges)

    def alternatives(self) -> Tree:
        options = [self.sequence()]
        while self.accept("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Alternatives(tuple(options))

    def sequence(self) -> Tree:
        items: list[Tree] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            items.append(self.quantified(self.term()))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def quantified(self, term: Tree) -> Tree:
        found = QUANTIFIER.match(self.source, self.at)
        if not found:
            return term
        if isinstance(term, Edge) or (isinstance(term, Look) and not term.ahead):
            raise PatternError("Nothing to repeat")
        self.at = found.end()
        sign, first, comma, second, lazy = found.groups()
        if first is None:
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        else:
            low = count(first)
            high = low if comma is None else count(second) if second else None
        if high is not None and low > high:
            raise PatternError("numbers out of order in {} quantifier")
        return Repeat(term, low, high, lazy is not None)

    def term(self) -> Tree:
        char = self.source[self.at]
        if char == "(":
            return self.group()
        if char == "[":
            return self.character_class()
        if char == "\\":
            return self.escape()
        if QUANTIFIER.match(self.source, self.at):
            raise PatternError("Nothing to repeat")
        self.at += 1
        if char in "^$":
            return Edge(char)
        return Chars(DOT) if char == "." else self.chars(single(ord(char)))

    def group(self) -> Tree:
        self.at += 1
        if self.depth == DEEPEST:
            raise PatternError("Regular expression too large")
        self.depth += 1
        look = next((sign for sign in ("?=", "?!", "?<=", "?<!") if self.accept(sign)), None)
        number = None
        if look is None and not self.accept("?:"):
            number = self.open_group()
        body = self.alternatives()
        if not self.accept(")"):
            raise PatternError("Unterminated group")
        self.depth -= 1
        if look is not None:
            return Look(body, "<" not in look, "!" in look)
        if number is not None:
            self.closed.add(number)
        return Group(body, number)

    def open_group(self) -> int:
        """Read what may follow `(` of a capturing group; returns its number."""
        self.groups += 1
        if self.peek("?<"):
            named = GROUP_NAME.match(self.source, self.at)
            if not named:
                raise PatternError("Invalid capture group name")
            self.at = named.end()
        elif self.peek("?"):
            raise PatternError("Invalid group")
        return self.groups

    def escape(self) -> Tree:
        """A backslash outside of a class."""
        rest = self.source[self.at + 1 : self.at + 2]
        if not rest:
            raise PatternError("\\ at end of pattern")
        if rest in "bB":
            self.at += 2
            return Edge(rest)
        if rest == "k" and self.names:
            return self.named_reference()
        if rest in "123456789":
            digits = re.compile("[0-9]+").match(self.source, self.at + 1)
            if digits and len(digits[0]) < 6 and int(digits[0]) <= self.total:
                self.at = digits.end()
                return self.reference(int(digits[0]))
        return self.chars(self.class_escape())

    def named_reference(self) -> Tree:
        named = REFERENCE_NAME.match(self.source, self.at + 2)
        if not named:
            raise PatternError("Invalid named reference")
        if named[1] not in self.names:
            raise PatternError("Invalid named capture referenced")
        self.at = named.end()
        return self.reference(self.names[named[1]])

    def reference(self, number: int) -> BackReference:
        return BackReference(number, number in self.closed)

    def class_escape(self) -> Ranges:
        """A backslash escape that stands for a set of characters, in a class or out of it."""
        char = self.source[self.at + 1]
        self.at += 2
        if char in CLASSES:
            return CLASSES[char]
        if char in CONTROL:
            return single(CONTROL[char])
        if char in HEX_ESCAPE:
            return single(self.hex_escape(char))
        if char == "c":
            return single(self.control_letter())
        if char in "01234567":
            octal = OCTAL.match(self.source, self.at - 1)
            if octal:
                self.at = octal.end()
                return single(int(octal[0], 8))
        return single(ord(char))

    def hex_escape(self, char: str) -> int:
        """`\\xHH`, `\\uHHHH` or a pair of these; without digits the letter itself."""
        digits = HEX_ESCAPE[char].match(self.source, self.at)
        if not digits:
            return ord(char)
        self.at = digits.end()
        code = int(digits[0], 16)
        low = LOW_SURROGATE.match(self.source, self.at) if 0xD800 <= code <= 0xDBFF else None
        if low:
            self.at = low.end()
            return 0x10000 + ((code - 0xD800) << 10) + (int(low[1], 16) - 0xDC00)
        return code

    def control_letter(self) -> int:
        """`\\cA`; without a letter the backslash itself."""
        letter = self.source[self.at : self.at + 1]
        if letter.isascii() and letter.isalpha():
            self.at += 1
            return ord(letter) & 31
        self.at -= 1
        return ord("\\")

    def character_class(self) -> Tree:
        self.at += 1
        negated = self.accept("^")
        parts: list[tuple[int, int]] = []
        while not self.accept("]"):
            low = self.class_atom()
            if self.peek("-") and not self.peek("-]"):
                parts.extend(self.class_range(low))
            else:
                parts.extend(low)
        ranges = union(parts)
        if self.ignore_case:
            ranges = close_over_case(ranges)
        if negated:
            return Chars(complement(ranges) if ranges else EVERYTHING)
        return Chars(ranges)

    def class_range(self, low: Ranges) -> Ranges:
        """What follows one end of a range in a class; with a set as an end, `-` is just a character."""
        self.at += 1
        high = self.class_atom()
        if not (is_single(low) and is_single(high)):
            return (*low, *high, *single(ord("-")))
        if low[0][0] > high[0][0]:
            raise PatternError("Range out of order in character class")
        return ((low[0][0], high[0][0]),)

    def class_atom(self) -> Ranges:
        if self.at >= len(self.source):
            raise PatternError("Unterminated character class")
        char = self.source[self.at]
        if char != "\\":
            self.at += 1
            return single(ord(char))
        if self.at + 1 == len(self.source):
            raise PatternError("\\ at end of pattern")
        if self.accept("\\b"):
            return single(0x08)
        if self.accept("\\-"):
            return single(ord("-"))
        return self.class_escape()


def is_single(ranges: Ranges) -> bool:
    """Whether a set is one character."""
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def count(digits: str) -> int:
    """A count in braces, cut at `LARGEST_COUNT`."""
    return LARGEST_COUNT if len(digits.lstrip("0")) > 7 else min(int(digits), LARGEST_COUNT)


SKELETON = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]?|\((?:\?(?:<(?![=!])([^>]*)>)?)?", re.DOTALL)


def count_groups(source: str) -> tuple[int, dict[str, int]]:
    """How many capturing groups a pattern has, and the numbers of the named ones."""
    total = 0
    names: dict[str, int] = {}
    for found in SKELETON.finditer(source):
        if found[0] == "(" or found[1] is not None:
            total += 1
        if found[1] is not None:
            if found[1] in names:
                raise PatternError("Duplicate capture group name")
            names[found[1]] = total
    return total, names
