"""`pico check`: parse and analyse rulesets without running anything."""

from typing import Annotated

import typer

from pico.cli.options import AsJson
from pico.cli.output import print_error, print_json, print_line
from pico.cli.ruleset import read_source
from pico.errors import KrlError
from pico.krl.diagnostic import Diagnostic, Severity
from pico.krl.source import Source


def check_files(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="KRL files; - is standard input")],
    as_json: AsJson = False,
) -> None:
    """Check rulesets: every error and warning with its place and what to do about it.

    Ends with 1 where there is an error; warnings alone are fine.

    \b
    Examples:
      pico check found.krl
      pico check rules/*.krl --json
    """
    sources = [Source(read_source(name), "<stdin>" if name == "-" else name) for name in files]
    findings = [finding for source in sources for finding in find(source)]
    wrong = any(finding.severity is Severity.ERROR for finding in findings)
    if as_json:
        print_json([finding.to_map() for finding in findings])
    else:
        for finding in findings:
            print_line(finding.render())
        print_error(_summary(len(files), findings))
    if wrong:
        raise typer.Exit(1)


def find(source: Source) -> tuple[Diagnostic, ...]:
    """The diagnostics of one text, sorted by place; none where it is fine."""
    # Imported here: commands that only speak to an engine do without the compiler.
    from pico.krl.compile import compile_ruleset

    try:
        return tuple(compile_ruleset(source).warnings)
    except KrlError as error:
        return error.diagnostics


def _summary(files: int, findings: list[Diagnostic]) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = len(findings) - errors
    said = [_count(errors, "error")] if errors else []
    said += [_count(warnings, "warning")] if warnings else []
    return f"{_count(files, 'file')} checked: {', '.join(said) or 'fine'}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
