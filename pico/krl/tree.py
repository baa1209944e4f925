"""From reductions to nodes: what each alias of `grammar/krl.lark` builds.

`Builder` has a method for each alias that needs a thought; an alias without one is the
snake-case name of a node class, built from the production's values in order. A token's value
is its index in the tokens. Lists are Python lists while they grow; nodes hold tuples.

What the grammar leaves open is checked here and raised as `SyntaxFault`: the adjacency of
ruleset-ID pieces, whole counts, words that stayed plain names (periods, log levels, `on`,
`active`), regexp flags, and empty blocks under `if ... then`.
"""

import re
from typing import Any, NoReturn

from pico.errors import SyntaxFault
from pico.krl import nodes
from pico.krl.diagnostic import Diagnostic
from pico.krl.source import Source, Span
from pico.krl.tokens import HARD_WORDS, OPERATOR_WORDS, Tokens

PERIODS = ("second", "minute", "hour", "day", "week", "month", "year")
LEVELS = ("error", "warn", "info", "debug")
_STRING_ESCAPE = re.compile(r'\\(["\\])')
_CHEVRON_ESCAPE = re.compile(r"\\(>|#\{|\\)")
_EXACT_DIGITS = 15

Rid = tuple[str, Span]
Tail = tuple[tuple[nodes.Name, ...], Any, bool]


