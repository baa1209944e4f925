"""Static checks beyond the grammar: everything about a ruleset that can be told without running it.

All findings are reported at once. The reference is `01-syntax`, section 10, of the language.
"""

import difflib
import math
from collections.abc import Mapping

from pico.krl import nodes
from pico.krl.diagnostic import Diagnostic, Severity
from pico.krl.eventex import stateful
from pico.krl.regexp import check_pattern
from pico.krl.scopes import ACTION, FUNCTION, Names
from pico.krl.source import Source, Span
from pico.krl.walk import walk

ONCE = frozenset({"name", "description", "author", "version", "logging"})
FOREACH_DEPTH = 10


class Checker:
    """Collects the findings of one ruleset or fragment.

    `modules` gives the built-in modules' member names: an unknown one is a warning, since the
    reference finds it out only when the expression runs.
    """

    def __init__(self, source: Source, names: Names, modules: Mapping[str, frozenset[str]]) -> None:
        self.source = source
        self.names = names
        self.modules = modules
        self.aliases: set[str] = set()
        self.refused: set[int] = set()
        self.found: list[Diagnostic] = []

    def error(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.found.append(Diagnostic(code, message, self.source, span, hint))

    def warn(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        self.found.append(Diagnostic(code, message, self.source, span, hint, Severity.WARNING))

    def ruleset(self, ruleset: nodes.Ruleset) -> list[Diagnostic]:
        """Every finding in a whole ruleset."""
        if ruleset.version is not None:
            self.warn("deprecated", "a version outside `meta` is deprecated", ruleset.version.span,
                      "move it into `meta`")
        self.meta(ruleset)
        self.rules(ruleset)
        return self.tree(ruleset)

    def tree(self, root: nodes.Node) -> list[Diagnostic]:
        """Every finding in the expressions below a node, added to those so far."""
        for node in walk(root):
            self.node(node)
        return self.found

    # Meta

    def meta(self, ruleset: nodes.Ruleset) -> None:
        seen: set[str] = set()
        for prop in ruleset.meta.properties if ruleset.meta else ():
            key = prop.key if isinstance(prop, nodes.MetaText) else "logging"
            if isinstance(prop, nodes.MetaText | nodes.MetaLogging) and key in seen:
                self.error("duplicate-meta", f"`{key}` is given twice", prop.span, "keep one of them")
            if isinstance(prop, nodes.MetaText | nodes.MetaLogging):
                seen.add(key)
            self.meta_property(prop, ruleset)

    def meta_property(self, prop: nodes.MetaProperty, ruleset: nodes.Ruleset) -> None:
        match prop:
            case nodes.MetaLogging():
                self.warn("deprecated", "`logging` has no effect any more", prop.span, "remove it")
            case nodes.MetaKey() | nodes.MetaErrors() | nodes.MetaProvidesKeys():
                self.error("unsupported-meta", "this meta property is not supported", prop.span,
                           "use the configuration given at installation (`meta:rulesetConfig`)")
            case nodes.MetaUse():
                alias = prop.alias.text if prop.alias else prop.rid
                if alias in self.aliases:
                    self.error("duplicate-name", f"two modules are called `{alias}`", prop.span,
                               "give one of them another alias")
                self.aliases.add(alias)
            case nodes.MetaShares() | nodes.MetaProvides():
                self.exported(prop)

    def exported(self, prop: nodes.MetaShares | nodes.MetaProvides) -> None:
        shares = isinstance(prop, nodes.MetaShares)
        verb = "share" if shares else "provide"
        for name in prop.names:
            binding = self.names.globals.names.get(name.text)
            if name.text == "__testing":
                continue
            if binding is None:
                self.error("unknown-name", f"Trying to {verb}: {name.text} but it's not defined in global",
                           name.span, "declare it in `global`, or remove it here")
            elif shares and binding.value == ACTION:
                self.error("shared-action", f"Actions must not be shared: {name.text}", name.span,
                           "share a function; actions can be provided to other rulesets")

    # Rules

    def rules(self, ruleset: nodes.Ruleset) -> None:
        seen: set[str] = set()
        for rule in ruleset.rules:
            if rule.name.text in seen:
                self.error("duplicate-rule", f"Duplicate rule name: {rule.name.text}", rule.name.span,
                           "give one of the two another name")
            seen.add(rule.name.text)
            if not rule.active:
                self.warn("inactive-rule", f"rule {rule.name.text} is inactive and never runs", rule.name.span,
                          "remove `is inactive` to let it run")
            elif rule.select is None:
                self.error("rule-without-select", f"rule {rule.name.text} is missing a `select`", rule.name.span,
                           "say which event it is for: `select when domain type`")
            elif isinstance(rule.select, nodes.SelectWhen):
                self.select(rule.select)
            if len(rule.foreach) > FOREACH_DEPTH:
                self.error("nesting", f"more than {FOREACH_DEPTH} `foreach` in one rule", rule.foreach[-1].span,
                           "collect the values in a function first")

    def select(self, select: nodes.SelectWhen) -> None:
        for operator, node in stateful(select.event):
            self.error("not-yet-supported", f"the event operator `{operator}` is not supported yet", node.span,
                       "use simple events joined by `or`, and keep what you need in an entity variable")
        if select.within is not None:
            self.error("not-yet-supported", "`within` is not supported yet", select.within.span,
                       "compare `event:time` with a time kept in an entity variable")

    # Anything

    def node(self, node: nodes.Node) -> None:
        match node:
            case nodes.Call():
                self.call(node)
            case nodes.OperatorCall():
                self.operator_call(node)
            case nodes.PropertyRead():
                self.warn("deprecated", f"`.{node.name.text}` without a call is deprecated", node.span,
                          f'write {{"{node.name.text}"}}')
            case nodes.Arguments():
                self.arguments(node)
            case nodes.Function() | nodes.DefAction():
                self.parameters(node.params)
            case nodes.ActionBlock():
                self.action_block(node)
            case nodes.Assign() | nodes.Clear():
                if node.target.domain != "ent":
                    self.refused.add(id(node.target))
                    self.error("not-an-entity", f"`{node.target.domain}:` variables cannot be changed",
                               node.target.span, "only `ent:` variables are kept; use one of those")
            case nodes.Schedule():
                self.error("not-yet-supported", "`schedule` is not supported yet", node.span,
                           "raise the event at once, or let another system raise it later")
            case nodes.Number():
                if math.isinf(node.value):
                    self.error("number-overflow", "this number is too large", node.span, "the largest is about 1.8e308")
            case nodes.Regexp():
                self.regexp(node)
            case nodes.EventPrimitive():
                self.primitive(node)
            case nodes.DomainName():
                self.domain_name(node)

    def call(self, node: nodes.Call) -> None:
        callee = node.callee
        if isinstance(callee, nodes.Name):
            self.must_be_function(callee)
        elif isinstance(callee, nodes.DomainName) and (callee.domain, callee.name) == ("event", "attrs"):
            self.warn("deprecated", "event:attrs is a map, not a function", node.span, "drop the parentheses")

    def operator_call(self, node: nodes.OperatorCall) -> None:
        if isinstance(node.target, nodes.Name):
            self.must_be_function(node.target)
        elif (node.target.domain, node.target.name) == ("event", "attrs"):
            self.error("not-a-function", "event:attrs is a map, not a function", node.target.span,
                       'write `event:attrs{"name"}`')

    def must_be_function(self, name: nodes.Name) -> None:
        binding = self.names.bindings.get(id(name))
        if binding is not None and binding.value == ACTION:
            self.error("not-a-function", f"Not a function: Action (`{name.text}`)", name.span,
                       "actions are called in a rule's action part, not in an expression")

    def arguments(self, node: nodes.Arguments) -> None:
        named = False
        for item in node.items:
            if isinstance(item, nodes.NamedArgument):
                named = True
            elif named:
                self.error("argument-order", "Once you used a named arg, all following must be named.", item.span,
                           "name this one too, or move it to the front")

    def parameters(self, params: tuple[nodes.Param, ...]) -> None:
        defaulted = False
        for param in params:
            if param.default is None and defaulted:
                self.error("parameter-order", "Cannot have a non-default parameter after a defaulted one",
                           param.span, "give it a default, or move it to the front")
            defaulted = defaulted or param.default is not None

    def action_block(self, block: nodes.ActionBlock) -> None:
        for action in block.actions:
            if block.kind == "choose" and action.label is None:
                self.error("choose-without-label", "all actions inside a `choose` block need a label", action.span,
                           "write `label => action(...)`")
            if len(action.setting) > 1:
                self.error("setting-too-many", "Actions only return one value", action.setting[1].span,
                           "return a map or an array and set one name")
            if isinstance(action.target, nodes.Name):
                binding = self.names.bindings.get(id(action.target))
                if binding is not None and binding.value == FUNCTION:
                    self.error("not-an-action", f"Not an action: Function (`{action.target.text}`)",
                               action.target.span, "call it in `pre`, or declare it with `defaction`")

    def regexp(self, node: nodes.Regexp) -> None:
        problem = check_pattern(node.pattern, node.flags)
        if problem is not None:
            self.error("bad-regexp", problem, node.span, "patterns follow JavaScript's regular expressions")
        if "m" in node.flags:
            self.warn("regexp-flag", "the flag `m` has no effect", node.span, "remove it")

    def primitive(self, node: nodes.EventPrimitive) -> None:
        if node.old_order:
            self.warn("deprecated", "`where` before `setting` is deprecated", node.span, "write `setting` first")
        if node.setting and not node.matches:
            self.warn("setting-without-match", "`setting` without an attribute match gives null", node.span,
                      "write `attribute re#(.*)#` before it")

    def domain_name(self, node: nodes.DomainName) -> None:
        if (node.domain, node.name) == ("event", "attr"):
            self.warn("deprecated", "`event:attr` is deprecated", node.span, 'write `event:attrs{"name"}`')
        members = self.modules.get(node.domain)
        if node.domain in self.aliases or node.domain == "ent" or id(node) in self.refused:
            return
        if members is None:
            self.warn("unknown-module", f"there is no module `{node.domain}`", node.span,
                      "add `use module ... alias` to `meta`, or install the package that offers it")
        elif node.name not in members:
            near = difflib.get_close_matches(node.name, members, n=1)
            self.warn("unknown-member", f"the module `{node.domain}` has no `{node.name}`", node.span,
                      f"did you mean `{node.domain}:{near[0]}`?" if near else f"it has {', '.join(sorted(members))}")
