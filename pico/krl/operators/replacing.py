"""`replace`: matches in a text exchanged for a template's expansion or a function's result."""

import re
from collections.abc import Iterator
from typing import Any

from pico.errors import LimitExceeded
from pico.krl.context import Context
from pico.krl.operators.callbacks import callback
from pico.krl.regexp import Match, Regexp
from pico.krl.values import MISSING, Action, Function, to_text
from pico.limits import TEXT_CHARS

TEMPLATE = re.compile(r"\$(?:\$|&|`|'|[0-9]{1,2}|<([^>]*)>)")


class Growing:
    """A text under construction that stops growing at `text-size`."""

    def __init__(self, t: Context) -> None:
        self.t = t
        self.size = 0
        self.pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Append a piece; raises `LimitExceeded` where the text would get too long."""
        self.size += len(piece)
        if self.size > TEXT_CHARS.value:
            raise LimitExceeded(TEXT_CHARS, self.size)
        self.t.spend(1 + (len(piece) >> 6))
        self.pieces.append(piece)


def replace(t: Context, val: Any = None, regex: Any = MISSING, replacement: Any = None, *_: Any) -> Any:
    """`replace`: the first match of a regexp (with flag `g` every match), or the first occurrence of a text.

    `replacement` is a template (`$&`, `$1`, `$<name>`, ...), a function of the match, its groups,
    its position and the whole text, or null to delete the match.
    """
    if regex is MISSING:
        return val
    text = to_text(val)
    if isinstance(replacement, Function | Action):
        run = callback(replacement)
        return replace_each(t, text, regex, lambda found: to_text(run(t, *arguments(found))))
    template = "" if replacement is None else to_text(replacement)
    if "$" not in template:
        return replace_each(t, text, regex, lambda found: template)
    return replace_each(t, text, regex, lambda found: expand(t, template, found))


def replace_each(t: Context, text: str, pattern: Any, substitute: Any) -> str:
    """The text with `substitute(match)` in place of each match."""
    result = Growing(t)
    last = 0
    for found in occurrences(t, text, pattern):
        result.add(text[last : found.start])
        result.add(substitute(found))
        last = found.end
    result.add(text[last:])
    return "".join(result.pieces)


def occurrences(t: Context, text: str, pattern: Any) -> Iterator[Match]:
    """The matches to replace: of a text its first occurrence, whatever characters it has."""
    if isinstance(pattern, Regexp):
        for found in pattern.matches(text, t):
            yield found
            if not pattern.repeats:
                return
    else:
        literal = to_text(pattern)
        t.spend(len(text) >> 9)
        start = text.find(literal)
        if start >= 0:
            yield Match(text, [(start, start + len(literal))], {})


def arguments(found: Match) -> list[Any]:
    """What a function as replacement is called with."""
    return [found.group(0), *found.groups(), found.start, found.text]


def expand(t: Context, template: str, found: Match) -> str:
    """The template with its `$` forms filled in (ECMA-262 GetSubstitution)."""
    result = Growing(t)
    last = 0
    for form in TEMPLATE.finditer(template):
        result.add(template[last : form.start()])
        result.add(fill(form, found))
        last = form.end()
        if form[0][1].isdigit():
            last -= len(form[0]) - 1 - len(group_digits(form[0][1:], found))
    result.add(template[last:])
    return "".join(result.pieces)


def fill(form: "re.Match[str]", found: Match) -> str:
    """What one `$` form stands for; itself where there is no such group."""
    sign = form[0][1]
    if sign == "$":
        return "$"
    if sign == "&":
        return found.group(0) or ""
    if sign == "`":
        return found.text[: found.start]
    if sign == "'":
        return found.text[found.end :]
    if sign == "<":
        if not found.names:
            return form[0]
        number = found.names.get(form[1])
        return "" if number is None else found.group(number) or ""
    digits = group_digits(form[0][1:], found)
    number = int(digits)
    return found.group(number) or "" if 0 < number < len(found.spans) else f"${digits}"


def group_digits(digits: str, found: Match) -> str:
    """Both digits of `$12` where there is such a group, else the first alone."""
    return digits if 0 < int(digits) < len(found.spans) else digits[:1]


TABLE = {"replace": replace}
