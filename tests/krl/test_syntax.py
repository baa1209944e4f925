"""The syntax tables of `tests/conformance/syntax.md`, row by row, and where each class of word may stand."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pico.errors import SyntaxFault
from pico.krl import nodes
from pico.krl.parse import parse, parse_fragment, parse_ruleset
from pico.krl.source import Source
from pico.krl.tokens import HARD_WORDS, OPERATOR_WORDS

PAGE = Path(__file__).parents[1] / "conformance" / "syntax.md"
CELL = re.compile(r"(?:[^|`]|`[^`]*`)+")
WRAPPERS = {
    "F": "{}",
    "E": "ruleset r {{ global {{ it = {} }} }}",
    "G": "ruleset r {{ global {{ {} }} }}",
    "M": "ruleset r {{ meta {{ {} }} }}",
    "S": "ruleset r {{ rule r {{ select when {} }} }}",
    "R": "ruleset r {{ rule r {{ select when a b {} }} }}",
    "P": "ruleset r {{ rule r {{ select when a b fired {{ {} }} }} }}",
    "K": "{}",
}


class Row(NamedTuple):
    """One row of a table: where its source stands, the source, and what comes of it."""

    line: int
    wrapper: str
    source: str
    outcome: str
    accepted: bool

    @property
    def text(self) -> str:
        return WRAPPERS[self.wrapper].format(self.source)


def read_rows() -> list[Row]:
    """The rows of the page. A row is `| wrapper | source | outcome |`, perhaps with a remark behind."""
    rows, accepted = [], True
    for number, line in enumerate(PAGE.read_text("utf-8").splitlines(), start=1):
        if line.startswith("|"):
            cells = [cell.strip() for cell in CELL.findall(line.replace("\\|", "\0"))]
            cells = [cell.replace("\0", "|") for cell in cells if cell]
            if cells[0] in WRAPPERS:
                source, outcome = (cell.strip("`").replace("⏎", "\n") for cell in cells[1:3])
                rows.append(Row(number, cells[0], source, outcome, accepted))
            elif cells[0] == "Source":
                accepted = cells[1] == "Tree"
    return rows


ROWS = read_rows()


def tree_of(row: Row) -> Any:
    """What a row's source became: without what its wrapper wrote around it."""
    source = Source(row.text, f"syntax.md:{row.line}")
    if row.wrapper == "F":
        return parse_fragment(source).items
    ruleset = parse_ruleset(source)
    if row.wrapper == "K":
        return ruleset
    if row.wrapper == "E":
        (declaration,) = ruleset.globals
        return declaration.value
    if row.wrapper == "G":
        return ruleset.globals
    if row.wrapper == "M":
        assert ruleset.meta is not None
        return ruleset.meta.properties
    (rule,) = ruleset.rules
    if row.wrapper == "S":
        assert isinstance(rule.select, nodes.SelectWhen)
        return (rule.select.event, rule.select.within) if rule.select.within else rule.select.event
    if row.wrapper == "R":
        return tuple(part for part in (*rule.foreach, rule.pre, rule.actions, rule.postlude) if part)
    assert rule.postlude is not None
    return rule.postlude.fired


def show(tree: Any) -> str:
    """A tree in prefix form, as the page writes it."""
    if isinstance(tree, bool):
        return ""
    if isinstance(tree, tuple):
        return " ".join(show(item) for item in tree)
    if not isinstance(tree, nodes.Node):
        return str(tree)
    special = SHOWN.get(type(tree))
    return special(tree) if special else show_fields(tree)


def show_fields(node: nodes.Node) -> str:
    """`(kind field field name=optional)`: what is absent is left out, an empty optional list is `()`."""
    words = [re.sub(r"(?<=[a-z])([A-Z])", r"-\1", type(node).__name__).lower()]
    for field in fields(node)[1:]:
        value, optional = getattr(node, field.name), "None" in str(field.type)
        if field.name.endswith("span") or value is None or (value == () and not optional):
            continue
        shown = f"({show(value)})" if isinstance(value, tuple) else show(value)
        words.append(f"{field.name}={shown}" if optional else shown)
    return f"({' '.join(word for word in words if word)})"


def show_primitive(event: nodes.EventPrimitive) -> str:
    extra = [f"{match.attr.text}~{show(match.regexp)}" for match in event.matches]
    extra += [f"setting=({show(event.setting)})"] if event.setting else []
    extra += [f"where={show(event.where)}"] if event.where else []
    extra += ["old-order"] if event.old_order else []
    name = f"{event.domain}:{event.type}"
    return f"({name} {' '.join(extra)})" if extra else name


def show_chevron(node: nodes.Chevron) -> str:
    parts = [f'"{part}"' if isinstance(part, str) else show(part) for part in node.parts]
    if all(isinstance(part, str) for part in node.parts):
        return " ".join(parts) or '""'
    return f"(chevron {' '.join(parts)})"


