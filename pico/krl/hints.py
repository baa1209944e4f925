"""What to write instead: forms of older KRL, of other languages, and the common slips.

Each hint is a small function from the place of the failure to an `Advice`, or None. They are
tried in order, the particular before the general. A hint may replace the message and the span
as well, where it knows better what was meant.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pico.krl import parse_hints
from pico.krl.parse_hints import OLDER, Advice
from pico.krl.source import Span

if TYPE_CHECKING:
    from pico.krl.parse_errors import Failure


Rule = Callable[["Failure"], Advice | None]


def advise(failure: "Failure") -> Advice:
    """The first hint that fits; an empty one where none does."""
    for rule in _RULES:
        advice = rule(failure)
        if advice is not None:
            return advice
    return Advice()


_CHARACTERS = {
    "'": 'strings use double quotes: `"…"`',
    "!": "write `not`",
    "&": "the and-operator is `&&`",
    "?": "a conditional is `test => value | other`",
    "#": "a regexp is `re#…#`, without a space after `re`",
    "@": "names are made of letters, digits, `_` and `$`",
    "`": 'strings use double quotes: `"…"`',
    "\\": "a backslash means something only inside strings, chevrons and regexps",
    "“": 'use straight double quotes: `"…"`',
    "”": 'use straight double quotes: `"…"`',
    "‘": 'use straight double quotes: `"…"`',
    "’": 'use straight double quotes: `"…"`',
}
_OLD_REGEXP = re.compile(r"(?<![\w$])re/")


def advise_on_character(failure: "Failure") -> str:
    """The hint for an illegal character."""
    regexp = _old_regexp(failure)
    if regexp is not None and regexp.hint:
        return regexp.hint
    character = failure.text()[0]
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    if ord(character) > 127:
        return "characters outside ASCII belong in strings, chevrons, regexps and comments"
    if ord(character) < 32 or ord(character) == 127:
        return "remove the control character"
    return "it has no meaning in KRL"


def _old_regexp(failure: "Failure") -> Advice | None:
    """`re/.../flags` on the same line, up to the error."""
    start, end = failure.span()
    line_start = start + 1 - failure.source.place(start)[1]
    found = _OLD_REGEXP.search(failure.source.text, line_start, end + 1)
    if found is None or not _starts_token(failure, found.start()):
        return None
    return Advice("use `re#…#`", "Regexps are not written between slashes", OLDER, Span(found.start(), found.end()))


def _starts_token(failure: "Failure", offset: int) -> bool:
    """Whether a token at or before the error starts there: not so inside a string."""
    return offset in failure.tokens.starts[: failure.place + 1]


# Strings, operators and names


def _old_comparison(failure: "Failure") -> Advice | None:
    """`a eq b`, `a neq b`."""
    for step in (0, -1):
        text = failure.text(step)
        if text in ("eq", "neq") and failure.place + step > 0:
            mark = "==" if text == "eq" else "!="
            return Advice(f"use `{mark}`", f"`{text}` is not an operator", OLDER, failure.span(step))
    return None


def _word_operator(failure: "Failure") -> Advice | None:
    """`a and b`, `a or b` in an expression."""
    marks = {"and": "&&", "or": "||"}
    if failure.after_expression and failure.text() in marks:
        return Advice(f"in an expression write `{marks[failure.text()]}`")
    return None


def _single_equals(failure: "Failure") -> Advice | None:
    """`if a = b`, `(a) = 1`, `a === b`."""
    named = failure.kind() == "NAME_EQ" and "NAME_EQ" not in failure.expected and failure.wants_expression
    if named and not failure.after_expression:
        return Advice("`=` declares a name; to compare write `==`", None, None, failure.span(1))
    if failure.kind() == "=":
        return Advice("`=` declares a name; to compare write `==`")
    return None


def _range(failure: "Failure") -> Advice | None:
    """`1..3`."""
    if failure.text(-1) == "." and failure.text().startswith("."):
        return Advice("there is no range operator; use `a.range(b)`")
    return None


def _nested_conditional(failure: "Failure") -> Advice | None:
    """`a => b => c | d | e`."""
    if failure.text() == "=>" and "|" in failure.expected:
        return Advice("put the inner conditional into parentheses")
    if "|" in failure.expected and "=>" not in failure.expected and failure.after_expression:
        return Advice("a conditional has two arms: `test => value | other`", "Expected `|`")
    return None


def _stray_chevron_end(failure: "Failure") -> Advice | None:
    """`<<<b>x</b>>>` closes after `</b`."""
    for step in (0, -1):
        if failure.text(step) == ">" and failure.kind(step - 1) == "CHEV_CLOSE" and failure.touches(step):
            hint = "the first `>>` closes a chevron: write `\\>>>`, or a space before `>>`"
            return Advice(hint, span=failure.span(step))
    return None


def _map_key(failure: "Failure") -> Advice | None:
    """`{a: 1}`, `{1: 1}`, `{"a" + "b": 1}`, and a path meant as a map."""
    if failure.frame == "map" and failure.symbols[-1] in ("{", ",") and failure.kind(1) == ":":
        text = failure.text() if failure.is_word() else failure.text().strip('"<>')
        return Advice(f'quote map keys: `{{"{text}": …}}`')
    if failure.frame == "map" and failure.symbols[-1] in ("{", ",") and not failure.wants_expression:
        return Advice("map keys are string literals")
    if failure.frame == "map" and failure.expected == {":"}:
        return Advice("a map key is one string literal", "Expected `:` after the map key", "map-key")
    if failure.frame == "path" and failure.text() == ":":
        opened = next(place for _, place in failure.opened())
        return Advice(f"if a map is meant, put `;` before the `{{` on line {failure.line(opened)}")
    return None


def _one_key(failure: "Failure") -> Advice | None:
    """`a[1,2]`, `a{"x","y"}`."""
    if failure.text() in ("]", "}") and failure.frame in ("index", "path") and failure.symbols[-1] in ("[", "{"):
        return Advice("between the brackets stands exactly one expression")
    if failure.text() == "," and failure.frame in ("index", "path") and failure.after_expression:
        opened = next(place for _, place in failure.opened())
        if failure.line(opened) > failure.line(opened - 1):
            mark, line = failure.tokens[opened], failure.line(opened)
            return Advice(f"put `;` before the `{mark}` on line {line}: it goes on with the line before")
        return Advice("one key only; for a path write `{[\"a\", \"b\"]}`")
    return None


def _named_function(failure: "Failure") -> Advice | None:
    """`function f(x){ ... }`."""
    if failure.symbols[-1] in ("function", "defaction") and failure.is_word():
        return Advice(f"write `{failure.text()} = {failure.symbols[-1]}(…){{…}}`")
    return None


def _unknown_flag(failure: "Failure") -> Advice | None:
    """`re#x#u`: a letter that is no flag."""
    if failure.is_word() and failure.kind(-1) == "REGEXP" and failure.touches(0):
        return Advice("the flags of a regexp are `g`, `i` and `m`", "Unknown regexp flag", "regexp-flags")
    return None


# Functions


def _missing_result(failure: "Failure") -> Advice | None:
    """A `}` where a result is needed, after a bracket or minus that went on with a declaration."""
    if failure.frame != "function" or failure.text() != "}" or not failure.expected & {"return", "NUMBER"}:
        return None
    opened = next(place for _, place in failure.opened())
    place = _swallowed(failure, opened)
    if place:
        text = failure.tokens[place]
        hint = f"put `;` before the `{text}` on line {failure.line(place)}, or write `return`"
        return Advice(f"{hint}: it went on with the declaration")
    return Advice("a function ends with an expression: its result")


def _swallowed(failure: "Failure", opened: int) -> int:
    """The last bracket or minus of the function's own body that continues a declaration's value, else 0."""
    tokens, depth, found = failure.tokens, 0, 0
    for place in range(opened + 1, failure.place):
        text, before = tokens[place], tokens[place - 1]
        continues = text in ("(", "[", "{", "-", "+") and before[-1:] not in ("=", ";", "(", "{", "[", ",", "|", "")
        spaced = tokens.starts[place] > tokens.ends[place - 1]
        if depth == 0 and continues and spaced and before not in ("function", "defaction", "&&", "||", "not"):
            found = place
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
    return found


def _return(failure: "Failure") -> Advice | None:
    """`returns a, b`, `return a, b`, `defaction(){ return 1 }`."""
    text = failure.text()
    if text == "returns" and "return" in failure.expected:
        return Advice("use `return` with one value (a map or array)", "defaction can only return one value", OLDER)
    if text == "," and failure.frame == "defaction" and "return" in failure.symbols:
        return Advice("return a map or an array", "defaction can only return one value")
    if text == "return" and failure.frame == "defaction" and "every" in failure.expected:
        return Advice("an action comes before `return`; `noop()` does nothing", "Expected an action")
    if failure.text() == "using" and failure.text(-1) == "configure" and not failure.within("meta"):
        return Advice("use a parameter with a default", "`configure` belongs in `meta`", OLDER, failure.span(-1))
    return None


_RULES: tuple[Rule, ...] = (
    _old_regexp, _old_comparison, _stray_chevron_end, _unknown_flag, _range,
    parse_hints.on_entity_equals, _return, parse_hints.on_bare_block, parse_hints.on_with_clause,
    parse_hints.on_ruleset, parse_hints.on_meta, parse_hints.on_event, parse_hints.on_raise,
    parse_hints.on_statement, parse_hints.on_declaration,
    _missing_result, _map_key, _one_key, _named_function, _nested_conditional, _word_operator, _single_equals,
    parse_hints.on_action, parse_hints.on_rule_order, parse_hints.on_punctuation,
)
