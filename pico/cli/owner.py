"""`pico owner`: who may sign in."""

import typer

from pico.cli.options import AsJson, Home, Token, Url
from pico.cli.output import print_json, print_line
from pico.cli.remote import connect

app = typer.Typer(no_args_is_help=True, help="Invite owners.")


@app.callback()
def _group() -> None:
    """Keeps `invite` a command of its own while it is the only one."""


@app.command("invite")
def invite_owner(url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False) -> None:
    """Make a one-time link with which somebody becomes an owner on this engine.

    \b
    Examples:
      pico owner invite
    """
    invitation = connect(url, token, home).post("api", "invites", body={})
    if as_json:
        print_json(invitation)
    else:
        print_line(invitation.get("link"))
