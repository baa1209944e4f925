"""The operator library: every name that `value.name(...)` may mean without a module.

One module for each family; `OPERATORS` is their union. An operator takes the context, then
the operand and its arguments under the names of the language reference, and ignores any
beyond these. None of them changes what it is given, and all of them are total: on values of
any type they return a value, or raise `RuleFault` or `LimitExceeded`. Sizes are checked, and
work is paid for, before it is done.
"""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pico.krl.context import Context
from pico.krl.operators import arrays, infix, iteration, maps, numbers, ordering, replacing, sets, strings, types
from pico.krl.values import Function


class Operator(Function):
    """A function of the library. `defaults` holds what each parameter is when it is left out."""

    __slots__ = ("defaults",)

    def __init__(self, name: str, run: Callable[..., Any]) -> None:
        declared = [p for p in inspect.signature(run).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD][1:]
        super().__init__(run, tuple(p.name for p in declared), name)
        self.defaults = tuple(p.default for p in declared)


def cmp(t: Context, left: Any = None, right: Any = None, *_: Any) -> int:
    """`cmp` as an operator call."""
    return infix.cmp(t, left, right)


def like(t: Context, val: Any = None, regex: Any = None, *_: Any) -> bool:
    """`like` as an operator call."""
    return infix.like(t, val, regex)


FAMILIES = (types, numbers, strings, replacing, iteration, ordering, arrays, maps, sets)
TABLE: dict[str, Callable[..., Any]] = {"cmp": cmp, "like": like}
for family in FAMILIES:
    TABLE.update(family.TABLE)

OPERATORS: Mapping[str, Operator] = MappingProxyType({name: Operator(name, run) for name, run in sorted(TABLE.items())})
