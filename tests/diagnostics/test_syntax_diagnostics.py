"""What the author of a ruleset reads: each `.krl` has a mistake, and beside it the text that we print.

`syntax-*.krl` are not KRL, `compile-*.krl` are KRL that does not hold together or that we warn of. A
line `// 15: ...` at the top says which older form or slip it is. `UPDATE_EXPECT=1` writes the texts anew.
"""

import ast
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from pico.errors import CompileFault, SyntaxFault
from pico.krl.compile import compile_ruleset
from pico.krl.diagnostic import Diagnostic
from pico.krl.parse import parse
from pico.krl.source import Source

HERE = Path(__file__).parent
STAGES = HERE.parents[1] / "pico" / "krl"
SYNTAX = sorted(HERE.glob("syntax-*.krl"))
COMPILE = sorted(HERE.glob("compile-*.krl"))


def check(file: Path, diagnostics: Iterable[Diagnostic]) -> None:
    """Compare what is printed with the text beside the file, or write that anew."""
    rendered = "\n\n".join(diagnostic.render() for diagnostic in diagnostics) + "\n"
    expected = file.with_suffix(".expect")
    if os.environ.get("UPDATE_EXPECT") == "1":
        expected.write_text(rendered, "utf-8")
    assert rendered == expected.read_text("utf-8")


def findings(file: Path) -> tuple[Diagnostic, ...]:
    """What compiling tells: the errors and warnings of a refusal, or the warnings of a ruleset that works."""
    source = Source(file.read_text("utf-8"), file.name)
    try:
        return compile_ruleset(source).warnings
    except CompileFault as fault:
        return fault.diagnostics


@pytest.mark.parametrize("file", SYNTAX, ids=lambda file: file.stem)
def test_the_diagnostic_is_as_expected(file: Path) -> None:
    with pytest.raises(SyntaxFault) as raised:
        parse(Source(file.read_text("utf-8"), file.name))
    check(file, raised.value.diagnostics)


@pytest.mark.parametrize("file", COMPILE, ids=lambda file: file.stem)
def test_what_compiling_finds_is_as_expected(file: Path) -> None:
    found = findings(file)
    assert found, "this ruleset has nothing to tell of"
    check(file, found)


def test_every_expected_text_has_its_ruleset() -> None:
    assert len(SYNTAX) > 50
    assert {file.stem for file in (*SYNTAX, *COMPILE)} == {file.stem for file in HERE.glob("*.expect")}


def test_everything_that_compiling_can_tell_is_shown_once() -> None:
    shown = {diagnostic.code for file in COMPILE for diagnostic in findings(file)}
    assert set(codes("checks.py")) | set(codes("scopes.py")) == shown


def codes(module: str) -> list[str]:
    """The codes that a module reports: the first argument of its `error`, `warn` and `report`."""
    tree = ast.parse((STAGES / module).read_text("utf-8"))
    return [
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("error", "warn", "report")
        and isinstance(call.args[0], ast.Constant)
    ]
