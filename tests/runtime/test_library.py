"""The rulesets that owners start from."""

from typing import Any

from pico.model.channel import Channel, Kind
from pico.model.identity import Eci
from pico.resources import shipped
from pico.runtime.host import HttpAnswer, HttpCall, Request, Route
from tests.conformance.scripted import PICO, ScriptedHost, ScriptedPico

SCAN_NOTIFY = shipped("rulesets", "library", "pico.library.scan-notify.krl").read_text("utf-8")
HOOK = "https://hook.example.com/scans"


def answer(request: Request) -> Any:
    """This pico's own channel, and a webhook that takes everything."""
    if isinstance(request, Route):
        return Channel(Eci(PICO), PICO, kind=Kind.SELF)
    return HttpAnswer(200, "OK", {}, b"")


def test_a_scan_is_told_before_the_webhook_is_called() -> None:
    host = ScriptedHost(answer)
    pico = ScriptedPico(SCAN_NOTIFY, config={"webhook": HOOK}, host=host)
    assert not pico.send("tag", "scanned", {"by": "stranger"}).errors
    assert not any(isinstance(request, HttpCall) for request in host.requests)
    (wanted,) = pico.commits[0].messages
    assert (wanted.pico_id, wanted.event.domain, wanted.event.type) == (PICO, "webhook", "wanted")
    pico.send("webhook", "wanted", wanted.event.attrs)
    (call,) = [request for request in host.requests if isinstance(request, HttpCall)]
    assert (call.method, call.url) == ("POST", HOOK)
    assert call.body == b'{"event":"tag:scanned","by":"stranger","text":"Somebody scanned the tag"}'


def test_without_a_webhook_nothing_is_sent() -> None:
    pico = ScriptedPico(SCAN_NOTIFY)
    assert not pico.send("tag", "scanned", {"by": "owner"}).errors
    assert pico.commits[0].messages == ()
