"""Commits and messages as steps: statements with their parameters, ready before the writer sees them.

Everything that can be wrong with a value is found here, in its sender's call, so that a group
of strangers' commits cannot fail for it. What only the database can tell (is the version still
that one? is the message still there?) is a step that may be refused.
"""

import itertools
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pico.errors import Conflict, NotFound, PicoError
from pico.model.commit import Commit, EntityDrop, EntityPut
from pico.model.message import Message
from pico.store.queries import load_queries
from pico.store.rows import channel_document, event_document, plain_map, to_column, to_json, to_time

SQL = load_queries("sqlite.sql")
PLACES_PER_VERSION = 1 << 24  # more than one commit can write

_ADVANCE, _PUT_VARIABLE, _PUT_ENTRY, _MAKE_MAP = (
    SQL[name] for name in ("advance", "put-variable", "put-entry", "make-map")
)

Refusal = Callable[[Sequence[Any]], PicoError]


class Step(NamedTuple):
    """One statement.

    With `many`, `params` is a list of parameter rows. `refuse` makes the error, from the
    parameters, for a broken constraint, and where the step is `needed` also for a statement
    that neither changed nor found anything. `holds` is the message that the step puts into a
    mailbox for this node to run.
    """

    sql: str
    params: Sequence[Any]
    many: bool = False
    refuse: Refusal | None = None
    needed: bool = False
    holds: Message | None = None


def run_steps(connection: sqlite3.Connection, steps: Sequence[Step]) -> tuple[Message, ...]:
    """Run the steps in the open transaction; the messages that this node now holds.

    Raises what a refused step says; the caller then undoes the steps before it.
    """
    held = []
    for sql, params, many, refuse, needed, holds in steps:
        if many:
            connection.executemany(sql, params)
            continue
        try:
            cursor = connection.execute(sql, params)
        except sqlite3.IntegrityError as error:
            if refuse is None:
                raise
            raise refuse(params) from error
        if needed and refuse and cursor.rowcount < 1 and cursor.fetchone() is None:
            raise refuse(params)
        if holds is not None and cursor.rowcount == 1:
            held.append(holds)
    return tuple(held)


def commit_steps(commits: Sequence[Commit], node: str, now: int) -> list[Step]:
    """The steps of one unit of commits, for a node at a time in ms.

    Births come first and messages last, so that commits of one unit may name each other's
    picos in any order. Raises `Invalid` as `Store.commit` says.
    """
    if len(commits) == 1 and not commits[0].birth:
        steps = list(_changes(commits[0]))
    else:
        steps = [*_births(commits), *itertools.chain.from_iterable(map(_changes, commits))]
    for commit in commits:
        if commit.messages:
            steps += message_steps(commit.messages, node, now, _receiver_missing)
    return steps


def message_steps(messages: Iterable[Message], node: str, now: int, refuse: Refusal) -> Iterator[Step]:
    """One step for each message; those due by `now` (ms) are leased to `node` at once."""
    for message in messages:
        due = message.due_at <= now
        params = (
            to_column(message.pico_id),
            to_column(message.id),
            to_time(message.due_at),
            node if due else "",
            None if message.sender is None else to_column(message.sender),
            None if message.for_rid is None else to_column(message.for_rid),
            event_document(message.event),
        )
        yield Step(SQL["insert-message"], params, refuse=refuse, holds=replace(message, durable=True) if due else None)


def _births(commits: Sequence[Commit]) -> Iterator[Step]:
    newborn = [(commit, commit.birth) for commit in commits if commit.birth is not None]
    for commit, birth in newborn:
        if commit.version != 0:
            raise Conflict("version-conflict", f"the newborn pico {commit.pico_id} must start from version 0")
        ids = (commit.pico_id, birth.parent, birth.parent_eci, birth.child_eci)
        params = (*(None if text is None else to_column(text) for text in ids), to_time(birth.born_at))
        yield Step(SQL["insert-pico"], params, refuse=_pico_exists)
    for _, birth in newborn:
        if birth.parent is not None:
            yield Step(SQL["find-pico"], (to_column(birth.parent),), refuse=_parent_missing, needed=True)


