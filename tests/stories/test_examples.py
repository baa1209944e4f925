"""The examples work as they stand: each ruleset is fine, and the package adds a module to a real engine."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.process import own_environment, running

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PICO = (sys.executable, "-m", "pico.cli.main")
Run = Callable[..., str]


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the module package was installed, from a copy, so that nothing is built in the checkout."""
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["cp", "-R", EXAMPLES / "module-package", folder / "source"], check=True)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
         "--no-build-isolation", "--target", folder / "site", folder / "source"],
        capture_output=True, text=True, check=False, timeout=100, env=own_environment(),
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


def run(*words: object, path: Path | None = None, code: int = 0, **environment: str) -> str:
    """What a command prints. `path` is a folder whose packages it also sees."""
    seen = {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run(
        list(map(str, words)), env=own_environment() | seen | environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=100, cwd=ROOT,
    )
    assert done.returncode == code, f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_each_example_ruleset_is_fine(beside: Path) -> None:
    files = sorted(EXAMPLES.rglob("*.krl"))
    assert len(files) >= 4
    assert run(*PICO, "check", *files, path=beside) == f"{len(files)} files checked: fine\n"


def test_the_module_packages_own_tests_pass(beside: Path) -> None:
    tests = EXAMPLES / "module-package" / "tests"
    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests, path=beside)
    assert "passed" in said


def test_without_the_package_its_module_is_unknown() -> None:
    assert "error[unknown-module]" in run(*PICO, "eval", 'gtin:isValid("96385074")', code=1)
    assert "there is no module `gtin`" in run(*PICO, "check", EXAMPLES / "module-package" / "product.krl")


def test_a_ruleset_on_an_engine_calls_the_installed_module(beside: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home, command=("env", f"PYTHONPATH={beside}", *PICO)):
        def pico(*words: object) -> str:
            return run(*PICO, *words, PICO_HOME=str(home))

        pico("item", "new", "Winter boots")
        pico("ruleset", "install", "Winter boots", EXAMPLES / "module-package" / "product.krl")
        channel = ("--event", "product:*", "--query", "com.example.product/*")
        eci = pico("channel", "new", "Winter boots", *channel).strip()
        for given, kept in (("96385075", None), ("96385074", "00000096385074"), ("nonsense", "00000096385074")):
            pico("event", eci, "product", "described", f"gtin={given}")
            assert json.loads(pico("query", eci, "com.example.product", "number")) == kept
