"""What is known of a ruleset before it runs: its capabilities, its `__testing`, which events it looks at."""

from typing import Any

import pytest

from pico.krl.compile import CompiledRuleset, compile_ruleset
from pico.krl.source import Source


def compiled(body: str, meta: str = "") -> CompiledRuleset:
    return compile_ruleset(Source(f"ruleset about {{ meta {{ {meta} }} {body} }}"))


def rule(body: str, select: str = "when a b") -> str:
    return f"rule r {{ select {select} {body} }}"


CAPABILITIES = {
    "": set(),
    "global { f = function(x) { ent:x + time:now() + event:attrs{x} + meta:rid } }": set(),
    rule('event:send({"eci": "x"})'): {"send"},
    rule("noop() fired { raise journal event \"entry\"; raise event \"a:b\" }"): {"raise:journal", "raise:any"},
    rule("ctx:newChannel([])"): {"module:ctx"},
    rule('http:post("https://example.com/a?b=c")'): {"module:http", "host:https://example.com"},
    rule('http:post("https://user:secret@Example.com:8443/a")'): {"module:http", "host:https://example.com:8443"},
    rule('http:post(url = "http://example.org")'): {"module:http", "host:http://example.org"},
    rule('http:post("https://example.com/" + event:attrs{"x"})'): {"module:http", "host:any"},
    rule('http:post("http://[::1")'): {"module:http", "host:any"},
    rule('http:post("not a url")'): {"module:http", "host:any"},
    rule("http:post()"): {"module:http", "host:any"},
    'global { f = function() { "https://example.com/".http:get() } }': {"module:http", "host:https://example.com"},
    "global { f = function(u) { u.http:get() } }": {"module:http", "host:any"},
    "global { f = function() { g = http:get; g(\"https://example.com\") } }": {"module:http", "host:any"},
    "global { f = function(u) { u.map(http:get) } }": {"module:http", "host:any"},
}


@pytest.mark.parametrize(("body", "found"), CAPABILITIES.items(), ids=CAPABILITIES)
def test_a_ruleset_can_do_what_its_capabilities_say(body: str, found: set[str]) -> None:
    assert compiled(body).capabilities == tuple(sorted(found))


def test_a_module_of_somebody_else_goes_by_its_rid_even_where_it_hides_a_built_in_one() -> None:
    meta = "use module org.example.lib alias lib  use module org.example.fake alias http  use module plain"
    found = compiled("global { f = function() { lib:f(http:get(\"https://example.com\")) } }", meta)
    assert found.capabilities == ("module:org.example.fake", "module:org.example.lib", "module:plain")
    assert found.uses == ("org.example.lib", "org.example.fake", "plain")


def test_testing_lists_what_can_be_asked_and_told() -> None:
    found = compiled(
        """
        global { greet = function(name, style = "warm") { name }  version = "1" }
        rule first {
          select when shop order item re#(.+)# setting(item) or shop offer price re#(.+)#
          pre { a = event:attrs{"amount"}  b = event:attr("note")  c = event:attrs.get("extra")  d = event:attrs{item} }
        }
        rule second { select when shop order where event:attrs["urgent"] }
        rule third is inactive { select when shop closed }
        rule fourth { select where event:name == "any" }
        """, "shares greet, version, __testing").testing
    read = ["amount", "note", "extra"]
    assert found == {
        "queries": [
            {"name": "__testing", "args": []}, {"name": "greet", "args": ["name", "style"]},
            {"name": "version", "args": []},
        ],
        "events": [
            {"domain": "shop", "name": "order", "attrs": ["item", *read, "urgent"]},
            {"domain": "shop", "name": "offer", "attrs": ["price", *read]},
        ],
    }


def test_only_the_rules_that_an_event_concerns_are_tried_in_source_order() -> None:
    found = compiled(
        """
        rule r0 { select when a b }
        rule r1 { select where true }
        rule r2 is inactive { select when a b }
        rule r3 { select when a b or c d or a b }
        rule r4 { select when a B }
        """)
    assert found.rule_names == ("r0", "r1", "r3", "r4")
    names = {event: [found.rule_names[n] for n in found.dispatch.rules(*event)]
             for event in (("a", "b"), ("c", "d"), ("a", "B"), ("x", "y"))}
    assert names == {
        ("a", "b"): ["r0", "r1", "r3"], ("c", "d"): ["r1", "r3"], ("a", "B"): ["r1", "r4"], ("x", "y"): ["r1"],
    }


@pytest.mark.parametrize(
    ("body", "meta", "shared"),
    [
        ("global { a = 1  b = a + 1  f = function() { ent:x }  c = [b].map(function(x) { x }) }", "", True),
        ("global { a = ent:x }", "", False),
        ("global { a = meta:picoId }", "", False),
        ("global { f = function() { ent:x }  a = f() }", "", False),
        ("global { f = function(x) { ent:x }  a = [1].map(f) }", "", False),
        ("global { f = function(x) { ent:x }  a = 1.f() }", "", False),
        ("global { head = function(x) { ent:x }  a = [1].head() }", "", False),
        ("global { a = 1 }", "configure using b = 2", False),
        ("global { a = 1 }", "use module lib alias l", False),
    ],
)
def test_one_loading_serves_every_pico_only_where_it_reads_none(body: str, meta: str, shared: Any) -> None:
    assert compiled(body, meta).shareable is shared
