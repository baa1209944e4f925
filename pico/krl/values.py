"""KRL values as Python values: their types, texts, truth, equality and order.

Null is `None`, and there is one of it. Booleans, numbers (see `numbers`) and texts are
Python's; an array is a `list`, a map a `dict` with text keys in insertion order. All are
treated as immutable: nothing changes a value after it was made, so values may share parts.
A text is a sequence of code points, and its order is theirs.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from pico.errors import LimitExceeded, RuleFault
from pico.krl.context import Context
from pico.krl.numbers import canonical, number_text, to_number
from pico.krl.regexp import Regexp
from pico.limits import VALUE_BYTES, VALUE_DEPTH

HEX = re.compile(r"0x[0-9A-Fa-f]+", re.IGNORECASE)
SURROGATE = re.compile("[\ud800-\udfff]")
LONG_TEXT = 4_096
"""Characters from which comparing a text is charged for."""


class Missing:
    """The type of `MISSING`: an argument that was not given, where that differs from null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class Function:
    """A function as a value. `run(t, *args)` runs it; it must tolerate surplus arguments.

    `params` are its parameters' names, for calls with named arguments; `name` is for people.
    """

    __slots__ = ("name", "params", "run")

    def __init__(self, run: Callable[..., Any], params: tuple[str, ...] = (), name: str = "") -> None:
        self.run = run
        self.params = params
        self.name = name

    def __repr__(self) -> str:
        return f"<function {self.name}>"


class Action:
    """An action as a value. A `pure` one changes nothing and may be called as a function too."""

    __slots__ = ("name", "params", "pure", "run")

    def __init__(
        self, run: Callable[..., Any], params: tuple[str, ...] = (), name: str = "", pure: bool = False
    ) -> None:
        self.run = run
        self.params = params
        self.name = name
        self.pure = pure

    def __repr__(self) -> str:
        return f"<action {self.name}>"


def to_text(v: Any) -> str:
    """The text of any value. Collections and functions show their type, never their contents."""
    kind = type(v)
    if kind is str:
        return v  # type: ignore[no-any-return]  # `kind` has just been looked at
    if kind is int:
        return str(v)
    if v is None:
        return "null"
    if kind is bool:
        return "true" if v else "false"
    if kind is float:
        return number_text(v)
    if isinstance(v, Regexp):
        return v.text()
    return f"[{type_name(v)}]"


TYPE_NAMES: dict[type, str] = {
    type(None): "Null", bool: "Boolean", int: "Number", float: "Number", list: "Array", dict: "Map",
    Regexp: "RegExp",
}


def type_name(v: Any) -> str:
    """What `typeof` says: a text such as `0x1F` is `Hex`."""
    if type(v) is str:
        return "Hex" if HEX.fullmatch(v) else "String"
    name = TYPE_NAMES.get(type(v))
    if name is not None:
        return name
    if isinstance(v, Action):
        return "ActionFunction" if v.pure else "Action"
    return "Function"


def truthy(v: Any) -> bool:
    """False for `false`, `null`, `0` and `""` only: an empty array or map is true."""
    return bool(v) or type(v) is list or type(v) is dict


