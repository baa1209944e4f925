"""From text to typed tokens, by hand.

One compiled regexp finds the next token; a stack follows chevrons, whose `#{ ... }` hold
tokens again. A keyword-per-state lexer cannot work for this grammar, because after any
expression nearly every word may come. So one word of look-ahead decides here what a word is,
and the parser sees typed tokens:

    P1  `on` before `final`                      one ON_FINAL token
    P2  `not` before `between`                   one NOT_BETWEEN token
    P3  a word, not hard reserved, before `=`    NAME_EQ
    P4  a word before a regexp                   ATTR_KEY (never `like cmp not return`)
    P5  otherwise                                its own keyword, or IDENT

Each is applied when the second token arrives, by changing the kind of the first. Nothing raises
here: an illegal or unclosed piece becomes a token that no state of the parser accepts, so that
an earlier syntax error is reported first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from pico.krl.parse_table import BAD, END, load_table

HARD_WORDS = frozenset("function defaction return not setting null true false".split())
OPERATOR_WORDS = frozenset("and or before then after between any count repeat like cmp".split())

_SPACES = r" \t\r\n\v\f\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_SKIPPED = rf"(?:[{_SPACES}]++|//[^\r\n]*+|/\*.*?\*/)*+"
_WORD, _MARK, _STRING, _NUMBER, _REGEXP, _CHEVRON, _STRAY = range(1, 8)
_TOKEN = re.compile(
    _SKIPPED + r"""(?:
      ((?!re\#)[A-Za-z_$][A-Za-z0-9_$]*+)
    | ([(){}\[\],+\-;*%]|\.(?![0-9])|:=|:|<=>|<=|<(?!<)|\|\||\||==|=>|=|>=|><|>|&&|!=|/(?!\*))
    | ("[^"\\]*+(?:\\.[^"\\]*+)*+")
    | ([0-9]++(?:\.[0-9]++)?|\.[0-9]++)
    | (re\#[^\#\\]*+(?:\\.[^\#\\]*+)*+\#[gim]*+)
    | (<<)
    | (.)
    | \Z)""",
    re.VERBOSE | re.DOTALL,
)
_CHEVRON_TEXT = re.compile(r"((?:[^\\>#]++|\\.|>(?!>)|#(?!\{))*+)(>>|#\{)?", re.DOTALL)
_ILLEGAL_RUN = re.compile(rf"""[^A-Za-z0-9_$"'!&(){{}}\[\],+\-;*%.:<>|=/{_SPACES}]*""")


@dataclass(slots=True)
class Tokens:
    """Tokens as parallel lists. `kinds` are numbers of the table's terminals; the last token is the end.

    `bad` tells for the index of an unacceptable token what is wrong with it: `illegal`, or the
    close that is missing: `"`, `#`, `>>` or `*/`.
    """

    text: str
    kinds: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)

    def __getitem__(self, place: int) -> str:
        """The text of the token at an index; empty at the end and outside."""
        return self.text[self.starts[place] : self.ends[place]] if 0 <= place < len(self.kinds) else ""

    def add(self, kind: int, start: int, end: int) -> None:
        """Append one token."""
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)


class Classes:
    """What the tokeniser needs to know of the table's terminals: their numbers, and which words may change."""

    def __init__(self, terminals: Sequence[str]) -> None:
        self.number = {name: place for place, name in enumerate(terminals)}
        self.ident = self.number["IDENT"]
        keywords = {name: place for name, place in self.number.items() if name.isalpha() and name.islower()}
        self.words = keywords
        self.marks = {name: place for name, place in self.number.items() if not name[0].isalpha()}
        self.marks |= dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "><", "<=>"), self.number["COMPARE"])
        self.marks |= dict.fromkeys(("*", "/", "%"), self.number["TIMES"])
        self.declarable = frozenset({self.ident, *(p for name, p in keywords.items() if name not in HARD_WORDS)})
        never = {keywords[name] for name in ("like", "cmp", "not", "return")}
        self.attributes = frozenset({self.ident, *keywords.values()} - never)


@cache
def classes() -> Classes:
    """The classes of the loaded table."""
    return Classes(load_table().terminals)


def tokenise(text: str) -> Tokens:
    """Cut `text` into tokens; never raises."""
    cutter = _Cutter(Tokens(text), classes())
    cutter.cut()
    return cutter.tokens


