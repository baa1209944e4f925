"""`pico eval`: evaluate fragments of KRL, one or many in one process."""

import json
import sys
from typing import Annotated

import typer

from pico.cli.options import AsJson
from pico.cli.output import print_error, print_json, print_value
from pico.errors import Invalid

Expression = Annotated[
    str | None, typer.Argument(metavar="[EXPR]", help="declarations and an expression; otherwise standard input")
]
Batch = Annotated[
    bool, typer.Option("--batch", help="one fragment a line from standard input, one JSON object a line back")
]


def evaluate_fragments(expression: Expression = None, batch: Batch = False, as_json: AsJson = False) -> None:
    """Evaluate KRL: declarations and an expression, with the standard library and the pure modules.

    \b
    Examples:
      pico eval '[1, 2, 3].map(function(n) { n * n })'
      pico eval 'double = function(n) { n + n }; double(21)' --json
      pico eval --batch < fragments.txt
    """
    if batch and expression is not None:
        raise Invalid("bad-argument", "--batch reads standard input; leave the expression out, or --batch")
    # Imported here: commands that only speak to an engine do without the compiler.
    from pico.cli.fragments import answer_fragment

    if batch:
        for line in sys.stdin:
            sys.stdout.write(json.dumps(answer_fragment(line.rstrip("\r\n"))[0]) + "\n")
            sys.stdout.flush()
        return
    answer, error = answer_fragment(sys.stdin.read() if expression is None else expression)
    if as_json:
        print_json(answer)
    elif error:
        print_error(error)
    else:
        print_value(answer["value"])
    if error:
        raise typer.Exit(1)
