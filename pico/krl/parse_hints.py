"""Hints on the larger forms: meta, rules, event expressions, actions and the postlude.

`hints` tries them in its order; here is what each looks for and says. `Advice` is the value
that a hint gives.
"""

from typing import TYPE_CHECKING, NamedTuple

from pico.krl.source import Span

if TYPE_CHECKING:
    from pico.krl.parse_errors import Failure


class Advice(NamedTuple):
    """A hint, and what it replaces of the plain diagnostic."""

    hint: str | None = None
    message: str | None = None
    code: str | None = None
    span: Span | None = None


OLDER = "older-form"


# Meta and the ruleset


def on_meta(failure: "Failure") -> Advice | None:
    """`sharing on`, `version` of a module, separators, a trailing comma."""
    if failure.frame != "meta":
        return None
    text = failure.text()
    if text == "sharing":
        return Advice("use `shares name, …`", None, OLDER)
    if text == "alias" and failure.kind(-1) == "STRING" and failure.text(-2) == "version":
        return Advice("modules have no version: drop it", "A module cannot have a version", OLDER, failure.span(-2))
    if text == "," and "and" in failure.expected:
        return Advice("separate bindings by white space or `and`")
    if text in (";", ","):
        return Advice(f"nothing separates meta properties: remove the `{text}`")
    if failure.symbols[-1] == "with":
        return Advice("`with name = value`", "Expected declarations after with")
    if failure.is_word() and failure.text(-2) == ",":
        return Advice(f"no `,` before `{failure.text(-1)}`")
    if text in ("shares", "provides", "use", "alias", "with"):
        return Advice("the parts of `use` come in this order: `use module … alias … with …`")
    if failure.is_word() and failure.expected >= {"use", "configure", "}"}:
        return Advice("properties are name, description, author, version, logging, use, configure, provides and shares")
    return None


def on_ruleset(failure: "Failure") -> Advice | None:
    """Blocks of the ruleset out of order, `dispatch`, text after the end."""
    if failure.expected == {"$END"}:
        return Advice("one ruleset in a file", "Nothing may follow the ruleset")
    if failure.kind() == "NUMBER" and "." in failure.expected and not failure.after_expression:
        return Advice("a piece of a ruleset ID begins with a letter", None, "ruleset-id")
    if failure.frame != "ruleset":
        return None
    text = failure.text()
    if text == "dispatch":
        return Advice("remove the block: events reach a ruleset through channels", "Dispatch blocks are gone", OLDER)
    if text in ("meta", "global"):
        return Advice("the order is `meta`, then `global`, then rules, each block at most once")
    if text in (";", ","):
        return Advice(f"remove the `{text}`")
    return None


# Rules, events, actions


def on_event(failure: "Failure") -> Advice | None:
    """What `select when` cannot say."""
    if "select" not in failure.symbols[-40:]:
        return None
    text, kind = failure.text(), failure.kind()
    if kind == "STRING" and failure.is_word(-1) and failure.frame in ("rule", "event"):
        if failure.expected >= {"ATTR_KEY", "within"} or failure.expected >= {":", "IDENT"}:
            return Advice("browser events are not supported; an attribute is matched by `name re#…#`",
                          "A text cannot stand in an event expression", OLDER)
        matching = f"{failure.text(-1)} re#^{text[1:-1]}$#"
        return Advice(f"match an attribute with a regexp: `{matching}`", "Expected a regexp", OLDER)
    if text == "*" and "IDENT" in failure.expected:
        return Advice("there is no wildcard; use `select where …`")
    if text in (".", "-") and ":" in failure.expected and "IDENT" in failure.expected:
        return Advice("domain and type are single words; for others use `select where …`")
    if failure.expected >= {":", "IDENT", "select"} and not failure.after_expression and failure.frame != "map":
        return Advice("an event is `domain type`, or `domain:type`")
    if failure.expected == {"NUMBER"}:
        return Advice("a count is digits only")
    if text == "within" and failure.frame == "event":
        return Advice("`within` may appear once, at the very end of the select")
    if failure.frame == "event" and text in ("or", "and", "before", "then", "after", "between"):
        return Advice("`count` and `repeat` take one event, without operators")
    return None


