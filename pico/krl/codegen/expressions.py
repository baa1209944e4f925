"""Expressions, functions and actions as values: KRL expression to Python expression.

A function literal becomes a `def` in front of the statement that uses it. `&&`, `||`, `=>`
and guards test KRL's truth, which is not Python's (an empty array is true).
"""

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping

from pico.krl import nodes
from pico.krl.codegen.contract import DEPTH, INFIX
from pico.krl.codegen.writer import (
    Writer,
    call,
    function_def,
    literal,
    load,
    of_turn,
    on_turn,
    store,
    tuple_of,
    when,
)
from pico.krl.modules import Member, MemberKind, Module
from pico.krl.numbers import canonical
from pico.krl.regexp import Regexp
from pico.krl.scopes import EITHER, FUNCTION, Binding, Names
from pico.krl.source import Source

BOOLEAN_OPERATORS = frozenset({"==", "!=", "<", "<=", ">", ">=", "like", "><"})


class ExpressionWriter(Writer, ABC):
    """Writes expressions of one ruleset or fragment.

    `aliases` are the module aliases of the ruleset, `modules` the built-in modules,
    `used` collects the built-in members that the code mentions.
    """

    def __init__(self, source: Source, names: Names, rid: str, modules: Mapping[str, Module]) -> None:
        super().__init__(source)
        self.names = names
        self.rid = rid
        self.modules = modules
        self.aliases: dict[str, str] = {}
        self.used: set[tuple[str, str]] = set()

    def expression(self, node: nodes.Expression) -> ast.expr:
        """The Python expression for a KRL one, with its place."""
        return self.place(self._expression(node), node)

    def _expression(self, node: nodes.Expression) -> ast.expr:
        match node:
            case nodes.Number():
                return literal(canonical(node.value))
            case nodes.String() | nodes.Boolean():
                return literal(node.value)
            case nodes.Null():
                return literal(None)
            case nodes.Regexp():
                return self.constant(Regexp(node.pattern, node.flags))
            case nodes.Chevron():
                return self.chevron(node)
            case nodes.Array():
                return ast.List([self.expression(item) for item in node.items], ast.Load())
            case nodes.Map():
                keys: list[ast.expr | None] = [literal(entry.key.value) for entry in node.entries]
                return ast.Dict(keys, [self.expression(entry.value) for entry in node.entries])
            case nodes.Name():
                return self.name(node)
            case nodes.DomainName():
                return self.domain_value(node)
            case nodes.Unary():
                return self.unary(node)
            case nodes.Binary():
                return self.binary(node)
            case nodes.Conditional():
                return ast.IfExp(self.truth(node.test), self.expression(node.then), self.expression(node.otherwise))
            case nodes.PathAccess():
                return call("op_path", load("t"), self.expression(node.receiver), self.expression(node.key))
            case nodes.Index():
                return call("op_index", load("t"), self.expression(node.receiver), self.expression(node.key))
            case nodes.PropertyRead():
                return call("op_path", load("t"), self.expression(node.receiver), literal(node.name.text))
            case nodes.OperatorCall():
                return self.application(node.target, node.args, node.receiver)
            case nodes.Call():
                return self.application(node.callee, node.args, None)
            case nodes.Function():
                return self.function(node, "function")
            case nodes.DefAction():
                return self.defaction(node, "defaction")

    # Names

    def name(self, node: nodes.Name) -> ast.expr:
        if id(node) in self.names.attributes:
            return on_turn("attribute", literal(node.text))
        binding = self.names.bindings[id(node)]
        return load(f"value_{node.text}") if binding.library else load(binding.python)

    def domain_value(self, node: nodes.DomainName) -> ast.expr:
        """A domain name that is not called."""
        if node.domain in self.aliases:
            return call("exported", load(self.aliases[node.domain]), literal(node.name))
        if node.domain == "ent":
            return on_turn("read", literal(self.rid), literal(node.name))
        member = self.member(node)
        if member is None:
            return call("unknown_member", literal(node.domain), literal(node.name))
        if member.kind is MemberKind.PROPERTY:
            return call(f"mod_{node.domain}_{node.name}", load("t"))
        return load(f"value_{node.domain}_{node.name}")

    def member(self, node: nodes.DomainName) -> Member | None:
        """The built-in member that a domain name means, noted as used."""
        module = self.modules.get(node.domain)
        member = module.members.get(node.name) if module else None
        if member is not None:
            self.used.add((node.domain, node.name))
        return member

    # Operators

    def truth(self, node: nodes.Expression) -> ast.expr:
        """A Python condition that holds where the KRL value is true."""
        made = self.expression(node)
        return made if is_boolean(node) else self.place(call("truthy", made), node)

    def unary(self, node: nodes.Unary) -> ast.expr:
        if node.op == "not":
            return ast.UnaryOp(ast.Not(), self.truth(node.operand))
        if node.op == "+":
            return self.expression(node.operand)
        if isinstance(node.operand, nodes.Number):
            return literal(canonical(-node.operand.value))
        return call("op_negate", load("t"), self.expression(node.operand))

    def binary(self, node: nodes.Binary) -> ast.expr:
        if node.op in ("&&", "||"):
            return self.logical(node)
        return call(INFIX[node.op], load("t"), self.expression(node.left), self.expression(node.right))

    def logical(self, node: nodes.Binary) -> ast.expr:
        """Both return an operand, and leave the right one alone where the left decides."""
        left, right = self.expression(node.left), self.expression(node.right)
        if is_boolean(node.left):
            return ast.BoolOp(ast.And() if node.op == "&&" else ast.Or(), [left, right])
        kept = self.fresh("left")
        test = call("truthy", ast.NamedExpr(ast.Name(kept, ast.Store()), left))
        return ast.IfExp(test, right, load(kept)) if node.op == "&&" else ast.IfExp(test, load(kept), right)

    def chevron(self, node: nodes.Chevron) -> ast.expr:
        if all(isinstance(part, str) for part in node.parts):
            return literal("".join(part for part in node.parts if isinstance(part, str)))
        parts = [literal(p) if isinstance(p, str) else self.expression(p) for p in node.parts]
        return call("op_chevron", load("t"), tuple_of(parts))

    # Calls

    def application(self, callee: nodes.Expression, args: nodes.Arguments,
                    receiver: nodes.Expression | None) -> ast.expr:
        """A call in an expression; the receiver of `x.f(...)` is its first argument."""
        first = [] if receiver is None else [self.expression(receiver)]
        if isinstance(callee, nodes.Name) and id(callee) not in self.names.attributes:
            binding = self.names.bindings[id(callee)]
            if binding.library and binding.value in (FUNCTION, EITHER):
                return self.known_call(f"lib_{binding.name}", binding.params, first, args, keywords=True)
            if binding.value == FUNCTION:
                run = ast.Attribute(load(binding.python), "run", ast.Load())
                return self.known_call(run, binding.params, first, args, keywords=False)
        if isinstance(callee, nodes.DomainName) and callee.domain not in self.aliases:
            member = self.member(callee)
            if member is not None and member.kind in (MemberKind.FUNCTION, MemberKind.BOTH):
                return self.known_call(f"mod_{callee.domain}_{callee.name}", member.params, first, args, keywords=True)
            if (callee.domain, callee.name) == ("event", "attrs"):
                return self.domain_value(callee)
        return self.unknown_call("op_call", "op_call_named", self.expression(callee), first, args)

    def known_call(self, run: str | ast.expr, params: tuple[str, ...], first: list[ast.expr],
                   args: nodes.Arguments, keywords: bool) -> ast.expr:
        """A call whose parameters are known: surplus and unknown arguments are left out here.

        A gap is filled with null, or with `keywords` left to the default of the callee.
        """
        positional, named = self.split(first, args)
        given: dict[str, ast.expr] = dict(zip(params, positional, strict=False))
        given.update((name, value) for name, value in named.items() if name in params)
        ordered: list[ast.expr] = []
        rest: list[ast.keyword] = []
        for count, param in enumerate(params):
            if param in given and count == len(ordered):
                ordered.append(given[param])
            elif param in given and keywords:
                rest.append(ast.keyword(param, given[param]))
            elif param in given:
                ordered.extend(literal(None) for _ in range(count - len(ordered)))
                ordered.append(given[param])
        return call(run, load("t"), *ordered, keywords=rest)

    def unknown_call(self, plain: str, with_names: str, callee: ast.expr, first: list[ast.expr],
                     args: nodes.Arguments) -> ast.expr:
        """A call whose callee is known only when it runs."""
        positional, named = self.split(first, args)
        if not named:
            return call(plain, load("t"), callee, *positional)
        keys: list[ast.expr | None] = [literal(name) for name in named]
        return call(with_names, load("t"), callee, tuple_of(positional), ast.Dict(keys, list(named.values())))

    def split(self, first: list[ast.expr], args: nodes.Arguments) -> tuple[list[ast.expr], dict[str, ast.expr]]:
        positional = list(first)
        named: dict[str, ast.expr] = {}
        for item in args.items:
            if isinstance(item, nodes.NamedArgument):
                named[item.name.text] = self.expression(item.value)
            else:
                positional.append(self.expression(item))
        return positional, named

    # Functions and actions

    def declaration(self, node: nodes.Declaration) -> None:
        """Emit `name = value`; a function gets the name that it is declared under."""
        binding = self.names.bindings[id(node.name)]
        if isinstance(node.value, nodes.Function):
            value = self.place(self.function(node.value, node.name.text), node.value)
        elif isinstance(node.value, nodes.DefAction):
            value = self.place(self.defaction(node.value, node.name.text), node.value)
        else:
            value = self.expression(node.value)
        self.emit(self.place(store(binding.python, value), node))

    def function(self, node: nodes.Function, name: str) -> ast.expr:
        """Emit the `def` of a function; returns the expression that makes it a value."""
        with self.block() as body:
            self.enter(node.params)
            for item in node.body:
                self.declaration(item)
            result = self.expression(node.result)
            self.emit(*self.leave(result))
        return self.callable("Function", node, name, body)

    def defaction(self, node: nodes.DefAction, name: str) -> ast.expr:
        """Emit the `def` of a defaction; returns the expression that makes it a value."""
        with self.block() as body:
            self.enter(node.params)
            for item in node.body:
                self.declaration(item)
            if node.actions is not None:
                self.action_block(node.actions)
            self.emit(*self.leave(self.expression(node.result) if node.result else literal(None)))
        return self.callable("Action", node, name, body)

    @abstractmethod
    def action_block(self, block: nodes.ActionBlock) -> str | None:
        """Emit an action block; returns the Python name that says whether its condition held, if it has one."""

    def callable(self, kind: str, node: nodes.Function | nodes.DefAction, name: str, body: list[ast.stmt]) -> ast.expr:
        python = self.fresh(f"def_{name.replace('$', 'S')}")
        params = [self.names.bindings[id(param.name)] for param in node.params]
        self.emit(self.place(function_def(python, ["t"], [p.python for p in params], body, open_ended=True), node))
        return call(kind, load(python), literal(tuple(p.name for p in params)), literal(name))

    def enter(self, params: tuple[nodes.Param, ...]) -> None:
        """Pay for the call, count its depth, and fill in defaults."""
        fuel = of_turn("fuel")
        self.emit(
            ast.AugAssign(ast.Attribute(load("t"), "fuel", ast.Store()), ast.Sub(), literal(1)),
            when(ast.Compare(fuel, [ast.Lt()], [literal(0)]), [ast.Expr(on_turn("refuel"))]),
            ast.AugAssign(ast.Attribute(load("t"), "depth", ast.Store()), ast.Add(), literal(1)),
            when(ast.Compare(of_turn("depth"), [ast.Gt()], [literal(DEPTH)]), [ast.Raise(on_turn("too_deep"), None)]),
        )
        for param in params:
            if param.default is not None:
                self.default(self.names.bindings[id(param.name)], param.default)

    def default(self, binding: Binding, value: nodes.Expression) -> None:
        with self.block() as body:
            self.emit(store(binding.python, self.expression(value)))
        missing = ast.Compare(load(binding.python), [ast.Is()], [literal(None)])
        self.emit(self.place(when(missing, body), value))

    def leave(self, result: ast.expr) -> list[ast.stmt]:
        return [
            store("result", result),
            ast.AugAssign(ast.Attribute(load("t"), "depth", ast.Store()), ast.Sub(), literal(1)),
            ast.Return(load("result")),
        ]


def is_boolean(node: nodes.Expression) -> bool:
    """Whether an expression certainly gives true or false."""
    if isinstance(node, nodes.Binary):
        if node.op in ("&&", "||"):
            return is_boolean(node.left) and is_boolean(node.right)
        return node.op in BOOLEAN_OPERATORS
    return isinstance(node, nodes.Boolean) or (isinstance(node, nodes.Unary) and node.op == "not")
