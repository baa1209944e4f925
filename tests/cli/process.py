"""A real engine in a process of its own, started the way users start it."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 60  # much more than it takes, for machines with much else to do
HERE = (sys.executable, "-m", "pico.cli.main")


@dataclass
class Running:
    """An engine that has said where it is. `said` is its standard output, `log` its standard error so far."""

    process: "subprocess.Popen[str]"
    home: Path
    said: list[str]
    errors: Path

    @property
    def url(self) -> str:
        """Its address, as the command line finds it."""
        return str(json.loads((self.home / "engine.json").read_text("utf-8"))["url"])

    @property
    def log(self) -> str:
        """What it logged."""
        return self.errors.read_text("utf-8")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait; the exit code, negative where the signal ended it."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)


@contextmanager
def running(
    home: Path, *options: str, command: Sequence[str | Path] = HERE, cwd: Path | None = None
) -> Iterator[Running]:
    """`pico up` on a free port; killed at the end where it still runs. Fails where it does not come up."""
    errors = home.with_name(home.name + ".stderr")
    with errors.open("a", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*command, "up", "--home", home, "--port", "0", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, cwd=cwd, env=own_environment(),
        )
    try:
        yield Running(process, home, _read_announcement(process, errors), errors)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(START_SECONDS)
        assert process.stdout is not None
        process.stdout.close()


def own_environment() -> dict[str, str]:
    """The environment without what would point a command at this checkout or at another engine."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PICO_URL", "PICO_TOKEN")}


def _read_announcement(process: "subprocess.Popen[str]", errors: Path) -> list[str]:
    """All lines up to the one that says that everything is said, which comes last."""
    lines: queue.Queue[str | None] = queue.Queue()
    thread = threading.Thread(target=_pump, args=(process, lines), daemon=True)
    thread.start()
    said: list[str] = []
    deadline = time.monotonic() + START_SECONDS
    while not (said and said[-1].startswith("Ctrl-C")):
        line = lines.get(timeout=max(0.01, deadline - time.monotonic()))
        if line is None:
            raise AssertionError(f"the engine did not start:\n{''.join(said)}{errors.read_text('utf-8')}")
        said.append(line)
    return said


def _pump(process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.put(line)
    except ValueError:
        pass  # the test closed it
    lines.put(None)
