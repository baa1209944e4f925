"""`pico channel`: the ways into an item."""

from typing import Annotated, Any

import typer

from pico.cli.options import AsJson, Home, Item, Token, Url
from pico.cli.output import print_json, print_line, print_table
from pico.cli.remote import connect, listed
from pico.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="List, open and close an item's channels.")

ALLOW_NOTHING = "a channel that allows nothing is of no use; name what may pass with --event or --query"


@app.command("list")
def list_channels(
    item: Item, url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False
) -> None:
    """List an item's channels and what they let pass.

    \b
    Examples:
      pico channel list "Winter boots"
    """
    engine = connect(url, token, home)
    channels = listed(engine.get("api", "items", engine.item_id(item), "channels"), "channels")
    if as_json:
        print_json(channels)
        return
    empty = f"no channels; `pico channel new {item!r} --event DOMAIN:TYPE` opens one"
    print_table(("eci", "tags", "events", "queries"), map(_row, channels), empty)


@app.command("new")
def new_channel(
    item: Item,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="a word to find it by; may be repeated")] = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", help="an event to let in, DOMAIN:TYPE; `*` is any; may be repeated")
    ] = None,
    query: Annotated[
        list[str] | None, typer.Option("--query", help="a query to answer, RID/NAME; `*` is any; may be repeated")
    ] = None,
    url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False,
) -> None:
    """Open a channel into an item. It lets pass what you name, and nothing else.

    \b
    Examples:
      pico channel new "Winter boots" --tag shop --event "boots:*"
      pico channel new "Winter boots" --event "door:opened" --query "com.example.door/state"
    """
    body = {
        "tags": tag or [],
        "eventPolicy": _policy(event or [], "domain", ":"),
        "queryPolicy": _policy(query or [], "rid", "/"),
    }
    if not event and not query:
        raise Invalid("bad-argument", ALLOW_NOTHING)
    engine = connect(url, token, home)
    channel = engine.post("api", "items", engine.item_id(item), "channels", body=body)
    if as_json:
        print_json(channel)
    else:
        print_line(channel.get("id"))


@app.command("delete")
def delete_channel(
    item: Item,
    eci: Annotated[str, typer.Argument(metavar="ECI", help="the channel's id")],
    url: Url = None, token: Token = None, home: Home = None,
) -> None:
    """Close a channel. What was accepted on it before stays.

    \b
    Examples:
      pico channel delete "Winter boots" gs5x7mdrhgtmuyqsmzqqzwk6pe
    """
    engine = connect(url, token, home)
    engine.delete("api", "items", engine.item_id(item), "channels", eci)


def _policy(pairs: list[str], subject: str, between: str) -> dict[str, Any]:
    allow = []
    for pair in pairs:
        first, sign, name = pair.rpartition(between) if between == "/" else pair.partition(between)
        if not sign or not first or not name:
            raise Invalid("bad-argument", f"{pair!r} is not {subject.upper()}{between}NAME")
        allow.append({subject: first, "name": name})
    return {"allow": allow, "deny": []}


def _row(channel: dict[str, Any]) -> tuple[object, ...]:
    tags = ", ".join(channel.get("tags") or ())
    return channel.get("id"), tags, _pairs(channel, "eventPolicy", "domain"), _pairs(channel, "queryPolicy", "rid")


def _pairs(channel: dict[str, Any], policy: str, subject: str) -> str:
    rules = channel.get(policy) or {}
    allowed = [f"{rule.get(subject)}:{rule.get('name')}" for rule in listed(rules, "allow")]
    denied = [f"not {rule.get(subject)}:{rule.get('name')}" for rule in listed(rules, "deny")]
    return ", ".join(allowed + denied) or "none"
