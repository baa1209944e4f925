"""Where a running ruleset failed: from Python's traceback back to the KRL source.

Compiled code carries KRL lines and columns, and its file name is `krl:RID@hash`. The
innermost frame with such a name is where the fault happened; `linecache` knows the text
while the compiled ruleset lives, so Python's own traceback shows it too.
"""

import linecache
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from types import FrameType, TracebackType

from pico.krl.source import Source

PREFIX = "krl:"
_remembered: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class FaultPlace:
    """The place of a fault: the ruleset and the 1-based line and column of the failing expression."""

    rid: str
    line: int
    column: int


def filename(rid: str, source: Source) -> str:
    """The name that compiled code of this text carries."""
    return f"{PREFIX}{rid}@{source.hash[:12]}"


def remember(name: str, source: Source) -> None:
    """Let tracebacks quote the source, until it was forgotten as often as it was remembered."""
    _remembered[name] += 1
    starts = [*source.line_starts, len(source.text)]
    lines = [source.text[a:b] for a, b in pairwise(starts)]
    linecache.cache[name] = (len(source.text), None, lines, name)


def forget(name: str) -> None:
    """The opposite of `remember`."""
    _remembered[name] -= 1
    if _remembered[name] <= 0:
        del _remembered[name]
        linecache.cache.pop(name, None)


def place_of(error: BaseException, rid: str = "") -> FaultPlace | None:
    """The innermost KRL place in an error's traceback, None where no KRL was running.

    With `rid` it is the innermost one in that ruleset, be it where it called a module that failed.
    """
    found = None
    wanted = f"{PREFIX}{rid}@" if rid else PREFIX
    for frame, instruction in _frames(error.__traceback__):
        if frame.f_code.co_filename.startswith(wanted):
            found = (frame, instruction)
    return None if found is None else _place(*found)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lasti
        traceback = traceback.tb_next


def _place(frame: FrameType, instruction: int) -> FaultPlace:
    name = frame.f_code.co_filename
    positions = next(islice(frame.f_code.co_positions(), instruction // 2, None), (None, None, None, None))
    line, column = positions[0] or frame.f_lineno, positions[2] or 0
    text = linecache.getline(name, line).encode("utf-8", "surrogatepass")
    characters = len(text[:column].decode("utf-8", "replace"))
    return FaultPlace(name[len(PREFIX) :].rpartition("@")[0], line, characters + 1)
