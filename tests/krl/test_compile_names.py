"""Names of a stranger's choosing: each means what KRL says, and none reaches anything behind the language."""

import builtins
import types
from contextlib import suppress
from typing import Any

import pytest

from pico.errors import KrlError, PicoError
from pico.krl.compile import compile_ruleset, evaluate
from pico.krl.context import Context
from pico.krl.operators import OPERATORS
from pico.krl.source import Source
from pico.krl.values import Action, Function
from tests.conformance.scripted import ScriptedPico

# What generated code and Python itself use, and what Python reserves.
NAMES = [
    "__builtins__", "__class__", "__import__", "__globals__", "__dict__", "__name__", "__file__", "__debug__",
    "t", "load", "config", "use", "testing", "value", "result", "self", "fired_1", "const_1", "left_1", "def_x_1",
    "rule_r_1", "hit_1", "items_1", "groups_1", "x__1", "x__2", "x___1", "value_map", "lib_map", "lib_send_directive",
    "op_add", "op_call", "mod_event_attrs", "truthy", "pairs", "Function", "Action", "exported", "capture", "None_",
    "True_", "class", "None", "True", "False", "lambda", "def", "del", "yield", "await", "async", "import", "global",
    "nonlocal", "match", "case", "type", "print", "exec", "eval", "open", "_", "__", "_1", "$x", "$", "S", "Sx", "$_$",
    "constructor", "prototype", "x" * 300,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_means_what_was_declared_whatever_it_is(name: str) -> None:
    """As a value, a function, a parameter, a capture, a rule, a loop variable and an entity variable at once."""
    source = f"""ruleset names {{
      meta {{ shares {name}, call }}
      global {{
        {name} = 1
        inner = function({name}) {{ {name} + 1 }}
        call = function() {{ {{"{name}": inner({name})}}{{"{name}"}} }}
      }}
      rule {name} {{
        select when a b {name} re#(.*)# setting({name})
        foreach [{name}] setting(again)
        pre {{ f = function({name}, other) {{ [{name}, other].map(function({name}) {{ {name} }}) }} }}
        if {name} && true then choose {name} {{ yes => send_directive({name}, f({name}, {name})) setting(back) }}
        fired {{ ent:{name} := again; ent:{name} := ent:{name} + 1; ent:m{{"{name}"}} := 1 on final }}
      }}
    }}"""
    pico = ScriptedPico(source)
    assert pico.query("names", "call") == 2
    assert pico.query("names", name) == 1
    reply = pico.send("a", "b", {name: "yes"})
    assert not reply.errors
    assert [(d["name"], d["options"]) for d in reply.directives] == [("yes", ["yes", "yes"])]
    assert pico.snapshot.entity("names", name) == "yes1"
    assert pico.snapshot.entity("names", "m") == {name: 1}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_nobody_declared_is_unknown(name: str) -> None:
    if name in OPERATORS:
        return
    for text in (name, f"{name}()", f"[1].{name}()", f"function() {{ {name} }}"):
        with pytest.raises(KrlError) as refused:
            evaluate(text)
        assert refused.value.code in ("unknown-name", "syntax")


def test_every_way_in_is_closed() -> None:
    """Attributes, keys and indices are data: none of them is Python's."""
    values = ["1", '"text"', "[1]", '{"a": 1}', "function() { 1 }", "re#a#", "null", "true", "1.map", "[].map", "head"]
    keys = ["__class__", "__dict__", "__init__", "run", "func_globals", "__globals__", "gi_frame", "keys", "params"]
    for value in values:
        for key in keys:
            for form in (f'x{{"{key}"}}', f'x["{key}"]', f'x{{["{key}", "{key}"]}}', f"x.{key}", f'x.get("{key}")'):
                with suppress(PicoError):  # any other exception would be one of Python's own
                    assert evaluate(f"x = {value}\n{form}") is None, (value, form)


def test_a_name_that_looks_generated_is_not_taken_for_what_was_generated() -> None:
    assert evaluate("y", "def_x = 5; x_ = function() { 1 }; y = def_x") == 5
    for count in range(1, 12):
        stems = ("def_f", "def_function", "left", "const", "chosen", "key")
        prelude = "; ".join(f"{stem}_{count} = {n}" for n, stem in enumerate(stems))
        uses = " + ".join(f"{stem}_{count}" for stem in stems)
        others = 'f_ = function(a) { a && re#x# || a }; g = [1].map(function(b) { b || f_(b) })'
        assert evaluate(f"{others}; {uses}", prelude) == sum(range(len(stems)))


def test_a_long_choice_is_no_deeper_than_a_short_one() -> None:
    actions = "\n".join(f'n{n} => send_directive("d{n}")' for n in range(3_000))
    chosen = 'pre { n = event:attrs{"n"} }'
    source = f"ruleset wide {{ rule r {{ select when a b {chosen} choose n {{ {actions} n1 => noop() }} }} }}"
    pico = ScriptedPico(source)
    for label, wanted in (("n1", ["d1"]), ("n2999", ["d2999"]), ("nobody", [])):
        assert [d["name"] for d in pico.send("a", "b", {"n": label}).directives] == wanted


REACH = """ruleset reach {
  meta { shares f use module none alias m }
  global { f = function(x) { [x, ent:a, time:now(), x.map(function(y) { y })] } }
  rule r {
    select when a b where n > 1
    every { send_directive("x") http:get("https://example.com") }
    always { raise c event "d"; ent:a{"b"} := 1 on final; log info "x"; error warn "y" }
  }
}"""


def test_generated_code_reaches_only_names_of_its_contract() -> None:
    compiled = compile_ruleset(Source(REACH))
    reachable = compiled._load.__globals__  # type: ignore[attr-defined]
    assert reachable["__builtins__"] == {}
    for name, value in reachable.items():
        assert not isinstance(value, types.ModuleType), name
        assert not isinstance(value, type) or value in (Function, Action), name
        assert all(value is not found for found in vars(builtins).values() if callable(found)), name

    def codes(code: types.CodeType) -> Any:
        yield code
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                yield from codes(constant)

    attributes = {name for code in codes(compiled._load.__code__) for name in code.co_names}  # type: ignore[attr-defined]
    assert not [name for name in attributes if name.startswith("__")]


def test_no_python_object_comes_out_of_a_value() -> None:
    plain = (int, float, str, bool, type(None), list, dict, Function, Action)
    for text in ("map", "[1].map", "function() { 1 }", "defaction() { noop() }", "noop", "send_directive", "__testing"):
        assert isinstance(evaluate(text, context=Context()), plain)
