"""What to say where the parser cannot go on.

The tables merge contexts, so the state at the error says too much and too little about what
could have come. `Failure` therefore replays the tokens before the error, without values, and
asks for every terminal whether the parser would have taken it there. From that set and the
symbols on the stack comes the message, in KRL's words; `hints` knows the forms that people
bring from older KRL or from other languages and says what to write instead.
"""

from collections.abc import Iterator
from functools import cached_property

from pico.errors import SyntaxFault
from pico.krl.diagnostic import Diagnostic
from pico.krl.hints import advise, advise_on_character
from pico.krl.parse_hints import Advice
from pico.krl.parse_table import END, Table
from pico.krl.source import Source, Span
from pico.krl.tokens import HARD_WORDS, OPERATOR_WORDS, Tokens

CONTINUES = frozenset("( [ { . + - TIMES COMPARE like cmp && ||".split())
STARTS_EXPRESSION = frozenset("NUMBER STRING REGEXP CHEV_OPEN function [".split())
_ANY_WORD = frozenset(("IDENT", "ruleset", "alias"))
_STRUCTURE = frozenset("foreach pre always fired notfired".split())
_EVENT_GOES_ON = frozenset("or and before then after between NOT_BETWEEN setting where".split())
_GROUPS = {
    "a statement": frozenset("clear raise schedule log error last".split()),
    "a meta property": frozenset("name description author version logging key keys use configure provide provides share"
                                 " shares errors".split()),
}
_OPENERS = frozenset(("(", "[", "{", "BEE_OPEN"))
_CLOSERS = frozenset((")", "]", "}", "BEE_CLOSE"))
_NAMES = {
    "IDENT": "a name", "NAME_EQ": "a declaration", "NUMBER": "a number", "STRING": "a string", "REGEXP": "a regexp",
    "CHEV_CLOSE": "`>>`", "BEE_CLOSE": "`}`", "ON_FINAL": "`on final`", "NOT_BETWEEN": "`not between`",
    END: "the end of the text",
}
_HIDDEN = frozenset(("ATTR_KEY", "CHEV_TEXT", "BEE_OPEN", "CHEV_OPEN"))
_FIRST_SHOWN = ( "NAME_EQ", ")", "]", "}", "BEE_CLOSE", "|", ",", ":", ";")
_MOST_SHOWN = 8


class Failure:
    """The place where parsing stopped: what was found, what could have come, and what was open."""

    def __init__(self, source: Source, tokens: Tokens, place: int, table: Table, start: str) -> None:
        self.source = source
        self.tokens = tokens
        self.place = place
        self.table = table
        self.start = start

    @cached_property
    def stack(self) -> tuple[list[int], list[str], list[int]]:
        """States, symbols and each symbol's first token, after all tokens before the error."""
        table, states, symbols, firsts = self.table, [self.table.starts[self.start]], [""], [0]
        place = 0
        while place < self.place:
            kind = self.tokens.kinds[place]
            action = table.actions[states[-1]][kind]
            if action > 0:
                states.append(action)
                symbols.append(table.terminals[kind])
                firsts.append(place)
                place += 1
                continue
            production = table.productions[action]
            size = len(production.symbols)
            first = firsts[-size] if size else place
            for column in (states, symbols, firsts):
                del column[len(column) - size :]
            states.append(table.gotos[states[-1]][production.left])
            symbols.append(table.nonterminals[production.left])
            firsts.append(first)
        return states, symbols, firsts

    @cached_property
    def expected(self) -> frozenset[str]:
        """The terminals that the parser would have taken instead."""
        names = self.table.terminals[:-1]
        return frozenset(name for kind, name in enumerate(names) if self._takes(kind))

    def _takes(self, kind: int) -> bool:
        table, below = self.table, self.stack[0]
        depth, above = len(below), list[int]()
        finish = table.ends[self.start]
        while True:
            state = above[-1] if above else below[depth - 1]
            action = table.actions[state][kind]
            if action >= 0:
                return action > 0 or (state == finish and table.terminals[kind] == END)
            production = table.productions[action]
            size = len(production.symbols)
            from_above = min(size, len(above))
            del above[len(above) - from_above :]
            depth -= size - from_above
            above.append(table.gotos[above[-1] if above else below[depth - 1]][production.left])

    @property
    def symbols(self) -> list[str]:
        """The grammar's symbols read and not yet complete, outermost first."""
        return self.stack[1]

    def kind(self, step: int = 0) -> str:
        """The terminal of the token `step` away from the error; empty outside."""
        place = self.place + step
        return self.table.terminals[self.tokens.kinds[place]] if 0 <= place < len(self.tokens.kinds) else ""

    def text(self, step: int = 0) -> str:
        """The text of the token `step` away from the error; empty outside."""
        return self.tokens[self.place + step]

    def is_word(self, step: int = 0) -> bool:
        """Whether that token is a word of any kind."""
        text = self.text(step)
        return bool(text) and (text[0].isalpha() or text[0] in "_$") and self.kind(step) not in ("REGEXP", "ON_FINAL")

    def touches(self, step: int) -> bool:
        """Whether nothing stands between that token and the one before it."""
        place = self.place + step
        return place > 0 and self.tokens.starts[place] == self.tokens.ends[place - 1]

    def span(self, step: int = 0) -> Span:
        """The span of the token `step` away; at the end of the text, its last token's last character."""
        place = self.place + step
        start, end = self.tokens.starts[place], self.tokens.ends[place]
        if start == end and place:
            end = self.tokens.ends[place - 1]
            start = end - 1
        return Span(start, end)

    def line(self, place: int) -> int:
        """The line of a token, by its index."""
        return self.source.place(self.tokens.starts[place])[0]

    def opened(self) -> Iterator[tuple[str, int]]:
        """The open brackets, innermost first: what each is, and its token's index."""
        _, symbols, firsts = self.stack
        closed = 0
        for at in range(len(symbols) - 1, 0, -1):
            if symbols[at] in _CLOSERS:
                closed += 1
            elif symbols[at] in _OPENERS and closed:
                closed -= 1
            elif symbols[at] in _OPENERS:
                yield _bracket(symbols, at), firsts[at]

    @cached_property
    def frame(self) -> str:
        """What the innermost open bracket is: `map`, `function`, `arguments`, `meta`, ...; else `program`."""
        return next((kind for kind, _ in self.opened()), "program")

    def within(self, *frames: str) -> bool:
        """Whether the innermost block, looking past parentheses, arrays and maps, is one of these."""
        loose = ("group", "arguments", "array", "index", "map", "path", "beesting", "names")
        return next((kind for kind, _ in self.opened() if kind not in loose), "program") in frames

    @property
    def wants_expression(self) -> bool:
        """Whether an expression could start here."""
        return self.expected >= STARTS_EXPRESSION

    @property
    def after_expression(self) -> bool:
        """Whether an expression could go on here."""
        return "COMPARE" in self.expected


