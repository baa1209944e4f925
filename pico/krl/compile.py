"""The whole pipeline on one screen: text, tree, names, checks, code.

`compile_ruleset` is pure: the same text gives the same result, and nothing of it depends on
a pico. `CompiledRuleset.load` binds it to one.
"""

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pico.errors import CompileFault, LimitExceeded, RuleFault
from pico.krl import nodes
from pico.krl.capabilities import capabilities
from pico.krl.checks import Checker
from pico.krl.codegen.build import LOAD, build
from pico.krl.codegen.contract import LIBRARY
from pico.krl.context import Context
from pico.krl.diagnostic import Diagnostic, Severity, in_order
from pico.krl.dispatch import Dispatch, index
from pico.krl.faults import filename, forget, remember
from pico.krl.modules import Member, Module, installed_modules
from pico.krl.parse import parse_fragment, parse_ruleset
from pico.krl.scopes import Names, Resolver
from pico.krl.source import Source
from pico.krl.testing import describe
from pico.krl.walk import walk
from pico.limits import CALL_DEPTH

Use = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A ruleset bound to a pico. `rules` are the active ones in source order."""

    rules: tuple[Callable[[Any], bool], ...]
    shares: Mapping[str, Any]
    provides: Mapping[str, Any]


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class CompiledRuleset:
    """Everything that can be known of a ruleset without a pico.

    `uses` are the RIDs of the modules it needs on its pico; `shareable` says that one loading
    serves every pico, because nothing in it depends on the pico; `testing` is its `__testing`.
    """

    rid: str
    source: Source
    meta: Mapping[str, str]
    warnings: tuple[Diagnostic, ...]
    dispatch: Dispatch
    rule_names: tuple[str, ...]
    uses: tuple[str, ...]
    capabilities: tuple[str, ...]
    shareable: bool
    testing: Mapping[str, Any]
    _load: Callable[..., Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Its name for people; the RID where `meta` gives none."""
        return self.meta.get("name", self.rid)

    @property
    def hash(self) -> str:
        """SHA-256 of the source, hexadecimal."""
        return self.source.hash

    def load(self, t: Context, config: Mapping[str, Any], use: Use) -> Loaded:
        """Evaluate its `meta` and `global` for one pico.

        `config` overrides `configure` values (only for a ruleset used as a module), `use` gives
        what another ruleset provides. Raises `RuleFault` or `LimitExceeded` where a global fails.
        """
        rules, shares, provides = self._load(t, config, use, self.testing)
        return Loaded(rules, {"__testing": self.testing, **shares}, provides)


def compile_ruleset(source: Source, modules: Mapping[str, Module] | None = None) -> CompiledRuleset:
    """Compile one ruleset. Raises `SyntaxFault`, or `CompileFault` with everything that is wrong."""
    known = installed_modules() if modules is None else modules
    tree = parse_ruleset(source)
    names = Resolver(source, LIBRARY).ruleset(tree)
    findings = in_order(names.diagnostics + _checker(source, names, known).ruleset(tree))
    _refuse(findings)
    active = [rule for rule in tree.rules if rule.active]
    compiled = CompiledRuleset(
        rid=tree.rid,
        source=source,
        meta=_meta_texts(tree),
        warnings=tuple(findings),
        dispatch=index(active),
        rule_names=tuple(rule.name.text for rule in active),
        uses=tuple(p.rid for p in tree.meta.properties if isinstance(p, nodes.MetaUse)) if tree.meta else (),
        capabilities=capabilities(tree),
        shareable=_shareable(tree),
        testing=describe(tree),
        _load=_executable(tree, source, names, tree.rid, known),
    )
    weakref.finalize(compiled, forget, filename(tree.rid, source))
    return compiled


def evaluate(text: str, prelude: str = "", context: Context | None = None) -> Any:
    """The value of a fragment: declarations and expressions, of which the last expression counts.

    Only the library and pure modules can be used. Raises `KrlError` for a text that does not
    compile, `RuleFault` or `LimitExceeded` where it fails.
    """
    source = Source(f"{prelude}\n{text}" if prelude else text, "<fragment>")
    known = {name: _pure(module) for name, module in installed_modules().items()}
    program = parse_fragment(source)
    names = Resolver(source, LIBRARY).program(program)
    _refuse(in_order(names.diagnostics + _checker(source, names, known).tree(program)))
    run = _executable(program, source, names, "fragment", known)
    try:
        return run(context or Context())
    except RecursionError as error:
        raise LimitExceeded(CALL_DEPTH) from error
    except NameError as error:
        raise used_too_early(error) from error


def used_too_early(error: NameError) -> RuleFault:
    """The fault for reading a later declaration of the same list before it has a value."""
    name = str(error.name or "").rpartition("__")[0]
    return RuleFault("used-too-early", f"ReferenceError: Cannot access '{name}' before initialization")


def _checker(source: Source, names: Names, modules: Mapping[str, Module]) -> Checker:
    return Checker(source, names, {name: frozenset(module.members) for name, module in modules.items()})


def _refuse(findings: list[Diagnostic]) -> None:
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise CompileFault(findings if findings[0] in errors else [*errors, *(f for f in findings if f not in errors)])


def _executable(tree: nodes.Ruleset | nodes.Program, source: Source, names: Names, rid: str,
                modules: Mapping[str, Module]) -> Callable[..., Any]:
    name = filename(rid, source)
    code, contract = build(tree, source, names, rid, name, modules)
    remember(name, source)
    exec(code, contract)  # noqa: S102 - the code was generated from a checked tree and has no builtins
    loader: Callable[..., Any] = contract[LOAD]
    return loader


def _meta_texts(tree: nodes.Ruleset) -> dict[str, str]:
    found: dict[str, str] = {}
    for prop in tree.meta.properties if tree.meta else ():
        if isinstance(prop, nodes.MetaText):
            if isinstance(prop.value, nodes.String):
                found[prop.key] = prop.value.value
            elif isinstance(prop.value, nodes.Chevron):
                found[prop.key] = "".join(part for part in prop.value.parts if isinstance(part, str)).strip()
    return found


def _shareable(tree: nodes.Ruleset) -> bool:
    """Whether loading reads nothing of the pico: no modules, and no domain in a global that is no function."""
    for prop in tree.meta.properties if tree.meta else ():
        if isinstance(prop, nodes.MetaUse | nodes.MetaConfigure):
            return False
    direct = nodes.Function | nodes.DefAction
    own = {d.name.text for d in tree.globals if isinstance(d.value, direct)}
    values = [d.value for d in tree.globals if not isinstance(d.value, direct)]
    return not any(_impure(node, own) for value in values for node in walk(value))


def _impure(node: nodes.Node, own: set[str]) -> bool:
    """A domain name, or one of the ruleset's own functions, which may read the pico when somebody calls it."""
    return isinstance(node, nodes.DomainName) or (isinstance(node, nodes.Name) and node.text in own)


def _pure(module: Module) -> Module:
    return Module(module.name, {n: m if m.pure else _refusing(module.name, n, m) for n, m in module.members.items()})


def _refusing(module: str, name: str, member: Member) -> Member:
    def run(t: Context, *args: Any, **named: Any) -> Any:
        raise RuleFault("needs-a-pico", f"`{module}:{name}` works only inside a pico; install the ruleset on one")

    return Member(member.kind, run, member.params)
