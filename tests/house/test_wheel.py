"""The wheel is whole: built from the source distribution, installed outside the checkout, an item lives in it."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.cli.process import own_environment, running

ROOT = Path(__file__).resolve().parents[2]
RULESET = """\
ruleset com.example.door {
  meta { shares state }
  global { state = function() { ent:state.defaultsTo("shut") } }
  rule opened {
    select when door opened
    send_directive("noted", {"by": event:attrs{"by"}})
    fired { ent:state := "open" }
  }
}
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it; what the wheel depends on is lent from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", ROOT, cwd=folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    env = folder / "env"
    _run(sys.executable, "-m", "venv", "--without-pip", env, cwd=folder)
    _run(sys.executable, "-m", "pip", "--python", env / "bin" / "python", "install", "--quiet", "--no-deps",
         "--no-index", wheel, cwd=folder)
    purelib, platlib = sysconfig.get_path("purelib"), sysconfig.get_path("platlib")
    (site,) = env.glob("lib/python*/site-packages")
    # Folders that a .pth adds come last and their own .pth files are not read: so not this checkout's.
    (site / "lent.pth").write_text(f"{purelib}\n{platlib}\n", "utf-8")
    return env


def test_the_package_comes_from_the_wheel_with_all_that_it_ships(environment: Path, tmp_path: Path) -> None:
    program = "import json, pico, pico.resources as r; print(json.dumps([pico.__file__, str(r.shipped('grammar'))]))"
    where = json.loads(_run(environment / "bin" / "python", "-c", program, cwd=tmp_path))
    assert all(path.startswith(str(environment)) for path in where)
    (package,) = environment.glob("lib/python*/site-packages/pico")
    for folder in ("grammar", "rulesets"):
        assert _files(package / "shipped" / folder) == _files(ROOT / folder)
    shipped = {path for path in _files(package) if not path.startswith("shipped/")}
    assert shipped == _files(ROOT / "pico")


def test_an_item_lives_in_the_wheel(environment: Path, tmp_path: Path) -> None:
    command = environment / "bin" / "pico"
    (tmp_path / "door.krl").write_text(RULESET, "utf-8")
    home = tmp_path / "home"

    def pico(*words: object) -> str:
        return _run(command, *words, "--home", home, cwd=tmp_path)

    _run(command, "check", "door.krl", cwd=tmp_path)
    with running(home, command=(command,), cwd=tmp_path) as engine:
        pico("item", "new", "Door", "--json")
        pico("ruleset", "install", "Door", "door.krl")
        eci = pico("channel", "new", "Door", "--event", "door:*", "--query", "com.example.door/*").strip()
        answer = json.loads(pico("event", eci, "door", "opened", "by=ada", "--json"))
        assert [directive["options"] for directive in answer["directives"]] == [{"by": "ada"}]
        assert json.loads(pico("query", eci, "com.example.door", "state")) == "open"
        tag = json.loads(pico("tag", "new", "Door", "--label", "frame", "--json"))
        pico("tag", "label", "Door", tag["id"], "--output", "door.svg")
        assert (tmp_path / "door.svg").read_text("utf-8").lstrip().startswith("<")
        assert engine.stop() == 0


def _files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _run(*words: object, cwd: Path) -> str:
    home = {"HOME": str(cwd), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=own_environment() | home, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=100,
    )
    assert done.returncode == 0, f"{words}:\n{done.stdout}{done.stderr}"
    return done.stdout
