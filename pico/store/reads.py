"""What the SQLite store reads: functions that run in a connection's thread.

Each runs in one read transaction, so that what it gives was all true at one instant.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from pico.model.channel import Channel, Kind
from pico.model.commit import Birth
from pico.model.identity import Eci, PicoId, Rid
from pico.model.message import Json, Message
from pico.model.snapshot import Child, Installed, Snapshot
from pico.store.cache import Loaded
from pico.store.rows import Text, from_column, from_json, read_channel, read_message, to_column
from pico.store.steps import SQL

P = ParamSpec("P")
T = TypeVar("T")


def at_one_instant(connection: sqlite3.Connection, read: Callable[..., T], *args: Any) -> T:
    """`read(connection, *args)` in a transaction of its own."""
    connection.execute("BEGIN")
    try:
        return read(connection, *args)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def find_channel(connection: sqlite3.Connection, eci: str) -> Channel | None:
    """What `Store.resolve` gives."""
    row = connection.execute(SQL["resolve"], {"eci": to_column(eci)}).fetchone()
    if row is None:
        return None
    kind, pico_id, family, document = row
    if document is not None:
        return read_channel(eci, from_column(pico_id), document)
    return Channel(Eci(eci), PicoId(from_column(pico_id)), kind=Kind(kind), family=_pico_or_none(family))


def load_snapshot(connection: sqlite3.Connection, pico_id: PicoId) -> Loaded | None:
    """A pico as it is stored."""
    pico = to_column(pico_id)
    row = connection.execute(SQL["load-pico"], (pico,)).fetchone()
    if row is None:
        return None
    version, parent, parent_eci, child_eci, born_at = row
    children = connection.execute(SQL["load-children"], (pico,)).fetchall()
    snapshot = Snapshot(
        pico_id=pico_id,
        version=version,
        birth=Birth(_pico_or_none(parent), _eci_or_none(parent_eci), _eci_or_none(child_eci), born_at),
        children=tuple(Child(PicoId(from_column(id)), Eci(from_column(eci))) for id, eci, _ in children if eci),
        channels=_load_channels(connection, pico_id, pico),
        rulesets=_load_rulesets(connection, pico),
        entities=_load_entities(connection, pico),
        states={
            (Rid(from_column(rid)), from_column(rule)): from_json(state)
            for rid, rule, state in connection.execute(SQL["load-states"], (pico,))
        },
    )
    return Loaded(snapshot, children[-1][2] if children else 0)


def claim_messages(connection: sqlite3.Connection, node: str, now: int, limit: int) -> tuple[Message, ...]:
    """Lease what `Store.claim` says; runs in the writer's transaction."""
    rows = connection.execute(SQL["claim"], {"node": node, "now": now, "limit": limit}).fetchall()
    rows.sort(key=lambda row: (row[0], row[1]))  # RETURNING promises no order
    return tuple(
        read_message(pico_id, id, due_at, sender, for_rid, event)
        for due_at, _, pico_id, id, sender, for_rid, event in rows
    )


def find_next_due(connection: sqlite3.Connection, node: str) -> int | None:
    """What `Store.next_due` gives."""
    due = connection.execute(SQL["next-due"]).fetchone()[0]
    lapse = connection.execute(SQL["next-lapse"], {"node": node}).fetchone()[0]
    return min((time for time in (due, lapse) if time is not None), default=None)


def find_source(connection: sqlite3.Connection, hash: str) -> str | None:
    """What `Store.source` gives."""
    row = connection.execute(SQL["load-source"], (to_column(hash),)).fetchone()
    return None if row is None else from_column(row[0])


def count_pending(connection: sqlite3.Connection, pico_id: PicoId) -> int:
    """What `Store.pending` gives."""
    count: int = connection.execute(SQL["count-pending"], (to_column(pico_id),)).fetchone()[0]
    return count


def _load_channels(connection: sqlite3.Connection, pico_id: str, pico: Text) -> dict[Eci, Channel]:
    rows = connection.execute(SQL["load-channels"], (pico,))
    channels = (read_channel(from_column(eci), pico_id, document) for eci, document in rows)
    return {channel.eci: channel for channel in channels}


def _load_rulesets(connection: sqlite3.Connection, pico: Text) -> dict[Rid, Installed]:
    return {
        Rid(from_column(rid)): Installed(
            rid=Rid(from_column(rid)),
            url=from_column(url),
            hash=from_column(hash),
            config=from_json(config),
            position=position,
            granted=tuple(from_json(granted)),
        )
        for rid, url, hash, config, position, granted in connection.execute(SQL["load-rulesets"], (pico,))
    }


def _load_entities(connection: sqlite3.Connection, pico: Text) -> dict[tuple[Rid, str], Json]:
    entities: dict[tuple[Rid, str], Json] = {
        (Rid(from_column(rid)), from_column(name)): {} if value is None else from_json(value)
        for rid, name, value in connection.execute(SQL["load-variables"], (pico,))
    }
    for rid, name, key, value in connection.execute(SQL["load-entries"], (pico,)):
        entities[Rid(from_column(rid)), from_column(name)][from_column(key)] = from_json(value)
    return entities


def _pico_or_none(held: Text | None) -> PicoId | None:
    return None if held is None else PicoId(from_column(held))


def _eci_or_none(held: Text | None) -> Eci | None:
    return None if held is None else Eci(from_column(held))
