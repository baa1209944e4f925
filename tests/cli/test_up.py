"""`pico up` as users meet it: what it prints, one engine a home, and how it ends."""

import json
import re
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.cli.command import Run
from tests.cli.process import HERE, Running, own_environment, running

RULESET = """\
ruleset com.example.counter {
  meta { shares times }
  global { times = function() { ent:times.defaultsTo(0) } }
  rule tick {
    select when counter tick
    always { ent:times := ent:times.defaultsTo(0) + event:attrs{"by"}.as("Number") }
  }
}
"""


def test_an_engine_says_where_it_is_and_how_to_sign_in_first(tmp_path: Path) -> None:
    with running(tmp_path / "home") as engine:
        said = "".join(engine.said)
        base = re.match(r"pico is at (http://localhost:\d+)\n", said)
        assert base is not None, said
        link = re.search(r"open (http://localhost:\d+/welcome/\S+)\n", said)
        assert link is not None, said
        assert link[1].startswith(base[1])
        with urllib.request.urlopen(link[1]) as page:
            assert page.status == 200
        assert (tmp_path / "home" / "token").stat().st_mode & 0o777 == 0o600


def test_a_second_engine_in_the_same_home_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with running(tmp_path / "home") as engine:
        second = _up(tmp_path / "home")
        assert second.returncode == 1
        assert "is used by another engine" in second.stderr
        assert f"process {engine.process.pid}" in second.stderr
        with urllib.request.urlopen(f"{engine.url}/health") as answer:
            assert answer.status == 200


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = _up(tmp_path / "home", "--port", str(port))
    assert outcome.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in outcome.stderr
    assert "--port" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_within_its_time(tmp_path: Path, number: int) -> None:
    with running(tmp_path / "home") as engine:
        with urllib.request.urlopen(f"{engine.url}/health"):
            pass
        assert engine.stop(number) == 0
        assert "Traceback" not in engine.log
        assert not (tmp_path / "home" / "engine.json").exists()


def test_an_open_connection_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    with running(tmp_path / "home") as engine:
        port = int(engine.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert idle.recv(12) == b"HTTP/1.1 200"
            assert engine.stop() == 0


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, pico: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("PICO_HOME", str(home))
    (tmp_path / "counter.krl").write_text(RULESET, "utf-8")
    with running(home) as engine:
        item = pico("item", "new", "Counter", "--json").json()
        installed = pico("ruleset", "install", "Counter", tmp_path / "counter.krl")
        assert installed.code == 0, installed.err
        eci = pico("channel", "new", "Counter", "--event", "counter:*", "--query", "com.example.counter/*").out.strip()
        for by in (1, 20):
            assert pico("event", eci, "counter", "tick", f"by={by}").code == 0
        assert engine.stop(signal.SIGKILL) == -signal.SIGKILL
    assert pico("inbox").code == 3
    with running(home):
        assert pico("query", eci, "com.example.counter", "times").out == "21\n"
        assert pico("item", "show", "Counter", "--json").json()["id"] == item["id"]


def test_the_log_is_json_and_holds_nothing_that_gives_access(
    tmp_path: Path, pico: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("PICO_HOME", str(home))
    with running(home) as engine:
        assert pico("item", "new", "Diary", "--json").code == 0
        eci = pico("channel", "new", "Diary", "--event", "diary:*").out.strip()
        assert pico("event", eci, "diary", "written", "secret=confided").code == 0
        assert pico("event", "no-such-eci", "diary", "written", "secret=confided").code == 1
        secrets = [eci, "no-such-eci", "confided", (home / "token").read_text("utf-8"), _invite(engine)]
        engine.stop()
        for line in engine.log.splitlines():
            assert {"time", "level", "from", "message"} <= set(json.loads(line))
        assert [secret for secret in secrets if secret in engine.log] == []


def _invite(engine: Running) -> str:
    return "".join(engine.said).split("/welcome/")[1].split()[0]


def _up(home: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*HERE, "up", "--home", home, *(options or ("--port", "0"))],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60, env=own_environment(),
    )
