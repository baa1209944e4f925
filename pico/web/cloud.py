"""An owner's items in the words of the pages: each method is one question to, or one event for, a pico.

Behaviour is in the rulesets `pico.owner`, `pico.item`, `pico.tag` and `pico.journal`; this module knows
their events and queries, and who may see which item. An item that is not the caller's does not exist.
"""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pico.errors import Invalid, NotFound, RuleFault
from pico.model.channel import Kind

if TYPE_CHECKING:
    from pico.engine.accounts import Account
    from pico.engine.engine import Engine
    from pico.model.commit import Reply
    from pico.model.message import Json
    from pico.model.snapshot import Snapshot

OWNER, ITEM, TAG, JOURNAL = "pico.owner", "pico.item", "pico.tag", "pico.journal"
SHIPPED = (ITEM, TAG, JOURNAL)
FACTS = ("name", "description", "picture")
NO_ITEM = "There is no such item."
NO_TAG = "This tag leads nowhere. It may have been replaced."


class Cloud:
    """The picos behind the pages and the owner interface."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    async def items(self, account: "Account") -> list[dict[str, Any]]:
        """The owner's items: `id` and `name` each."""
        listed = await self._ask(account.pico_id, OWNER, "items") or []
        ids = await self._ids(account)
        return [{"id": ids[item["eci"]], "name": item["name"]} for item in listed if item["eci"] in ids]

    async def create_item(self, account: "Account", name: str, description: str, picture: str | None) -> str:
        """A new item's id. Raises `Invalid` with the ruleset's own words where it refuses."""
        facts = {"name": name, "description": description, "picture": picture}
        reply = await self._tell(account.pico_id, "owner", "item_wanted", facts)
        for directive in reply.directives:
            if directive.get("name") == "item_created":
                return (await self._ids(account))[directive["options"]["eci"]]
        raise RuleFault("no-answer", "The owner's rulesets did not create the item; is `pico.owner` installed?")

    async def item(self, account: "Account", item_id: str) -> "Snapshot":
        """The committed state of an item of this owner. Raises `NotFound("unknown-item")` for any other pico."""
        try:
            snapshot = await self._engine.snapshot(item_id)
        except NotFound as fault:
            raise NotFound("unknown-item", NO_ITEM) from fault
        if snapshot.birth.parent != account.pico_id or ITEM not in snapshot.rulesets:
            raise NotFound("unknown-item", NO_ITEM)
        return snapshot

    async def about(self, item_id: str) -> dict[str, Any]:
        """All facts of an item, and in `public` the names of those that everyone may see."""
        held = await self._ask(item_id, ITEM, "about") or {}
        return {**dict.fromkeys(FACTS), "public": [], **held}

    async def public(self, item_id: str) -> dict[str, Any]:
        """The public facts of an item; those that are not public are None.

        A visitor does not wait for what the item's rules are doing, which may call slow services.
        """
        held = await self._engine.query(item_id, ITEM, "public", trusted=True, at_once=True) or {}
        return {fact: held.get(fact) for fact in FACTS}

    async def describe(self, item_id: str, facts: Mapping[str, "Json"]) -> None:
        """Change the given facts, `public` among them."""
        await self._tell(item_id, "item", "described", facts)

    async def tags(self, item_id: str) -> list[dict[str, Any]]:
        """The item's tags that work: `eci`, `label`, `made_at` (ms since 1970)."""
        return await self._ask(item_id, TAG, "tags") or []

    async def new_tag(self, item_id: str, label: str) -> dict[str, Any]:
        """One more tag."""
        reply = await self._tell(item_id, "tag", "wanted", {"label": label})
        for directive in reply.directives:
            if directive.get("name") == "tag_made":
                return await self.tag(item_id, directive["options"]["eci"])
        raise RuleFault("no-answer", "The item's rulesets did not make the tag; is `pico.tag` installed?")

    async def tag(self, item_id: str, eci: str) -> dict[str, Any]:
        """A tag of this item that works. Raises `NotFound("unknown-tag")`."""
        for tag in await self.tags(item_id):
            if tag["eci"] == eci:
                return tag
        raise NotFound("unknown-tag", NO_TAG)

    async def revoke_tag(self, item_id: str, eci: str) -> None:
        """Make a tag lead nowhere, at once and for good."""
        await self.tag(item_id, eci)
        await self._tell(item_id, "tag", "revoked", {"eci": eci})

    async def find_tag(self, path: str) -> tuple[str, str]:
        """The tag that a scanned address names, and its item's id.

        Labels are drawn in capitals, ids are lower case. Raises the same `NotFound("unknown-tag")`
        for what never was a tag, what was revoked, and a channel that is something else.
        """
        for eci in dict.fromkeys((path, path.lower())):
            try:
                channel = await self._engine.resolve(eci)
            except NotFound:
                continue
            if channel.kind is Kind.ORDINARY and "tag" in channel.tags:
                return str(channel.eci), str(channel.pico_id)
        raise NotFound("unknown-tag", NO_TAG)

    async def scan(self, item_id: str, tag: str, by: str) -> None:
        """Tell the item that it was scanned; returns once that is on disk, not once its rules ran."""
        await self._engine.send(item_id, "tag", "scanned", {"by": by, "tag": tag}, trusted=True)

    async def journal(self, item_id: str) -> list[dict[str, Any]]:
        """The item's journal, newest first: `id`, `time`, `author`, `text`."""
        return await self._ask(item_id, JOURNAL, "entries") or []

    async def write_journal(self, item_id: str, text: str) -> None:
        """One more entry by the owner."""
        await self._tell(item_id, "journal", "entry_written", {"text": text})

    async def inbox(self, account: "Account", since: int = 0) -> list[dict[str, Any]]:
        """Notices with an id above `since`, newest first; `item` is the item's id."""
        notices = await self._ask(account.pico_id, OWNER, "inbox", {"since": since}) or []
        ids = await self._ids(account)
        return [{**notice, "item": ids.get(notice["item"], "gone")} for notice in notices]

    async def overview(self, item_id: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
        """Facts, tags and journal of an item, asked together."""
        about, tags, journal = await asyncio.gather(self.about(item_id), self.tags(item_id), self.journal(item_id))
        return about, tags, journal

    async def _ids(self, account: "Account") -> dict[str, str]:
        """Item ids by the channel under which the owner's rules know them: its own, into each of its children."""
        snapshot = await self._engine.snapshot(account.pico_id)
        return {str(child.eci): str(child.pico_id) for child in snapshot.children}

    async def _ask(self, pico_id: str, rid: str, name: str, args: Mapping[str, "Json"] | None = None) -> Any:
        return await self._engine.query(pico_id, rid, name, dict(args or {}), trusted=True)

    async def _tell(self, pico_id: str, domain: str, name: str, attrs: Mapping[str, "Json"]) -> "Reply":
        """Raise an event and wait; a ruleset's `refused` directive becomes `Invalid` in its words."""
        reply = await self._engine.send_wait(pico_id, domain, name, dict(attrs), trusted=True)
        for directive in reply.directives:
            if directive.get("name") == "refused":
                options = directive.get("options") or {}
                raise Invalid(str(options.get("code", "refused")), str(options.get("hint", "This was refused.")))
        return reply
