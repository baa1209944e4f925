"""Limits on the text of a ruleset and on what its expressions make: each at the limit and past it."""

import time

import pytest

from pico.errors import LimitExceeded, SyntaxFault
from pico.krl.compile import compile_ruleset, evaluate
from pico.krl.context import Context
from pico.krl.source import Source
from pico.limits import (
    COLLECTION_ITEMS,
    FUEL_PER_STEP,
    NESTING,
    REGEX_CHARS,
    REGEX_MILLISECONDS,
    SOURCE_BYTES,
    TEXT_CHARS,
    Limit,
)

DOUBLE = "double = function(s, n) { n == 0 => s | double(s + s, n - 1) };"


def compiled(globals_: str) -> str:
    """The RID of a ruleset with these globals, once it has compiled."""
    return compile_ruleset(Source(f"ruleset long {{ global {{ {globals_} }} }}", "long.krl")).rid


def assert_refused(text: str, limit: Limit, prelude: str = "", fuel: int = FUEL_PER_STEP.value) -> None:
    with pytest.raises(LimitExceeded) as refused:
        evaluate(text, prelude, context=Context(fuel))
    assert refused.value.limit is limit


def test_a_ruleset_has_so_many_bytes_and_the_refusal_says_what_to_do() -> None:
    around = len("ruleset long { global { // é\n } }".encode())
    fits = "// é" + "x" * (SOURCE_BYTES.value - around) + "\n"
    assert compiled(fits) == "long"
    with pytest.raises(SyntaxFault) as refused:
        compiled("/" + fits)
    [diagnostic] = refused.value.diagnostics
    assert diagnostic.code == SOURCE_BYTES.name
    assert "split it" in diagnostic.render()


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("[", "]"), ("function() { ", " }"), ("not ", "")])
def test_what_nests_as_deep_as_allowed_compiles_and_one_deeper_is_refused_at_its_place(
    opening: str, closing: str
) -> None:
    def nested(levels: int) -> str:
        return f"a = {opening * levels}1{closing * levels}"

    assert compiled(nested(NESTING.value)) == "long"
    with pytest.raises(SyntaxFault) as refused:
        compiled(nested(NESTING.value + 1))
    [diagnostic] = refused.value.diagnostics
    assert diagnostic.code == NESTING.name
    assert "give the parts names" in diagnostic.render()


def test_a_regular_expression_has_so_many_characters_written_or_made() -> None:
    longest = "a" * REGEX_CHARS.value
    assert compiled(f"r = re#{longest}#") == "long"
    with pytest.raises(Exception, match="characters in one regular expression"):
        compiled(f"r = re#{longest}a#")
    made = f'pattern = "{longest}";'
    assert evaluate('"b".match(pattern)', made) is False
    assert_refused('"b".match(pattern + "a")', REGEX_CHARS, made)


def test_a_match_that_would_take_ages_is_stopped() -> None:
    assert evaluate(f'"{"a" * 20}".match(re#^(?=(a|aa)+$)#)') is True
    began = time.monotonic()
    assert_refused(f'"{"a" * 60}!".match(re#^(?=(a|aa)+$)#)', REGEX_MILLISECONDS)
    assert time.monotonic() - began < 20 * REGEX_MILLISECONDS.value / 1000  # on a machine with much else to do


def test_a_text_has_so_many_characters() -> None:
    # 2^n times 15,625 characters: the last doubling but one ends exactly at the limit.
    assert TEXT_CHARS.value == 15_625 * 2**8
    piece = f'piece = "{"x" * 15_625}"; {DOUBLE}'
    assert evaluate("double(piece, 8).length()", piece, context=Context(10 * TEXT_CHARS.value)) == TEXT_CHARS.value
    assert_refused('double(piece, 8) + "x"', TEXT_CHARS, piece, 10 * TEXT_CHARS.value)
    assert_refused("double(piece, 16)", TEXT_CHARS, piece, 10 * TEXT_CHARS.value)


def test_an_array_has_so_many_items() -> None:
    fuel = 10 * COLLECTION_ITEMS.value
    last = COLLECTION_ITEMS.value - 1
    assert evaluate(f"0.range({last}).length()", context=Context(fuel)) == COLLECTION_ITEMS.value
    assert_refused(f"0.range({last}).append(1)", COLLECTION_ITEMS, fuel=fuel)
