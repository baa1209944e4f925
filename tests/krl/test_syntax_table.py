"""The grammar's conflicts are the ones that are meant, and its tables are kept where only their owner can write."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lark import logger

from pico.krl import parse_table
from pico.krl.parse_table import Table, build_lark, build_table, read_cache, write_cache
from pico.resources import shipped

GRAMMAR = shipped("grammar", "krl.lark").read_text("utf-8")
EXPRESSION_GOES_ON = {"PLUS", "MINUS", "LPAR", "LSQB", "LBRACE"}
AGGREGATES = {"MAX", "MIN", "SUM", "AVG", "PUSH"}


@pytest.fixture(scope="module")
def table() -> Table:
    return build_table(GRAMMAR)


def test_the_only_conflicts_are_shifts_that_the_language_asks_for() -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]  # one use
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    others = [other for other in logger.handlers if other is not handler]
    for other in others:
        logger.removeHandler(other)
    try:
        build_lark(GRAMMAR)  # a reduce/reduce conflict raises
    finally:
        logger.removeHandler(handler)
        for other in others:
            logger.addHandler(other)
        logger.setLevel(level)
        logger.propagate = propagate
    conflicts = [(line.split()[4].rstrip(":"), rule) for line, rule in zip(lines[::2], lines[1::2], strict=True)]
    assert conflicts
    ends = ("comparison", "postfix", "read", "unary")
    kinds = {
        "expression": {t for t, rule in conflicts if rule.removeprefix(" * <").startswith(ends)},
        "aggregator": {t for t, rule in conflicts if rule == " * <aggregator : >"},
        "provides keys": {t for t, rule in conflicts if rule == " * <quiet_word : KEYS>"},
    }
    assert kinds["expression"] == EXPRESSION_GOES_ON
    assert kinds["aggregator"] == AGGREGATES
    assert kinds["provides keys"] >= {"SHARES", "PROVIDES", "NAME", "USE"}
    assert sum(1 for t, rule in conflicts) == sum(
        1 for t, rule in conflicts
        if rule.removeprefix(" * <").startswith((*ends, "aggregator :", "quiet_word : KEYS"))
    )


def test_every_production_has_a_meaning(table: Table) -> None:
    from pico.krl.parse_steps import load_steps

    assert len(load_steps()) == len(table.productions)


def test_the_tables_come_back_from_the_cache_as_they_were(table: Table, tmp_path: Path) -> None:
    place = tmp_path / "new" / "pico" / "krl.json"
    assert read_cache(place) is None
    write_cache(place, table)
    assert read_cache(place) == table
    assert place.parent.stat().st_mode & 0o777 == 0o700
    assert place.stat().st_mode & 0o077 == 0
    assert os.listdir(place.parent) == ["krl.json"]


def damage(content: bytes) -> Callable[[Path], object]:
    return lambda place: place.write_bytes(content)


def cut_short(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:-10])


def change_a_digit(place: Path) -> None:
    place.write_bytes(place.read_bytes().replace(b"[0,", b"[1,", 1))


def open_file_to_others(place: Path) -> None:
    place.chmod(0o666)


def open_directory_to_others(place: Path) -> None:
    place.parent.chmod(0o777)


def link(place: Path) -> None:
    place.rename(place.with_name("elsewhere"))
    place.symlink_to(place.with_name("elsewhere"))


@pytest.mark.parametrize("spoil", [
    cut_short, change_a_digit, open_file_to_others, open_directory_to_others, link,
    damage(b""), damage(b"\x80\x04."), damage(b"{}"), damage(b"\xff\n{}"),
])
def test_a_cache_that_is_damaged_or_open_to_others_is_not_believed(
    spoil: Callable[[Path], object], table: Table, tmp_path: Path
) -> None:
    place = tmp_path / "pico" / "krl.json"
    write_cache(place, table)
    assert read_cache(place) == table
    spoil(place)
    assert read_cache(place) is None


def test_without_a_cache_the_tables_are_made_and_one_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, table: Table
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert parse_table.load_table.__wrapped__() == table
    (file,) = (tmp_path / "caches" / "pico").iterdir()
    monkeypatch.setattr(parse_table, "build_table", None)
    assert parse_table.load_table.__wrapped__() == table
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    file.write_text("broken")
    assert parse_table.load_table.__wrapped__() == table
    assert read_cache(file) == table


def test_a_place_that_cannot_be_written_is_no_error(table: Table, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    write_cache(tmp_path / "file" / "pico" / "krl.json", table)
    (tmp_path / "open").mkdir(mode=0o700)
    (tmp_path / "open").chmod(0o777)
    write_cache(tmp_path / "open" / "krl.json", table)
    assert list((tmp_path / "open").iterdir()) == []


@pytest.mark.parametrize("base", ["", "relative/place"])
def test_without_a_usable_setting_the_cache_is_in_the_home(
    base: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", base)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_table.cache_directory() == tmp_path / ".cache" / "pico"


def test_importing_the_parser_is_cheap_and_a_kept_table_needs_no_lark(tmp_path: Path) -> None:
    program = """
import sys, pico.krl.parse as parse, pico.krl.parse_table as table
from pico.krl.source import Source
assert "lark" not in sys.modules
assert table.load_table.cache_info().currsize == 0
parse.parse(Source("a"))
print("lark" in sys.modules)
"""
    surroundings = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    for expected in ("True", "False"):
        done = subprocess.run([sys.executable, "-c", program], env=surroundings, capture_output=True, text=True,
                              cwd=Path(__file__).parents[2], check=True)
        assert done.stdout.strip() == expected
