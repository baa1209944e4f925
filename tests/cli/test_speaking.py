"""How commands speak to an engine, to people and to programs; the engine here is a script of answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pico.cli.output import printable
from tests.cli.command import Run

ITEM = {"id": "a" * 26, "name": "Winter boots", "page": "http://localhost/items/a"}
TAG = {"id": "t" * 26, "url": "http://localhost/t/t", "label": "left"}
DIAGNOSTIC = {
    "code": "unknown-name", "message": "`nmae` is not defined", "file": "<pasted>", "line": 1, "column": 3,
    "end_line": 1, "end_column": 7, "hint": None, "severity": "error",
    "rendered": "error[unknown-name]: `nmae` is not defined\n  <pasted>:1:3\n1 | a nmae\n  |   ^^^^",
}


class Scripted:
    """An engine that answers from a script and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {("GET", "/api/items"): (200, [ITEM])}
        self.asked: list[tuple[str, str, Any]] = []
        self.tokens: list[str | None] = []
        self.url = ""

    def answer(self, method: str, path: str, value: Any, status: int = 200) -> None:
        """The answer to one request."""
        self.answers[method, path] = (status, value)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    scripted = Scripted()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            scripted.asked.append((self.command, self.path, body))
            scripted.tokens.append(self.headers.get("Authorization"))
            status, value = scripted.answers[self.command, self.path]
            payload = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_POST = do_DELETE = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: it would stand among the command's own output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        scripted.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("PICO_URL", scripted.url)
        monkeypatch.setenv("PICO_TOKEN", "secret")
        yield scripted
        server.shutdown()
        thread.join()


def test_where_no_engine_runs_it_says_how_to_start_one(pico: Run, tmp_path: Path) -> None:
    none = pico("item", "list")
    assert none.code == 3
    assert "start one with `pico up`" in none.err
    gone = pico("inbox", "--url", "http://127.0.0.1:1")
    assert gone.code == 3
    assert "no engine answers at http://127.0.0.1:1" in gone.err
    (tmp_path / "engine.json").write_text('{"url": "http://127.0.0.1:1"}', "utf-8")  # left behind by a killed engine
    assert pico("inbox", "--home", tmp_path).code == 3


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["item", "new"],
        ["inbox", "--url", "ftp://example.com"],
        ["event", "e", "door", "opened", "by"],
        ["event", "e", "door", "opened", "by=ada", "by=bob"],
        ["event", "e", "door", "opened", "--attrs", "[1]"],
        ["event", "e", "door", "opened", "--attrs", "{"],
        ["query", "e", "com.example.door", "state", "--args", "1"],
        ["tag", "label", "boots", "left", "--output", "label.gif"],
        ["ruleset", "install", "boots", "no-such-file.krl"],
        ["channel", "new", "boots"],
        ["channel", "new", "boots", "--event", "door"],
    ],
)
def test_a_command_used_wrongly_ends_with_2_and_asks_nobody(pico: Run, engine: Scripted, words: list[str]) -> None:
    outcome = pico(*words)
    assert outcome.code == 2
    assert outcome.err
    assert not outcome.out
    assert not engine.asked


def test_an_item_is_called_by_its_name_or_its_id(pico: Run, engine: Scripted) -> None:
    engine.answer("GET", f"/api/items/{ITEM['id']}/tags", [TAG])
    assert pico("tag", "list", "Winter boots", "--json").json() == [TAG]
    assert pico("tag", "list", ITEM["id"], "--json").json() == [TAG]
    assert engine.tokens == ["Bearer secret"] * 4
    unknown = pico("tag", "list", "Summer boots")
    assert unknown.code == 1
    assert "there is no item 'Summer boots'" in unknown.err
    engine.answer("GET", "/api/items", [ITEM, {**ITEM, "id": "b" * 26}])
    twice = pico("tag", "list", "Winter boots")
    assert twice.code == 2
    assert "use an id: " + "a" * 26 + ", " + "b" * 26 in twice.err


def test_ids_are_never_cut_where_a_program_reads(pico: Run, engine: Scripted) -> None:
    engine.answer("GET", "/api/items", [{**ITEM, "name": "n" * 300}])
    listed = pico("item", "list").out
    assert "n" * 300 in listed
    assert ITEM["id"] in listed


def test_a_refused_ruleset_shows_its_diagnostics_under_the_name_of_its_file(
    pico: Run, engine: Scripted, tmp_path: Path
) -> None:
    file = tmp_path / "rules.krl"
    file.write_text("a nmae\n", "utf-8")
    problem = {"code": "unknown-name", "detail": "`nmae` is not defined", "diagnostics": [DIAGNOSTIC]}
    engine.answer("POST", f"/api/items/{ITEM['id']}/rulesets", problem, 422)
    refused = pico("ruleset", "install", "Winter boots", file)
    assert refused.code == 1
    assert f"error[unknown-name]: `nmae` is not defined\n  {file}:1:3\n1 | a nmae\n  |   ^^^^\n" in refused.err
    assert "nothing was installed" in refused.err
    assert engine.asked[-1][2] == {"source": "a nmae\n", "config": {}}
    shown = pico("ruleset", "install", "Winter boots", file, "--json")
    assert shown.code == 1
    assert shown.json()[0]["file"] == str(file)


