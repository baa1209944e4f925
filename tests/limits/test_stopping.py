"""STOP_SECONDS: an engine that is told to stop ends in time, whatever still runs, and nothing is lost by it."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pico.cli.remote import Engine, connect
from pico.limits import STOP_SECONDS
from tests.cli.process import running

MARGIN_SECONDS = 5  # for the process to end on a busy machine
RULESET = """\
ruleset com.example.caller {
  meta { shares answers }
  global { answers = function() { ent:answers.defaultsTo([]) } }
  rule call {
    select when caller wanted
    pre { answer = http:get(event:attrs{"url"}) }
    always { ent:answers := answers().append(answer{"status_code"}) }
  }
}
"""


class Slow:
    """A server that does not answer until it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answering = threading.Event()
        self.url = ""


@pytest.fixture
def slow() -> Iterator[Slow]:
    state = Slow()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.set()
            state.answering.wait(60)
            try:
                self.send_response(204)
                self.end_headers()
            except OSError:
                pass  # the caller has gone

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing among the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}/"
        yield state
        state.answering.set()
        server.shutdown()
        thread.join()


def test_a_turn_that_waits_does_not_keep_the_engine_from_stopping_and_runs_again(tmp_path: Path, slow: Slow) -> None:
    home = tmp_path / "home"
    with running(home, "--allow-private-http") as up:
        engine = connect(None, None, str(home))
        eci = caller(engine)
        engine.post("c", eci, "event", "caller", "wanted", body={"url": slow.url})
        assert slow.asked.wait(30)
        started = time.monotonic()
        assert up.stop() == 0
        assert time.monotonic() - started < STOP_SECONDS.value + MARGIN_SECONDS
    slow.answering.set()
    with running(home, "--allow-private-http"):
        engine = connect(None, None, str(home))
        deadline = time.monotonic() + 30
        while not (answers := engine.get("c", eci, "query", "com.example.caller", "answers")):
            assert time.monotonic() < deadline, "the message was lost"
            time.sleep(0.05)
        assert answers == [204]


def caller(engine: Engine) -> str:
    """The ECI of an item with the ruleset above."""
    item = engine.post("api", "items", body={"name": "Caller"})["id"]
    engine.post("api", "items", item, "rulesets", body={"source": RULESET})
    allow = {"eventPolicy": {"allow": [{"domain": "caller", "name": "*"}], "deny": []},
             "queryPolicy": {"allow": [{"rid": "com.example.caller", "name": "*"}], "deny": []}}
    channel = engine.post("api", "items", item, "channels", body={"tags": ["test"], **allow})
    return str(channel["id"])
