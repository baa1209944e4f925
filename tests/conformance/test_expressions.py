"""The tables of the language guide, row by row: an expression, and what it gives.

The fenced text in `values.md` declares the names that rows use. A result is JSON or a KRL
literal, `error` with the message of the fault, or `compile error:` with a diagnostic's code.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pico.errors import KrlError, RuleFault
from pico.krl.values import equal, from_json

HERE = Path(__file__).parent
PAGES = ("values", "numbers", "operators", "strings", "regexps", "collections", "sets", "json", "library_math")
CELL = re.compile(r"^\| `(.+)` \| `(.+)` \|$")
PRELUDE = re.search(r"```krl\n(.*?)```", (HERE / "values.md").read_text(encoding="utf-8"), re.DOTALL)[1]


class Row(NamedTuple):
    """One line of a table. `place` finds it again."""

    place: str
    expression: str
    result: str


def rows() -> list[Row]:
    """Every row of every page; a line that looks like a row but is not one is an error."""
    found = []
    for page in PAGES:
        for number, line in enumerate((HERE / f"{page}.md").read_text(encoding="utf-8").split("\n"), 1):
            if not line.startswith("| `"):
                continue
            cells = CELL.match(line)
            assert cells, f"{page}.md:{number}: not a row"
            expression, result = (cell.replace(r"\|", "|") for cell in cells.groups())
            found.append(Row(f"{page}.md:{number}", expression, result))
    return found


ROWS = rows()


def value_of(result: str) -> Any:
    """The value that a result cell writes down."""
    from pico.krl.compile import evaluate

    try:
        return from_json(json.loads(result))
    except ValueError:
        return evaluate(result)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.place} {row.expression}")
def test_the_guide_tells_the_truth(row: Row) -> None:
    from pico.krl.compile import evaluate

    if row.result.startswith("compile error: "):
        with pytest.raises(KrlError) as refused:
            evaluate(row.expression, PRELUDE)
        assert refused.value.code == row.result.removeprefix("compile error: ")
    elif row.result.startswith("error "):
        with pytest.raises(RuleFault) as fault:
            evaluate(row.expression, PRELUDE)
        assert fault.value.message == row.result.removeprefix("error ")
    else:
        found = evaluate(row.expression, PRELUDE)
        assert equal(found, value_of(row.result)), f"{row.expression} gave {found!r}"


def test_the_guide_is_complete() -> None:
    assert len(ROWS) > 500
