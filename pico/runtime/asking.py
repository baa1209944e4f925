"""A query: a shared function of one ruleset, evaluated on a committed snapshot.

A query is a turn whose commit is empty: functions cannot reach actions, so there is nothing
to throw away.
"""

from typing import Any

from pico.errors import Denied, KrlError, NotFound, StoreError, TurnFailed
from pico.krl.values import Function, to_json
from pico.model.commit import Reply
from pico.model.identity import PicoId
from pico.model.message import Json, Query
from pico.model.snapshot import Snapshot
from pico.runtime.host import Host
from pico.runtime.instances import Instances
from pico.runtime.turn import Turn, fault


def run_query(snapshot: Snapshot, query: Query, instances: Instances, host: Host,
              chain: tuple[PicoId, ...] = (), lines: list[dict[str, Json]] | None = None) -> Json:
    """The answer to a query. `chain` are the picos that wait for it.

    Raises `NotFound` for a ruleset that is not installed or a function that is not shared, what the
    pico asked in turn refuses, and `TurnFailed` with the place where the function failed.
    """
    installed = snapshot.rulesets.get(query.rid)
    if installed is None:
        raise NotFound("ruleset-not-installed", f"Error: Pico doesn't have {query.rid} installed.")
    turn = Turn(snapshot, instances, host, query.id, query.eci, chain)
    if lines is not None:
        turn.lines = lines
    turn.enter(query.rid)
    try:
        shares = instances.get(turn, installed, snapshot.rulesets).shares
        if query.name not in shares:
            raise NotFound(
                "no-such-query", f'Error: Ruleset {query.rid} does not have query function "{query.name}"')
        value = shares[query.name]
        return to_json(_applied(turn, value, query.args) if isinstance(value, Function) else value, turn)
    except (NotFound, Denied, KrlError, StoreError):
        raise
    except Exception as error:
        report = fault(turn, error)
        reply = Reply(query.id, (), (report,), failed=True)
        raise TurnFailed(str(report["code"]), str(report["message"]), reply) from error


def _applied(turn: Turn, function: Function, args: Any) -> Any:
    """Arguments by name; the keys "0", "1", ... stand for positions."""
    return function.run(turn, *(args.get(name, args.get(str(n))) for n, name in enumerate(function.params)))
