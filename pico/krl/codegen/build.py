"""A whole text to one Python code object.

A ruleset becomes one function `load(t, config, use, testing)`: it evaluates `configure`, `use`
and `global` in source order and returns its rules, shared and provided values. Loading is
what binds a ruleset to one pico; compiling is done once for all.
"""

import ast
from collections.abc import Mapping
from types import CodeType
from typing import Any

from pico.krl import nodes
from pico.krl.codegen.contract import namespace
from pico.krl.codegen.rules import RuleWriter
from pico.krl.codegen.writer import call, function_def, literal, load, store, tuple_of
from pico.krl.modules import Module
from pico.krl.scopes import Names
from pico.krl.source import Source

LOAD = "load"


class RulesetWriter(RuleWriter):
    """Writes the `load` function of a ruleset, or the `run` function of a fragment."""

    def ruleset(self, ruleset: nodes.Ruleset) -> ast.stmt:
        """`load(t, config, use, testing) -> (rules, shares, provides)`."""
        with self.block() as body:
            for prop in ruleset.meta.properties if ruleset.meta else ():
                self.property(prop)
            for declaration in ruleset.globals:
                self.declaration(declaration)
            rules = [load(self.rule(rule)) for rule in ruleset.rules if rule.active]
            shares = self.exports(ruleset, nodes.MetaShares)
            provides = self.exports(ruleset, nodes.MetaProvides)
            self.emit(ast.Return(tuple_of([tuple_of(rules), shares, provides])))
        return self.place(function_def(LOAD, ["t", "config", "use", "testing"], [], body), ruleset)

    def property(self, prop: nodes.MetaProperty) -> None:
        if isinstance(prop, nodes.MetaUse):
            alias = prop.alias.text if prop.alias else prop.rid
            python = self.fresh(f"use_{alias}" if alias.isidentifier() else "use")
            keys: list[ast.expr | None] = [literal(binding.name.text) for binding in prop.bindings]
            given = ast.Dict(keys, [self.expression(binding.value) for binding in prop.bindings])
            self.emit(self.place(store(python, call("use", literal(prop.rid), given)), prop))
            self.aliases[alias] = python
        elif isinstance(prop, nodes.MetaConfigure):
            for binding in prop.bindings:
                self.configured(binding)

    def configured(self, binding: nodes.Declaration) -> None:
        """`name = default`, unless the ruleset that uses this one as a module gives another value."""
        name = literal(binding.name.text)
        given = ast.Compare(name, [ast.In()], [load("config")])
        value = ast.IfExp(given, ast.Subscript(load("config"), name, ast.Load()), self.expression(binding.value))
        self.emit(self.place(store(self.python(binding.name), value), binding))

    def exports(self, ruleset: nodes.Ruleset, kind: type[nodes.MetaShares] | type[nodes.MetaProvides]) -> ast.expr:
        found: dict[str, str] = {}
        for prop in ruleset.meta.properties if ruleset.meta else ():
            for name in prop.names if isinstance(prop, kind) else ():
                binding = self.names.globals.find(name.text)
                if binding is not None:
                    found[name.text] = binding.python
        keys: list[ast.expr | None] = [literal(name) for name in found]
        return ast.Dict(keys, [load(python) for python in found.values()])

    def program(self, program: nodes.Program) -> ast.stmt:
        """`load(t) -> value`: a fragment's last expression, null without one."""
        with self.block() as body:
            self.emit(store("testing", literal(None)), store("value", literal(None)))
            for item in program.items:
                if isinstance(item, nodes.Declaration):
                    self.declaration(item)
                else:
                    self.emit(self.place(store("value", self.expression(item)), item))
            self.emit(ast.Return(load("value")))
        return self.place(function_def(LOAD, ["t"], [], body), program)


def build(tree: nodes.Ruleset | nodes.Program, source: Source, names: Names, rid: str, filename: str,
          modules: Mapping[str, Module]) -> tuple[CodeType, dict[str, Any]]:
    """The code object of a text, and the globals to run it with."""
    writer = RulesetWriter(source, names, rid, modules)
    made = writer.ruleset(tree) if isinstance(tree, nodes.Ruleset) else writer.program(tree)
    code = compile(ast.Module([made], []), filename, "exec")
    return code, namespace(rid, sorted(writer.used), modules, writer.constants)
