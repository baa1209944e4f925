"""Names to bindings, in side tables: which declaration each name of a ruleset means.

Scopes nest: library, ruleset (`configure` and `global`), rule, function. In a list of
declarations a value sees only what was declared before it, except that functions and
actions declared directly (`f = function(...)`) are resolved after the whole list, so they
may call themselves, each other and what comes later. A postlude block is a scope of its own.

Every binding gets a Python name of its own (`x__7`), so shadowing needs no care later on:
in `x = x + 1` the right side is the outer `x`, another Python variable.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pico.krl import nodes
from pico.krl.diagnostic import Diagnostic, Severity
from pico.krl.source import Source, Span

FUNCTION = "function"
ACTION = "action"
EITHER = "either"


@dataclass(slots=True, eq=False)
class Binding:
    """One declaration. `value` says what it holds where that is certain from the text.

    An `overwritable` one (a capture, an action's result) may be set again by one that
    `overwrites` it; both are then the same Python variable.
    """

    name: str
    python: str
    value: str | None = None
    params: tuple[str, ...] = ()
    library: bool = False
    overwritable: bool = False
    overwrites: bool = False
    span: Span | None = None
    uses: int = 0


@dataclass(slots=True)
class Scope:
    """A set of names, and the scope around it."""

    outer: "Scope | None" = None
    names: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Binding | None:
        """The binding that `name` means here."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def visible(self) -> set[str]:
        """Every name that means something here."""
        return set(self.names) | (self.outer.visible() if self.outer else set())


@dataclass(slots=True)
class Names:
    """What name analysis found. Tables are keyed by `id` of the `Name` node; the tree must live on."""

    bindings: dict[int, Binding] = field(default_factory=dict)
    attributes: set[int] = field(default_factory=set)
    testing: Binding = field(default_factory=lambda: Binding("__testing", "testing"))
    globals: Scope = field(default_factory=Scope)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def library_scope(operators: Mapping[str, tuple[str, tuple[str, ...]]], testing: Binding) -> Scope:
    """The outermost scope. `operators` gives, for each library name, its kind and parameters."""
    names = {
        name: Binding(name, f"lib_{name}", kind, params, library=True) for name, (kind, params) in operators.items()
    }
    names["__testing"] = testing
    return Scope(None, names)


class Resolver:
    """Walks one tree and fills a `Names`."""

    def __init__(self, source: Source, operators: Mapping[str, tuple[str, tuple[str, ...]]]) -> None:
        self.source = source
        self.found = Names()
        self.found.globals = Scope(library_scope(operators, self.found.testing))
        self.counter = 0
        self.lenient: set[int] = set()
        self.in_where = False

    # Reporting and declaring

    def report(self, code: str, message: str, span: Span, hint: str | None = None,
               severity: Severity = Severity.ERROR) -> None:
        self.found.diagnostics.append(Diagnostic(code, message, self.source, span, hint, severity))

    def declare(self, scope: Scope, name: nodes.Name, value: nodes.Expression | None = None,
                overwrite: bool = False, overwritable: bool = False) -> Binding:
        """Bind a name in a scope; a second declaration of it there is an error, unless it may overwrite."""
        held = scope.names.get(name.text)
        if held is not None and not held.library and not (overwrite and held.overwritable):
            self.report("duplicate-name", f"Duplicate declaration: {name.text}", name.span,
                        "give one of the two another name")
        self.counter += 1
        python = held.python if held and overwrite else f"{name.text.replace('$', 'S')}__{self.counter}"
        kind, params = _static_value(value)
        binding = Binding(name.text, python, kind, params, overwritable=overwritable,
                          overwrites=held is not None and overwrite, span=name.span)
        scope.names[name.text] = binding
        self.found.bindings[id(name)] = binding
        return binding

    def refer(self, name: nodes.Name, scope: Scope) -> None:
        """Resolve a name that is read or called."""
        binding = scope.find(name.text)
        if binding is not None:
            binding.uses += 1
            self.found.bindings[id(name)] = binding
        elif self.in_where:
            self.found.attributes.add(id(name))
            self.report("bare-attribute", f"`{name.text}` is read as the event's attribute", name.span,
                        f'write event:attrs{{"{name.text}"}}', Severity.WARNING)
        else:
            self.unknown(name.text, name.span, scope)

    def unknown(self, text: str, span: Span, scope: Scope) -> None:
        near = difflib.get_close_matches(text, scope.visible(), n=1)
        hint = f"did you mean `{near[0]}`?" if near else "declare it before this line, or in `global`"
        self.report("unknown-name", f"`{text}` is not defined", span, hint)

    # Declarations

    def declarations(self, items: Iterable[nodes.Declaration], scope: Scope) -> None:
        """A list of declarations: values in order, direct functions and actions after the whole list."""
        deferred: list[nodes.Expression] = []
        for item in items:
            if isinstance(item.value, nodes.Function | nodes.DefAction):
                deferred.append(item.value)
            else:
                self.expression(item.value, scope)
            self.declare(scope, item.name, item.value)
        for value in deferred:
            self.expression(value, scope)

    def function(self, node: nodes.Function | nodes.DefAction, scope: Scope) -> None:
        inner = Scope(scope)
        for param in node.params:
            if param.default is not None:
                self.expression(param.default, inner)
            self.declare(inner, param.name)
        self.declarations(node.body, inner)
        if isinstance(node, nodes.DefAction) and node.actions is not None:
            self.action_block(node.actions, inner, inner)
        if node.result is not None:
            self.expression(node.result, inner)

    # Expressions

    def expression(self, node: nodes.Expression, scope: Scope) -> None:
        match node:
            case nodes.Name():
                self.refer(node, scope)
            case nodes.Function() | nodes.DefAction():
                self.function(node, scope)
            case nodes.OperatorCall(target=nodes.Name() as target):
                self.expression(node.receiver, scope)
                self.refer_strictly(target, scope)
                self.arguments(node.args, scope)
            case nodes.OperatorCall():
                self.expression(node.receiver, scope)
                self.arguments(node.args, scope)
            case nodes.Call():
                self.expression(node.callee, scope)
                self.arguments(node.args, scope)
            case _:
                for part in parts(node):
                    self.expression(part, scope)

    def refer_strictly(self, name: nodes.Name, scope: Scope) -> None:
        """An operator's name is never an event attribute, not even in a `where`."""
        within, self.in_where = self.in_where, False
        self.refer(name, scope)
        self.in_where = within

    def arguments(self, args: nodes.Arguments, scope: Scope) -> None:
        for item in args.items:
            self.expression(item.value if isinstance(item, nodes.NamedArgument) else item, scope)

    # Rules

    def rule(self, rule: nodes.Rule) -> None:
        scope = Scope(self.found.globals)
        if isinstance(rule.select, nodes.SelectWhen):
            self.event(rule.select.event, scope)
            if rule.select.within is not None:
                self.expression(rule.select.within.amount, self.found.globals)
        elif rule.select is not None:
            self.expression(rule.select.condition, scope)
        looped: set[str] = set()
        for loop in rule.foreach:
            self.expression(loop.iterable, scope)
            for name in loop.names:
                if name.text in looped:
                    scope.names.pop(name.text, None)
                self.declare(scope, name)
            looped |= {name.text for name in loop.names}
        self.declarations(rule.pre, scope)
        if rule.actions is not None:
            self.action_block(rule.actions, scope, scope)
        if rule.postlude is not None:
            for block in (rule.postlude.fired, rule.postlude.notfired, rule.postlude.always):
                self.statements(block or (), Scope(scope))

    def event(self, node: nodes.EventExpression, scope: Scope) -> None:
        """Captures are declared in the rule's scope; two alternatives may capture the same name."""
        if isinstance(node, nodes.EventPrimitive):
            for name in node.setting:
                self.declare(scope, name, overwrite=True, overwritable=True)
            if node.where is not None:
                self.in_where = True
                self.expression(node.where, scope)
                self.in_where = False
            return
        inner = (node.event,) if isinstance(node, nodes.EventGroup) else node.args
        for part in inner:
            self.event(part, scope)
        if isinstance(node, nodes.EventGroup) and node.aggregator is not None:
            for name in node.aggregator.names:
                self.declare(scope, name, overwrite=True, overwritable=True)

    def action_block(self, block: nodes.ActionBlock, scope: Scope, settings: Scope) -> None:
        if block.condition is not None:
            self.expression(block.condition, scope)
        if block.selector is not None:
            self.expression(block.selector, scope)
        for action in block.actions:
            if isinstance(action.target, nodes.Name):
                self.refer(action.target, scope)
            self.arguments(action.args, scope)
            for name in action.setting[:1]:
                self.declare(settings, name, overwrite=True, overwritable=True)

    def statements(self, block: Iterable[nodes.Statement], scope: Scope) -> None:
        for statement in block:
            plain = statement.statement if isinstance(statement, nodes.Guard) else statement
            if isinstance(plain, nodes.Declaration):
                self.expression(plain.value, scope)
            else:
                for part in statement_parts(plain):
                    self.expression(part, scope)
            if isinstance(statement, nodes.Guard) and statement.condition is not None:
                self.expression(statement.condition, scope)
            if isinstance(plain, nodes.Declaration):
                self.declare(scope, plain.name, plain.value)
            if isinstance(plain, nodes.Schedule) and plain.setting is not None:
                self.declare(scope, plain.setting)

    # Whole texts

    def ruleset(self, ruleset: nodes.Ruleset) -> Names:
        scope = self.found.globals
        for prop in ruleset.meta.properties if ruleset.meta else ():
            if isinstance(prop, nodes.MetaText):
                self.expression(prop.value, scope.outer or scope)
            elif isinstance(prop, nodes.MetaUse):
                for binding in prop.bindings:
                    self.expression(binding.value, scope)
            elif isinstance(prop, nodes.MetaConfigure):
                for binding in prop.bindings:
                    self.expression(binding.value, scope)
                    self.declare(scope, binding.name, binding.value)
        self.declarations(ruleset.globals, scope)
        for rule in ruleset.rules:
            if rule.active:
                self.rule(rule)
        return self.found

    def program(self, program: nodes.Program) -> Names:
        """A fragment: direct functions may refer to what comes later, as in `global`."""
        deferred: list[nodes.Expression] = []
        for item in program.items:
            value = item.value if isinstance(item, nodes.Declaration) else item
            if isinstance(item, nodes.Declaration) and isinstance(value, nodes.Function | nodes.DefAction):
                deferred.append(value)
            else:
                self.expression(value, self.found.globals)
            if isinstance(item, nodes.Declaration):
                self.declare(self.found.globals, item.name, item.value)
        for value in deferred:
            self.expression(value, self.found.globals)
        return self.found


def _static_value(value: nodes.Expression | None) -> tuple[str | None, tuple[str, ...]]:
    if isinstance(value, nodes.Function):
        return FUNCTION, tuple(p.name.text for p in value.params)
    if isinstance(value, nodes.DefAction):
        return ACTION, tuple(p.name.text for p in value.params)
    return None, ()


def parts(node: nodes.Expression) -> tuple[nodes.Expression, ...]:
    """The expressions directly inside one that is neither a name, a call nor a function."""
    match node:
        case nodes.Chevron():
            return tuple(p for p in node.parts if not isinstance(p, str))
        case nodes.Array():
            return node.items
        case nodes.Map():
            return tuple(entry.value for entry in node.entries)
        case nodes.Binary():
            return node.left, node.right
        case nodes.Unary():
            return (node.operand,)
        case nodes.Conditional():
            return node.test, node.then, node.otherwise
        case nodes.PropertyRead():
            return (node.receiver,)
        case nodes.PathAccess() | nodes.Index():
            return node.receiver, node.key
    return ()


def statement_parts(node: nodes.PlainStatement) -> tuple[nodes.Expression, ...]:
    """The expressions directly inside a postlude statement that is no declaration."""
    found: tuple[nodes.Expression | None, ...] = ()
    match node:
        case nodes.Assign():
            found = (node.path, node.value)
        case nodes.Clear():
            found = (node.path,)
        case nodes.Raise():
            found = (node.type, node.for_rid, node.attributes)
        case nodes.Schedule():
            found = (node.type, node.when, node.attributes)
        case nodes.Log() | nodes.ErrorStatement():
            found = (node.value,)
    return tuple(part for part in found if part is not None)
