"""The command `pico`: its groups, and what its exit codes mean.

0: fine. 1: what was checked or asked for is not fine. 2: the command was used wrongly.
3: the engine could not be reached.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from pico.cli import channel, check, evaluate, event, inbox, item, owner, ruleset, tag, up
from pico.cli.output import print_error
from pico.cli.remote import Unreachable
from pico.errors import Invalid, PicoError

NOT_FINE, USED_WRONGLY, NOT_REACHED = 1, 2, 3

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Give the things you own a memory and a voice. `pico up` starts an engine; `pico COMMAND --help` shows how.",
)
app.command("up")(up.run_up)
app.command("check")(check.check_files)
app.command("eval")(evaluate.evaluate_fragments)
app.add_typer(item.app, name="item")
app.add_typer(tag.app, name="tag")
app.add_typer(ruleset.app, name="ruleset")
app.add_typer(channel.app, name="channel")
app.command("event")(event.raise_event)
app.command("query")(event.ask_query)
app.command("inbox")(inbox.show_inbox)
app.add_typer(owner.app, name="owner")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version("pico-item-cloud"))
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Options of `pico` itself."""


def main() -> None:
    """Run a command line; ends the process with one of the exit codes above."""
    try:
        app()
    except Unreachable as error:
        _fail(error, NOT_REACHED)
    except Invalid as error:
        _fail(error, USED_WRONGLY)
    except PicoError as error:
        _fail(error, NOT_FINE)
    except BrokenPipeError:
        # Whoever read our output has seen enough (`pico item list | head -1`).
        sys.stderr.close()
        sys.exit(NOT_FINE)


def _fail(error: PicoError, code: int) -> None:
    print_error(f"pico: {error.message} [{error.code}]")
    sys.exit(code)


if __name__ == "__main__":
    main()