class Builder:
    """Builds the tree of one source. Method names are aliases of the grammar."""

    def __init__(self, source: Source, tokens: Tokens) -> None:
        self.source = source
        self.tokens = tokens

    def fail(self, code: str, message: str, span: Span, hint: str | None = None) -> NoReturn:
        """Raise a located `SyntaxFault`."""
        raise SyntaxFault([Diagnostic(code, message, self.source, span, hint)])

    def place(self, token: int) -> Span:
        """The span of a token."""
        return Span(self.tokens.starts[token], self.tokens.ends[token])

    # Literals and names

    def number(self, span: Span, token: int) -> nodes.Number:
        text = self.tokens[token]
        exact = len(text) <= _EXACT_DIGITS and text.isdigit()
        return nodes.Number(span, int(text) if exact else float(text), text)

    def string(self, span: Span, token: int) -> nodes.String:
        text = self.tokens[token][1:-1]
        return nodes.String(span, _STRING_ESCAPE.sub(r"\1", text) if "\\" in text else text)

    def true(self, span: Span) -> nodes.Boolean:
        return nodes.Boolean(span, True)

    def false(self, span: Span) -> nodes.Boolean:
        return nodes.Boolean(span, False)

    def regexp(self, span: Span, token: int) -> nodes.Regexp:
        pattern, _, flags = self.tokens[token][3:].rpartition("#")
        if len(set(flags)) < len(flags):
            at = Span(span.end - len(flags), span.end)
            self.fail("regexp-flags", "A regexp flag is repeated", at, "write each of `g`, `i` and `m` at most once")
        return nodes.Regexp(span, pattern.replace("\\#", "#"), flags)

    def chevron(self, span: Span, _open: int, parts: list[Any], _close: int) -> nodes.Chevron:
        return nodes.Chevron(span, tuple(parts))

    def append_text(self, _span: Span, parts: list[Any], token: int) -> list[Any]:
        text = self.tokens[token]
        parts.append(_CHEVRON_ESCAPE.sub(r"\1", text) if "\\" in text else text)
        return parts

    def append_beesting(self, _span: Span, parts: list[Any], _open: int, value: Any, _close: int) -> list[Any]:
        parts.append(value)
        return parts

    def name(self, span: Span, token: int) -> nodes.Name:
        return nodes.Name(span, self.tokens[token])

    def name_before_regexp(self, span: Span, token: int) -> Any:
        """A word before a regexp where an expression starts: rule P4 has hidden what it is."""
        text = self.tokens[token]
        if text in ("true", "false"):
            return nodes.Boolean(span, text == "true")
        if text == "null":
            return nodes.Null(span)
        if text in HARD_WORDS or text in OPERATOR_WORDS:
            self.fail("reserved-word", f"`{text}` cannot start an expression", span)
        return nodes.Name(span, text)

    def member(self, span: Span, token: int) -> int:
        """A word before a regexp, after a `.` or a `:`."""
        if self.tokens[token] in HARD_WORDS:
            self.fail("reserved-word", f"`{self.tokens[token]}` is a reserved word", span, "choose another name")
        return token

    def domain_name(self, span: Span, domain: int, name: int) -> nodes.DomainName:
        return nodes.DomainName(span, self.tokens[domain], self.tokens[name])

    # Expressions

    def binary(self, span: Span, left: Any, op: int, right: Any) -> nodes.Binary:
        return nodes.Binary(span, self.tokens[op], left, right, self.place(op))

    def unary(self, span: Span, op: int, operand: Any) -> nodes.Unary:
        return nodes.Unary(span, self.tokens[op], operand)

    def parens(self, _span: Span, value: Any) -> Any:
        return value

    def array_empty(self, span: Span) -> nodes.Array:
        return nodes.Array(span, ())

    def map_empty(self, span: Span) -> nodes.Map:
        return nodes.Map(span, ())

    def arguments_empty(self, span: Span) -> nodes.Arguments:
        return nodes.Arguments(span, ())

    def param(self, span: Span, name: nodes.Name) -> nodes.Param:
        return nodes.Param(span, name, None)

    def param_default(self, span: Span, name: nodes.Name, default: Any) -> nodes.Param:
        return nodes.Param(span, name, default)

    def def_action_empty(self, span: Span, params: list[Any], body: list[Any]) -> nodes.DefAction:
        return nodes.DefAction(span, tuple(params), tuple(body), None, None)

    def def_action(
        self, span: Span, params: list[Any], body: list[Any], actions: nodes.ActionBlock, result: Any = None
    ) -> nodes.DefAction:
        return nodes.DefAction(span, tuple(params), tuple(body), actions, result)

    # Rulesets

    def ruleset(
        self, span: Span, rid: Rid, version: nodes.String | None, meta: nodes.Meta | None,
        declarations: list[nodes.Declaration], rules: list[nodes.Rule],
    ) -> nodes.Ruleset:
        return nodes.Ruleset(span, rid[0], rid[1], version, meta, tuple(declarations), tuple(rules))

    def rid_first(self, span: Span, token: int) -> Rid:
        return self.tokens[token], span

    def rid_next(self, span: Span, rid: Rid, token: int) -> Rid:
        text, before = rid
        after = self.place(token)
        if after.start != before.end + 1:
            gap = Span(before.end, after.start)
            hint = "join its pieces: `io.example.shop`"
            self.fail("ruleset-id", "A ruleset ID must be written without spaces", gap, hint)
        return f"{text}{self.source.text[before.end]}{self.tokens[token]}", span

    def meta_text(self, span: Span, key: int, value: Any) -> nodes.MetaText:
        return nodes.MetaText(span, self.tokens[key], value)

    def meta_logging(self, span: Span, token: int) -> nodes.MetaLogging:
        return nodes.MetaLogging(span, self._one_of(token, ("on", "off")) == "on")

    def meta_key(self, span: Span, token: int, value: Any) -> nodes.MetaKey:
        return nodes.MetaKey(span, self.tokens[token], value)

    def meta_use(self, span: Span, rid: Rid, alias: nodes.Name | None, bindings: list[Any]) -> nodes.MetaUse:
        return nodes.MetaUse(span, rid[0], rid[1], alias, tuple(bindings))

    def meta_provides_keys(self, span: Span, names: list[Any], rids: list[Rid]) -> nodes.MetaProvidesKeys:
        return nodes.MetaProvidesKeys(span, tuple(names), tuple(rid for rid, _ in rids))

    def meta_errors(self, span: Span, rid: Rid) -> nodes.MetaErrors:
        return nodes.MetaErrors(span, rid[0])

    # Rules

    def rule(
        self, span: Span, name: nodes.Name, active: bool | None, select: Any, foreach: list[Any],
        pre: list[Any], actions: Any, postlude: Any,
    ) -> nodes.Rule:
        return nodes.Rule(span, name, active is not False, select, tuple(foreach), tuple(pre), actions, postlude)

    def activity(self, _span: Span, token: int) -> bool:
        return self._one_of(token, ("active", "inactive")) == "active"

    def within(self, span: Span, amount: Any, token: int) -> nodes.Within:
        period = self.tokens[token].removesuffix("s")
        if period not in PERIODS:
            words = ", ".join(f"{word}, {word}s" for word in PERIODS)
            self.fail("syntax", f"Expected time period: {words}", self.place(token))
        return nodes.Within(span, amount, period)

    def event_infix(self, span: Span, left: Any, op: int, right: Any) -> nodes.EventOp:
        return nodes.EventOp(span, nodes.EventOperator(self.tokens[op]), (left, right))

    def event_prefix(self, span: Span, op: int, args: list[Any]) -> nodes.EventOp:
        return nodes.EventOp(span, nodes.EventOperator(self.tokens[op]), tuple(args))

    def event_between(self, span: Span, event: Any, first: Any, last: Any) -> nodes.EventOp:
        return nodes.EventOp(span, nodes.EventOperator.BETWEEN, (event, first, last))

    def event_not_between(self, span: Span, event: Any, _not: int, first: Any, last: Any) -> nodes.EventOp:
        return nodes.EventOp(span, nodes.EventOperator.NOT_BETWEEN, (event, first, last))

    def event_any(self, span: Span, n: int, args: list[Any]) -> nodes.EventAny:
        return nodes.EventAny(span, self._count(n), tuple(args))

    def event_group(self, span: Span, op: int, n: int, event: Any, aggregator: Any) -> nodes.EventGroup:
        return nodes.EventGroup(span, self.tokens[op], self._count(n), event, aggregator)

    def aggregator(self, span: Span, op: int, names: list[Any]) -> nodes.Aggregator:
        return nodes.Aggregator(span, self.tokens[op], tuple(names))

    def event_primitive(
        self, span: Span, domain: int, type_: int, matches: list[Any], tail: Tail
    ) -> nodes.EventPrimitive:
        return nodes.EventPrimitive(span, self.tokens[domain], self.tokens[type_], tuple(matches), *tail)

    def tail(self, _span: Span) -> Tail:
        return (), None, False

    def tail_setting(self, _span: Span, names: list[Any]) -> Tail:
        return tuple(names), None, False

    def tail_where(self, _span: Span, where: Any) -> Tail:
        return (), where, False

    def tail_setting_where(self, _span: Span, names: list[Any], where: Any) -> Tail:
        return tuple(names), where, False

    def tail_where_setting(self, _span: Span, where: Any, names: list[Any]) -> Tail:
        return tuple(names), where, True

    # Actions and postlude

    def plain_action(self, span: Span, target: Any, args: nodes.Arguments, setting: list[Any]) -> nodes.Action:
        return nodes.Action(span, None, target, args, tuple(setting))

    def single_block(self, span: Span, action: nodes.Action) -> nodes.ActionBlock:
        return nodes.ActionBlock(span, None, "single", None, (action,))

    def single_block_if(self, span: Span, condition: Any, action: nodes.Action) -> nodes.ActionBlock:
        return nodes.ActionBlock(span, condition, "single", None, (action,))

    def every(self, _span: Span, actions: list[Any]) -> tuple[str, Any, tuple[Any, ...]]:
        return "every", None, tuple(actions)

    def sample(self, _span: Span, actions: list[Any]) -> tuple[str, Any, tuple[Any, ...]]:
        return "sample", None, tuple(actions)

    def choose(self, _span: Span, selector: Any, actions: list[Any]) -> tuple[str, Any, tuple[Any, ...]]:
        return "choose", selector, tuple(actions)

    def braced_block(self, span: Span, many: tuple[str, Any, tuple[Any, ...]]) -> nodes.ActionBlock:
        return nodes.ActionBlock(span, None, *many)

    def braced_block_if(self, span: Span, condition: Any, many: tuple[str, Any, tuple[Any, ...]]) -> nodes.ActionBlock:
        if not many[2]:
            at = Span(span.end - 1, span.end)
            hint = "`noop()` is the action that does nothing"
            self.fail("empty-block", "Expected an action after if … then", at, hint)
        return nodes.ActionBlock(span, condition, *many)

    def postlude_always(self, span: Span, always: list[Any]) -> nodes.Postlude:
        return nodes.Postlude(span, None, None, tuple(always))

    def postlude_fired(self, span: Span, first: list[Any], other: Any, always: Any) -> nodes.Postlude:
        return nodes.Postlude(span, tuple(first), _optional(other), _optional(always))

    def postlude_notfired(self, span: Span, first: list[Any], other: Any, always: Any) -> nodes.Postlude:
        return nodes.Postlude(span, _optional(other), tuple(first), _optional(always))

    def guard_if(self, span: Span, statement: Any, condition: Any) -> nodes.Guard:
        return nodes.Guard(span, condition, statement)

    def guard_final(self, span: Span, statement: Any, _final: int) -> nodes.Guard:
        return nodes.Guard(span, None, statement)

    def raise_event(self, span: Span, domain: int, type_: Any, rid: Any, attributes: Any) -> nodes.Raise:
        return nodes.Raise(span, self.tokens[domain], type_, rid, attributes)

    def raise_dynamic(self, span: Span, type_: Any, rid: Any, attributes: Any) -> nodes.Raise:
        return nodes.Raise(span, None, type_, rid, attributes)

    def at(self, _span: Span, when: Any) -> tuple[str, Any]:
        return "at", when

    def repeat(self, _span: Span, when: Any) -> tuple[str, Any]:
        return "repeat", when

    def schedule_event(
        self, span: Span, domain: int, type_: Any, moment: tuple[str, Any], attributes: Any, setting: Any
    ) -> nodes.Schedule:
        return nodes.Schedule(span, self.tokens[domain], type_, *moment, attributes, setting)

    def schedule_dynamic(
        self, span: Span, type_: Any, moment: tuple[str, Any], attributes: Any, setting: Any
    ) -> nodes.Schedule:
        return nodes.Schedule(span, None, type_, *moment, attributes, setting)

    def log(self, span: Span, level: int, value: Any) -> nodes.Log:
        return nodes.Log(span, self._level(level), value)

    def error_statement(self, span: Span, level: int, value: Any) -> nodes.ErrorStatement:
        return nodes.ErrorStatement(span, self._level(level), value)

    # Checks

    def _level(self, token: int) -> str:
        level = self.tokens[token]
        if level not in LEVELS:
            hint = f"name the level first: `{self.tokens[token - 1]} info {level} …`"
            self.fail("syntax", "Expected error or warn or info or debug", self.place(token), hint)
        return level

    def _one_of(self, token: int, words: tuple[str, str]) -> str:
        if self.tokens[token] not in words:
            self.fail("syntax", f"Expected `{words[0]}` or `{words[1]}`", self.place(token))
        return self.tokens[token]

    def _count(self, token: int) -> int:
        text = self.tokens[token]
        if not text.isdigit():
            self.fail("syntax", "Expected a positive integer", self.place(token), "a count is digits only")
        if len(text) > _EXACT_DIGITS:
            self.fail("syntax", "The count is too large", self.place(token), f"at most {_EXACT_DIGITS} digits")
        return int(text)


def _optional(items: list[Any] | None) -> tuple[Any, ...] | None:
    return None if items is None else tuple(items)
