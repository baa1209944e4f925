"""The rule pages of the language guide: rulesets, what is sent to them, and what comes back.

Under a heading stand one or more ```krl fences (installed in this order), a ```send fence and
an ```expect fence with one line for each line sent:

    domain:type {"attribute": "value"}     ->  [["directive name", {options}], ...]
    ? function {"argument": 1}             ->  the value

An event whose rulesets fail gives `error CODE line N`, after the directives if there are any.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pico.errors import PicoError
from pico.model.commit import Reply
from tests.conformance.scripted import ScriptedPico

HERE = Path(__file__).parent
PAGES = ("rules", "events", "state", "modules")
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


class Example(NamedTuple):
    """One example of a page."""

    place: str
    sources: tuple[str, ...]
    sent: tuple[str, ...]
    expected: tuple[str, ...]


def examples() -> list[Example]:
    """Every heading with a ```send fence under it."""
    found = []
    for page in PAGES:
        for section in re.split(r"^#+ ", (HERE / f"{page}.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            heading = section.split("\n", 1)[0]
            fences = FENCE.findall(section)
            sent = [text for kind, text in fences if kind == "send"]
            expected = [text for kind, text in fences if kind == "expect"]
            if sent:
                assert len(sent) == len(expected) == 1, f"{page}: {heading}"
                sources = tuple(text for kind, text in fences if kind == "krl")
                found.append(Example(f"{page}: {heading}", sources, _lines(sent[0]), _lines(expected[0])))
    return found


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.split("\n") if line.strip())


@pytest.mark.parametrize("example", examples(), ids=lambda e: e.place)
def test_the_example_behaves_as_it_says(example: Example) -> None:
    pico = ScriptedPico(*example.sources)
    assert len(example.sent) == len(example.expected)
    for sent, expected in zip(example.sent, example.expected, strict=True):
        assert outcome(pico, sent) == comparable(expected), sent


def outcome(pico: ScriptedPico, sent: str) -> Any:
    """What a line of a ```send fence gives."""
    subject, _, given = sent.strip().removeprefix("? ").partition(" ")
    values = json.loads(given) if given.strip() else {}
    if sent.startswith("? "):
        rid = next(rid for rid, r in pico.snapshot.rulesets.items() if subject in _shared(pico, r.hash))
        try:
            return {"value": pico.query(rid, subject, values)}
        except PicoError as error:
            return {"error": error.code}
    domain, _, type_ = subject.partition(":")
    return told(pico.send(domain, type_, values))


def told(reply: Reply) -> Any:
    """A reply in the short form of the pages."""
    directives = [[d["name"], d["options"]] for d in reply.directives]
    errors = [f"{error['code']} line {error['line']}" for error in reply.errors]
    return {"directives": directives, "errors": errors}


def comparable(expected: str) -> Any:
    """A line of an ```expect fence in the form that `outcome` gives."""
    text, *errors = re.split(r"\s*error (?=[a-z-]+ line |[a-z-]+$)", expected.strip())
    if errors and " line " not in errors[0]:
        return {"error": errors[0]}
    if text.startswith("= "):
        return {"value": json.loads(text[2:])}
    return {"directives": json.loads(text) if text else [], "errors": errors}


def _shared(pico: ScriptedPico, hash_: str) -> set[str]:
    return {query["name"] for query in pico.compiled[hash_].testing["queries"]}
