"""One pico in memory: its inbox, its newest snapshot, and the commits on their way to disk.

One turn at a time, in order. A turn's commit is handed to the store and the next turn starts
at once, on the snapshot that the commit leads to: commits of one pico are in flight together,
and the store syncs them in groups. A reply waits until its own commit, and everything before
it, is on disk. Where a commit fails, what was computed on top of it is thrown away and run
again on what the store really holds.

    accept -> inbox -> turn (on `head`) -> flight -> settled (`committed` moves on)
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pico.errors import Conflict, LimitExceeded, PicoError, StoreError, TurnFailed, Unavailable
from pico.krl.compile import CompiledRuleset
from pico.limits import MAILBOX_MESSAGES, QUERY_WAIT_SECONDS, TURN_SECONDS
from pico.model.commit import Commit, Reply
from pico.model.identity import PicoId
from pico.model.message import Json, Message, Query
from pico.model.snapshot import Child, Snapshot
from pico.runtime.asking import run_query
from pico.runtime.host import Host
from pico.runtime.instances import Instances
from pico.runtime.suspend import run_suspendable
from pico.runtime.turn import explained

Result = TypeVar("Result")
Work = Callable[[Snapshot, Instances, Host, list[dict[str, Json]]], tuple[Commit, ...]]

TRIES = 20  # of one turn against conflicts, before its caller is told to come back later
RETRY_SECONDS = 1.0  # until a stored message is tried again after the store failed
TURNS_AT_ONCE = 50  # before other picos have their turn
STOPPING = Unavailable("stopping", "The engine is stopping; try again in a moment.")
log = logging.getLogger("pico.resident")


class Surroundings(Protocol):
    """What a resident needs of its engine."""

    def host(self) -> Host:
        """The world around one turn."""

    async def answer(self, request: Any) -> Any:
        """Answer a request that a turn suspended on."""

    async def compiled(self, snapshot: Snapshot) -> dict[str, CompiledRuleset]:
        """The compiled rulesets of a pico, by hash."""

    async def store_commit(self, commits: tuple[Commit, ...]) -> tuple[Message, ...]:
        """Make commits durable; gives the messages that are to be run by this node now."""

    async def reload(self, pico_id: PicoId) -> Snapshot:
        """A pico as the store has it."""

    def committed(self, resident: "Resident", commits: tuple[Commit, ...], messages: tuple[Message, ...]) -> None:
        """Commits of a resident are on disk."""

    def note(self, message: Message | None, reply: Reply | None, lines: list[dict[str, Json]]) -> None:
        """A turn ended: for the log."""


@dataclass(slots=True, eq=False)
class Job:
    """Something for the pico to do: a message's turn, or a change that its engine makes.

    `reply` is set once the effects are on disk; a message that is stored already needs none.
    """

    work: Work
    message: Message | None = None
    reply: "asyncio.Future[Any] | None" = None
    tries: int = 0

    def stored(self) -> bool:
        """Whether the store has it, so that it must be run however often that fails."""
        return self.message is not None and self.message.durable

    def answer(self, result: Any) -> None:
        """Tell whoever waits."""
        if self.reply is not None and not self.reply.done():
            self.reply.set_result(result)

    def refuse(self, error: PicoError) -> None:
        """Tell whoever waits that it failed."""
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(error)


@dataclass(slots=True, eq=False)
class Flight:
    """A finished turn on its way to disk. `failure` is why it did not arrive, `refusal` why it did nothing."""

    job: Job
    commits: tuple[Commit, ...]
    after: Snapshot
    lines: list[dict[str, Json]] = field(default_factory=list)
    messages: tuple[Message, ...] = ()
    landed: bool = False
    failure: PicoError | None = None
    refusal: PicoError | None = None
    write: "asyncio.Task[None] | None" = None


class Resident:
    """A pico in memory. `head` includes the commits in flight, `committed` only those on disk."""

    def __init__(self, around: Surroundings, snapshot: Snapshot) -> None:
        self.around = around
        self.head = snapshot
        self.committed = snapshot
        self.inbox: deque[Job] = deque()
        self.flights: deque[Flight] = deque()
        self.accepted = 0
        self.settled = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._running: asyncio.Task[None] | None = None
        self._working: Job | None = None
        self._failed = False
        self._ended = False
        compiled: dict[str, CompiledRuleset] = {}
        self._compiled = compiled
        self._compiled_for: object = None
        self.instances = Instances(lambda installed: compiled.get(installed.hash))

    # Accepting

    def accept(self, job: Job) -> None:
        """Put a job at the end of the inbox. Raises `LimitExceeded` where too many wait and it can be refused."""
        if len(self.inbox) >= MAILBOX_MESSAGES.value and not job.stored():
            raise LimitExceeded(MAILBOX_MESSAGES, len(self.inbox) + 1)
        self.accepted += 1
        self.inbox.append(job)
        self._wake()

    def idle(self) -> bool:
        """Whether nothing waits, runs or is in flight."""
        return self._running is None and not self.flights

    async def caught_up(self) -> None:
        """Return once everything accepted so far is on disk."""
        if self.settled < self.accepted:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((self.accepted, waiting))
            await waiting

    async def end(self) -> None:
        """Stop where it stands and tell whoever waits; what is stored runs after the next start."""
        self._ended = True
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        await self._written()
        self.inbox.extendleft(flight.job for flight in reversed(self.flights))
        if self._working is not None:
            self._working.refuse(STOPPING)
        self._refuse_callers(STOPPING)

    async def query(self, query: Query, chain: tuple[PicoId, ...] = (), at_once: bool = False) -> Json:
        """Answer a query from the committed state, once all that was accepted before it is in there.

        Where that would wait in a circle, or for too long, or where the caller wants an answer
        at once, the last committed state answers.
        Raises what `run_query` raises, and `LimitExceeded` past the turn's deadline.
        """
        if self.settled < self.accepted and not at_once and self.committed.pico_id not in chain:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUERY_WAIT_SECONDS.value):
                    await self.caught_up()
        snapshot = self.committed
        await self._prepare(snapshot)
        lines: list[dict[str, Json]] = []
        host = self.around.host()
        return await self._suspendable(lambda: run_query(snapshot, query, self.instances, host, chain, lines))

    # Running

    def _wake(self) -> None:
        if self._ended:
            self._refuse_callers(STOPPING)
        elif self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        turns = 0
        try:
            while self.inbox or self._failed:
                turns += 1
                if turns % TURNS_AT_ONCE == 0:
                    await asyncio.sleep(0)
                if self._failed:
                    await self._recover()
                else:
                    self._working = self.inbox.popleft()
                    await self._turn(self._working)
                    self._working = None
        finally:
            self._running = None

    async def _turn(self, job: Job) -> None:
        snapshot = self.head
        flight = Flight(job, (), snapshot)
        try:
            await self._prepare(snapshot)
            host = self.around.host()
            flight.commits = await self._suspendable(lambda: job.work(snapshot, self.instances, host, flight.lines))
        except StoreError as error:
            if await self._comes_again(job, error):
                return
            flight.refusal = Unavailable(error.code, error.message)
        except Exception as error:  # a turn contains its rulesets' faults: this is a limit, or a defect of ours
            self._give_up(flight, snapshot, _named(error))
        if self._failed:  # what this turn read is not what the store holds
            self.inbox.appendleft(job)
        else:
            self._launch(flight)

    def _give_up(self, flight: Flight, snapshot: Snapshot, error: PicoError) -> None:
        if flight.job.message is None:
            flight.refusal = error
        else:
            flight.commits = (given_up(snapshot, flight.job.message, error),)

    async def _suspendable(self, work: Callable[[], Result]) -> Result:
        try:
            return await run_suspendable(work, self.around.answer, TURN_SECONDS.value)
        except TimeoutError:
            raise LimitExceeded(TURN_SECONDS) from None

    async def _prepare(self, snapshot: Snapshot) -> None:
        if self._compiled_for is not snapshot.rulesets:
            # Added, never replaced: a query may prepare an older snapshot while a turn is suspended.
            self._compiled |= await self.around.compiled(snapshot)
            self._compiled_for = snapshot.rulesets

    # Committing

    def _launch(self, flight: Flight) -> None:
        self.flights.append(flight)
        if not any(commit.changes() for commit in flight.commits):
            flight.landed = True
            self._settle()
            return
        flight.after = self.head = _after(self.head, flight.commits)
        flight.write = asyncio.get_running_loop().create_task(self._write(flight))

    async def _write(self, flight: Flight) -> None:
        try:
            flight.messages = await self.around.store_commit(flight.commits)
        except Exception as error:
            flight.failure = _named(error)
            self._failed = True
            self._wake()
        else:
            flight.landed = True
            self._settle()

    def _settle(self) -> None:
        """Finish what landed, in order."""
        while self.flights and self.flights[0].landed:
            flight = self.flights.popleft()
            self.committed = flight.after
            self.settled += 1
            reply = flight.commits[0].reply if flight.commits else None
            if flight.refusal is not None:
                flight.job.refuse(flight.refusal)
            elif reply is not None and reply.failed:
                flight.job.refuse(TurnFailed(str(reply.errors[0]["code"]), str(reply.errors[0]["message"]), reply))
            else:
                flight.job.answer(reply)
            if flight.write is not None:
                self.around.committed(self, flight.commits, flight.messages)
            self.around.note(flight.job.message, reply, flight.lines)
        self._release_waiting()

    def _release_waiting(self) -> None:
        while self._waiting and self._waiting[0][0] <= self.settled:
            waiting = self._waiting.popleft()[1]
            if not waiting.done():
                waiting.set_result(None)

    # Failing

    async def _recover(self) -> None:
        """A commit failed: what was computed on top of it is run again on what the store really holds."""
        await self._written()
        if self.flights:  # none where this is another try to reload
            first, *others = self.flights
            self.flights.clear()
            self.inbox.extendleft(flight.job for flight in reversed(others))
            assert first.failure is not None, "flights fail in order"
            await self._take_back(first.job, first.failure)
        try:
            self.head = self.committed = await self.around.reload(self.committed.pico_id)
            self._failed = False
        except Exception as error:
            self._refuse_callers(_named(error))
            await asyncio.sleep(RETRY_SECONDS)

    async def _written(self) -> None:
        """Wait for the commits on their way, and finish what landed."""
        writes = [flight.write for flight in self.flights if flight.write is not None]
        if writes:
            await asyncio.wait(writes)
        self._settle()

    async def _take_back(self, job: Job, error: PicoError) -> None:
        """What becomes of a job whose commit failed."""
        if not isinstance(error, StoreError):  # the commit cannot be written, however often it is tried
            job.work = _raising(error)
            self.inbox.appendleft(job)
        elif not await self._comes_again(job, error):
            self._drop(job, Unavailable(error.code, error.message))

    async def _comes_again(self, job: Job, error: StoreError) -> bool:
        """Put a job back to try it again, unless somebody else did it or its caller can be told to come back."""
        job.tries += 1
        conflict = isinstance(error, Conflict)
        if error.code == "message-gone" or not (job.stored() or (conflict and job.tries < TRIES)):
            return False
        if not conflict:
            self._refuse_callers(error)  # this one waits until the store recovers; nobody has to wait behind it
        self.inbox.appendleft(job)
        if not conflict or job.tries >= TRIES:
            await asyncio.sleep(RETRY_SECONDS)
        return True

    def _refuse_callers(self, error: PicoError) -> None:
        """Whoever waits is told that nothing can be done now; what is stored keeps its place and its work."""
        for job in self.inbox:
            if not job.stored():
                job.refuse(Unavailable(error.code, error.message))
                job.work = _raising(error)

    def _drop(self, job: Job, error: PicoError) -> None:
        self.settled += 1
        job.refuse(error)
        self._release_waiting()


def given_up(snapshot: Snapshot, message: Message, error: PicoError) -> Commit:
    """The commit of a turn that came to nothing: its message is handled, and changed nothing."""
    report = {"rid": None, "rule": None, "code": error.code, "message": error.message, "line": None, "column": None}
    return Commit(
        snapshot.pico_id, snapshot.version, consumed=message.id if message.durable else None,
        reply=Reply(message.id, (), (report,), failed=True),
    )


def _named(error: Exception) -> PicoError:
    """Any exception as an error with a code; a defect of the engine is logged."""
    if not isinstance(error, PicoError):
        log.error("a turn met a defect of the engine", exc_info=error)
    return explained(error)


def _raising(error: PicoError) -> Work:
    def work(*_: Any) -> tuple[Commit, ...]:
        raise error

    return work


def _after(snapshot: Snapshot, commits: tuple[Commit, ...]) -> Snapshot:
    own, *births = commits
    after = snapshot.after(own)
    for born in births:
        if born.birth is not None and born.birth.child_eci is not None:
            after = after.with_child(Child(born.pico_id, born.birth.child_eci))
    return after