def _bracket(symbols: list[str], at: int) -> str:
    """What the bracket at an index of the stack opens."""
    mark, before = symbols[at], symbols[at - 1]
    if mark == "BEE_OPEN":
        return "beesting"
    if mark == "[":
        return "index" if before == "postfix" else "array"
    if mark == "(":
        if before in ("function", "defaction"):
            return "params"
        if before in ("complete", "selector", "target", "target1", "method", "method_domain"):
            return "arguments"
        if before in ("setting", "aggregate"):
            return "names"
        return "event" if before in ("event_op", "NUMBER", "between", "NOT_BETWEEN", "when") else "group"
    blocks = {"params": symbols[at - 2], "rid": "ruleset", "activity": "rule", "selector": "choose", "postfix": "path",
              "assigned": "path", "cleared": "path", "every": "actions", "sample": "actions"}
    blocks |= dict.fromkeys(("global", "pre", "meta"), before)
    blocks |= dict.fromkeys(("always", "fired", "notfired", "else", "finally"), "postlude")
    return blocks.get(before, "map")


def fault(source: Source, tokens: Tokens, place: int, table: Table, start: str) -> SyntaxFault:
    """The error for the token at `place`, which the parser could not take after the tokens before it."""
    failure = Failure(source, tokens, place, table, start)
    advice = _describe_piece(failure) if place in tokens.bad else _describe(failure)
    span = advice.span or failure.span()
    return SyntaxFault([Diagnostic(advice.code or "syntax", advice.message or "", source, span, advice.hint)])


def _describe_piece(failure: Failure) -> Advice:
    """An illegal or unclosed piece of text."""
    missing = failure.tokens.bad[failure.place]
    if missing == "illegal":
        return Advice(advise_on_character(failure), "Unsupported characters", "illegal-character")
    if missing == "*/":
        return Advice("comments end with `*/`", "Missing close */", "unclosed-comment")
    hints = {'"': 'a string ends with `"`; inside it write `\\"`', ">>": "a chevron ends with `>>`",
             "#": "a regexp ends with `#`; inside it write `\\#`"}
    return Advice(hints[missing], f"Missing close {missing}", "unclosed-text")


def _describe(failure: Failure) -> Advice:
    """Message, hint and code for a token that does not fit."""
    advice, plain = advise(failure), _plain(failure)
    hint = advice.hint or plain.hint or _closing_hint(failure) or _string_hint(failure)
    return Advice(hint, advice.message or plain.message, advice.code or plain.code, advice.span)