class _Cutter:
    """Carries one tokenisation; `chevrons` holds, per open chevron, its token's index and its open braces."""

    def __init__(self, tokens: Tokens, known: Classes) -> None:
        self.tokens = tokens
        self.known = known
        self.chevrons: list[list[int]] = []

    def cut(self) -> None:
        """Fill the tokens, the end token included."""
        tokens, known, chevrons = self.tokens, self.known, self.chevrons
        text, kinds, starts, ends = tokens.text, tokens.kinds, tokens.starts, tokens.ends
        words, marks, ident, number = known.words, known.marks, known.ident, known.number
        equals, string, numeral, regexp = (number[name] for name in ("=", "STRING", "NUMBER", "REGEXP"))
        match, position, special = _TOKEN.match, 0, 0
        while found := match(text, position):
            group = found.lastindex
            if group is None:
                break
            start, end = found.span(group)
            position = end
            if group == _WORD:
                word = text[start:end]
                if word in ("final", "between") and self._joins(word, end):
                    continue
                kind = words.get(word, ident)
            elif group == _MARK:
                mark = text[start:end]
                kind = marks[mark]
                if kind == equals and kinds and kinds[-1] in known.declarable:
                    kinds[-1] = number["NAME_EQ"]
                elif chevrons and mark in "{}" and (special := self._brace(mark, start)):
                    position = special
                    continue
            elif group == _STRING:
                kind = string
            elif group == _NUMBER:
                kind = numeral
            elif group == _REGEXP:
                kind = regexp
                if kinds and kinds[-1] in known.attributes:
                    kinds[-1] = number["ATTR_KEY"]
            else:
                position = self._open_chevron(start) if group == _CHEVRON else self._stray(start)
                continue
            kinds.append(kind)
            starts.append(start)
            ends.append(end)
        tokens.add(number[END], len(text), len(text))

    def _joins(self, word: str, end: int) -> bool:
        """Make one token of `on final` and of `not between`, where the first word is there."""
        tokens, number = self.tokens, self.known.number
        first, kind, joined = ("on", self.known.ident, "ON_FINAL") if word == "final" else (
            "not", number["not"], "NOT_BETWEEN")
        last = len(tokens.kinds) - 1
        if last < 0 or tokens.kinds[last] != kind or tokens[last] != first:
            return False
        tokens.kinds[last] = number[joined]
        tokens.ends[last] = end
        return True

    def _open_chevron(self, start: int) -> int:
        self.chevrons.append([len(self.tokens.kinds), 0])
        self.tokens.add(self.known.number["CHEV_OPEN"], start, start + 2)
        return self._chevron_text(start + 2)

    def _brace(self, mark: str, start: int) -> int:
        """Count a brace inside `#{ }`; where it closes the beesting, the offset after the text that follows, else 0."""
        chevron = self.chevrons[-1]
        if mark == "{":
            chevron[1] += 1
            return 0
        if chevron[1]:
            chevron[1] -= 1
            return 0
        self.tokens.add(self.known.number["BEE_CLOSE"], start, start + 1)
        return self._chevron_text(start + 1)

    def _chevron_text(self, start: int) -> int:
        """Take chevron text up to and with `>>` or `#{`; the offset after it."""
        tokens, number = self.tokens, self.known.number
        found = _CHEVRON_TEXT.match(tokens.text, start)
        text_end, end = (found.end(1), found.end()) if found else (start, start)
        if text_end > start:
            tokens.add(number["CHEV_TEXT"], start, text_end)
        close = tokens.text[text_end:end]
        if close == "#{":
            tokens.add(number["BEE_OPEN"], text_end, end)
            return end
        opened = self.chevrons.pop()[0]
        if close:
            tokens.add(number["CHEV_CLOSE"], text_end, end)
            return end
        for column in (tokens.kinds, tokens.starts, tokens.ends):
            del column[opened + 1 :]
        tokens.kinds[opened] = number[BAD]
        tokens.bad[opened] = ">>"
        return len(tokens.text)

    def _stray(self, start: int) -> int:
        """Keep an illegal or unclosed piece as a bad token; the offset after it."""
        tokens = self.tokens
        text = tokens.text
        opens = {'"': ('"', 1), "r": ("#", 3), "/": ("*/", 2)}
        if text[start] in opens:
            reason, width = opens[text[start]]
            end, after = start + width, len(text)
        else:
            found = _ILLEGAL_RUN.match(text, start + 1)
            reason = "illegal"
            end = after = found.end() if found else start + 1
        tokens.bad[len(tokens.kinds)] = reason
        tokens.add(self.known.number[BAD], start, end)
        return after
