"""What the project says of itself is so: promises name tests that exist, limits are tested, the guide is current."""

import ast
import os
import re
import runpy
from pathlib import Path

import pytest

from pico import limits

ROOT = Path(__file__).resolve().parents[2]
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")


def test_each_promise_names_a_test_that_exists() -> None:
    promises = re.split(r"^## ", (ROOT / "docs" / "promises.md").read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert promises, "docs/promises.md promises nothing"
    for promise in promises:
        named = NAMED_TEST.findall(promise)
        assert named, f"no test holds us to: {promise.splitlines()[0]}"
        for file, test in named:
            assert test in _tests(ROOT / file), f"{file} has no {test}, which docs/promises.md names"


@pytest.mark.parametrize("name", [n for n, v in vars(limits).items() if isinstance(v, limits.Limit)])
def test_each_limit_is_tested(name: str) -> None:
    files = sorted((ROOT / "tests" / "limits").glob("test_*.py"))
    named = any(re.search(rf"\b{name}\b", file.read_text("utf-8")) for file in files)
    assert named, f"no test in tests/limits/ names {name}"


def test_limits_have_names_of_their_own() -> None:
    names = [limit.name for limit in limits.ALL]
    assert len(names) == len(set(names))


def test_the_language_guide_is_what_the_conformance_files_say() -> None:
    generator = runpy.run_path(str(ROOT / "docs" / "generate_language_guide.py"))
    text, written = generator["guide"](), ROOT / "docs" / "language.md"
    if os.environ.get("UPDATE_EXPECT") == "1":
        written.write_text(text, "utf-8")
    assert written.read_text("utf-8") == text, "run `make guide`"


def test_the_language_guide_moves_headings_but_leaves_code_alone(tmp_path: Path) -> None:
    (tmp_path / "10-values.md").write_text("# Values\n\n## Texts\n\n```krl\n# no heading\n```\n", "utf-8")
    generator = runpy.run_path(str(ROOT / "docs" / "generate_language_guide.py"))
    text = generator["guide"](tmp_path)
    assert "- [Values](#values)" in text
    assert "\n## Values\n\n### Texts\n\n```krl\n# no heading\n```\n" in text


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md")))])
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`\n]+`", "", text)
    for target, _anchor in LINK.findall(text):
        assert not target or (ROOT / page).parent.joinpath(target).exists(), f"{page} links to {target}"


def _tests(path: Path) -> set[str]:
    """The names of the tests in a file; none where it does not exist."""
    if not path.exists():
        return set()
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
