"""The LALR tables of `grammar/krl.lark`, as plain integers, made once and kept in a cache.

Lark turns the grammar into tables; that takes most of a second, so the outcome is kept as
JSON (data, never code) in the user's own cache directory, under a name that hashes the
grammar's text and Lark's version. What cannot be read, is not ours, or fails its checksum is
made again, silently: the cache is never needed, only quick.

The tables' shape: `actions[state][terminal]` is 0 for an error, a positive number for a shift
to that state, and a negative one for a reduction by `productions[that number]` (from the end,
so -1 is the last production). Terminals are numbered by their place in `terminals`, whose
entries are a token's text where the grammar quotes it, else its name.
"""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pico.resources import shipped

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule

STARTS = ("ruleset", "program")
END = "$END"
BAD = "BAD"
_LAYOUT = "1"


@dataclass(frozen=True, slots=True)
class Production:
    """`left: symbols`. `kept` are the indices of the symbols that carry a value; `alias` may be empty."""

    left: int
    symbols: tuple[str, ...]
    kept: tuple[int, ...]
    alias: str


@dataclass(frozen=True, slots=True)
class Table:
    """The tables of the grammar. `starts` and `ends` give the first and last state of each start symbol."""

    terminals: tuple[str, ...]
    nonterminals: tuple[str, ...]
    actions: tuple[tuple[int, ...], ...]
    gotos: tuple[dict[int, int], ...]
    productions: tuple[Production, ...]
    starts: dict[str, int]
    ends: dict[str, int]


@cache
def load_table() -> Table:
    """The tables: from this process, else from the cache, else made anew."""
    grammar = shipped("grammar", "krl.lark").read_text("utf-8")
    key = hashlib.sha256("\0".join((_LAYOUT, version("lark"), grammar)).encode()).hexdigest()
    place = cache_directory() / f"krl-{key[:32]}.json"
    known = read_cache(place)
    if known is not None:
        return known
    table = build_table(grammar)
    write_cache(place, table)
    return table


def build_table(grammar: str) -> Table:
    """Let Lark build the tables; raises Lark's `GrammarError` where the grammar is ambiguous beyond shifting."""
    lark = build_lark(grammar)
    literals = {t.name: t.pattern.value for t in lark.terminals}
    parser: Any = lark.parser.parser
    states = parser._parse_table.states
    number = _number_states(states, [parser._parse_table.start_states[start] for start in STARTS])
    names = sorted({name for row in states.values() for name in row if name.isupper()})
    terminal = {name: place for place, name in enumerate(names)}
    rules: list[Rule] = sorted(lark.rules, key=lambda r: (str(r.origin.name), r.order))
    lefts = sorted({str(rule.origin.name) for rule in rules})
    left = {name: place for place, name in enumerate(lefts)}
    reduction = {rule: place - len(rules) for place, rule in enumerate(rules)}
    actions = [[0] * (len(names) + 1)]
    gotos: list[dict[int, int]] = [{}]
    for state in number:
        row, goto = [0] * (len(names) + 1), dict[int, int]()
        for name, (action, argument) in states[state].items():
            if name in left:
                goto[left[name]] = number[argument]
            else:
                row[terminal[name]] = number[argument] if str(action) == "Shift" else reduction[argument]
        actions.append(row)
        gotos.append(goto)
    return Table(
        (*(literals.get(name, name) for name in names), BAD), tuple(lefts),
        tuple(map(tuple, actions)), tuple(gotos),
        tuple(_production(rule, left, literals) for rule in rules),
        {start: number[parser._parse_table.start_states[start]] for start in STARTS},
        {start: number[parser._parse_table.end_states[start]] for start in STARTS},
    )


def _number_states(states: dict[int, dict[str, tuple[Any, Any]]], first: list[int]) -> dict[int, int]:
    """Numbers from 1, by the way from the first states: Lark's own order differs from run to run."""
    number, reached = dict[int, int](), list(first)
    for state in reached:
        if state not in number:
            number[state] = len(number) + 1
            reached += [target for name, (action, target) in sorted(states[state].items()) if str(action) == "Shift"]
    return number


def build_lark(grammar: str) -> "Lark":
    """Lark's own view of the grammar, without a lexer."""
    from lark import Lark
    from lark.lexer import Lexer, Token

    class NoLexer(Lexer):
        """Stands where Lark wants a lexer; `pico.krl.tokens` makes the tokens."""

        def __init__(self, conf: Any) -> None:
            """Lark passes its lexer settings; there is nothing to set."""

        def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
            """No tokens: Lark only builds the tables."""
            return iter(())

    return Lark(grammar, parser="lalr", lexer=NoLexer, start=list(STARTS), maybe_placeholders=False)


def _production(rule: "Rule", left: dict[str, int], literals: dict[str, str]) -> Production:
    kept = tuple(
        place for place, symbol in enumerate(rule.expansion)
        if rule.options.keep_all_tokens or not getattr(symbol, "filter_out", False)
    )
    symbols = tuple(literals.get(str(symbol.name), str(symbol.name)) for symbol in rule.expansion)
    if not rule.alias and len(kept) > 1:
        raise ValueError(f"grammar: `{rule}` has several values and no alias")
    return Production(left[str(rule.origin.name)], symbols, kept, str(rule.alias or ""))


def cache_directory() -> Path:
    """Where this user's caches are: `$XDG_CACHE_HOME/pico`, else `~/.cache/pico`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    home = os.path.expanduser("~")
    return Path(base if os.path.isabs(base) else os.path.join(home, ".cache")) / "pico"


def read_cache(place: Path) -> Table | None:
    """The table kept at `place`; None where it is missing, damaged, or somebody else could have written it."""
    try:
        if not _ours(os.lstat(place.parent), stat.S_ISDIR):
            return None
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not _ours(os.fstat(descriptor), stat.S_ISREG):
                return None
            digest, _, body = file.read().partition(b"\n")
        if digest.decode("ascii") != hashlib.sha256(body).hexdigest():
            return None
        return _from_json(json.loads(body))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write_cache(place: Path, table: Table) -> None:
    """Keep the table at `place`, whole or not at all; a place that cannot be written is no error."""
    body = json.dumps(asdict(table), separators=(",", ":")).encode()
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(os.lstat(place.parent), stat.S_ISDIR):
            return
        descriptor, name = tempfile.mkstemp(dir=place.parent)
        try:
            with open(descriptor, "wb") as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(name, place)
        except OSError:
            os.unlink(name)
    except OSError:
        return


def _ours(status: os.stat_result, is_kind: Any) -> bool:
    writable_by_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return bool(is_kind(status.st_mode)) and status.st_uid == os.geteuid() and not writable_by_others


def _from_json(data: dict[str, Any]) -> Table:
    return Table(
        tuple(data["terminals"]), tuple(data["nonterminals"]),
        tuple(map(tuple, data["actions"])),
        tuple({int(name): state for name, state in row.items()} for row in data["gotos"]),
        tuple(Production(p["left"], tuple(p["symbols"]), tuple(p["kept"]), p["alias"]) for p in data["productions"]),
        data["starts"], data["ends"],
    )
