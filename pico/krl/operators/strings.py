"""Operators on texts. Each takes the text of whatever it is given; positions are code points."""

import re
from typing import Any

from pico.krl.context import Context
from pico.krl.numbers import WHITE_SPACE, is_number, number_text, to_number
from pico.krl.operators import infix
from pico.krl.operators.sizes import check_items, reserve_items, reserve_new, reserve_text
from pico.krl.regexp import Regexp
from pico.krl.values import to_text


def capitalize(t: Context, val: Any = None, *_: Any) -> str:
    """`capitalize`: the first character in upper case."""
    text = to_text(val)
    reserve_text(t, len(text))
    return text[:1].upper() + text[1:]


def lower_case(t: Context, val: Any = None, *_: Any) -> str:
    """`lc`: in lower case, the same in every language."""
    text = to_text(val)
    reserve_text(t, len(text))
    return text.lower()


def upper_case(t: Context, val: Any = None, *_: Any) -> str:
    """`uc`: in upper case, the same in every language; `ß` becomes `SS`."""
    text = to_text(val)
    reserve_text(t, len(text))
    return text.upper()


def code_point(t: Context, val: Any = None, *_: Any) -> int | None:
    """`ord`: the code point of the first character; null for an empty text."""
    text = to_text(val)
    return ord(text[0]) if text else None


def trim(t: Context, val: Any = None, *_: Any) -> str:
    """`trim`: without white space at both ends."""
    text = to_text(val)
    reserve_text(t, len(text))
    return text.strip(WHITE_SPACE)


def trim_leading(t: Context, val: Any = None, *_: Any) -> str:
    """`trimLeading`: without white space in front."""
    text = to_text(val)
    reserve_text(t, len(text))
    return text.lstrip(WHITE_SPACE)


def trim_trailing(t: Context, val: Any = None, *_: Any) -> str:
    """`trimTrailing`: without white space at the end."""
    text = to_text(val)
    reserve_text(t, len(text))
    return text.rstrip(WHITE_SPACE)


def starts_with(t: Context, val: Any = None, target: Any = None, *_: Any) -> bool:
    """`startsWith`: whether the text begins with the text of `target`."""
    return to_text(val).startswith(to_text(target))


def ends_with(t: Context, val: Any = None, target: Any = None, *_: Any) -> bool:
    """`endsWith`: whether the text ends with the text of `target`."""
    return to_text(val).endswith(to_text(target))


def contains(t: Context, val: Any = None, target: Any = None, *_: Any) -> bool:
    """`contains`: whether the text of `target` is somewhere in the text."""
    text = to_text(val)
    t.spend(len(text) >> 9)
    return to_text(target) in text


def substr(t: Context, val: Any = None, start: Any = None, len: Any = None, *_: Any) -> str:
    """`substr`: `len` characters from `start`; without `len` the rest, with a negative one up to that far from the end.

    A `start` that is no number gives the whole text; one before the text counts as its beginning,
    but `len` is counted from where it was.
    """
    text = to_text(val)
    size = text.__len__()
    first, count = to_number(start), to_number(len)
    if first is None:
        return text
    if len is None or count is None:
        last: int | float = size
    else:
        last = size + count if count < 0 else first + count
    low, high = max(0, int(first)), max(0, int(last))
    reserve_text(t, max(0, min(high, size) - low))
    return text[low:high]


def split(t: Context, val: Any = None, splitOn: Any = None, *_: Any) -> list[str | None]:
    """`split`: the parts between the matches of a regexp (with what its groups caught), or of a text.

    An empty separator gives single characters.
    """
    text = to_text(val)
    if isinstance(splitOn, Regexp):
        return split_by_regexp(t, text, splitOn)
    separator = to_text(splitOn)
    if not separator:
        reserve_text(t, len(text))
        reserve_items(t, len(text))
        return list(text)
    t.spend(len(text) >> 6)
    reserve_new(t, text.count(separator) + 1)
    return list(text.split(separator))


def split_by_regexp(t: Context, text: str, regexp: Regexp) -> list[str | None]:
    """ECMA-262 RegExp.prototype[@@split]: an empty match splits only between two characters."""
    if not text:
        return [] if regexp.found_in(text, t) else [text]
    parts: list[str | None] = []
    last = 0
    for found in regexp.matches(text, t):
        if found.end == last or found.start >= len(text):
            continue
        parts.append(text[last : found.start])
        parts.extend(found.groups())
        last = found.end
        check_items(len(parts))
    parts.append(text[last:])
    return parts


def match(t: Context, val: Any = None, regex: Any = None, *_: Any) -> bool:
    """`match`: whether a regexp, or a text as a pattern, is found; nothing else ever is."""
    return isinstance(regex, Regexp | str) and infix.like(t, val, regex)


def extract(t: Context, val: Any = None, regex: Any = None, *_: Any) -> list[str | None]:
    """`extract`: what the groups of the first match caught; with flag `g` all matches instead."""
    if regex is None:
        return []
    regexp = regex if isinstance(regex, Regexp) else Regexp(to_text(regex))
    text = to_text(val)
    if not regexp.repeats:
        found = regexp.first(text, t)
        return found.groups() if found else []
    whole: list[str | None] = []
    for found in regexp.matches(text, t):
        whole.append(found.group(0))
        check_items(len(whole))
    return whole


PLACEHOLDERS = {True: re.compile(r"\\\\|\\%d|%d"), False: re.compile(r"\\\\|\\%s|%s")}


def sprintf(t: Context, val: Any = None, template: Any = None, *_: Any) -> str:
    """`sprintf`: the template with `%d` replaced by a number, or `%s` by a text; `\\%d` is a literal `%d`.

    For a value that is neither, the template as it is.
    """
    if template is None:
        return ""
    text = to_text(template)
    if not is_number(val) and type(val) is not str:
        return text
    shown = number_text(val) if is_number(val) else val
    pattern = PLACEHOLDERS[is_number(val)]
    t.spend(1 + (len(text) >> 3))
    reserve_text(t, len(text) + len(shown) * sum(1 for found in pattern.finditer(text) if found[0][0] == "%"))
    return pattern.sub(lambda found: shown if found[0][0] == "%" else found[0][1:], text)


TABLE = {
    "capitalize": capitalize, "lc": lower_case, "uc": upper_case, "ord": code_point, "trim": trim,
    "trimLeading": trim_leading, "trimTrailing": trim_trailing, "startsWith": starts_with, "endsWith": ends_with,
    "contains": contains, "substr": substr, "split": split, "match": match, "extract": extract, "sprintf": sprintf,
}
