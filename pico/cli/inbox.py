"""`pico inbox`: what the owner's items had to say."""

from pico.cli.options import AsJson, Home, Token, Url
from pico.cli.output import moment, print_json, print_table
from pico.cli.remote import connect, listed


def show_inbox(url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False) -> None:
    """Show the notices of your items, the newest first.

    \b
    Examples:
      pico inbox
      pico inbox --json
    """
    notices = listed(connect(url, token, home).get("api", "inbox"), "notices")
    if as_json:
        print_json(notices)
        return
    rows = [(moment(n.get("time")), n.get("item_name"), n.get("title"), n.get("text")) for n in notices]
    empty = 'nothing yet; a rule writes here with `raise owner event "notify" attributes {"text": "..."}`'
    print_table(("time", "item", "title", "notice"), rows, empty)
