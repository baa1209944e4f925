"""The engine: what the web, the command line and the tests call.

It keeps no truth. Picos in memory are a cache of the store; an engine that is killed at any
instant and started again goes on where its last commits left it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from pico.config import Settings
from pico.engine.accounts import Accounts
from pico.engine.clock import Clock
from pico.engine.host import EngineHost, now_ms
from pico.engine.installing import Description, Installation, InstallReport, check_config, removal
from pico.engine.outside import Outside
from pico.engine.registry import Registry
from pico.engine.resident import Job, Resident, Work
from pico.engine.residents import Residents
from pico.errors import Invalid, LimitExceeded, NotFound, PicoError, StoreError, Unavailable
from pico.krl.compile import CompiledRuleset
from pico.krl.values import from_json
from pico.limits import ATTRIBUTES, MAILBOX_MESSAGES, STOP_SECONDS
from pico.model.channel import Channel, Policy, normalise_tags
from pico.model.commit import Birth, Commit, Reply
from pico.model.identity import Eci, PicoId, Rid, new_id
from pico.model.message import Event, Json, Message, Query
from pico.model.snapshot import Snapshot
from pico.runtime.host import Ask, FetchRuleset, Host, HttpCall, Pause, Request, Route
from pico.runtime.instances import Instances
from pico.runtime.turn import run_turn
from pico.store.interface import Store

ROOT = PicoId("root")
log = logging.getLogger("pico.engine")


class Engine:
    """A running engine. Make one with `Engine.start`, end it with `stop`.

    `trusted` calls come from the engine's own parts (its pages), which have checked who asks:
    policies are not asked for them, and a pico's id reaches the pico.
    """

    accounts: Accounts

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.root_id = ROOT
        self.outside = Outside(settings.allow_private_http)
        self.registry = Registry(store, self.outside)
        self.residents = Residents(self._load, self._job, self._spawn)
        self.clock = Clock(store, now_ms, self.residents.deliver)
        self._host = EngineHost(settings.base_url.rstrip("/"), store)
        self._watchers: dict[PicoId, set[asyncio.Queue[int]]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._counts = {"events": 0, "queries": 0, "turns": 0, "faults": 0}
        self._stopping = False

    # Life

    @classmethod
    async def start(cls, store: Store, settings: Settings) -> "Engine":
        """Start on an open store. The first start makes the root pico and the first owner's."""
        engine = cls(store, settings)
        if await store.snapshot(ROOT) is None:
            await store.commit(Commit(ROOT, 0, birth=Birth(born_at=now_ms())))
        engine.accounts = await Accounts.open(engine)
        await engine.clock.start()
        return engine

    async def stop(self) -> None:
        """Accept nothing more, finish what is running within `STOP_SECONDS`, and close the store."""
        self._stopping = True
        await self.clock.stop()
        busy = [self._spawn(resident.caught_up()) for resident in self.residents if not resident.idle()]
        if busy:
            await asyncio.wait(busy, timeout=STOP_SECONDS.value)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for resident in self.residents:
            await resident.end()
        await self.outside.close()
        try:
            await self.store.release()
        except StoreError as error:
            log.warning("release", extra={"fields": {"code": error.code}})
        finally:
            await self.store.close()

    # Events and queries

    async def send(self, eci: str, domain: str, type_: str, attrs: Mapping[str, Json] | None = None, *,
                   trusted: bool = False) -> str:
        """Accept an event; returns its id once it is on disk. Its turn runs by itself, after a crash too.

        Raises `NotFound` (`unknown-eci`), `Denied`, `Invalid`, `LimitExceeded`, `StoreError`.
        """
        message, resident = await self._accepted(eci, domain, type_, attrs, trusted, durable=True)
        if len(resident.inbox) >= MAILBOX_MESSAGES.value:
            raise LimitExceeded(MAILBOX_MESSAGES, len(resident.inbox) + 1)
        posted = self._spawn(self.store.post(message))
        resident.accept(self._job(message))
        await asyncio.shield(posted)
        return message.id

    async def send_wait(self, eci: str, domain: str, type_: str, attrs: Mapping[str, Json] | None = None, *,
                        trusted: bool = False) -> Reply:
        """Run an event's turn; returns its reply once the commit is on disk.

        Raises as `send` does, and `TurnFailed` where every ruleset that selected failed.
        A caller that goes away does not stop the turn.
        """
        message, resident = await self._accepted(eci, domain, type_, attrs, trusted, durable=False)
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        resident.accept(self._job(message, reply))
        return await reply

    async def query(self, eci: str, rid: str, name: str, args: Mapping[str, Json] | None = None, *,
                    trusted: bool = False, at_once: bool = False) -> Json:
        """Ask a shared function. It sees everything that its pico accepted before.

        With `at_once` it sees the last committed state instead, and waits for nothing.

        Raises `NotFound` (`unknown-eci`, `ruleset-not-installed`, `no-such-query`), `Denied`, and
        whatever the function raises.
        """
        channel = self.store.resolved(eci) or await self.resolve(eci)
        if not trusted:
            channel.admit_query(None, rid, name)
        self._counts["queries"] += 1
        resident = self.residents.at_hand(channel.pico_id) or await self.residents.get(channel.pico_id)
        return await resident.query(Query(new_id(), Eci(eci), Rid(rid), name, from_json(args or {})),
                                    at_once=at_once)

    async def resolve(self, eci: str) -> Channel:
        """The channel of an ECI. Raises `NotFound` (`unknown-eci`)."""
        channel = await self.store.resolve(eci)
        if channel is None:
            raise NotFound("unknown-eci", f"Error: ECI not found {eci}")
        return channel

    async def snapshot(self, pico_id: str) -> Snapshot:
        """A pico as it is on disk. Raises `NotFound` (`unknown-pico`)."""
        return (await self.residents.get(PicoId(pico_id))).committed

    # Changes by the owner

    async def install(self, pico_id: str, *, source: str | None = None, url: str | None = None,
                      config: Any = None) -> InstallReport:
        """Install a ruleset from its text or from a URL.

        Raises `KrlError` with every diagnostic, `Invalid`, `NotFound`, `LimitExceeded`.
        """
        if (source is None) == (url is None):
            raise Invalid("bad-argument", "Give either the ruleset's text or its URL.")
        wanted = check_config(config)
        fetched = await self.registry.paste(source) if source is not None else await self.registry.fetch(url or "")
        compiled = await self.registry.compile(fetched.text, fetched.url)
        installing = Installation(fetched, compiled, wanted)
        await self.change(pico_id, installing)
        installed = (await self.snapshot(pico_id)).rulesets[Rid(fetched.rid)]
        return InstallReport(installed, compiled.name, compiled.warnings)

    async def rulesets(self, pico_id: str) -> list[Description]:
        """The installed rulesets in words, in install order."""
        installed = (await self.snapshot(pico_id)).rulesets
        compiled = await self.registry.prepare(installed)
        found = []
        for one in installed.values():
            meta = compiled[one.hash].meta if one.hash in compiled else {}
            words = " ".join(meta.get("description", "").split())
            found.append(Description(one, meta.get("name", one.rid), words, one.hash in compiled))
        return found

    async def uninstall(self, pico_id: str, rid: str) -> None:
        """Remove a ruleset and its entity variables. Raises `NotFound`, `Invalid` (`module-in-use`)."""
        await self.change(pico_id, removal(Rid(rid)))

    async def open_channel(self, pico_id: str, tags: Any, event_policy: Policy, query_policy: Policy) -> Channel:
        """Open a channel on a pico. Raises `Invalid` for bad tags."""
        channel = Channel(Eci(new_id()), PicoId(pico_id), normalise_tags(tags), event_policy, query_policy)

        def work(snapshot: Snapshot, *_: Any) -> tuple[Commit, ...]:
            return (Commit(snapshot.pico_id, snapshot.version, channels=(channel,)),)

        await self.change(pico_id, work)
        return channel

    async def close_channel(self, pico_id: str, eci: str) -> None:
        """Close an ordinary channel of a pico. Raises `NotFound` (`unknown-eci`)."""
        def work(snapshot: Snapshot, *_: Any) -> tuple[Commit, ...]:
            if Eci(eci) not in snapshot.channels:
                raise NotFound("unknown-eci", f"Error: ECI not found {eci}")
            return (Commit(snapshot.pico_id, snapshot.version, dropped_channels=(Eci(eci),)),)

        await self.change(pico_id, work)

    async def change(self, pico_id: str, work: Work) -> None:
        """Run a change in the pico's own order of turns; returns once it is on disk."""
        resident = await self.residents.get(PicoId(pico_id))
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        resident.accept(Job(work, reply=done))
        await done

    # Watching

    @asynccontextmanager
    async def watch(self, pico_id: str) -> AsyncIterator["asyncio.Queue[int]"]:
        """A queue that gets a pico's version after each of its commits; the newest one if they come fast."""
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
        watchers = self._watchers.setdefault(PicoId(pico_id), set())
        watchers.add(queue)
        try:
            yield queue
        finally:
            watchers.discard(queue)
            if not watchers:
                self._watchers.pop(PicoId(pico_id), None)

    def counts(self) -> dict[str, int]:
        """Figures since the start, for metrics."""
        return {**self._counts, "picos_in_memory": len(self.residents)}

    # What residents need (`Surroundings`)

    def host(self) -> Host:
        """The world around one turn."""
        return self._host

    async def answer(self, request: Request) -> Any:
        """Answer a request that a turn suspended on."""
        match request:
            case Pause():
                await asyncio.sleep(0)
                return None
            case Route():
                return await self.store.resolve(request.eci)
            case Ask():
                return await self._ask(request)
            case FetchRuleset():
                return await self.registry.fetch(request.url)
            case HttpCall():
                return await self.outside.call(request)

    async def compiled(self, snapshot: Snapshot) -> dict[str, CompiledRuleset]:
        """The compiled rulesets of a pico, by hash."""
        return await self.registry.prepare(snapshot.rulesets)

    async def store_commit(self, commits: tuple[Commit, ...]) -> tuple[Message, ...]:
        """Make commits durable as one; the picos born first, so that messages reach them."""
        own, *births = commits
        return await self.store.commit(*births, own)

    async def reload(self, pico_id: PicoId) -> Snapshot:
        """A pico as the store has it."""
        snapshot = await self.store.snapshot(pico_id)
        if snapshot is None:
            raise NotFound("unknown-pico", "Error: there is no such pico (any more)")
        return snapshot

    def committed(self, resident: Resident, commits: tuple[Commit, ...], messages: tuple[Message, ...]) -> None:
        """Commits are on disk: run the messages they sent, and tell who watches."""
        for message in messages:
            self.residents.deliver(message)
        if any(message.due_at > now_ms() for commit in commits for message in commit.messages):
            self.clock.look_again()
        for queue in self._watchers.get(resident.committed.pico_id, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(resident.committed.version)

    def note(self, message: Message | None, reply: Reply | None, lines: list[dict[str, Json]]) -> None:
        """One log line for a turn with faults: where and which, never ECIs or values."""
        self._counts["turns"] += 1
        for error in reply.errors if reply else ():
            self._counts["faults"] += 1
            place = {name: error[name] for name in ("rid", "rule", "code", "line", "column")}
            log.warning("fault", extra={"fields": place})

    # Inside

    async def _accepted(self, eci: str, domain: str, type_: str, attrs: Mapping[str, Json] | None, trusted: bool,
                        durable: bool) -> tuple[Message, Resident]:
        """Everything that is checked before an event is accepted, in the order of the reference."""
        if not domain.strip() or not type_.strip():
            raise Invalid("bad-event", f"Error: missing event.{'name' if domain.strip() else 'domain'}")
        channel = self.store.resolved(eci) or await self.resolve(eci)
        if not trusted:
            channel.admit_event(None, domain, type_)
        given = {} if attrs is None else from_json(attrs)
        if len(given) > ATTRIBUTES.value:
            raise LimitExceeded(ATTRIBUTES, len(given))
        if self._stopping:
            raise Unavailable("stopping", "The engine is stopping; try again in a moment.")
        self._counts["events"] += 1
        now = now_ms()
        event = Event(Eci(eci), domain.strip(), type_.strip(), given, now)
        message = Message(new_id(), channel.pico_id, event, now, durable=durable)
        resident = self.residents.at_hand(channel.pico_id) or await self.residents.get(channel.pico_id)
        return message, resident

    def _job(self, message: Message, reply: "asyncio.Future[Reply] | None" = None) -> Job:
        return Job(partial(_turn_on, message), message, reply)

    async def _ask(self, request: Ask) -> Json:
        """A query from another pico's turn."""
        channel = await self.resolve(request.eci)
        channel.admit_query(request.chain[-1], request.rid, request.name)
        resident = await self.residents.get(channel.pico_id)
        query = Query(new_id(), Eci(request.eci), Rid(request.rid), request.name, request.args)
        return await resident.query(query, request.chain)

    async def _load(self, pico_id: PicoId) -> Resident:
        return Resident(self, await self.reload(pico_id))

    def _spawn(self, work: Any) -> "asyncio.Task[Any]":
        task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[Any]") -> None:
        """A task that nobody awaits must not fail unseen."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and not isinstance(task.exception(), PicoError):
            log.error("internal", exc_info=task.exception())


def _turn_on(message: Message, snapshot: Snapshot, instances: Instances, host: Host,
             lines: list[dict[str, Json]]) -> tuple[Commit, ...]:
    return run_turn(snapshot, message, instances, host, lines)

