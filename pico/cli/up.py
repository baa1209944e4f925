"""`pico up`: run an engine until it is told to stop.

The home is locked before anything in it is read and freed after everything is written, so that
two engines never share one.
"""

import sys
from typing import Annotated

import typer

from pico.cli.home import locked
from pico.cli.logs import log_to
from pico.config import Settings


def run_up(
    home: Annotated[str | None, typer.Option("--home", help="the folder with everything in it; ~/.pico")] = None,
    host: Annotated[str | None, typer.Option("--host", help="the address to listen on; 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option("--port", help="3000; 0 takes any that is free")] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="how others reach it, for tags; http://localhost:PORT")
    ] = None,
    store: Annotated[str | None, typer.Option("--store", help="where it is all kept; SQLite in the home")] = None,
    developer: Annotated[
        bool | None, typer.Option("--developer/--no-developer", help="developer pages and API; loopback only")
    ] = None,
    allow_private_http: Annotated[
        bool | None,
        typer.Option("--allow-private-http/--no-private-http", help="let rulesets call private addresses"),
    ] = None,
) -> None:
    """Run an engine, and say where it is and how to sign in first.

    Every option can also be set in the environment (PICO_PORT=4000) or in config.toml in the
    home (port = 4000). Logs go to standard error, one JSON object a line.

    \b
    Examples:
      pico up
      pico up --port 4000 --home ./cloud
      pico up --host 0.0.0.0 --base-url https://things.example.com
    """
    settings = Settings.load({
        "home": home, "host": host, "port": port, "base_url": base_url, "store": store,
        "developer": developer, "allow_private_http": allow_private_http,
    })
    # Imported here: other commands do without an engine, and start in a quarter of the time.
    from pico.cli.serving import run_engine

    log_to(sys.stderr)
    with locked(settings):
        run_engine(settings)
