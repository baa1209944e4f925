"""Where a fault happened: the line and column of the expression, and the KRL line in Python's own traceback."""

import gc
import linecache
import traceback

import pytest

from pico.krl.compile import compile_ruleset, evaluate
from pico.krl.faults import place_of
from pico.krl.source import Source
from tests.conformance.scripted import ScriptedPico

BAD = '[1].map("no")'
HEAD = "ruleset places {\n  global {\n    %s\n  }\n  rule r {\n    select when a b\n    %s\n  }\n}"

# Each has BAD once: it is the expression that fails.
PLACES = {
    "in a function": ("f = function() { " + BAD + " }", "pre { x = f() }"),
    "in a nested function": (
        "f = function() {\n g = function() {\n  [1].map(function(x) { " + BAD + " })\n }\n g()\n}", "pre { x = f() }"),
    "in the prelude": ("", "pre { x = 1 + " + BAD + " }"),
    "after text that is not ASCII": ("", 'pre { x = "äß→😀漢字" + ' + BAD + " }"),
    "after a tab and other lines": ("", "pre { y = 1\n\n\t\tx = " + BAD + " }"),
    "in a chevron": ("", "pre { x = <<öä\n  two #{1 + " + BAD + "} three>> }"),
    "in a condition": ("", "if " + BAD + " then noop()"),
    "in an action": ("", 'send_directive("é", ' + BAD + ")"),
    "in a loop": ("", "foreach " + BAD + " setting(x) noop()"),
    "in a postlude": ("", 'noop() fired { ent:x{"a"} := ' + BAD + " }"),
    "in a guard": ("", "noop() fired { ent:x := 1 if " + BAD + " }"),
    "in a raise": ("", 'noop() fired { raise c event "d" attributes ' + BAD + " }"),
    "in a default": ("f = function(a, b = " + BAD + ") { b }", "pre { x = f(1) }"),
    "in a defaction": ("d = defaction() { send_directive(" + BAD + ") }", "d()"),
    "on a windows line": ("x = 1\r\n    y = 2\r\n    f = function() {\r\n " + BAD + " }", "pre { x = f() }"),
}


@pytest.mark.parametrize(("globals_", "body"), PLACES.values(), ids=PLACES)
def test_a_fault_has_the_place_of_the_expression_that_failed(globals_: str, body: str) -> None:
    source = Source(HEAD % (globals_, body))
    (error,) = ScriptedPico(source.text).send("a", "b").errors
    assert (error["code"], error["line"], error["column"]) == ("bad-callback", *source.place(source.text.index(BAD)))
    assert (error["rid"], error["rule"]) == ("places", "r")


def test_a_fault_in_a_where_has_its_place() -> None:
    source = Source(HEAD.replace("a b\n", "a b where é_ == 1 || %s\n").replace("é_", '"é"') % ("", BAD, ""))
    (error,) = ScriptedPico(source.text).send("a", "b").errors
    assert (error["line"], error["column"]) == source.place(source.text.index(BAD))


def test_a_fault_in_a_module_is_placed_where_the_ruleset_named_called_it() -> None:
    library = "ruleset lib { meta { provides f } global {\n\n\n\n f = function(x) { " + BAD + " } } }"
    user = Source("ruleset user {\n meta { use module lib alias l }\n rule r { select when a b\n"
                  "  pre { x = [1].map(function(y) { l:f(y) }) } }\n}")
    (error,) = ScriptedPico(library, user.text).send("a", "b").errors
    assert (error["rid"], error["line"], error["column"]) == ("user", *user.place(user.text.index("l:f(y)")))


def test_pythons_traceback_shows_the_line_as_long_as_the_ruleset_lives() -> None:
    text = 'f = function(s) {\n  "ü" + s.map("no")\n}\nf([1])'
    with pytest.raises(Exception, match="iter is not a function") as raised:
        evaluate(text)
    shown = "".join(traceback.format_exception(raised.value))
    assert '"ü" + s.map("no")' in shown
    assert place_of(raised.value) is not None

    source = 'ruleset twin { global { x = 1 } } // quoted'
    first, second = compile_ruleset(Source(source)), compile_ruleset(Source(source))
    name = first._load.__code__.co_filename  # type: ignore[attr-defined]
    del first
    gc.collect()
    assert linecache.getline(name, 1) == source
    del second
    gc.collect()
    assert linecache.getline(name, 1) == ""


def test_a_value_read_before_it_is_declared_is_named() -> None:
    with pytest.raises(Exception, match="Cannot access 'later' before initialization") as raised:
        evaluate("f = function() { later }\nnow = f()\nlater = 1\nnow")
    assert raised.value.__cause__ is not None
    place = place_of(raised.value.__cause__)
    assert place is not None
    assert (place.line, place.column) == (1, 18)
