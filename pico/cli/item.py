"""`pico item`: the things that an owner has."""

from typing import Annotated, Any

import typer

from pico.cli.options import AsJson, Home, Item, Token, Url
from pico.cli.output import moment, print_facts, print_json, print_line, print_table
from pico.cli.remote import connect, listed

app = typer.Typer(no_args_is_help=True, help="Create items, list them, and look at one.")

Description = Annotated[str, typer.Option("--description", "-d", help="what it is; its public page shows it")]


@app.command("new")
def new_item(
    name: Annotated[str, typer.Argument(metavar="NAME", help="what you call it")],
    description: Description = "",
    url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False,
) -> None:
    """Create an item. It gets a pico of its own and a first tag.

    \b
    Examples:
      pico item new "Winter boots"
      pico item new "Winter boots" --description "Size 44, resoled in May" --json
    """
    engine = connect(url, token, home)
    item = engine.post("api", "items", body={"name": name, "description": description})
    _show(item, as_json)


@app.command("list")
def list_items(url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False) -> None:
    """List the items that you own.

    \b
    Examples:
      pico item list
      pico item list --json
    """
    items = listed(connect(url, token, home).get("api", "items"), "items")
    if as_json:
        print_json(items)
        return
    rows = [(i.get("name"), i.get("id"), i.get("page")) for i in items]
    print_table(("name", "id", "page"), rows, 'no items yet; create one with `pico item new "Winter boots"`')


@app.command("show")
def show_item(
    item: Item, url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False
) -> None:
    """Show an item: its public page, tags, rulesets and what its journal says last.

    \b
    Examples:
      pico item show "Winter boots"
      pico item show "Winter boots" --json
    """
    engine = connect(url, token, home)
    item_id = engine.item_id(item)
    found = engine.get("api", "items", item_id)
    found["journal"] = listed(engine.get("api", "items", item_id, "journal"), "journal")
    _show(found, as_json)


def _show(item: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(item)
        return
    facts: list[tuple[str, object]] = [(name, item.get(name)) for name in ("name", "description", "id", "page")]
    facts += [("tag", f"{tag.get('url')}  {tag.get('label') or ''}".rstrip()) for tag in listed(item, "tags")]
    facts += [("ruleset", ruleset.get("rid")) for ruleset in listed(item, "rulesets")]
    print_facts(facts)
    for entry in listed(item, "journal"):
        print_line(f"  {moment(entry.get('time'))}  {entry.get('author')}: {entry.get('text')}")
