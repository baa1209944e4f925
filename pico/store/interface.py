"""The contract between the engine and whatever keeps its picos: eight verbs and a few small reads.

The theory. The store holds one row of truth per pico, its version, and everything else hangs
from it. A turn reads a `Snapshot` and produces a `Commit` that names the version it read, so
two turns can never both change a pico from the same state: the second one is a `Conflict`,
on this node or on another. Messages wait in mailboxes; a message leaves its mailbox in the
commit of the turn that handled it, so its effects happen exactly once.

A *node* is one running engine. A message that a node is going to run is leased to it, so that
no other node takes it meanwhile. Leases save work; they are never needed for correctness,
because a second node that ran the message would lose by version or find the message gone.

All times are in milliseconds since 1970 (UTC). Every method may raise `Unavailable` (a full
disk, a damaged file, a store that is closed): then nothing was changed, and the same call may
be made again later.
"""

from typing import Protocol

from pico.model.channel import Channel
from pico.model.commit import Commit
from pico.model.identity import PicoId
from pico.model.message import Message
from pico.model.snapshot import Snapshot


class Store(Protocol):
    """Durable picos, channels and mailboxes.

    Reads see everything that was acknowledged before they were called. One `Store` belongs to
    one event loop.
    """

    async def resolve(self, eci: str) -> Channel | None:
        """The channel behind an ECI, or None where there is none.

        An ordinary channel comes as it was committed. A pico's own id is its `SELF` channel.
        A birth gives two: `parent_eci` lives in the parent (`PARENT`, `family` is the child)
        and `child_eci` in the child (`CHILD`, `family` is the parent).
        """
        ...

    def resolved(self, eci: str) -> Channel | None:
        """The channel if it is known without waiting; None says nothing: ask `resolve` then."""
        ...

    async def snapshot(self, pico_id: PicoId) -> Snapshot | None:
        """One pico as it stands at one version, read at one instant; None where there is none.

        `channels` holds the ordinary channels only: the others follow from `birth` and `children`.
        """
        ...

    async def commit(self, *commits: Commit) -> tuple[Message, ...]:
        """Apply all the commits, durably and as one, or none of them.

        Returns once they are on disk: those of their `messages` that this node now holds,
        leased and due, in their order and with `durable` set. The caller runs these; `claim`
        will not hand them out. A message whose id already waits for its pico is passed over.

        Several commits may be under way at once. They are applied in the order in which
        `commit` and `post` were first awaited (or wrapped in tasks), so the commits of one pico
        may be pipelined: where one fails, those after it conflict by version. One call may hold
        several commits of one pico, in order. Cancelling the caller does not undo the commit.

        Raises `Conflict`, and nothing is changed, with one of the codes
        `version-conflict`: a pico is missing or stands at another version;
        `already-exists`: a newborn's id, or an ECI, is taken;
        `message-gone`: the consumed message is not in the mailbox (it was handled already);
        `missing-pico`: the parent of a newborn or the receiver of a message is not there.
        Raises `Invalid`, before anything is written, for values that JSON cannot hold
        (`not-json`), times beyond 64 bits (`bad-time`), and channels that follow from a birth
        and so must not be stored again (`derived-channel`).
        """
        ...

    async def post(self, *messages: Message) -> tuple[Message, ...]:
        """Put messages into their receivers' mailboxes, all or none.

        Returns once they are on disk, with what `commit` returns. A message whose id already
        waits for its pico changes nothing and is not returned. Order and cancellation are as
        for `commit`. Raises `NotFound` (`unknown-pico`) where a receiver does not exist.
        """
        ...

    async def claim(self, limit: int) -> tuple[Message, ...]:
        """Lease up to `limit` due messages that nobody holds, and return them.

        They come by `due_at`, then by arrival, with `durable` set. Messages of a pico of which
        another node holds one are left to that node, so that each pico's order is kept.
        """
        ...

    async def renew(self) -> None:
        """Keep this node's leases for another lease time; to be called a few times within each."""
        ...

    async def release(self) -> None:
        """Give up all leases of this node, so that others (or this one, later) may claim."""
        ...

    async def next_due(self) -> int | None:
        """When there may next be something to claim, as far as is known now; None for never.

        That is the earliest `due_at` of the messages that nobody holds, or the end of another
        node's lease where that comes first. It may lie in the past.
        """
        ...

    async def source(self, hash: str) -> str | None:
        """The KRL text that a commit stored under this SHA-256, or None."""
        ...

    async def pending(self, pico_id: PicoId) -> int:
        """How many messages wait for a pico, leased ones included."""
        ...

    async def close(self) -> None:
        """Finish what was handed over, then let go of everything; a second call does nothing."""
        ...
