"""Texts that are too deep, too large or simply odd: one located error, soon, and never anything else."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pico.errors import SyntaxFault
from pico.krl.parse import parse, parse_fragment, parse_ruleset
from pico.krl.source import Source
from pico.limits import NESTING, SOURCE_BYTES
from tests.krl.test_syntax import ROWS
from tests.krl.test_syntax_positions import RULESET

LEVELS = NESTING.value
SHAPES: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "a" + ")" * n,
    "arrays": lambda n: "[" * n + "]" * n,
    "maps": lambda n: '{"a":' * (n - 1) + "{}" + "}" * (n - 1),
    "sums to the left": lambda n: "a" + " + a" * n,
    "ands to the left": lambda n: "a" + " && a" * n,
    "comparisons": lambda n: "a" + " == a" * n,
    "nots": lambda n: "not " * n + "a",
    "signs": lambda n: "- " * n + "a",
    "calls": lambda n: "f" + "()" * n,
    "nested calls": lambda n: "f(" * n + ")" * n,
    "operator calls": lambda n: "a" + ".f()" * n,
    "paths": lambda n: "a" + "{b}" * n,
    "indices": lambda n: "a" + "[b]" * n,
    "nested indices": lambda n: "a[" * n + "b" + "]" * n,
    "property reads": lambda n: "a" + ".b" * n,
    "conditionals": lambda n: "a => b | " * n + "c",
    "functions": lambda n: "function(){" * n + "a" + "}" * n,
    "defaults": lambda n: "function(a=" * n + "1" + "){1}" * n,
    "chevrons": lambda n: "<<#{" * n + "a" + "}>>" * n,
}
EVENTS: dict[str, Callable[[int], str]] = {
    "or to the left": lambda n: "a b" + " or a b" * n,
    "then to the left": lambda n: "a b" + " then a b" * n,
    "or(": lambda n: "or(" * n + "a b" + ")" * n,
    "parentheses": lambda n: "(" * n + "a b" + ")" * n,
    "between": lambda n: "a b" + " between (a b, a b)" * n,
    "any": lambda n: "any 1 (" * n + "a b" + ")" * n,
}


def codes(text: str) -> list[str]:
    """The codes of the errors in a text; whatever else is raised fails the test."""
    try:
        parse(Source(text))
    except SyntaxFault as fault:
        for diagnostic in fault.diagnostics:
            begin, end = diagnostic.span
            assert 0 <= begin <= end <= len(text)
            assert diagnostic.message
            assert diagnostic.render()
        return [diagnostic.code for diagnostic in fault.diagnostics]
    return []


def event(expression: str) -> str:
    return f"ruleset a {{ rule b {{ select when {expression} }} }}"


@pytest.mark.parametrize("shape", SHAPES)
def test_expressions_nest_as_deep_as_the_limit_and_no_deeper(shape: str) -> None:
    assert codes(SHAPES[shape](LEVELS)) == []
    assert codes(SHAPES[shape](LEVELS + 1)) == ["nesting"]


@pytest.mark.parametrize("shape", EVENTS)
def test_event_expressions_nest_as_deep_as_the_limit_and_no_deeper(shape: str) -> None:
    assert codes(event(EVENTS[shape](LEVELS))) == []
    assert codes(event(EVENTS[shape](LEVELS + 1))) == ["nesting"]


def test_levels_of_different_kinds_add_up() -> None:
    assert codes("[" * 100 + "not " * 50 + "a" + " + b" * 10 + "]" * 100) == []
    assert codes("[" * 100 + "not " * 50 + "a" + "{b}" * 51 + "]" * 100) == ["nesting"]
    assert codes("a = 1 " * 5_000) == []
    assert codes("[" + "a, " * 5_000 + "]") == []


@pytest.mark.parametrize("text", [shape(10_000) for shape in SHAPES.values()] + ["(" * 200_000, "not " * 50_000],
                         ids=lambda text: text[:20])
def test_the_deepest_texts_are_refused_at_once(text: str) -> None:
    begin = time.process_time()
    assert codes(text) == ["nesting"]
    assert time.process_time() - begin < 2  # generous; a tenth of a second is usual


def test_a_source_may_have_so_many_bytes() -> None:
    comment = "// " + "x" * (SOURCE_BYTES.value - 3)
    assert codes(comment) == []
    assert codes(comment + "x") == ["source-size"]
    wide = "// " + "é" * (SOURCE_BYTES.value // 2 - 2)
    assert codes(wide) == []
    assert codes(wide + "éé") == ["source-size"]


@pytest.mark.parametrize(("text", "code", "quoted"), [
    ("a = \0", "illegal-character", "\0"),
    ("a = b\u00e9", "illegal-character", "\u00e9"),
    ("a = \u201cb\u201d", "illegal-character", "\u201c"),
    ("a = 'b'", "illegal-character", "'"),
    ("a = \x85b", "illegal-character", "\x85"),
    ("a = \ud800", "illegal-character", "\ud800"),
    ('a = "b', "unclosed-text", '"'),
    ("a = <<b", "unclosed-text", "<<"),
    ("a = <<b #{<<c} >>", "unexpected-end", ">"),
    ("a = <<b #{<<c", "unclosed-text", "<<"),
    ("a = re#b", "unclosed-text", "re#"),
    ("a /* b", "unclosed-comment", "/*"),
    ("a = ) 'b'", "syntax", ")"),
    ("a = (", "unexpected-end", "("),
    ("a = (b   // c", "unexpected-end", "b"),
])
def test_an_error_is_where_it_is(text: str, code: str, quoted: str) -> None:
    with pytest.raises(SyntaxFault) as raised:
        parse(Source(text))
    (diagnostic,) = raised.value.diagnostics
    assert (diagnostic.code, Source(text).quote(diagnostic.span)) == (code, quoted)


def test_characters_outside_ascii_and_nul_are_fine_where_text_is() -> None:
    assert codes('/* é\0 */ a = "é\0" b = <<“é”\0>> c = re#é\0# // é') == []


def test_every_prefix_of_a_ruleset_is_an_error_and_nothing_worse() -> None:
    text = RULESET.strip()
    for end in range(len(text)):
        assert text[:end].isspace() or not text[:end].startswith("ruleset") or codes(text[:end]), text[:end]


def test_beginnings_and_ends_of_every_row_parse_or_give_an_error() -> None:
    for row in ROWS:
        for cut in range(row.line % 9, len(row.text), 9):
            codes(row.text[:cut])
            codes(row.text[cut:])


PIECES = sorted({
    *"( ) { } [ ] , ; : . + - * / % < > = == => := | || && << >> #{ re# /* // \" \\ ' ! # \0 é 1 2.5 a ent".split(),
    *"ruleset meta global rule select when where foreach setting pre if then every choose sample fired else".split(),
    *"always raise schedule event attributes at repeat for log error last clear on final not between function".split(),
    *"defaction return any count max and or before use module with shares name true null within minutes eq".split(),
    '"s"', "<<t>>", "<<#{", "}>>", "re#x#gi", "x = ", "\n", "a:b", "ent:x", "with a = 1",
})


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_any_row_of_tokens_parses_or_gives_an_error(text: str) -> None:
    codes(text)
    codes("ruleset a { rule b { " + text)
    codes("ruleset a { meta { " + text)
    codes("ruleset a { rule b { select when c d fired { " + text)


@given(st.text())
def test_any_text_parses_or_gives_an_error(text: str) -> None:
    codes(text)
    codes("ruleset a { global { b = <<" + text)


@given(st.integers())
def test_a_ruleset_with_one_token_changed_parses_or_gives_an_error(seed: int) -> None:
    chance = random.Random(seed)
    words = RULESET.split(" ")
    place = chance.randrange(len(words))
    change = chance.choice(("drop", "double", "other", "swap"))
    other = chance.choice(PIECES)
    words[place : place + 1] = {"drop": [], "double": [words[place]] * 2, "other": [other],
                                "swap": [*words[place + 1 : place + 2], words[place]]}[change]
    codes(" ".join(words))


def test_a_ruleset_and_a_fragment_can_be_asked_for() -> None:
    with pytest.raises(SyntaxFault):
        parse_ruleset(Source("a"))
    with pytest.raises(SyntaxFault):
        parse_fragment(Source("ruleset a {}"))
