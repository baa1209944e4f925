"""What the author of a ruleset reads: each `syntax-*.krl` has one mistake, and beside it the text that we print.

A line `// 15: ...` at the top says which older form or slip it is. `UPDATE_EXPECT=1` writes the texts anew.
"""

import os
from pathlib import Path

import pytest

from pico.errors import SyntaxFault
from pico.krl.parse import parse
from pico.krl.source import Source

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("syntax-*.krl"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_diagnostic_is_as_expected(file: Path) -> None:
    with pytest.raises(SyntaxFault) as raised:
        parse(Source(file.read_text("utf-8"), file.name))
    rendered = "\n\n".join(diagnostic.render() for diagnostic in raised.value.diagnostics) + "\n"
    expected = file.with_suffix(".expect")
    if os.environ.get("UPDATE_EXPECT") == "1":
        expected.write_text(rendered, "utf-8")
    assert rendered == expected.read_text("utf-8")


def test_every_expected_text_has_its_ruleset() -> None:
    assert len(FILES) > 50
    assert {file.stem for file in FILES} == {file.stem for file in HERE.glob("syntax-*.expect")}
