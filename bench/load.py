"""A load generator for HTTP/1.1: as many keep-alive connections as asked for, one request at a time on each.

It writes requests that were made before and looks only for the end of each answer, so that it
costs little beside a server on the same machine. It runs in a process of its own.
"""

import asyncio
import multiprocessing
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import uvloop

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
GRACE_SECONDS = 30  # for the last answers


@dataclass(frozen=True, slots=True)
class Load:
    """What a run did. Latencies are in seconds, ascending, without those of the warm-up."""

    rate: float  # answers a second
    latencies: list[float]
    answered: int  # with status 200, warm-up included
    refused: int
    example: bytes  # of an answer that was not 200


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of one request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode("ascii") + b"\r\n" + body


class Caller(asyncio.Protocol):
    """One connection: sends the next request when the last one is answered, until told to end."""

    def __init__(self, requests: Sequence[bytes], first: int, step: int) -> None:
        self.requests = requests
        self.next = first
        self.step = step
        self.done = asyncio.get_running_loop().create_future()
        self.ending = False
        self.latencies: list[float] = []
        self.answered = self.refused = 0
        self.example = b""
        self._received = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's do not inherit from it
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take in a part of an answer; when it is whole, send the next request."""
        received = self._received + data if self._received else data
        head = received.find(b"\r\n\r\n")
        length = LENGTH.search(received, 0, head) if head >= 0 else None
        if length is None or len(received) < head + 4 + int(length[1]):
            self._received = received
            return
        self._received = b""
        self.latencies.append(time.perf_counter() - self._sent_at)
        if received[9:12] == b"200":
            self.answered += 1
        else:
            self.refused += 1
            self.example = received
        if self.ending:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, ours or the server's."""
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self.requests[self.next % len(self.requests)])
        self.next += self.step


def _itself(caller: Caller) -> Caller:
    return caller


async def call(port: int, requests: Sequence[bytes], connections: int, seconds: float, warm_up: float) -> Load:
    """Load the server on a local port. Raises `RuntimeError` where a connection was lost before its time."""
    loop = asyncio.get_running_loop()
    callers = [Caller(requests, first, connections) for first in range(connections)]
    for caller in callers:
        await loop.create_connection(partial(_itself, caller), "127.0.0.1", port)
    await asyncio.sleep(warm_up)
    before = [len(caller.latencies) for caller in callers]
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    counted = [caller.latencies[first:] for caller, first in zip(callers, before, strict=True)]
    if any(caller.done.done() for caller in callers):
        raise RuntimeError("the server closed a connection while it was loaded")
    for caller in callers:
        caller.ending = True
    await asyncio.wait_for(asyncio.gather(*(caller.done for caller in callers)), GRACE_SECONDS)
    return Load(
        rate=sum(map(len, counted)) / elapsed,
        latencies=sorted(latency for part in counted for latency in part),
        answered=sum(caller.answered for caller in callers),
        refused=sum(caller.refused for caller in callers),
        example=next((caller.example for caller in callers if caller.example), b""),
    )


def _call_in_process(port: int, requests: Sequence[bytes], connections: int, seconds: float, warm_up: float) -> Load:
    return uvloop.run(call(port, requests, connections, seconds, warm_up))


def measure(port: int, requests: Sequence[bytes], connections: int, seconds: float, warm_up: float = 1.0) -> Load:
    """`call` in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_call_in_process, (port, requests, connections, seconds, warm_up))
