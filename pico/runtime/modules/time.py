"""`time:` — the time of the turn, as ISO 8601 text in UTC."""

from datetime import UTC, datetime
from typing import Any

from pico.errors import RuleFault
from pico.krl.modules import Draft
from pico.krl.values import to_text
from pico.model.message import Json
from pico.runtime.turn import Turn

_draft = Draft("time")


@_draft.function
def now(t: Turn, opts: Any = None) -> Json:
    """The time now, such as `2026-01-31T08:15:00.250Z`."""
    if opts is not None and not isinstance(opts, dict):
        raise RuleFault("bad-argument", f"TypeError: time:now was given {to_text(opts)} instead of an opts map")
    return iso_text(t.host.now())


def iso_text(milliseconds: int) -> str:
    """Milliseconds since 1970 as ISO 8601 text in UTC with three decimals."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"


MODULE = _draft.module()