def test_an_event_carries_texts_or_json_and_shows_its_directives(pico: Run, engine: Scripted) -> None:
    answer = {"eid": "e" * 26, "directives": [{"name": "say", "options": {"text": "hello"}, "meta": {"rid": "r"}}]}
    engine.answer("POST", "/c/eci/event-wait/door/opened", answer)
    engine.answer("POST", "/c/eci/event/door/opened", {"eid": "f" * 26})
    said = pico("event", "eci", "door", "opened", "by=ada=bob", "--attrs", '{"times": 2}')
    assert said.code == 0
    assert "e" * 26 in said.out
    assert '"text": "hello"' in said.out
    assert engine.asked[-1] == ("POST", "/c/eci/event-wait/door/opened", {"by": "ada=bob", "times": 2})
    assert pico("event", "eci", "door", "opened", "--json").json() == answer
    assert pico("event", "eci", "door", "opened", "--no-wait").out == "f" * 26 + "\n"


def test_an_event_that_a_ruleset_failed_on_ends_with_1(pico: Run, engine: Scripted) -> None:
    fault = {"rid": "com.example.door", "rule": "open", "code": "not-a-function", "message": "no function", "line": 7}
    engine.answer("POST", "/c/eci/event-wait/door/opened", {"eid": "e", "directives": [], "errors": [fault]})
    partly = pico("event", "eci", "door", "opened")
    assert partly.code == 1
    assert "error[not-a-function]: no function\n  com.example.door:open:7" in partly.err
    problem = {"code": "not-a-function", "detail": "no function", "errors": [fault]}
    engine.answer("POST", "/c/eci/event-wait/door/opened", problem, 500)
    wholly = pico("event", "eci", "door", "opened")
    assert wholly.code == 1
    assert "com.example.door:open:7" in wholly.err
    assert "pico: no function [not-a-function]" in wholly.err


def test_parts_of_a_path_are_quoted(pico: Run, engine: Scripted) -> None:
    engine.answer("POST", "/c/a%2Fb/query/com.example.door/st%3Fate", 42)
    answer = pico("query", "a/b", "com.example.door", "st?ate")
    assert answer.out == "42\n"


@pytest.mark.parametrize("body", [b"<html>a proxy's page</html>", b"[1]", b"", b"\xff"])
def test_an_answer_that_is_no_problem_is_still_an_error(pico: Run, engine: Scripted, body: bytes) -> None:
    engine.answer("GET", "/api/inbox", body, 502)
    outcome = pico("inbox")
    assert outcome.code == 1
    assert "the engine answered 502" in outcome.err


def test_a_wrong_token_says_where_the_token_comes_from(pico: Run, engine: Scripted) -> None:
    engine.answer("GET", "/api/inbox", {"code": "bad-token", "detail": "no"}, 401)
    outcome = pico("inbox")
    assert outcome.code == 1
    assert "PICO_TOKEN or --token may be out of date" in outcome.err


def test_a_homes_token_goes_to_the_engine_of_that_home_and_to_nobody_else(
    pico: Run, engine: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PICO_TOKEN")
    monkeypatch.delenv("PICO_URL")
    (tmp_path / "engine.json").write_text(json.dumps({"url": engine.url}), "utf-8")
    (tmp_path / "token").write_text("of this home\n", "utf-8")
    engine.answer("GET", "/api/inbox", [])
    assert pico("inbox", "--home", tmp_path).code == 0
    (tmp_path / "engine.json").write_text('{"url": "http://127.0.0.1:1"}', "utf-8")
    assert pico("inbox", "--home", tmp_path, "--url", engine.url).code == 0
    assert engine.tokens == ["Bearer of this home", None]


def test_a_label_is_written_as_it_came(pico: Run, engine: Scripted, tmp_path: Path) -> None:
    engine.answer("GET", f"/api/items/{ITEM['id']}/tags", [TAG])
    engine.answer("GET", f"/api/items/{ITEM['id']}/tags/{TAG['id']}/label.svg", b"<svg/>")
    engine.answer("GET", f"/api/items/{ITEM['id']}/tags/{TAG['id']}.png", b"\x89PNG")
    assert pico("tag", "label", "Winter boots", "left", "-o", tmp_path / "a.svg").code == 0
    assert pico("tag", "label", "Winter boots", TAG["url"], "-o", tmp_path / "a.PNG").code == 0
    assert (tmp_path / "a.svg").read_bytes() == b"<svg/>"
    assert (tmp_path / "a.PNG").read_bytes() == b"\x89PNG"
    assert pico("tag", "label", "Winter boots", "left", "-o", tmp_path / "no" / "a.svg").code == 2
    assert pico("tag", "label", "Winter boots", "right", "-o", tmp_path / "b.svg").code == 1


def test_strangers_texts_cannot_redraw_the_terminal(pico: Run, engine: Scripted) -> None:
    engine.answer("GET", "/api/items", [{**ITEM, "name": "boots\x1b[2J\r\u202egone"}])
    listed = pico("item", "list").out
    assert "boots\ufffd[2J\ufffd\ufffdgone" in listed
    assert printable("a\tb\nä 👟 \ud800") == "a\tb\nä 👟 \ufffd"


def test_every_command_teaches_by_example(pico: Run) -> None:
    groups = {"item": ["new", "list", "show"], "tag": ["list", "new", "revoke", "label"],
              "ruleset": ["install", "list", "uninstall"], "channel": ["list", "new", "delete"], "owner": ["invite"]}
    commands = [["up"], ["check"], ["eval"], ["event"], ["query"], ["inbox"]]
    commands += [[group, name] for group, names in groups.items() for name in names]
    for command in commands:
        helped = pico(*command, "--help")
        assert helped.code == 0
        assert "Examples:\n" in helped.out
        assert f"pico {' '.join(command)}" in helped.out.split("Examples:")[1]
