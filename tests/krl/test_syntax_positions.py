"""Where nodes say they are: spans begin and end with their tokens, nest, and follow each other."""

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Any

import pytest

from pico.krl import nodes
from pico.krl.parse import parse, parse_fragment, parse_ruleset
from pico.krl.source import Source, Span

RULESET = '''
ruleset io.example.shop {   // the whole language, once
  version "1"
  meta {
    name "Shop" description << A #{ "sh" + <<o#{p}>> } >>
    use module a.b-c alias d with e = [1, {"k": -2.5},] and f = not g
    configure using h = 1; i = 2
    provides j, k  shares l  logging on
    errors to m.n  key r "s"  provides keys o to p.q
  }
  global {
    j = function(a, b = (a + 1) * 2,){ c = a => b | (d => e | f); return c.map(function(x){ x }){["y", 0]}[1](2) };
    k = defaction(a){ if a then every { send_directive("s", a) u:v() setting(w); } return w }
    l = ent:m.n.o:p(q = re#r#gi) like "s" && t >< null || true
  }
  rule one is active {
    select when a b c re#(.)# d re#x\\##i setting(e, f) where (e > 1) or count 3 (g:h) push(i)
      or any 2 (j k, l m) before n o not between (p q, r s) within 5 * 2 minutes
    foreach xs setting(x, y)
    pre { z = 1; }
    choose f:g(x) { lo => a(); hi => b:c(d = 1) setting(r) }
    fired { ent:m{"k"} := 1 if a; clear ent:n on final raise a event "b" for c attributes {} }
    else { schedule event "a:b" at c attributes d setting(e) log info x error warn y last }
    finally { v = 1 }
  }
  rule two is inactive { select where a == b  noop(); }
}
'''


def children(node: Any) -> Iterator[nodes.Node]:
    """The nodes directly under a node, in the order of its fields."""
    for field in fields(node)[1:]:
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) and not isinstance(value, Span) else (value,):
            if isinstance(item, nodes.Node):
                yield item


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in children(node):
        yield from walk(child)


def without_places(value: Any, source: Source) -> Any:
    """A tree as nested tuples, spans replaced by nothing, to compare trees read from different places."""
    if isinstance(value, nodes.Node):
        kept = [getattr(value, f.name) for f in fields(value) if not f.name.endswith("span")]
        return (type(value).__name__, *(without_places(item, source) for item in kept))
    if isinstance(value, tuple):
        return tuple(without_places(item, source) for item in value)
    return value


SOURCE = Source(RULESET)
TREE = parse_ruleset(SOURCE)


def test_every_kind_of_node_is_in_the_sample() -> None:
    kinds = {kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, nodes.Node)}
    assert {kind.__name__ for kind in kinds - {type(node) for node in walk(TREE)}} == {"Node", "Program"}


def test_a_node_lies_within_its_parent_and_after_its_elder() -> None:
    for node in walk(TREE):
        begin, end = node.span
        assert 0 <= begin < end <= len(RULESET)
        under = sorted(children(node), key=lambda child: child.span)
        for child in under:
            assert begin <= child.span.start < child.span.end <= end, (node, child)
        for elder, younger in pairwise(under):
            assert elder.span.end <= younger.span.start, (elder, younger)


def test_a_span_has_no_white_space_or_separator_at_its_ends() -> None:
    for node in walk(TREE):
        text = SOURCE.quote(node.span)
        assert text == text.strip()
        assert not text.endswith(";"), text


EXPRESSIONS = tuple(nodes.Expression.__args__)  # type: ignore[attr-defined]  # the members of a Union


def test_the_text_of_an_expression_reads_as_the_same_expression() -> None:
    seen = 0
    for node in walk(TREE):
        if isinstance(node, EXPRESSIONS):
            text = SOURCE.quote(node.span)
            if isinstance(node, nodes.Name) and text in ("count", "any"):
                continue
            (again,) = parse_fragment(Source(text)).items
            assert without_places(again, SOURCE) == without_places(node, SOURCE), text
            assert again.span == Span(0, len(text))
            seen += 1
    assert seen > 100


@pytest.mark.parametrize(("kind", "texts"), [
    (nodes.Binary, {"(a + 1) * 2", "a + 1", "e > 1"}),
    (nodes.Function, {"function(x){ x }"}),
    (nodes.Arguments, {"(x)", '("s", a)', "(q = re#r#gi)", "()"}),
    (nodes.Map, {'{"k": -2.5}', "{}"}),
    (nodes.Chevron, {"<<o#{p}>>"}),
    (nodes.Guard, {'ent:m{"k"} := 1 if a', "clear ent:n on final"}),
    (nodes.Assign, {'ent:m{"k"} := 1'}),
    (nodes.Action, {"lo => a()", "hi => b:c(d = 1) setting(r)", "u:v() setting(w)", "noop()"}),
    (nodes.Within, {"within 5 * 2 minutes"}),
    (nodes.ForEach, {"foreach xs setting(x, y)"}),
    (nodes.AttrMatch, {"c re#(.)#", "d re#x\\##i"}),
    (nodes.MetaUse, {'use module a.b-c alias d with e = [1, {"k": -2.5},] and f = not g'}),
    (nodes.MetaConfigure, {"configure using h = 1; i = 2"}),
    (nodes.Declaration, {"z = 1", "h = 1"}),
    (nodes.ActionBlock, {"noop()", 'if a then every { send_directive("s", a) u:v() setting(w); }'}),
])
def test_a_node_covers_exactly_its_own_text(kind: type[nodes.Node], texts: set[str]) -> None:
    assert texts <= {SOURCE.quote(node.span) for node in walk(TREE) if isinstance(node, kind)}


def test_operators_rule_names_and_ruleset_ids_have_spans_of_their_own() -> None:
    operators = {SOURCE.quote(node.op_span) for node in walk(TREE) if isinstance(node, nodes.Binary)}
    assert operators >= {"+", "*", "&&", "||", "like", "><", ">"}
    assert SOURCE.quote(TREE.rid_span) == "io.example.shop"
    assert [SOURCE.quote(rule.name.span) for rule in TREE.rules] == ["one", "two"]
    assert SOURCE.quote(TREE.span) == RULESET.strip()


def test_offsets_count_code_points_and_lines_count_every_line_break_once() -> None:
    source = Source('a = "é😀"\r\nb = <<\n>>\rc = x', "lines")
    items = parse_fragment(source).items
    assert [source.place(item.span.start) for item in items] == [(1, 1), (2, 1), (4, 1)]
    assert source.quote(items[0].span) == 'a = "é😀"'


def test_parentheses_belong_to_the_text_of_what_is_around_them_only() -> None:
    source = Source("((a + b)) * (c)")
    (product,) = parse_fragment(source).items
    assert isinstance(product, nodes.Binary)
    assert source.quote(product.span) == source.text
    assert (source.quote(product.left.span), source.quote(product.right.span)) == ("a + b", "c")


def test_numbers_are_doubles_kept_as_written() -> None:
    items = parse(Source("007 1.50 9007199254740993 " + "9" * 400))
    assert isinstance(items, nodes.Program)
    values = [(item.value, item.text) for item in items.items if isinstance(item, nodes.Number)]
    assert values[:3] == [(7, "007"), (1.5, "1.50"), (9007199254740992.0, "9007199254740993")]
    assert values[3][0] == float("inf")