def equal(a: Any, b: Any, t: Context | None = None) -> bool:
    """`==`: deep equality without conversion. With `t`, large comparisons are charged to it."""
    kind = type(a)
    if kind is not type(b):
        return False
    if kind is list or kind is dict:
        return a is b or _equal_inside(a, b, t)
    if kind is str and t is not None and len(a) > LONG_TEXT:
        t.spend(len(a) // LONG_TEXT)
    return bool(a == b)


def _equal_inside(a: Any, b: Any, t: Context | None) -> bool:
    """Whether two collections of one type have equal contents.

    Values share parts, so a small one may unfold to a huge tree. Each pair that is taken up
    merges the classes of its two sides (as in testing automata for equivalence): a pair within
    one class is known to be equal if the rest is, and there are no more merges than parts.
    """
    merged: dict[int, int] = {}
    pending = [(a, b)]
    while pending:
        x, y = pending.pop()
        if len(x) != len(y):
            return False
        left, right = _root(merged, id(x)), _root(merged, id(y))
        if left == right:
            continue
        merged[left] = right
        if t is not None:
            t.spend(1 + (len(x) >> 2))
        if type(x) is dict and x.keys() != y.keys():
            return False
        pairs = zip(x, y, strict=True) if type(x) is list else ((v, y[k]) for k, v in x.items())
        for p, q in pairs:
            kind = type(p)
            if kind is not type(q):
                return False
            if kind is list or kind is dict:
                if p is not q:
                    pending.append((p, q))
            elif p is not q and not equal(p, q, t):
                return False
    return True


def _root(merged: dict[int, int], node: int) -> int:
    """The representative of a node's class, shortening the way to it for the next time."""
    while node in merged:
        above = merged[node]
        if above in merged:
            merged[node] = merged[above]
        node = above
    return node


def compare(a: Any, b: Any) -> int:
    """`<=>`: by number where both sides count as numbers, else by text; -1, 0 or 1."""
    x = to_number(a)
    y = to_number(b) if x is not None else None
    if x is None or y is None:
        return compare_text(a, b)
    return -1 if x < y else 1 if x > y else 0


def compare_text(a: Any, b: Any) -> int:
    """`cmp`: by text, code point by code point; -1, 0 or 1."""
    x, y = to_text(a), to_text(b)
    return -1 if x < y else 1 if x > y else 0


def is_callable(f: Any) -> bool:
    """Whether an expression may call this value: a function, or an action that changes nothing."""
    return isinstance(f, Function) or (isinstance(f, Action) and f.pure)


def not_a_function(f: Any) -> RuleFault:
    """The fault for calling what cannot be called."""
    return RuleFault("not-a-function", f"TypeError: {quote(f)} is not a function")


def quote(v: Any) -> str:
    """The text of a value for a message; a very long one is cut."""
    text = to_text(v)
    return text if len(text) <= 200 else f"{text[:200]}…"


def call(t: Context, f: Any, *args: Any) -> Any:
    """Call a function value with positional arguments; raises `not-a-function`.

    The depth of calls is counted where a KRL function is entered, so not here.
    """
    if not is_callable(f):
        raise not_a_function(f)
    return f.run(t, *args)


def call_named(t: Context, f: Any, args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
    """Call a function value with positional and named arguments.

    A named argument wins over the positional one for the same parameter; one whose name is no
    parameter is ignored; parameters left out are null, or for operators their own default.
    """
    if not is_callable(f):
        raise not_a_function(f)
    return call(t, f, *place_arguments(f, args, named))


def place_arguments(f: Function | Action, args: tuple[Any, ...], named: Mapping[str, Any]) -> list[Any]:
    """Positional and named arguments in the order of the parameters."""
    params = f.params
    gaps = getattr(f, "defaults", None) or (None,) * len(params)
    wanted = max((params.index(name) + 1 for name in named if name in params), default=0)
    placed = list(args)
    placed.extend(gaps[len(placed) : wanted])
    for name, value in named.items():
        if name in params:
            placed[params.index(name)] = value
    return placed


def to_json(v: Any, t: Context | None = None) -> Any:
    """A value as plain JSON data, by the rules of `encode`, for every way out of the language.

    Functions, actions and regexps become their text, an action that is also a function null.
    With `t` the work is charged to it. Raises `LimitExceeded` where the value is nested deeper than
    `value-depth`, or, written out with all its shared parts, larger than `value-size`.
    """
    left = VALUE_BYTES.value

    def plain(v: Any, depth: int) -> Any:
        nonlocal left
        kind = type(v)
        if kind is str:
            left -= len(v) + 3
        elif kind is list or kind is dict:
            left -= 3
            if depth == VALUE_DEPTH.value:
                raise LimitExceeded(VALUE_DEPTH)
            if left < 0:
                raise LimitExceeded(VALUE_BYTES)
            if t is not None:
                t.spend(1 + len(v))
            if kind is list:
                return [plain(item, depth + 1) for item in v]
            left -= sum(map(len, v)) + 3 * len(v)
            return {key: plain(item, depth + 1) for key, item in v.items()}
        else:
            left -= 2
        if left < 0:
            raise LimitExceeded(VALUE_BYTES)
        if v is None or kind is str or kind is int or kind is float or kind is bool:
            return v
        return json_text(v)

    return plain(v, 0)


def json_text(v: Any) -> str | None:
    """What stands in JSON for a value that JSON has no form for."""
    return None if isinstance(v, Action) and v.pure else to_text(v)


def from_json(v: Any) -> Any:
    """Parsed JSON as a KRL value: numbers in canonical form, keys as texts, no half characters.

    Raises `LimitExceeded` where it is nested deeper than `value-depth`, `RuleFault` for a number
    that no double holds, and `TypeError` for what no JSON parser makes.
    """
    return _from_json(v, 0)


def _from_json(v: Any, depth: int) -> Any:
    kind = type(v)
    if kind is str:
        return v if v.isascii() else well_formed(v)
    if v is None or kind is bool:
        return v
    if kind is int or kind is float:
        return canonical(v)
    if depth == VALUE_DEPTH.value:
        raise LimitExceeded(VALUE_DEPTH)
    if isinstance(v, Mapping):
        return {well_formed(str(key)): _from_json(item, depth + 1) for key, item in v.items()}
    if isinstance(v, list | tuple):
        return [_from_json(item, depth + 1) for item in v]
    raise TypeError(f"{kind.__name__} is not JSON")


def well_formed(text: str) -> str:
    """The text with every half of a surrogate pair joined, or replaced by U+FFFD: it can then be stored and sent."""
    if text.isascii() or not SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
