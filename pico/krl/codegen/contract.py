"""The contract names: everything that generated code can reach.

`namespace` builds the globals of one compiled text: no builtins, the operators, the library,
and the built-in members that the text mentions. What else a rule can do, it does through the
methods of the running turn `t` that the generator writes, and only through those.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from pico.errors import RuleFault
from pico.krl.context import Context
from pico.krl.eventex import capture, group
from pico.krl.modules import Member, MemberKind, Module
from pico.krl.operators import OPERATORS, infix
from pico.krl.scopes import ACTION, EITHER, FUNCTION
from pico.krl.values import Action, Function, call, call_named, to_text, truthy
from pico.limits import CALL_DEPTH

DEPTH = CALL_DEPTH.value

# Operator -> contract name.
INFIX: Mapping[str, str] = {
    "+": "op_add", "-": "op_sub", "*": "op_mul", "/": "op_div", "%": "op_mod", "==": "op_equal", "!=": "op_not_equal",
    "<": "op_lt", "<=": "op_le", ">": "op_gt", ">=": "op_ge", "<=>": "op_spaceship", "cmp": "op_cmp",
    "><": "op_contains", "like": "op_like",
}


def send_directive(t: Any, name: Any = None, options: Any = None) -> Any:
    """`send_directive(name, options)`: an answer to whoever raised the event."""
    return t.direct(name, options)


def noop(t: Context, *_: Any) -> None:
    """`noop()`: an action that does nothing."""


ACTIONS: Mapping[str, Action] = {
    "send_directive": Action(send_directive, ("name", "options"), "send_directive"),
    "noop": Action(noop, (), "noop", True),
}

LIBRARY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **{name: (FUNCTION, operator.params) for name, operator in OPERATORS.items()},
    **{name: (EITHER if action.pure else ACTION, action.params) for name, action in ACTIONS.items()},
}


def perform(t: Context, action: Any, *args: Any) -> Any:
    """Run an action value; a fault where it is none."""
    if isinstance(action, Action):
        return action.run(t, *args[: len(action.params)])
    raise RuleFault("not-an-action", f"TypeError: {to_text(action)} is not an action")


def perform_named(t: Context, action: Any, args: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
    """Run an action value with named arguments."""
    if not isinstance(action, Action):
        return perform(t, action)
    given = dict(zip(action.params, args, strict=False)) | {k: v for k, v in named.items() if k in action.params}
    return action.run(t, *(given.get(param) for param in action.params))


def pairs(t: Context, value: Any) -> list[tuple[Any, Any]]:
    """What `foreach` goes through: (value, key) for a map, an array or a text; nothing for anything else."""
    if isinstance(value, dict):
        found = [(v, k) for k, v in value.items()]
    elif isinstance(value, list):
        found = [(v, n) for n, v in enumerate(value)]
    elif isinstance(value, str):
        found = [(c, str(n)) for n, c in enumerate(value)]
    else:
        found = []
    t.spend(len(found))
    return found


def with_final(items: Iterable[Any]) -> Iterable[tuple[Any, bool]]:
    """Each item with whether it is the last one: what `on final` asks."""
    waiting = iter(items)
    for current in waiting:
        for following in waiting:
            yield current, False
            current = following
        yield current, True


def exported(module: Mapping[str, Any], name: str) -> Any:
    """What a used module provides under a name."""
    if name in module:
        return module[name]
    raise RuleFault("not-provided", f"TypeError: the module does not provide `{name}`")


def unknown_member(domain: str, name: str) -> NoReturn:
    """A name of a module that does not exist."""
    hint = "check the `use module` lines in `meta`"
    raise RuleFault("unknown-module", f"TypeError: there is no `{domain}:{name}`; {hint}")


FIXED: Mapping[str, Any] = {
    "__builtins__": {},
    "Function": Function, "Action": Action, "truthy": truthy, "capture": capture, "group": group,
    "pairs": pairs, "with_final": with_final, "exported": exported, "unknown_member": unknown_member,
    "op_call": call, "op_call_named": call_named, "op_perform": perform, "op_perform_named": perform_named,
    "op_add": infix.add, "op_sub": infix.sub, "op_mul": infix.mul, "op_div": infix.div, "op_mod": infix.mod,
    "op_negate": infix.negate, "op_equal": infix.equal, "op_not_equal": infix.not_equal, "op_lt": infix.lt,
    "op_le": infix.le, "op_gt": infix.gt, "op_ge": infix.ge, "op_spaceship": infix.spaceship, "op_cmp": infix.cmp,
    "op_contains": infix.contains, "op_like": infix.like, "op_path": infix.path, "op_index": infix.index,
    "op_chevron": infix.chevron,
    **{f"lib_{name}": operator.run for name, operator in OPERATORS.items()},
    **{f"value_{name}": operator for name, operator in OPERATORS.items()},
    **{f"lib_{name}": action.run for name, action in ACTIONS.items()},
    **{f"value_{name}": action for name, action in ACTIONS.items()},
}


def namespace(rid: str, used: Iterable[tuple[str, str]], modules: Mapping[str, Module],
              constants: Mapping[str, object]) -> dict[str, Any]:
    """The globals of one compiled text; `used` are the built-in members it mentions."""
    found = {**FIXED, **constants}
    for domain, name in used:
        member = modules[domain].members[name]
        run = _at(rid, member.run) if member.located else member.run
        found[f"mod_{domain}_{name}"] = run
        found[f"value_{domain}_{name}"] = _value(name, member, run)
    return found


def _at(rid: str, run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda t, *args, **named: run(t, rid, *args, **named)


def _value(name: str, member: Member, run: Callable[..., Any]) -> Function | Action:
    """A member as a value: extra arguments are dropped, as for any function."""
    count = len(member.params)

    def trimmed(t: Any, *args: Any) -> Any:
        return run(t, *args[:count])

    if member.kind in (MemberKind.ACTION, MemberKind.BOTH):
        return Action(trimmed, member.params, name, member.kind is MemberKind.BOTH)
    return Function(trimmed, member.params, name)
