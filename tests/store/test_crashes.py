"""A process that dies at any instant leaves a whole state, and loses nothing that was acknowledged."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.store.builders import Home, in_a_loop, value_of

ROOT = Path(__file__).parents[2]
CHILD = (sys.executable, "-m", "tests.store.crash_child")


def test_dying_between_any_two_statements_leaves_the_state_before_or_after(tmp_path: Path) -> None:
    run = subprocess.run([*CHILD, "every", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert run.returncode == 0, run.stderr
    *deaths, last = run.stdout.split("\n")[:-1]
    assert len(deaths) > 25
    assert set(deaths) <= {"before", "after"}, deaths
    assert last == "acknowledged and changed"


@pytest.mark.parametrize("stop_after", [1, 40])
def test_a_killed_engine_keeps_everything_that_it_acknowledged(tmp_path: Path, stop_after: int) -> None:
    with subprocess.Popen([*CHILD, "count", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        acknowledged = [int(child.stdout.readline()) for _ in range(stop_after)]
        child.kill()
        acknowledged += [int(line) for line in child.stdout.read().split("\n")[:-1]]

    async def look() -> None:
        home = Home("disk", tmp_path)
        store = await home.open()
        counted = await value_of(store, "boots", "n")
        assert acknowledged[-1] <= counted <= acknowledged[-1] + 1
        assert (await store.snapshot("boots")).version == counted + 1
        assert max((await value_of(store, "boots", "m")).values()) == counted
        await home.close()

    in_a_loop(look)
