"""Rules: selection, loops, declarations, actions and the postlude, as one Python function each.

A rule's function takes the turn and returns whether the ruleset's remaining rules are to be
left out for this event (`last`, `error error`). Everything that it changes, it changes
through methods of the turn, which buffers.
"""

import ast
from collections.abc import Callable, Sequence

from pico.krl import nodes
from pico.krl.codegen.expressions import ExpressionWriter
from pico.krl.codegen.writer import call, function_def, literal, load, of_turn, on_turn, store, tuple_of, when
from pico.krl.eventex import primitives
from pico.krl.modules import MemberKind
from pico.krl.regexp import Regexp
from pico.krl.scopes import ACTION, EITHER
from pico.krl.walk import walk


class RuleWriter(ExpressionWriter):
    """Writes rules and action blocks. `fired` and `final` name the Python variables in force."""

    fired: str | None = None
    final: str | None = None

    def rule(self, rule: nodes.Rule) -> str:
        """Emit the function of a rule; returns its Python name."""
        python = self.fresh(f"rule_{rule.name.text.replace('$', 'S')}")
        self.final = self.fresh("final") if rule.foreach and _asks_final(rule) else None
        with self.block() as body:
            self.select(rule)
            self.loops(rule)
            self.emit(ast.Return(literal(False)))
        self.emit(self.place(function_def(python, ["t"], [], body), rule.name))
        return python

    # Selection

    def select(self, rule: nodes.Rule) -> None:
        """Leave the rule where its event expression does not match; then tell the turn that it was selected."""
        if isinstance(rule.select, nodes.SelectWhere):
            chosen = ast.Compare(self.expression(rule.select.condition), [ast.Is()], [literal(True)])
            self.emit(self.place(self.unless(chosen), rule.select))
        elif isinstance(rule.select, nodes.SelectWhen):
            self.select_when(rule.select)
        self.emit(ast.Expr(on_turn("select", literal(rule.name.text))))

    def select_when(self, select: nodes.SelectWhen) -> None:
        events = list(primitives(select.event))
        for python in dict.fromkeys(self.python(name) for event in events for name in event.setting):
            self.emit(store(python, literal(None)))
        if len(events) == 1 and not events[0].matches and events[0].where is None:
            return
        hit = self.fresh("hit")
        self.emit(store(hit, literal(False)))
        for event in events:
            self.alternative(event, hit, alone=len(events) == 1)
        self.emit(self.unless(load(hit)))

    def alternative(self, event: nodes.EventPrimitive, hit: str, alone: bool) -> None:
        """One simple event: its name, then its attributes, then its captures, then `where`."""
        with self.block() as matched:
            self.captured(event, hit, alone)
        body = matched
        if event.matches:
            groups = self.fresh("groups")
            regexps = tuple((m.attr.text, Regexp(m.regexp.pattern, m.regexp.flags)) for m in event.matches)
            tested = call("capture", load("t"), of_turn("attrs"), self.constant(regexps))
            captured = [
                store(self.python(name), call("group", load(groups), literal(position)))
                for position, name in enumerate(event.setting)
            ]
            found = ast.Compare(load(groups), [ast.IsNot()], [literal(None)])
            body = [store(groups, tested), when(found, [*self.keep(event, alone), *captured, *matched])]
        if not alone:
            body = [when(on_turn("is_event", literal(event.domain), literal(event.type)), body)]
        self.emit(*(self.place(statement, event) for statement in body))

    def captured(self, event: nodes.EventPrimitive, hit: str, alone: bool) -> None:
        matched = [store(hit, literal(True))]
        if event.where is None:
            self.emit(*matched)
            return
        restore = [] if alone or not event.matches else [
            store(self.python(name), load(f"kept_{self.python(name)}")) for name in event.setting
        ]
        self.emit(when(self.truth(event.where), matched, restore))

    def keep(self, event: nodes.EventPrimitive, alone: bool) -> list[ast.stmt]:
        """Another alternative's captures survive where this one's `where` fails."""
        if alone or event.where is None:
            return []
        return [store(f"kept_{self.python(name)}", load(self.python(name))) for name in event.setting]

    def unless(self, test: ast.expr) -> ast.stmt:
        return when(ast.UnaryOp(ast.Not(), test), [ast.Return(literal(False))])

    def python(self, name: nodes.Name) -> str:
        return self.names.bindings[id(name)].python

    # Loops

    def loops(self, rule: nodes.Rule) -> None:
        """`foreach`: nested loops around the body, or a generator of their items where `on final` is asked."""
        if self.final is None:
            self.nested(rule.foreach, lambda: self.body(rule))
            return
        names = [self.python(name) for loop in rule.foreach for name in loop.names]
        items = self.fresh("items")
        with self.block() as generator:
            self.nested(rule.foreach, lambda: self.emit(ast.Expr(ast.Yield(tuple_of([load(n) for n in names])))))
        self.emit(self.place(function_def(items, ["t"], [], generator), rule.foreach[0]))
        with self.block() as body:
            self.body(rule)
        target = ast.Tuple([_target(names), ast.Name(self.final, ast.Store())], ast.Store())
        looped = call("with_final", call(items, load("t")))
        self.emit(self.place(ast.For(target, looped, body, []), rule.foreach[0]))

    def nested(self, loops: Sequence[nodes.ForEach], innermost: Callable[[], None]) -> None:
        if not loops:
            innermost()
            return
        loop, *inner = loops
        names = [self.python(name) for name in loop.names]
        iterable = call("pairs", load("t"), self.expression(loop.iterable))
        with self.block() as body:
            self.emit(*(store(name, literal(None)) for name in names[2:]))
            self.nested(inner, innermost)
        value, key = names[0], names[1] if len(names) > 1 else self.fresh("key")
        self.emit(self.place(ast.For(_target([value, key]), iterable, body, []), loop))

    # The body

    def body(self, rule: nodes.Rule) -> None:
        for declaration in rule.pre:
            self.declaration(declaration)
        self.fired = self.action_block(rule.actions) if rule.actions else None
        if rule.postlude is None:
            return
        self.branch(rule.postlude)
        self.statements(rule.postlude.always or ())

    def branch(self, postlude: nodes.Postlude) -> None:
        """`fired` and `notfired`; without a condition a rule always counts as fired."""
        if self.fired is None:
            self.statements(postlude.fired or ())
            return
        with self.block() as fired:
            self.statements(postlude.fired or ())
        with self.block() as notfired:
            self.statements(postlude.notfired or ())
        if fired or notfired:
            self.emit(when(load(self.fired), fired, notfired))

    # Actions

    def action_block(self, block: nodes.ActionBlock) -> str | None:
        for action in block.actions:
            for name in action.setting:
                if not self.names.bindings[id(name)].overwrites:
                    self.emit(store(self.python(name), literal(None)))
        if block.condition is None:
            self.actions(block)
            return None
        fired = self.fresh("fired")
        self.emit(self.place(store(fired, self.truth(block.condition)), block.condition))
        with self.block() as body:
            self.actions(block)
        self.emit(self.place(when(load(fired), body), block))
        return fired

    def actions(self, block: nodes.ActionBlock) -> None:
        if block.kind in ("single", "every"):
            for action in block.actions:
                self.action(action)
            return
        chosen = self.fresh("chosen")
        if block.selector is not None:
            self.emit(self.place(store(chosen, self.expression(block.selector)), block.selector))
        else:
            self.emit(store(chosen, on_turn("pick", literal(len(block.actions)))))
        labels: set[object] = set()
        for number, action in enumerate(block.actions):
            label: object = action.label.text if block.selector is not None and action.label else number
            if label in labels:  # the first action with a label is the one that is chosen
                continue
            labels.add(label)
            with self.block() as body:
                self.action(action)
            test = ast.Compare(load(chosen), [ast.Eq()], [literal(label)])
            self.emit(self.place(when(test, body), action))

    def action(self, action: nodes.Action) -> None:
        performed = self.place(self.performance(action), action)
        if action.setting:
            self.emit(self.place(store(self.python(action.setting[0]), performed), action))
        else:
            self.emit(self.place(ast.Expr(performed), action))

    def performance(self, action: nodes.Action) -> ast.expr:
        target = action.target
        if isinstance(target, nodes.Name):
            binding = self.names.bindings[id(target)]
            if binding.library and binding.value in (ACTION, EITHER):
                return self.known_call(f"lib_{binding.name}", binding.params, [], action.args, keywords=False)
            if binding.value == ACTION:
                own = ast.Attribute(load(binding.python), "run", ast.Load())
                return self.known_call(own, binding.params, [], action.args, keywords=False)
        elif target.domain not in self.aliases:
            member = self.member(target)
            if member is not None and member.kind in (MemberKind.ACTION, MemberKind.BOTH):
                run = f"mod_{target.domain}_{target.name}"
                return self.known_call(run, member.params, [], action.args, keywords=True)
        return self.unknown_call("op_perform", "op_perform_named", self.expression(target), [], action.args)

    # The postlude

    def statements(self, block: Sequence[nodes.Statement]) -> None:
        for statement in block:
            self.statement(statement)

    def statement(self, statement: nodes.Statement) -> None:
        if not isinstance(statement, nodes.Guard):
            self.plain(statement)
            return
        if isinstance(statement.statement, nodes.Declaration):
            self.emit(store(self.python(statement.statement.name), literal(None)))
        with self.block() as body:
            self.plain(statement.statement)
        if statement.condition is not None:
            test = self.truth(statement.condition)
        else:
            test = load(self.final) if self.final else literal(True)
        self.emit(self.place(when(test, body), statement))

    def plain(self, node: nodes.PlainStatement) -> None:
        match node:
            case nodes.Declaration():
                self.declaration(node)
                return
            case nodes.Assign():
                made = self.entity("put", "put_at", node.target, node.path, self.expression(node.value))
            case nodes.Clear():
                made = self.entity("clear", "clear_at", node.target, node.path)
            case nodes.Raise():
                domain = literal(node.domain)
                made = on_turn("raise_event", domain, self.expression(node.type), self.optional(node.attributes),
                               self.optional(node.for_rid))
            case nodes.Log():
                made = on_turn("log", literal(node.level), self.expression(node.value))
            case nodes.ErrorStatement():
                made = on_turn("raise_error", literal(node.level), self.expression(node.value))
            case nodes.Last():
                self.emit(self.place(ast.Return(literal(True)), node))
                return
            case _:
                raise AssertionError(f"checks refuse {type(node).__name__}")
        self.emit(self.place(ast.Expr(made), node))
        if isinstance(node, nodes.ErrorStatement) and node.level == "error":
            self.emit(self.place(ast.Return(literal(True)), node))

    def entity(self, whole: str, keyed: str, target: nodes.DomainName, path: nodes.Expression | None,
               *value: ast.expr) -> ast.expr:
        place = (literal(self.rid), literal(target.name))
        if path is None:
            return on_turn(whole, *place, *value)
        return on_turn(keyed, *place, self.expression(path), *value)

    def optional(self, node: nodes.Expression | None) -> ast.expr:
        return literal(None) if node is None else self.expression(node)


def _target(names: Sequence[str]) -> ast.expr:
    return ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())


def _asks_final(rule: nodes.Rule) -> bool:
    return rule.postlude is not None and any(
        isinstance(node, nodes.Guard) and node.condition is None for node in walk(rule.postlude)
    )