def _changes(commit: Commit) -> Iterator[Step]:
    """Everything but birth and messages, in the order of `Snapshot.after`."""
    pico = to_column(commit.pico_id)
    if not commit.birth:
        yield Step(_ADVANCE, (commit.version + 1, pico, commit.version), refuse=_moved_on, needed=True)
    if commit.consumed is not None:
        yield Step(SQL["consume"], (pico, to_column(commit.consumed)), refuse=_message_gone, needed=True)
    places = itertools.count(commit.version * PLACES_PER_VERSION)
    for write in commit.entities:
        if isinstance(write, EntityDrop):
            yield from _drop_steps(pico, write)
        else:
            yield from _put_steps(pico, write, places)
    for state in commit.states:
        yield Step(SQL["put-state"], (pico, to_column(state.rid), to_column(state.rule), to_json(state.state)))
    if commit.channels or commit.dropped_channels:
        yield from _channel_steps(pico, commit, places)
    if commit.rulesets or commit.dropped_rulesets:
        yield from _ruleset_steps(pico, commit)
    for source in commit.sources:
        yield Step(SQL["put-source"], (to_column(source.hash), to_column(source.text)))


def _put_steps(pico: Any, put: EntityPut, places: Iterator[int]) -> Iterator[Step]:
    variable = (pico, to_column(put.rid), to_column(put.name))
    if put.key is not None:
        yield Step(_MAKE_MAP, variable)
        yield Step(_PUT_ENTRY, (*variable, to_column(put.key), next(places), to_json(put.value)))
    elif isinstance(put.value, dict):
        yield Step(_MAKE_MAP, variable)
        yield Step(SQL["empty-map"], variable)
        rows = [(*variable, to_column(key), next(places), to_json(value)) for key, value in put.value.items()]
        yield Step(_PUT_ENTRY, rows, many=True)
    else:
        yield Step(_PUT_VARIABLE, (*variable, to_json(put.value)))


def _drop_steps(pico: Any, drop: EntityDrop) -> Iterator[Step]:
    variable = (pico, to_column(drop.rid), to_column(drop.name))
    if drop.key is None:
        yield Step(SQL["drop-variable"], variable)
    else:  # as a keyed put, it leaves a map, be it an empty one
        yield Step(_MAKE_MAP, variable)
        yield Step(SQL["drop-entry"], (*variable, to_column(drop.key)))


def _channel_steps(pico: Any, commit: Commit, places: Iterator[int]) -> Iterator[Step]:
    for channel in commit.channels:
        params = (pico, to_column(channel.eci), next(places), channel_document(channel))
        yield Step(SQL["put-channel"], params, refuse=_eci_taken)
    for eci in commit.dropped_channels:
        yield Step(SQL["drop-channel"], (pico, to_column(eci)))


def _ruleset_steps(pico: Any, commit: Commit) -> Iterator[Step]:
    for one in commit.rulesets:
        texts = (to_column(one.url), to_column(one.hash), to_json(plain_map(one.config)), to_json(list(one.granted)))
        yield Step(SQL["put-ruleset"], (pico, to_column(one.rid), one.position, *texts))
    for rid in commit.dropped_rulesets:
        for name in ("drop-ruleset", "drop-ruleset-variables", "drop-ruleset-states"):
            yield Step(SQL[name], (pico, to_column(rid)))


def _moved_on(params: Sequence[Any]) -> Conflict:
    return Conflict("version-conflict", f"the pico {params[1]!r} is missing, or stands no more at version {params[2]}")


def _pico_exists(params: Sequence[Any]) -> Conflict:
    return Conflict("already-exists", f"the newborn pico {params[0]!r}, or a family ECI of its, exists already")


def _parent_missing(params: Sequence[Any]) -> Conflict:
    return Conflict("missing-pico", f"the parent {params[0]!r} of a newborn pico does not exist")


def _message_gone(params: Sequence[Any]) -> Conflict:
    return Conflict("message-gone", f"the message {params[1]!r} for {params[0]!r} is not in the mailbox (any more)")


def _eci_taken(params: Sequence[Any]) -> Conflict:
    return Conflict("already-exists", f"the ECI {params[1]!r} is taken")


def _receiver_missing(params: Sequence[Any]) -> Conflict:
    return Conflict("missing-pico", f"the pico {params[0]!r}, to which a message goes, does not exist")


def unknown_receiver(params: Sequence[Any]) -> NotFound:
    """The refusal of a message that was posted to a pico that does not exist."""
    return NotFound("unknown-pico", f"there is no pico {params[0]!r}: check where the message should go")
