"""`pico ruleset`: the rules that an item lives by."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pico.cli.options import AsJson, Home, Item, Token, Url, read_object
from pico.cli.output import print_error, print_json, print_line, print_table
from pico.cli.remote import Refused, connect, listed
from pico.errors import Invalid

app = typer.Typer(no_args_is_help=True, help="Install rulesets on an item, list them, and take them away.")


@app.command("install")
def install_ruleset(
    item: Item,
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="a KRL file, - for standard input, or a URL")],
    config: Annotated[str | None, typer.Option("--config", help="the ruleset's configuration, a JSON object")] = None,
    url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False,
) -> None:
    """Install a ruleset on an item. What is wrong with it is shown, and then nothing is installed.

    \b
    Examples:
      pico ruleset install "Winter boots" found.krl
      pico ruleset install "Winter boots" found.krl --config '{"webhook": "https://example.com/hook"}'
      pico ruleset install "Winter boots" https://example.com/rules/found.krl
    """
    body: dict[str, Any] = {"config": {} if config is None else read_object(config, "--config")}
    if source.startswith(("http://", "https://", "file:")):
        body["url"] = source
    else:
        body["source"] = read_source(source)
    engine = connect(url, token, home)
    try:
        installed = engine.post("api", "items", engine.item_id(item), "rulesets", body=body)
    except Refused as refused:
        if not listed(refused.problem, "diagnostics"):
            raise
        _show_diagnostics(listed(refused.problem, "diagnostics"), source, as_json)
        raise typer.Exit(1) from None
    if as_json:
        print_json(installed)
        return
    for warning in listed(installed, "warnings"):
        print_error(warning.get("rendered") or warning.get("message"))
    print_line(f"installed {installed.get('rid')}  {installed.get('name') or ''}".rstrip())


@app.command("list")
def list_rulesets(
    item: Item, url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False
) -> None:
    """List an item's rulesets in the order in which they run.

    \b
    Examples:
      pico ruleset list "Winter boots"
    """
    engine = connect(url, token, home)
    rulesets = listed(engine.get("api", "items", engine.item_id(item), "rulesets"), "rulesets")
    if as_json:
        print_json(rulesets)
        return
    rows = [(r.get("rid"), r.get("name"), str(r.get("hash") or "")[:12], r.get("url")) for r in rulesets]
    print_table(("rid", "name", "hash", "from"), rows, f"no rulesets; `pico ruleset install {item!r} FILE`")


@app.command("uninstall")
def uninstall_ruleset(
    item: Item,
    rid: Annotated[str, typer.Argument(metavar="RID", help="the ruleset's id, as `pico ruleset list` shows it")],
    url: Url = None, token: Token = None, home: Home = None,
) -> None:
    """Take a ruleset away from an item, with everything that it remembered.

    \b
    Examples:
      pico ruleset uninstall "Winter boots" com.example.found
    """
    engine = connect(url, token, home)
    engine.delete("api", "items", engine.item_id(item), "rulesets", rid)


def read_source(name: str) -> str:
    """The text of a file, or of standard input for `-`. Raises `Invalid` where it cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise Invalid("unreadable-file", f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid("unreadable-file", f"{name} is not UTF-8: {error.reason} at byte {error.start}") from error


def _show_diagnostics(diagnostics: list[dict[str, Any]], source: str, as_json: bool) -> None:
    """Diagnostics of the engine, which knows the text but not what its file is called here."""
    if as_json:
        print_json([{**d, "file": source} for d in diagnostics])
        return
    for diagnostic in diagnostics:
        rendered = str(diagnostic.get("rendered") or diagnostic.get("message"))
        print_error(rendered.replace(f"\n  {diagnostic.get('file')}:", f"\n  {source}:", 1))
    print_error("nothing was installed")