def call(head: str, *parts: Any) -> str:
    return "(" + " ".join(word for word in (head, *(show(part) for part in parts)) if word) + ")"


SHOWN: dict[type, Any] = {
    nodes.Number: lambda n: f"{n.value:g}",
    nodes.String: lambda n: f'"{n.value}"',
    nodes.Boolean: lambda n: str(n.value).lower(),
    nodes.Null: lambda n: "null",
    nodes.Regexp: lambda n: f"(re {n.pattern or 'empty'}{' ' + n.flags if n.flags else ''})",
    nodes.Chevron: show_chevron,
    nodes.Array: lambda n: f"[{show(n.items)}]",
    nodes.Map: lambda n: "{" + ", ".join(f"{show(e.key)}: {show(e.value)}" for e in n.entries) + "}",
    nodes.Name: lambda n: n.text,
    nodes.DomainName: lambda n: f"{n.domain}:{n.name}",
    nodes.Binary: lambda n: call(n.op, n.left, n.right),
    nodes.Unary: lambda n: call({"-": "neg", "+": "pos"}.get(n.op, n.op), n.operand),
    nodes.Conditional: lambda n: call("?", n.test, n.then, n.otherwise),
    nodes.OperatorCall: lambda n: call("opcall", n.receiver, n.target, n.args),
    nodes.PropertyRead: lambda n: call("read", n.receiver, n.name),
    nodes.PathAccess: lambda n: call("path", n.receiver, n.key),
    nodes.Index: lambda n: call("index", n.receiver, n.key),
    nodes.Call: lambda n: call("call", n.callee, n.args),
    nodes.Arguments: lambda n: show(n.items),
    nodes.NamedArgument: lambda n: f"{show(n.name)}={show(n.value)}",
    nodes.Declaration: lambda n: f"{show(n.name)}={show(n.value)}",
    nodes.Param: lambda n: show(n.name) + (f"={show(n.default)}" if n.default else ""),
    nodes.Function: lambda n: " ".join([f"(function ({show(n.params)})", *map(show, n.body), show(n.result)]) + ")",
    nodes.DefAction: lambda n: show_fields(n).replace("def-action", "defaction", 1),
    nodes.EventPrimitive: show_primitive,
    nodes.EventOp: lambda n: call(n.op.value.replace(" ", "-"), *n.args),
    nodes.EventAny: lambda n: call("any", n.n, *n.args),
    nodes.EventGroup: lambda n: call(n.op, n.n, n.event, *([n.aggregator] if n.aggregator else [])),
    nodes.Aggregator: lambda n: call(n.op, n.names),
    nodes.Within: lambda n: call("within", n.amount, n.period),
    nodes.Guard: lambda n: call("if", n.condition, n.statement) if n.condition else call("on-final", n.statement),
    nodes.Last: lambda n: "last",
    nodes.MetaLogging: lambda n: f"(meta-logging {'on' if n.on else 'off'})",
    nodes.Rule: lambda n: show_fields(n).replace("(rule", "(rule" if n.active else "(rule inactive", 1),
}


def test_the_page_has_both_lists() -> None:
    assert len([row for row in ROWS if row.accepted]) > 120
    assert len([row for row in ROWS if not row.accepted]) > 100


@pytest.mark.parametrize("row", [row for row in ROWS if row.accepted], ids=lambda row: f"{row.line} {row.source}")
def test_accepted_source_has_the_tree_of_the_page(row: Row) -> None:
    assert show(tree_of(row)) == row.outcome


@pytest.mark.parametrize("row", [row for row in ROWS if not row.accepted], ids=lambda row: f"{row.line} {row.source}")
def test_rejected_source_gets_the_code_of_the_page(row: Row) -> None:
    with pytest.raises(SyntaxFault) as raised:
        tree_of(row)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == row.outcome
    assert diagnostic.render()


# Where each class of word may stand (the table of positions)

CONTEXTUAL = """
    ruleset meta global rule is active inactive name description author version logging on off key keys use module alias
    with provide provides share shares configure using errors to select when where within foreach pre if every choose
    sample always fired notfired else finally clear raise schedule log error last event for attributes at final
    info warn debug max min sum avg push second seconds minute hours day weeks month years
""".split()
# At the start of a single action these go on with the rule instead.
NOT_ALONE = frozenset("""
    if every sample choose always fired notfired else finally select foreach pre where within
""".split()) | OPERATOR_WORDS

