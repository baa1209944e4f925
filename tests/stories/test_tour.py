"""What the README and the guides tell their readers to type, typed; and what they say will come, compared."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pico import limits
from tests.cli.process import own_environment, running
from tests.stories.walk import Shell, krl, matches, shell, steps, walk

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = "http://localhost:3000"
README = (ROOT / "README.md").read_text("utf-8")
TOUR = README.split("## The tour", 1)[1].split("\n## ", 1)[0]
GUIDES = ("owner", "publisher", "hobbyist")


@pytest.fixture
def at(tmp_path: Path) -> Iterator[tuple[Shell, str]]:
    """A shell where a reader's would be, in a folder with the examples, and the address of the engine."""
    for needed in ("bash", "curl"):
        if shutil.which(needed) is None:
            why = f"the documentation uses {needed}, which this machine has not; install it to run this test"
            pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    folder, home = tmp_path / "checkout", tmp_path / "home"
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = own_environment() | {"PATH": path, "PICO_HOME": str(home), "HOME": str(folder)}
    with running(home) as engine, shell(folder, environment) as opened:
        yield opened, f"http://localhost:{engine.url.rsplit(':', 1)[1]}"


def test_the_readme_opens_with_what_it_is_a_picture_and_the_two_commands() -> None:
    title, what, picture, start, tour = (
        README.index(part) for part in ("# pico item cloud", "**Give the things", "![", "make up ", "## The tour")
    )
    assert title == 0
    assert title < what < picture < start < tour
    assert start < README.index("make test ") < tour
    for image in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / image).stat().st_size > 1_000, f"{image} is no picture"
    for page in ("language", "errors", "promises", *GUIDES):
        assert f"(docs/{page}.md)" in README, f"the README does not lead to docs/{page}.md"


def test_the_tour_works_as_it_is_written(at: tuple[Shell, str]) -> None:
    opened, base = at
    tour = steps(TOUR)
    assert len([step for step in tour if step.shown]) >= 6, "the tour shows too little to be checked"
    walk(opened, tour, WRITTEN, base)


@pytest.mark.parametrize("name", GUIDES)
def test_the_guide_works_as_it_is_written(at: tuple[Shell, str], name: str) -> None:
    opened, base = at
    taken = steps((ROOT / "docs" / f"{name}.md").read_text("utf-8"))
    assert any(step.shown for step in taken)
    walk(opened, taken, WRITTEN, base)


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}.md" for name in GUIDES)])
def test_a_shown_ruleset_is_one_of_the_examples(page: str) -> None:
    examples = {file.read_text("utf-8") for file in (ROOT / "examples").rglob("*.krl")}
    for shown in krl((ROOT / page).read_text("utf-8")):
        assert shown in examples, f"{page} shows a ruleset that no file of examples/ has:\n{shown}"


def test_the_limits_that_the_guides_name_are_those_of_the_engine() -> None:
    known = {limit.name: limit for limit in limits.ALL}
    named = [row for name in GUIDES for row in _limits((ROOT / "docs" / f"{name}.md").read_text("utf-8"))]
    assert len(named) >= 5
    for name, value in named:
        assert known[name].value == value, f"a guide says {value:,} for {name}"


def test_a_page_that_shows_something_else_is_noticed() -> None:
    shown = "name  Winter boots\ntag   http://localhost:3000/t/abc  first tag\n"
    assert matches("name Winter boots\n\ntag http://localhost:3000/t/… first tag", shown)
    assert not matches("name Winter boots", shown)
    assert not matches("name Summer boots\ntag http://localhost:3000/t/… first tag", shown)
    assert not matches("name Winter …\n", "name Winter boots and gloves\n")
    [step] = steps("```sh\npico inbox\n```\n\n```text\nnothing\n```\n")
    assert (step.shown, step.only_looks()) == ("nothing\n", True)
    [step] = steps("```sh\npico inbox\npico item new Boots\n```\nIt says:\n```text\nnothing\n```\n")
    assert (step.shown, step.only_looks()) == (None, False)


def _limits(page: str) -> list[tuple[str, int]]:
    rows = re.findall(r"^\| `([a-z-]+)` \| ([\d,]+) ", page, re.MULTILINE)
    return [(name, int(value.replace(",", ""))) for name, value in rows]