def _plain(failure: Failure) -> Advice:
    """The plain message, before any hint, and its code."""
    expected, frame, before = failure.expected, failure.frame, failure.symbols[-1]
    if before in (".", "-") and failure.symbols[-2] == "rid":
        return Advice(None, f"RulesetID cannot end with a `{before}`", "ruleset-id")
    if failure.kind() == END and (frame != "program" or failure.start == "ruleset"):
        return Advice(None, f"Unexpected end: expected {_list_expected(failure)}", "unexpected-end")
    if frame == "function" and failure.text() == "}" and (failure.wants_expression or "return" in expected):
        return Advice(None, "Expected the function return expression", "missing-result")
    if frame == "meta" and "use" in expected and failure.is_word():
        return Advice(None, f"Unsupported meta key: {failure.text()}", "unsupported-meta-key")
    if frame in ("global", "pre") and expected >= {"NAME_EQ", "}"}:
        return Advice(None, "Expected a declaration")
    if frame == "postlude" and expected >= {"NAME_EQ", "}"}:
        return Advice(None, "Expected a declaration or another statement")
    if frame == "map" and before in ("{", ",") and not failure.wants_expression:
        return Advice(None, "Expected a map key: text in double quotes", "map-key")
    if failure.wants_expression and not failure.after_expression:
        return _no_expression(failure)
    return _missing_token(failure)


def _no_expression(failure: Failure) -> Advice:
    """An expression was wanted, and something came that cannot start one."""
    text = failure.text()
    if text in HARD_WORDS or text in OPERATOR_WORDS:
        message = f"Expected an expression; `{text}` is reserved and cannot start one"
        return Advice("choose another name", message, "reserved-word")
    return Advice(None, "Expected an expression")


def _missing_token(failure: Failure) -> Advice:
    """Something other than an expression was wanted."""
    expected, before, text = failure.expected, failure.symbols[-1], failure.text()
    if expected == {"NUMBER"}:
        return Advice(None, "Expected a positive integer")
    if before == "then" and "every" in expected:
        return Advice(None, "Expected an action after if … then")
    if expected >= {"any", "(", "IDENT"} and not failure.wants_expression:
        return Advice(None, "Expected an event expression")
    if before == "log" or (before == "error" and failure.frame == "postlude"):
        return Advice(None, "Expected error or warn or info or debug")
    if expected >= {"IDENT", "select", "fired", "else"} and not failure.after_expression:
        if ":" in expected:
            return Advice(None, "Expected `:` or the event's type")
        if text in HARD_WORDS:
            return Advice("choose another name", f"Reserved word: `{text}` cannot be a name", "reserved-word")
        return Advice(None, "Expected Identifier")
    return Advice(None, f"Expected {_list_expected(failure)}")


def _list_expected(failure: Failure) -> str:
    """What could have come, in words: closers first, what merely continues an expression left out."""
    expected, words = set(failure.expected) - _HIDDEN, list[str]()
    if failure.wants_expression and not failure.after_expression:
        return "an expression"
    if failure.after_expression:
        expected -= CONTINUES | STARTS_EXPRESSION | {":"}
        if len(expected) > 1:
            expected.discard("=>")
    if expected >= {"or", "before", "between"}:
        expected -= _EVENT_GOES_ON
    if expected >= _ANY_WORD:
        named = "select" in expected
        words.append("a name" if named or "every" not in expected else "an action")
        expected = {name for name in expected if not name.isalpha() or (name in _STRUCTURE and not named)}
    for phrase, some in _GROUPS.items():
        if expected >= some:
            words.append(phrase)
            expected -= some | ({"IDENT", "NAME_EQ"} if phrase == "a statement" else set())
    order = {name: place for place, name in enumerate(_FIRST_SHOWN)}
    shown = sorted(expected, key=lambda name: (order.get(name, len(order)), name))
    words += [_NAMES.get(name, f"`{name}`") for name in shown]
    if len(words) > _MOST_SHOWN:
        words = [*words[:_MOST_SHOWN], "…"]
    return " or ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + f" or {words[-1]}"


def _closing_hint(failure: Failure) -> str | None:
    """At the end of the text, and at a close that belongs to another bracket, which one is open."""
    closed = {")": "(", "]": "[", "}": "{"}.get(failure.text())
    if failure.kind() != END and not closed:
        return None
    for _, place in failure.opened():
        mark = failure.tokens[place]
        return None if mark.endswith(closed or "end") else f"the `{mark}` on line {failure.line(place)} is not closed"
    return None


def _string_hint(failure: Failure) -> str | None:
    """A string over several lines right before the error: perhaps its quote is missing."""
    before = failure.text(-1)
    if failure.kind(-1) != "STRING" or "\n" not in before:
        return None
    return f"the string before began on line {failure.line(failure.place - 1)}: is its closing `\"` missing there?"
