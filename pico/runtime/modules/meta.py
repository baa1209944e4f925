"""`meta:` — the ruleset that is running, where it came from, and in which transaction."""

from pico.krl.modules import Draft, MemberKind
from pico.model.message import Json
from pico.runtime.turn import Turn

_draft = Draft("meta")


@_draft.property
def eci(t: Turn) -> Json:
    """The channel of the current event or query."""
    return t.channel


@_draft.property
def host(t: Turn) -> Json:
    """The address of this engine."""
    return t.host.base_url


@_draft.property
def inEvent(t: Turn) -> Json:
    """Whether an event is being handled."""
    return t.event is not None


@_draft.property
def inQuery(t: Turn) -> Json:
    """Whether a query is being answered."""
    return t.event is None


@_draft.property
def picoId(t: Turn) -> Json:
    """The id of this pico."""
    return t.snapshot.pico_id


@_draft.property
def ruleName(t: Turn) -> Json:
    """The rule that is running, null outside rules."""
    return t.rule


@_draft.property
def txnId(t: Turn) -> Json:
    """The id of the event or query that this turn handles."""
    return t.id


def rid(t: Turn, here: str) -> Json:
    """The RID of the ruleset whose code this is."""
    return here


def rid_url(t: Turn, here: str) -> Json:
    """The URL that the ruleset was installed from."""
    return t.installed(here).url


def ruleset_config(t: Turn, here: str) -> Json:
    """The configuration given when the ruleset was installed."""
    return dict(t.installed(here).config)


_draft.add(MemberKind.PROPERTY, rid, "rid", located=True)
_draft.add(MemberKind.PROPERTY, rid_url, "rid_url", located=True)
_draft.add(MemberKind.PROPERTY, rid_url, "rulesetURI", located=True)
_draft.add(MemberKind.PROPERTY, ruleset_config, "rulesetConfig", located=True)

MODULE = _draft.module()
