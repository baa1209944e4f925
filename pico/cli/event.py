"""`pico event` and `pico query`: speak to a pico on a channel, as anybody who knows its ECI can."""

from typing import Annotated, Any

import typer

from pico.cli.options import AsJson, Home, Token, Url, read_pairs
from pico.cli.output import print_error, print_json, print_line, print_value
from pico.cli.remote import Refused, connect, listed

Eci = Annotated[str, typer.Argument(metavar="ECI", help="the channel's id")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="return when the event is on disk, without its outcome")]
Attrs = Annotated[str | None, typer.Option("--attrs", help="attributes as one JSON object")]
Args = Annotated[str | None, typer.Option("--args", help="arguments as one JSON object")]
Pairs = Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="values are texts")]


def raise_event(
    eci: Eci,
    domain: Annotated[str, typer.Argument(metavar="DOMAIN")],
    kind: Annotated[str, typer.Argument(metavar="TYPE")],
    pairs: Pairs = None,
    attrs: Attrs = None,
    no_wait: NoWait = False,
    url: Url = None, token: Token = None, home: Home = None, as_json: AsJson = False,
) -> None:
    """Raise an event, and show the directives that came of it.

    \b
    Examples:
      pico event gs5x7mdrhgtmuyqsmzqqzwk6pe door opened by=ada
      pico event gs5x7mdrhgtmuyqsmzqqzwk6pe sensor reading --attrs '{"celsius": 21.5}' --json
      pico event gs5x7mdrhgtmuyqsmzqqzwk6pe door opened --no-wait
    """
    attributes = read_pairs(pairs or [], attrs, "--attrs")
    route = "event" if no_wait else "event-wait"
    try:
        answer = connect(url, token, home).post("c", eci, route, domain, kind, body=attributes)
    except Refused as refused:
        _show_faults(refused.problem)
        raise
    if as_json:
        print_json(answer)
    else:
        _show_answer(answer)
    if isinstance(answer, dict) and listed(answer, "errors"):
        _show_faults(answer)
        raise typer.Exit(1)


def ask_query(
    eci: Eci,
    rid: Annotated[str, typer.Argument(metavar="RID", help="the ruleset that shares the function")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="the function")],
    pairs: Pairs = None,
    args: Args = None,
    url: Url = None, token: Token = None, home: Home = None,
) -> None:
    """Ask a shared function, and print its answer as JSON.

    \b
    Examples:
      pico query gs5x7mdrhgtmuyqsmzqqzwk6pe com.example.door state
      pico query gs5x7mdrhgtmuyqsmzqqzwk6pe com.example.door last --args '{"count": 3}'
    """
    arguments = read_pairs(pairs or [], args, "--args")
    print_value(connect(url, token, home).post("c", eci, "query", rid, name, body=arguments))


def _show_answer(answer: Any) -> None:
    if not isinstance(answer, dict):
        print_line(answer)
        return
    print_line(answer.get("eid"))
    for directive in listed(answer, "directives"):
        print_value({name: directive.get(name) for name in ("name", "options")})


def _show_faults(answer: dict[str, Any]) -> None:
    for fault in listed(answer, "errors"):
        place = ":".join(str(fault[part]) for part in ("rid", "rule", "line", "column") if fault.get(part) is not None)
        print_error(f"error[{fault.get('code')}]: {fault.get('message')}\n  {place}")