def on_with_clause(failure: "Failure") -> Advice | None:
    """`action(...) with a = x`, `raise ... with a = x`."""
    if failure.text() == "with":
        step = 0
    elif failure.text(-1) == "with" and failure.kind() == "NAME_EQ":
        step = -1
    else:
        return None
    name = failure.text(step + 1) or "a"
    if failure.within("postlude"):
        return Advice(f'use `attributes {{"{name}": …}}`', "`with` clauses are gone", OLDER, failure.span(step))
    if failure.within("rule", "actions", "choose", "defaction"):
        hint = f"pass named arguments: `action(…, {name} = …)`"
        return Advice(hint, "`with` clauses are gone", OLDER, failure.span(step))
    return None


def on_bare_block(failure: "Failure") -> Advice | None:
    """`then { a() }`, `pre {} { a() }`."""
    if failure.text() == "{" and "every" in failure.expected and "else" not in failure.expected:
        return Advice("write `every {`", "Expected `every`, `sample`, or `choose`", OLDER)
    return None


def on_action(failure: "Failure") -> Advice | None:
    """Several actions, their separators, `else`, the selector of `choose`."""
    text, frame, before = failure.text(), failure.frame, failure.symbols[-1]
    if failure.expected == {"(", ":", "=>"} and frame in ("rule", "actions", "choose", "defaction"):
        return Advice("an action is a name or `domain:name`, and then its arguments in parentheses")
    if text == "else" and frame in ("rule", "actions"):
        return Advice("`else` belongs to the postlude: `fired { … } else { … }`")
    if failure.symbols[-2:] == ["choose", "selector"] or "choose" in failure.symbols[-2:] or (
            frame == "choose" and "IDENT" in failure.expected and failure.kind() in ("STRING", "NUMBER", "[")):
        return Advice("put the selector into parentheses: `choose (…) {`")
    if text == "," and frame in ("actions", "choose", "rule", "defaction"):
        return Advice("actions are separated by white space or one `;`")
    if before == "then":
        return Advice("`noop()` is the action that does nothing")
    another = failure.is_word() and text not in _RULE_PARTS and before in (")", ";")
    if another and failure.expected & {"fired", "return"}:
        return Advice("several actions go into `every { … }`")
    return None


_RULE_PARTS = frozenset("select foreach pre if every sample choose fired notfired always finally".split())


def on_rule_order(failure: "Failure") -> Advice | None:
    """Parts of a rule out of order, `;` after a block."""
    if failure.frame not in ("rule", "defaction"):
        return None
    text = failure.text()
    if text in ("always", "fired", "notfired") and failure.expected >= {"}", "finally"}:
        return Advice("`always` stands alone; after `fired` and `notfired` come `else` and `finally`")
    if text in _RULE_PARTS and failure.frame == "rule":
        if not failure.wants_expression or failure.after_expression:
            return Advice("the order in a rule is select, foreach, pre, actions, postlude")
    return None


def on_punctuation(failure: "Failure") -> Advice | None:
    """A `;` or `,` too many, a number with letters."""
    text = failure.text()
    if text == ";":
        return Advice("no `;` after a block: remove it" if failure.text(-1) == "}" else "one `;` at most")
    if failure.text(-1) == "," and text in (")", "]", "}"):
        return Advice(f"remove the `,` before the `{text}`")
    if failure.is_word() and failure.kind(-1) == "NUMBER" and failure.touches(0):
        return Advice("a number is digits, with a fraction or without")
    return None


# Declarations and the postlude


def on_entity_equals(failure: "Failure") -> Advice | None:
    """`ent:x = 1`."""
    if failure.kind() == "NAME_EQ" and failure.text(-1) == ":" and failure.text(-2) in ("ent", "app"):
        name = f"{failure.text(-2)}:{failure.text()}"
        return Advice("use `:=`", f"`{name}` is not assigned with `=`", OLDER, failure.span(1))
    if failure.kind() == "=" and failure.within("postlude") and ":=" in failure.expected:
        return Advice("use `:=`", "An entity variable is not assigned with `=`", OLDER)
    return None


