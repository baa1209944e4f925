"""Calling back: what operators do with the functions they are given."""

from collections.abc import Callable
from typing import Any

from pico.errors import RuleFault
from pico.krl.values import Action, is_callable, not_a_function

Run = Callable[..., Any]


def callback(f: Any) -> Run:
    """The `run` of a function that an operator was given as `iter`; raises `bad-callback` for anything else.

    An action is refused too: it would have effects where nobody expects any, even in a query.
    """
    if is_callable(f):
        return f.run  # type: ignore[no-any-return]  # `is_callable` has seen that it is one of ours
    text = not_a_function(f).message if isinstance(f, Action) else "TypeError: iter is not a function"
    raise RuleFault("bad-callback", text)
