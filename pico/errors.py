"""The one error hierarchy.

Every error has a stable kebab-case `code`, explained in `docs/errors.md`, and a `message`
written for the person who can act on it. Only `pico.web` turns them into HTTP statuses.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pico.krl.diagnostic import Diagnostic
    from pico.limits import Limit
    from pico.model.commit import Reply


class PicoError(Exception):
    """Anything that goes wrong for a reason a person can be told."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class KrlError(PicoError):
    """Something in a ruleset. `diagnostics` say where, sorted by place; the first gives code and message."""

    def __init__(self, diagnostics: Sequence["Diagnostic"]) -> None:
        first = diagnostics[0]
        super().__init__(first.code, first.message)
        self.diagnostics = tuple(diagnostics)


class SyntaxFault(KrlError):
    """The text is not KRL."""


class CompileFault(KrlError):
    """The text is KRL but does not hold together: an unknown name, a rule twice, and the like."""


class RuleFault(PicoError):
    """A ruleset failed while it ran. The turn adds the place from the traceback."""


class TurnFailed(RuleFault):
    """Every ruleset that selected on the event failed, so nothing was changed. `reply` lists the errors."""

    def __init__(self, code: str, message: str, reply: "Reply") -> None:
        super().__init__(code, message)
        self.reply = reply


class NotFound(PicoError):
    """What was named does not exist, or not for this caller."""


class Denied(PicoError):
    """It exists, and the caller may not."""


class Invalid(PicoError):
    """The request itself is wrong."""


class LimitExceeded(PicoError):
    """Something grew past a limit of `pico.limits`; `value` is what was asked for, where known."""

    def __init__(self, limit: "Limit", value: float | None = None) -> None:
        super().__init__(limit.name, f"{limit.explain()}" + ("" if value is None else f" (asked for {value:g})"))
        self.limit = limit
        self.value = value


class StoreError(PicoError):
    """The store could not do what was asked; nothing of it was done."""


class Conflict(StoreError):
    """The pico has moved on since the snapshot was taken; run the turn again on a fresh one."""


class Unavailable(StoreError):
    """The store cannot write or read now: a full disk, a lost connection, a home in use."""
