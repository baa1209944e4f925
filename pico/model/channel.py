"""Channels and their policies: who may raise which event, or ask which query, on an ECI."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pico.errors import Denied, Invalid
from pico.model.identity import Eci, PicoId

ANYTHING = "*"
RESERVED_TAG = "system"


class Kind(StrEnum):
    """What a channel is for, and so who may use it."""

    ORDINARY = "ordinary"  # anyone who knows the ECI, within its policies
    SELF = "self"  # the pico itself; the ECI is the pico's id
    PARENT = "parent"  # lives in the parent; only the child may use it
    CHILD = "child"  # lives in the child; only the parent may use it


@dataclass(frozen=True, slots=True)
class Policy:
    """Which pairs are allowed on a channel; what is not allowed is denied.

    A pair is (domain, type) for events and (rid, function name) for queries;
    `*` alone stands for every value. A matching `deny` wins over any `allow`.
    Raises `Invalid` for a blank or non-text part.
    """

    allow: tuple[tuple[str, str], ...] = ()
    deny: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for pair in (*self.allow, *self.deny):
            if len(pair) != 2 or not all(isinstance(part, str) and part.strip() for part in pair):
                raise Invalid("bad-policy", "TypeError: a policy rule needs two non-blank texts")

    def allows(self, subject: str, name: str) -> bool:
        """Whether the pair is allowed and not denied."""
        return self.matches(self.allow, subject, name) and not self.denies(subject, name)

    def denies(self, subject: str, name: str) -> bool:
        """Whether a `deny` rule names the pair."""
        return self.matches(self.deny, subject, name)

    @staticmethod
    def matches(rules: tuple[tuple[str, str], ...], subject: str, name: str) -> bool:
        """Whether any rule covers the pair."""
        return bool(rules) and (
            (subject, name) in rules or (subject, ANYTHING) in rules
            or (ANYTHING, name) in rules or (ANYTHING, ANYTHING) in rules
        )

    @classmethod
    def parse(cls, value: Any, kind: str, subject: str) -> "Policy":
        """Read `{"allow": [{subject, "name"}], "deny": [...]}`; null gives the empty policy.

        `kind` is "EventPolicy" or "QueryPolicy" and `subject` "domain" or "rid":
        they appear in the `Invalid` raised for any other shape.
        """
        if value is None:
            return cls()
        shape = f"TypeError: {kind} expects {{allow: {kind}Rule[], deny: {kind}Rule[]}}"
        if not isinstance(value, Mapping) or set(value) != {"allow", "deny"}:
            raise Invalid("bad-policy", shape)
        sides = []
        for side in ("allow", "deny"):
            if not isinstance(value[side], list | tuple):
                raise Invalid("bad-policy", shape)
            sides.append(tuple(_pair(rule, kind, subject) for rule in value[side]))
        return cls(*sides)

    def to_map(self, subject: str) -> dict[str, Any]:
        """The shape that `parse` reads."""
        return {
            "allow": [{subject: s, "name": n} for s, n in self.allow],
            "deny": [{subject: s, "name": n} for s, n in self.deny],
        }


def _pair(rule: Any, kind: str, subject: str) -> tuple[str, str]:
    right = isinstance(rule, Mapping) and set(rule) == {subject, "name"}
    if not right or not all(isinstance(v, str) and v.strip() for v in rule.values()):
        raise Invalid("bad-policy", f"TypeError: {kind}Rule expects {{{subject}: string, name: string}}")
    return rule[subject].strip(), rule["name"].strip()


@dataclass(frozen=True, slots=True)
class Channel:
    """One way into a pico. `family` is the other pico of a parent or child channel."""

    eci: Eci
    pico_id: PicoId
    tags: tuple[str, ...] = ()
    event_policy: Policy = field(default_factory=Policy)
    query_policy: Policy = field(default_factory=Policy)
    kind: Kind = Kind.ORDINARY
    family: PicoId | None = None

    def user(self) -> PicoId | None:
        """The only pico that may use this channel, or None where policies decide."""
        return self.pico_id if self.kind is Kind.SELF else self.family

    def admit_event(self, sender: PicoId | None, domain: str, type_: str) -> None:
        """Raise `Denied` unless `sender` (None: somebody outside) may raise this event here."""
        self._admit(sender, self.event_policy, domain, type_)

    def admit_query(self, sender: PicoId | None, rid: str, name: str) -> None:
        """Raise `Denied` unless `sender` (None: somebody outside) may ask this query here."""
        self._admit(sender, self.query_policy, rid, name)

    def _admit(self, sender: PicoId | None, policy: Policy, subject: str, name: str) -> None:
        if self.kind is not Kind.ORDINARY:
            if sender is None or sender != self.user():
                raise Denied("family-channel", "Error: This is a family channel and only the owner can use it.")
        elif policy.denies(subject, name):
            raise Denied("denied-by-policy", "Error: Denied by channel policy")
        elif not policy.matches(policy.allow, subject, name):
            raise Denied("not-allowed-by-policy", "Error: Not allowed by channel policy")


def normalise_tags(tags: Any) -> tuple[str, ...]:
    """Tags as they are stored: lower case, `-` for runs of other characters.

    Raises `Invalid` where `tags` is not a list of non-blank texts or names "system".
    """
    if not isinstance(tags, list | tuple) or not all(isinstance(tag, str) for tag in tags):
        raise Invalid("bad-tags", "TypeError: Channel `tags` must be an array of non-empty strings.")
    stored = tuple(_normalise_tag(tag) for tag in tags)
    if not all(stored):
        raise Invalid("bad-tags", "TypeError: Channel tag cannot be a blank string.")
    if RESERVED_TAG in stored:
        raise Invalid("bad-tags", 'TypeError: Cannot tag channel as "system".')
    return stored


def _normalise_tag(tag: str) -> str:
    words = re.sub(r"[^a-zA-Z0-9_-]+", "-", re.sub(r"\s+", " ", tag).strip())
    collapsed = re.sub(r"-+", "-", words)
    return collapsed.removeprefix("-").removesuffix("-").lower()
