"""`pico tag`: the QR tags of an item."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pico.cli.options import AsJson, Home, Item, Token, Url
from pico.cli.output import print_json, print_line, print_table
from pico.cli.remote import Engine, connect, listed
from pico.errors import Invalid, NotFound

app = typer.Typer(no_args_is_help=True, help="List, make and revoke an item's tags, and print their labels.")

TagName = Annotated[str, typer.Argument(metavar="TAG", help="the tag's id, address or label")]


@app.command("list")
def list_tags(
    item: Item, url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False
) -> None:
    """List an item's tags and the addresses that they lead to.

    \b
    Examples:
      pico tag list "Winter boots"
      pico tag list "Winter boots" --json
    """
    engine = connect(url, token, home)
    tags = listed(engine.get("api", "items", engine.item_id(item), "tags"), "tags")
    if as_json:
        print_json(tags)
        return
    rows = [(tag.get("label"), tag.get("url"), tag.get("id")) for tag in tags]
    print_table(("label", "address", "id"), rows, f"no tags; make one with `pico tag new {item!r}`")


@app.command("new")
def new_tag(
    item: Item,
    label: Annotated[str, typer.Option("--label", "-l", help="a word for yourself, such as where it sticks")] = "",
    url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False,
) -> None:
    """Give an item one more tag, with an address that nobody can guess.

    \b
    Examples:
      pico tag new "Winter boots" --label "left boot"
    """
    engine = connect(url, token, home)
    tag = engine.post("api", "items", engine.item_id(item), "tags", body={"label": label})
    if as_json:
        print_json(tag)
    else:
        print_line(tag.get("url"))


@app.command("revoke")
def revoke_tag(
    item: Item, tag: TagName, url: Url = None, token: Token = None, home: Home = None
) -> None:
    """Make a tag useless: whoever scans it from now on finds nothing.

    \b
    Examples:
      pico tag revoke "Winter boots" "left boot"
    """
    engine = connect(url, token, home)
    item_id, found = _find(engine, item, tag)
    engine.delete("api", "items", item_id, "tags", str(found["id"]))


@app.command("label")
def write_label(
    item: Item,
    tag: TagName,
    output: Annotated[Path, typer.Option("--output", "-o", help="the file to write; .svg or .png")],
    url: Url = None, token: Token = None, home: Home = None,
) -> None:
    """Write a tag to a file: SVG is a label to print, with the item's name; PNG is the code alone.

    \b
    Examples:
      pico tag label "Winter boots" "left boot" --output boots.svg
      pico tag label "Winter boots" "left boot" --output boots.png
    """
    suffix = output.suffix.lower()
    if suffix not in (".svg", ".png"):
        raise Invalid("bad-argument", f"a label is written as .svg or .png, not as {output.name!r}")
    engine = connect(url, token, home)
    item_id, found = _find(engine, item, tag)
    drawing = (f"{found['id']}.png",) if suffix == ".png" else (str(found["id"]), "label.svg")
    answer = engine.ask("GET", ("api", "items", item_id, "tags", *drawing))
    try:
        output.write_bytes(answer.body)
    except OSError as error:
        raise Invalid("bad-argument", f"{output} cannot be written: {error.strerror}") from error
    print_line(output)


def _find(engine: Engine, item: str, tag: str) -> tuple[str, dict[str, Any]]:
    """The item's id, and the one tag of that id, address or label."""
    item_id = engine.item_id(item)
    tags = listed(engine.get("api", "items", item_id, "tags"), "tags")
    found = [t for t in tags if tag in (t.get("id"), t.get("url"), t.get("label"))]
    if not found:
        raise NotFound("no-such-tag", f"the item {item!r} has no tag {tag!r}; `pico tag list {item!r}` shows its tags")
    if len(found) > 1:
        raise Invalid("ambiguous-name", f"{len(found)} tags are called {tag!r}; use the id")
    return item_id, found[0]
