"""Walks through a page of the documentation as its reader does: types what it says, and compares what comes.

In a page, a fence of `sh` is typed into a shell. A fence of `text` right after it is all that the
shell then shows, but for white space; `…` stands for what differs each time, such as an id. Where
a rule runs on its own time, what shows its result may be typed again.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LOOKS = re.compile(r"pico (inbox|query|item (show|list))\b[^|]*")
SECONDS = 20  # until what a rule does must show
END = "end-of-step"


@dataclass(frozen=True)
class Step:
    """What is typed, and what then shows; None where the page does not say."""

    typed: str
    shown: str | None

    def only_looks(self) -> bool:
        """Whether typing it again changes nothing."""
        return all(LOOKS.fullmatch(line) for line in self.typed.splitlines())


def steps(page: str) -> list[Step]:
    """The steps of a page, or of a part of it."""
    found: list[Step] = []
    end = -1
    for fence in FENCE.finditer(page):
        kind, inside = fence.groups()
        if kind == "sh":
            found.append(Step(inside, None))
        elif kind == "text" and found and not page[end:fence.start()].strip():
            found[-1] = Step(found[-1].typed, inside)
        end = fence.end()
    return found


def krl(page: str) -> list[str]:
    """The rulesets that a page shows."""
    return [inside for kind, inside in FENCE.findall(page) if kind == "krl"]


class Shell:
    """A shell that goes on from one step to the next, as the reader's does."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )

    def type(self, text: str) -> str:
        """What shows until the step is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{{ {text}\n}} < /dev/null\necho; echo {END}\n")
        self.process.stdin.flush()
        shown: list[str] = []
        for line in self.process.stdout:
            if line.strip() == END:
                return "".join(shown)
            shown.append(line)
        raise AssertionError(f"the shell ended: {''.join(shown)}")


@contextmanager
def shell(folder: Path, environment: dict[str, str]) -> Iterator[Shell]:
    """A shell in a folder."""
    opened = Shell(folder, environment)
    try:
        yield opened
    finally:
        assert opened.process.stdin is not None
        assert opened.process.stdout is not None
        opened.process.stdin.close()
        opened.process.wait(20)
        opened.process.stdout.close()


def walk(shell: Shell, steps: list[Step], written: str, base: str) -> None:
    """Take the steps of a page that was `written` with one address, with an engine at `base`."""
    for step in steps:
        deadline = time.monotonic() + SECONDS
        while True:
            shown = shell.type(step.typed.replace(written, base)).replace(base, written)
            if step.shown is None or matches(step.shown, shown):
                break
            again = step.only_looks() and time.monotonic() < deadline
            assert again, f"typed:\n{step.typed}\nthe page shows:\n{step.shown}\nthere came:\n{shown}"
        for wrong in ("Traceback", "command not found"):
            assert wrong not in shown, f"typed:\n{step.typed}\nthere came:\n{shown}"


def matches(written: str, shown: str) -> bool:
    """Whether an output is the one that a page shows."""
    pattern = "\n".join(r"\S+?".join(map(re.escape, line.split("…"))) for line in _plain(written))
    return re.fullmatch(pattern, "\n".join(_plain(shown))) is not None


def _plain(text: str) -> list[str]:
    """Lines without what a table does for the eye; times are all the same."""
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-05-04 10:30", re.sub("─+", "─", text))
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