HARD, OPERATOR, FREE = "hard", "operator", "contextual"
POSITIONS = {
    "variable": ("x = WORD", {FREE}),
    "domain in an expression": ("x = WORD:y", {FREE}),
    "named argument": ("x = f(WORD = 1)", {FREE, OPERATOR}),  # operator words: our choice, harmless
    "declared name": ("WORD = 1", {FREE, OPERATOR}),
    "parameter": ("x = function(WORD){ 1 }", {FREE, OPERATOR}),
    "parameter with a default": ("x = function(WORD = 1){ 1 }", {FREE, OPERATOR}),
    "method": ("x = y.WORD()", {FREE, OPERATOR}),
    "after a colon": ("x = y:WORD", {FREE, OPERATOR}),
    "map key": ("x = {WORD: 1}", set[str]()),
}
RULE_POSITIONS = {
    "rule name": ("rule WORD { }", {FREE, OPERATOR}),
    "event type": ("rule r { select when a WORD }", {FREE, OPERATOR, HARD}),
    "event type after a colon": ("rule r { select when a:WORD }", {FREE, OPERATOR, HARD}),
    "event domain inside count": ("rule r { select when count 2 (WORD b) }", {FREE, OPERATOR, HARD}),
    "action in braces": ("rule r { every { WORD() } }", {FREE, OPERATOR}),
    "action domain in braces": ("rule r { every { WORD:a() } }", {FREE, OPERATOR}),
    "label in braces": ("rule r { every { WORD => a() } }", {FREE, OPERATOR}),
    "setting": ("rule r { a() setting(WORD) }", {FREE, OPERATOR}),
    "domain of raise": ('rule r { fired { raise WORD event "t" } }', {FREE, OPERATOR}),
    "entity variable": ("rule r { fired { ent:WORD := 1 } }", {FREE, OPERATOR}),
}
META_POSITIONS = {
    "segment of a ruleset ID": ("use module a.WORD.b", {FREE, OPERATOR, HARD}),
    "alias": ("use module a alias WORD", {FREE, OPERATOR}),
    "shared name": ("shares WORD", {FREE, OPERATOR}),
    "meta key's name": ("key WORD 1", {FREE, OPERATOR, HARD}),
}
CLASSES = {HARD: sorted(HARD_WORDS), OPERATOR: sorted(OPERATOR_WORDS), FREE: CONTEXTUAL}


def accepts(text: str) -> bool:
    try:
        parse(Source(text))
    except SyntaxFault:
        return False
    return True


def cases() -> list[Any]:
    wraps = ((POSITIONS, "ruleset r { global { FORM } }"), (RULE_POSITIONS, "ruleset r { FORM }"),
             (META_POSITIONS, "ruleset r { meta { FORM } }"))
    return [
        pytest.param(wrap.replace("FORM", form), group in allowed, words, id=f"{place}: {group}")
        for positions, wrap in wraps for place, (form, allowed) in positions.items() for group, words in CLASSES.items()
    ]


@pytest.mark.parametrize(("form", "allowed", "words"), cases())
def test_a_class_of_words_stands_where_the_table_says(form: str, allowed: bool, words: list[str]) -> None:
    # `raise event` is the dynamic form; three hard words are literals, and those can be read.
    exceptions = {"event"} if "raise" in form else {"null", "true", "false"} if "= WORD }" in form else set()
    wrong = [word for word in words if word not in exceptions and accepts(form.replace("WORD", word)) != allowed]
    assert wrong == []


def test_words_in_event_domains_single_actions_and_attributes() -> None:
    every_word = [*HARD_WORDS, *OPERATOR_WORDS, *CONTEXTUAL]
    rule = "ruleset r { rule r { %s } }"
    domains = {word for word in every_word if accepts(rule % f"select when {word} b")}
    assert domains == {*CONTEXTUAL, "return", "setting"}
    actions = {word for word in every_word if accepts(rule % f"select when a b {word}()")}
    labels = {word for word in every_word if accepts(rule % f"select when a b {word} => f()")}
    assert actions == labels == set(CONTEXTUAL) - NOT_ALONE
    attributes = {word for word in every_word if accepts(rule % f"select when a b {word} re#x#")}
    assert attributes == set(every_word) - {"like", "cmp", "not", "return"}


def test_capitals_make_plain_names() -> None:
    (item,) = parse_fragment(Source("If.True(RULESET)")).items
    assert isinstance(item, nodes.OperatorCall)


def test_a_text_is_a_ruleset_where_it_begins_with_the_word() -> None:
    assert isinstance(parse(Source("/* x */ ruleset a {}")), nodes.Ruleset)
    assert isinstance(parse(Source("rulesets")), nodes.Program)
    for empty in ("", " \n", "// only a remark", "/**/", "\ufeff"):
        tree = parse(Source(empty))
        assert isinstance(tree, nodes.Program)
        assert tree.items == ()
    with pytest.raises(SyntaxFault):
        parse_ruleset(Source("a = 1"))
    assert parse_fragment(Source("ruleset + 1")).items


def test_white_space_and_comments_may_stand_between_any_two_tokens() -> None:
    text = 'ruleset a.b { rule c { select when d:e f re#g# where not h like "i" if j then k:l(m = 1) ' \
           'fired { ent:n{o} := p.q(r) on final } } }'
    tight = parse(Source(text))
    loose = re.sub(r" |:=|[():{}]|(?<!a)\.", lambda mark: f"\u2028/*{{*/{mark[0]} // }}\r\n", text)
    spread = parse(Source(loose))
    assert show(spread) == show(tight)
