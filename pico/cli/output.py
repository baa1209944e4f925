"""What commands print: JSON for programs, tables and lines for people.

Names and texts come from strangers too. Control characters in them are shown as such, so that
nobody can redraw somebody else's terminal.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Control characters, those that turn the direction of writing, and halves of characters.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LINE = 100  # characters of a value that is shown on one line
WIDE = 10_000  # columns where the output is no terminal: a program reads it, nothing may be cut


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(_encodable(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")


def print_value(value: Any) -> None:
    """A value as JSON on standard output: on one line where it fits, indented where it is larger."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > LINE:
        print_json(value)
    else:
        sys.stdout.write(_encodable(text) + "\n")


def print_line(text: object) -> None:
    """One line of text on standard output."""
    sys.stdout.write(printable(text) + "\n")


def print_error(text: object) -> None:
    """One message on standard error."""
    sys.stderr.write(printable(text) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Rows under headings; the sentence `empty` where there are none. Ids are never cut."""
    body = [[Text(printable(cell).replace("\n", " ")) for cell in row] for row in rows]
    if not body:
        print_line(empty)
        return
    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    for row in body:
        table.add_row(*row)
    console = Console() if sys.stdout.isatty() else Console(width=WIDE, no_color=True)
    console.print(table)


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """One `name  value` line for each fact that is there."""
    known = [(name, value) for name, value in facts if value not in (None, "", [], ())]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        print_line(f"{name:<{width}}  {value}")


def printable(value: object) -> str:
    """Text in which control characters other than line breaks and tabs are replaced."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", "" if value is None else str(value))


def moment(time: object) -> str:
    """A time for people: ms since 1970 as local date and minute; anything else as it is."""
    if isinstance(time, bool) or not isinstance(time, int | float):
        return printable(time)
    return datetime.fromtimestamp(time / 1_000).astimezone().strftime("%Y-%m-%d %H:%M")


def _encodable(text: str) -> str:
    """JSON text with halves of characters escaped: UTF-8 has no form for them, JSON has."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
