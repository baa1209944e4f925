"""`ctx:` — the pico itself: its place in the tree, its channels and rulesets, its children."""

from dataclasses import replace
from typing import Any

from pico.errors import NotFound, RuleFault
from pico.krl.modules import Draft, MemberKind
from pico.krl.values import to_json, to_text
from pico.model.channel import Channel, Kind, Policy, normalise_tags
from pico.model.commit import Birth, Commit, Source
from pico.model.identity import Eci, PicoId, Rid
from pico.model.message import Json
from pico.model.snapshot import Installed
from pico.runtime.host import Ask, Fetched, FetchRuleset
from pico.runtime.turn import Turn

_draft = Draft("ctx")


@_draft.property
def picoId(t: Turn) -> Json:
    """The id of this pico."""
    return t.snapshot.pico_id


@_draft.property
def parent(t: Turn) -> Json:
    """The ECI to reach the parent, null for the root."""
    return t.snapshot.birth.parent_eci


@_draft.property
def children(t: Turn) -> Json:
    """The ECIs to reach the children, in birth order, those born in this turn included."""
    born = [b.birth.child_eci for effects in (t.done, t.step) for b in effects.births if b.birth]
    return [child.eci for child in t.snapshot.children] + born


@_draft.property
def channels(t: Turn) -> Json:
    """This pico's channels, by ECI, those opened or closed in this turn taken into account."""
    found = {**t.snapshot.channels, **t.done.channels, **t.step.channels}
    gone = {*t.done.dropped_channels, *t.step.dropped_channels}
    return [channel_map(found[eci]) for eci in sorted(found) if eci not in gone]


@_draft.property
def rulesets(t: Turn) -> Json:
    """The installed rulesets: `{rid, url, config, meta: {hash}}`, in install order."""
    return [
        {"rid": r.rid, "url": r.url, "config": dict(r.config), "meta": {"hash": r.hash}}
        for r in t.snapshot.rulesets.values()
    ]


def rid(t: Turn, here: str) -> Json:
    """The RID of the ruleset whose code this is."""
    return here


def rid_url(t: Turn, here: str) -> Json:
    """The URL it was installed from."""
    return t.installed(here).url


def rid_config(t: Turn, here: str) -> Json:
    """The configuration given when it was installed."""
    return dict(t.installed(here).config)


for _run, _name in ((rid, "rid"), (rid_url, "rid_url"), (rid_config, "rid_config")):
    _draft.add(MemberKind.PROPERTY, _run, _name, located=True)


@_draft.action
def newPico(t: Turn, rulesets: Any = None) -> Json:
    """Create a child with rulesets `[{url, config}]`; returns the ECI to reach it.

    The child exists with the commit of this turn. Fetch and compile errors of a ruleset are
    raised before anything is created.
    """
    wanted = [] if rulesets is None else rulesets
    if not isinstance(wanted, list) or not all(isinstance(r, dict) and isinstance(r.get("url"), str) for r in wanted):
        raise RuleFault("bad-argument", "TypeError: ctx:newPico expects an array of {url, config}")
    if not all(isinstance(r.get("config") or {}, dict) for r in wanted):
        raise RuleFault("bad-argument", "TypeError: ctx:newPico expects a map for config")
    fetched: list[Fetched] = [t.perform(FetchRuleset(r["url"])) for r in wanted]
    for ruleset in fetched:
        t.step.sources[ruleset.hash] = Source(ruleset.hash, ruleset.text)
    birth = Birth(t.snapshot.pico_id, Eci(t.host.new_id()), Eci(t.host.new_id()), t.host.now())
    installed = tuple(
        Installed(Rid(f.rid), f.url, f.hash, to_json(w.get("config") or {}, t), position, f.capabilities)
        for position, (f, w) in enumerate(zip(fetched, wanted, strict=True))
    )
    t.step.births.append(Commit(PicoId(t.host.new_id()), 0, birth=birth, rulesets=installed))
    return birth.child_eci


@_draft.action
def newChannel(t: Turn, tags: Any = None, eventPolicy: Any = None,
               queryPolicy: Any = None) -> Json:
    """Open a channel; returns its map. A missing policy allows nothing."""
    channel = Channel(
        Eci(t.host.new_id()), t.snapshot.pico_id, normalise_tags(tags),
        Policy.parse(eventPolicy, "EventPolicy", "domain"), Policy.parse(queryPolicy, "QueryPolicy", "rid"),
    )
    t.step.channels[channel.eci] = channel
    return channel_map(channel)


@_draft.action
def delChannel(t: Turn, eci: Any = None) -> Json:
    """Close a channel of this pico: from the commit on, its ECI is unknown."""
    channel = t.route(to_text(eci))
    if channel is None or channel.pico_id != t.snapshot.pico_id:
        raise NotFound("unknown-eci", f"Error: ECI not found {to_text(eci)}")
    if channel.kind is not Kind.ORDINARY:
        raise RuleFault("family-channel", "Error: Cannot delete family channels.")
    t.step.channels.pop(channel.eci, None)
    t.step.dropped_channels.append(channel.eci)
    return None


@_draft.action
def putChannel(t: Turn, eci: Any = None, tags: Any = None, eventPolicy: Any = None,
               queryPolicy: Any = None) -> Json:
    """Change the tags or policies of a channel of this pico; null leaves a part as it is."""
    channel = t.route(to_text(eci))
    if channel is None or channel.pico_id != t.snapshot.pico_id:
        raise NotFound("unknown-eci", f"Error: ECI not found {to_text(eci)}")
    if channel.kind is not Kind.ORDINARY:
        raise RuleFault("family-channel", "Error: Cannot edit the self channel.")
    if tags is not None:
        channel = replace(channel, tags=normalise_tags(tags))
    if eventPolicy is not None:
        channel = replace(channel, event_policy=Policy.parse(eventPolicy, "EventPolicy", "domain"))
    if queryPolicy is not None:
        channel = replace(channel, query_policy=Policy.parse(queryPolicy, "QueryPolicy", "rid"))
    t.step.channels[channel.eci] = channel
    return None


@_draft.function
def query(t: Turn, eci: Any = None, rid: Any = None, name: Any = None, args: Any = None) -> Json:
    """Ask a shared function of another pico and wait for the answer."""
    if args is not None and not isinstance(args, dict):
        raise RuleFault("bad-argument", "Error: Expected a JSON map for query.args")
    return t.perform(Ask(to_text(eci), to_text(rid), to_text(name), to_json(args or {}, t), t.chain))


def channel_map(channel: Channel) -> dict[str, Json]:
    """A channel as KRL sees it."""
    return {
        "id": channel.eci, "tags": list(channel.tags),
        "eventPolicy": channel.event_policy.to_map("domain"), "queryPolicy": channel.query_policy.to_map("rid"),
        "familyChannelPicoID": channel.family,
    }


MODULE = _draft.module()
