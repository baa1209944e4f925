"""Picos that are born, and events that picos send to each other."""

import pytest

from pico.engine.engine import Engine
from pico.errors import TurnFailed
from pico.model.identity import PicoId
from tests.engine.worlds import DIARY, FailingStore, at_rest, with_ruleset

ROOT = PicoId("root")


def parent(*steps: str) -> str:
    """A ruleset that has a child and then does the steps."""
    return """ruleset parent {{
      rule bear {{
        select when family bear
        every {{ ctx:newPico([{{"url": event:attrs{{"url"}}, "config": {{"who": "child"}}}}]) setting(child) {} }}
        fired {{ ent:child := child }}
      }}
    }}""".format(" ".join(steps))


TO_CHILD = 'event:send({"eci": child, "domain": "test", "type": "note", "attrs": {"n": 7}})'


async def url_of(engine: Engine, source: str) -> str:
    """The address of a ruleset that some pico has."""
    return (await engine.install(ROOT, source=source)).installed.url


async def children(engine: Engine, store: FailingStore, already: int) -> list[PicoId]:
    snapshot = await store.store.snapshot(ROOT)
    assert snapshot is not None
    assert snapshot.children == (await engine.snapshot(ROOT)).children
    return [child.pico_id for child in snapshot.children[already:]]


async def test_a_newborn_is_there_with_its_parents_commit_and_hears_what_was_sent_to_it(
    engine: Engine, store: FailingStore
) -> None:
    url = await url_of(engine, DIARY)
    eci = await with_ruleset(engine, parent('send_directive("born", {"eci": child, "all": ctx:children})', TO_CHILD))
    already = len((await engine.snapshot(ROOT)).children)
    reply = await engine.send_wait(eci, "family", "bear", {"url": url})
    (born,) = await children(engine, store, already)
    options = reply.directives[0]["options"]
    assert options["all"][-1] == options["eci"]
    assert await engine.query(born, "diary", "seen", trusted=True) == [7]
    snapshot = await engine.snapshot(born)
    assert snapshot.birth.parent == ROOT
    assert snapshot.rulesets["diary"].config == {"who": "child"}  # type: ignore[index]  # RIDs are texts


@pytest.mark.parametrize(
    "steps", [(TO_CHILD, 'send_directive([1].map("no function"))'), ('ctx:newPico([{"url": "pico:no/such.krl"}])',)]
)
async def test_a_failing_parent_leaves_no_orphan(engine: Engine, store: FailingStore, steps: tuple[str, ...]) -> None:
    url = await url_of(engine, DIARY)
    eci = await with_ruleset(engine, parent(*steps))
    already = len((await engine.snapshot(ROOT)).children)
    with pytest.raises(TurnFailed):
        await engine.send_wait(eci, "family", "bear", {"url": url})
    await at_rest(engine)
    assert await children(engine, store, already) == []
    assert (await engine.snapshot(ROOT)).entity("parent", "child") is None


SENDER = """ruleset sender {
  rule send {
    select when mail send
    event:send({"eci": event:attrs{"to"}, "domain": "test", "type": "note", "attrs": {"n": 1}}) setting(sent)
    fired { ent:sent := ent:sent.defaultsTo([]).append(sent.typeof()) }
  }
}"""


async def test_an_event_reaches_family_and_friends_and_one_that_may_not_go_is_only_logged(
    engine: Engine, store: FailingStore
) -> None:
    url = await url_of(engine, DIARY)
    here = await with_ruleset(engine, SENDER, parent())
    await engine.send_wait(here, "family", "bear", {"url": url})
    (child,) = (await engine.snapshot(ROOT)).children[-1:]
    there = await with_ruleset(engine, SENDER, pico=child.pico_id)
    up = (await engine.snapshot(child.pico_id)).birth.parent_eci
    assert up is not None

    async def send(eci: str, to: str) -> None:
        reply = await engine.send_wait(eci, "mail", "send", {"to": to})
        assert reply.errors == ()

    await send(here, child.eci)  # the parent to its child
    await send(there, up)  # and back
    await send(here, there)  # by an ordinary channel
    await send(here, here)  # to itself
    await send(here, ROOT)  # by its own id
    for refused in ("nowhere", up, child.pico_id):  # unknown; only the child's; only the child's own
        await send(here, refused)
    await at_rest(engine)
    assert await engine.query(child.pico_id, "diary", "seen", trusted=True) == [1, 1]
    assert await engine.query(ROOT, "diary", "seen", trusted=True) == [1, 1, 1]
    sent = (await engine.snapshot(ROOT)).entity("sender", "sent")
    assert sent == ["String"] * 4 + ["Null"] * 3