def on_declaration(failure: "Failure") -> Advice | None:
    """What is no declaration in `global` and `pre`."""
    if failure.frame not in ("global", "pre"):
        return None
    text = failure.text()
    if text in ("ent", "app") and failure.text(1) == ":":
        return Advice("entity variables are assigned in the postlude: `ent:x := …`")
    if failure.is_word() and failure.text(1) in ("{", "["):
        return Advice("a declaration has one name on its left; for a changed map write `x = m.put(…)`")
    if failure.text(1) == ":=":
        return Advice(f"use `{text} = …`; `:=` assigns `ent:` variables in the postlude")
    if text == ",":
        return Advice("declarations are separated by white space or one `;`")
    if text == ";":
        return Advice("one `;` after a declaration at most")
    if text == "function" and failure.is_word(1):
        return Advice(f"write `{failure.text(1)} = function(…){{…}}`")
    if failure.is_word() and failure.text(1) in ("(", ":", "."):
        return Advice("give the value a name: `x = …`")
    return None


def on_statement(failure: "Failure") -> Advice | None:
    """What is no statement of the postlude."""
    if failure.frame != "postlude":
        return None
    text, before = failure.text(), failure.text(-1)
    if failure.text(-2) in ("log", "error") and failure.symbols[-2] in ("log", "error") and failure.kind(-1) == "IDENT":
        if before not in ("warn", "info", "debug"):
            return Advice(f"name the level first: `{failure.text(-2)} info {before}`",
                          "Expected error or warn or info or debug", None, failure.span(-1))
    if before == "clear" or (failure.text(-2) == "clear" and failure.expected == {":"}):
        return Advice("write `clear ent:…`")
    if failure.expected == {":"} and failure.kind(-1) == "IDENT":
        return _odd_statement(failure)
    if text == "." and failure.text(2) == "(" and ":=" in failure.expected:
        return Advice("assign it: `x = …`", "Expected a declaration or another statement", OLDER)
    if before == "log" and failure.symbols[-1] == "log":
        return Advice("name the level first: `log info …`", None, OLDER)
    if text in ("if", "then"):
        return Advice("the condition comes behind a statement: `ent:x := 1 if condition`")
    if text == "on":
        return Advice("the guard is `on final`")
    if failure.kind() == "ON_FINAL":
        return Advice("a statement has one guard only")
    if text == "+" and failure.text(1) == "=":
        return Advice("use `:=` with `.defaultsTo(…)`", None, OLDER)
    if ":=" in failure.expected and text in ("{", "[", "."):
        return Advice('one path at most: `ent:m{["a", "b"]} := …`')
    if text in (",", ";"):
        return Advice("statements are separated by white space or one `;`")
    return None


def _odd_statement(failure: "Failure") -> Advice:
    """A plain word began the statement, and no `:` followed."""
    text, word = failure.text(), failure.text(-1)
    span = failure.span(-1)
    wrong = "Expected a declaration or another statement"
    if word == "set":
        return Advice("use `ent:x := …`", "`set` is gone", OLDER, span)
    if word == "on":
        return Advice("the guard is `on final`", wrong, None, span)
    if word in ("mark", "forget"):
        return Advice("trails are gone; keep an array in an entity variable", f"`{word}` is gone", OLDER, span)
    if text == ":=":
        return Advice(f"use `{word} = …` for a name, `ent:{word} := …` for an entity variable", wrong, None, span)
    if text == "(":
        return Advice("actions belong before the postlude; to keep a value write `x = …`", wrong, None, span)
    return Advice("assign it: `x = …`", wrong, OLDER if text == "." else None, span)


def on_raise(failure: "Failure") -> Advice | None:
    """The clauses of `raise` and `schedule`."""
    last = failure.symbols[-1]
    if last in ("raise", "schedule") and failure.kind() == "STRING":
        domain = failure.text()[1:-1] or "a"
        return Advice(f"the domain is a bare word: `{last} {domain} event …`", "Expected Identifier")
    if last in ("raise", "schedule") or failure.expected == {"event"}:
        if failure.text() == ":":
            return Advice('with a domain and type in one text write `raise event "a:b"`')
        if failure.expected == {"event"}:
            return Advice('write `raise domain event "type"`')
    if failure.text() == "for" and "raise" in failure.symbols:
        return Advice("`for` comes before `attributes`")
    if failure.expected >= {"at", "repeat"} and "schedule" in failure.symbols:
        return Advice("say when: `at` a time, or `repeat` a cron text", "Expected `at` or `repeat`")
    return None
