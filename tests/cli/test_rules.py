"""`pico check` and `pico eval`: rulesets and fragments without an engine."""

import json
from pathlib import Path

from tests.cli.command import Run

GOOD = """\
ruleset com.example.greeter {
  rule greet {
    select when greeting wanted
    send_directive("say", {"name": event:attrs{"name"}})
  }
}
"""
BAD = GOOD.replace('event:attrs{"name"}', "nmae")
OLD = GOOD.replace('event:attrs{"name"}', 'event:attrs(){"name"}')


def test_a_good_ruleset_is_fine(pico: Run, tmp_path: Path) -> None:
    (tmp_path / "good.krl").write_text(GOOD, "utf-8")
    checked = pico("check", tmp_path / "good.krl")
    assert (checked.code, checked.out) == (0, "")
    assert "1 file checked: fine" in checked.err
    assert pico("check", tmp_path / "good.krl", "--json").json() == []
    assert pico("check", "-", stdin=GOOD).code == 0


def test_a_bad_ruleset_is_shown_with_line_carets_and_hint(pico: Run, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.krl", tmp_path / "good.krl"
    bad.write_text(BAD, "utf-8")
    good.write_text(GOOD, "utf-8")
    checked = pico("check", good, bad)
    assert checked.code == 1
    assert checked.out.startswith(f"error[unknown-name]: `nmae` is not defined\n  {bad}:4:36\n")
    assert '4 |     send_directive("say", {"name": nmae})\n  |                                    ^^^^' in checked.out
    assert "2 files checked: 1 error" in checked.err
    (found,) = pico("check", bad, "--json").json()
    assert {"code", "message", "file", "line", "column", "end_line", "end_column", "hint", "severity"} == set(found)
    assert (found["line"], found["column"], found["end_column"]) == (4, 36, 40)


def test_warnings_alone_are_fine(pico: Run, tmp_path: Path) -> None:
    (tmp_path / "old.krl").write_text(OLD, "utf-8")
    checked = pico("check", tmp_path / "old.krl")
    assert checked.code == 0
    assert "warning[deprecated]" in checked.out
    assert "1 warning" in checked.err


def test_what_is_no_ruleset_ends_with_1_and_what_cannot_be_read_with_2(pico: Run, tmp_path: Path) -> None:
    assert pico("check", "-", stdin="").code == 1
    assert pico("check", "-", stdin="\0").code == 1
    (tmp_path / "latin.krl").write_bytes(b"ruleset caf\xe9 {}")
    latin = pico("check", tmp_path / "latin.krl")
    assert latin.code == 2
    assert "is not UTF-8" in latin.err
    assert pico("check", tmp_path / "missing.krl").code == 2
    assert pico("check", tmp_path).code == 2
    assert pico("check").code == 2


def test_an_expression_has_a_value_and_a_type(pico: Run) -> None:
    assert pico("eval", "[1, 2].map(function(n) { n * n })").out == "[1, 4]\n"
    assert pico("eval", "d = function(n) { n + n }\nd(21)", "--json").json() == {"value": 42, "type": "Number"}
    assert pico("eval", stdin='"from " + "standard input"').out == '"from standard input"\n'
    assert pico("eval", "function() { 1 }", "--json").json() == {"value": "[Function]", "type": "Function"}


def test_a_fragment_that_fails_ends_with_1(pico: Run) -> None:
    unknown = pico("eval", "1 + nmae")
    assert unknown.code == 1
    assert "error[unknown-name]: `nmae` is not defined" in unknown.err
    assert "1 | 1 + nmae\n  |     ^^^^" in unknown.err
    failed = pico("eval", "(1)(2)", "--json")
    assert failed.code == 1
    assert failed.json()["error"]["code"] == "not-a-function"


def test_a_batch_answers_line_by_line_whatever_the_lines_are(pico: Run) -> None:
    lines = ["1 + 1", "1 +", "", '"ä".uc()', "nmae", "{}", "f = function(n) { f(n + 1) }; f(0)", "null"]
    done = pico("eval", "--batch", stdin="\n".join(lines))
    assert done.code == 0
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert len(answers) == len(lines)
    assert answers[0] == {"value": 2, "type": "Number"}
    assert answers[1]["error"]["code"] == "syntax"
    assert answers[3] == {"value": "Ä", "type": "String"}
    assert answers[4]["error"]["code"] == "unknown-name"
    assert answers[5] == {"value": {}, "type": "Map"}
    assert answers[6]["error"]["code"] == "call-depth"
    assert answers[7] == {"value": None, "type": "Null"}
    assert pico("eval", "1", "--batch").code == 2
