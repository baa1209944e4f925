"""What an event and a query cost over HTTP, beside a bare aiohttp handler in the same run.

An engine runs as users run it (`pico up`, SQLite on disk, every event durable before its reply).
Each event adds one to an entity variable; at the end the variable must be as large as the number
of events that were acknowledged. The measurements take turns, several rounds of each, and the
middle one counts: so a slow minute of the machine hits all of them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bench.figures import Figure, median, percentile, print_figures
from bench.load import Load, measure, request
from pico.cli.remote import Engine, connect

PICOS = 100
RULESET = """\
ruleset com.example.counter {
  meta {
    name "Counter"
    shares times, greeting
  }
  global {
    times = function() { ent:times.defaultsTo(0) }
    greeting = function() { "Hello" }
  }
  rule tick {
    select when bench tick
    always { ent:times := ent:times.defaultsTo(0) + 1 }
  }
}
"""
BARE, ONE, MANY, QUERY = "bare aiohttp handler", "events, one pico", f"events, {PICOS} picos", "constant query"


@dataclass(slots=True)
class Case:
    """One thing to measure: where, with which requests, and what came of it."""

    name: str
    port: int
    requests: list[bytes]
    loads: list[Load] = field(default_factory=list)


def main() -> None:
    """Measure, check, print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="pico-bench-") as home, _bare_server() as bare, _engine(home) as engine:
        ecis = [_counting_pico(engine, number) for number in range(PICOS)]
        port = int(engine.url.rsplit(":", 1)[1])
        cases = [
            Case(BARE, bare, [request("GET", "/c/eci/event-wait/bench/tick")]),
            Case(ONE, port, [_tick(ecis[0])]),
            Case(MANY, port, [_tick(eci) for eci in ecis]),
            Case(QUERY, port, [request("GET", f"/c/{ecis[0]}/query/com.example.counter/greeting")]),
        ]
        for _ in range(options.rounds):
            for case in cases:
                case.loads.append(measure(case.port, case.requests, options.connections, options.seconds))
        _check(engine, ecis, cases)
    print_figures(list(_figures(cases)), options.json)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement in each round (3)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (3)")
    parser.add_argument("--connections", type=int, default=32, help="keep-alive connections (32)")
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser.parse_args()


def _figures(cases: list[Case]) -> Iterator[Figure]:
    bare = None
    for case in cases:
        rate = Figure(case.name, median([load.rate for load in case.loads]), "per second")
        bare = bare or rate
        yield rate if rate is bare else rate.compared(bare)
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            latency = median([percentile(load.latencies, share) for load in case.loads])
            yield Figure(f"{case.name}, {name}", latency * 1_000, "ms")


def _check(engine: Engine, ecis: list[str], cases: list[Case]) -> None:
    """Every answer was 200, and as many events were counted as were acknowledged."""
    for case in cases:
        for load in case.loads:
            if load.refused:
                sys.exit(f"{case.name}: {load.refused} requests were refused, such as:\n{load.example.decode()}")
    acknowledged = sum(load.answered for case in cases if case.name in (ONE, MANY) for load in case.loads)
    counted = sum(engine.get("c", eci, "query", "com.example.counter", "times") for eci in ecis)
    if counted != acknowledged:
        sys.exit(f"{acknowledged} events were acknowledged, but {counted} were counted")


def _tick(eci: str) -> bytes:
    return request("GET", f"/c/{eci}/event-wait/bench/tick")


def _counting_pico(engine: Engine, number: int) -> str:
    """The ECI of a new item with the ruleset above."""
    item: dict[str, Any] = engine.post("api", "items", body={"name": f"Counter {number}", "description": ""})
    engine.post("api", "items", item["id"], "rulesets", body={"source": RULESET, "config": {}})
    channel = engine.post("api", "items", item["id"], "channels", body={
        "tags": ["bench"],
        "eventPolicy": {"allow": [{"domain": "bench", "name": "*"}], "deny": []},
        "queryPolicy": {"allow": [{"rid": "com.example.counter", "name": "*"}], "deny": []},
    })
    return str(channel["id"])


@contextmanager
def _engine(home: str) -> Iterator[Engine]:
    """`pico up` in a home, on a free port."""
    with _process([sys.executable, "-m", "pico.cli.main", "up", "--home", home, "--port", "0"], "pico is at"):
        yield connect(None, None, home)


@contextmanager
def _bare_server() -> Iterator[int]:
    """The port of a server that does nothing, in a process of its own."""
    with _process([sys.executable, "-c", "from bench.http_events import serve_bare; serve_bare()"], "{") as line:
        yield json.loads(line)["port"]


@contextmanager
def _process(command: list[str], ready: str) -> Iterator[str]:
    """A process, once it has printed a line that starts with `ready`."""
    root = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith(ready)), None)
        if line is None:
            sys.exit(f"{' '.join(command)} ended with {process.wait()} before it was ready")
        yield line
    finally:
        process.terminate()
        process.wait(timeout=30)


def serve_bare() -> None:
    """Answer every event with a constant, as fast as aiohttp can."""
    import uvloop

    body = json.dumps({"eid": "a" * 26, "directives": []}).encode()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async def serve() -> None:
        import asyncio

        app = web.Application()
        app.router.add_get("/c/{eci}/event-wait/{domain}/{type}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
        await asyncio.Event().wait()

    uvloop.run(serve())


if __name__ == "__main__":
    main()
