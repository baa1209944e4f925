"""What a turn may ask of the world around it: a small closed set of requests.

Production answers them through asyncio (`pico.engine.host`), a test through a script. Time,
randomness and new ids come from the host too, so a turn is a function of its inputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pico.model.identity import PicoId
from pico.model.message import Json


@dataclass(frozen=True, slots=True)
class Pause:
    """A long turn lets others run. Answered with None."""


@dataclass(frozen=True, slots=True)
class Route:
    """Which channel is this ECI? Answered with a `Channel`, or None."""

    eci: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Query another pico. `chain` are the picos that wait for the answer, the asker last.

    Answered with the query's result; raises what the query raises, and `Denied("would-deadlock")`.
    """

    eci: str
    rid: str
    name: str
    args: Mapping[str, Json]
    chain: tuple[PicoId, ...]


@dataclass(frozen=True, slots=True)
class FetchRuleset:
    """Fetch, compile and pin the ruleset at a URL. Answered with a `Fetched`; raises `KrlError` and the like."""

    url: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A ruleset that can be installed: its text is in the store before the installing commit."""

    rid: str
    url: str
    hash: str
    text: str
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One outside HTTP request. Answered with an `HttpAnswer`; failures are answers with status 0."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    follow: bool = True


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back. Status 0 means that there was no answer; `reason` then says why."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


Request = Pause | Route | Ask | FetchRuleset | HttpCall


class Host(Protocol):
    """The world around one turn. `base_url` is the engine's address, without a final slash."""

    base_url: str

    def now(self) -> int:
        """The time in ms since 1970."""

    def new_id(self) -> str:
        """A fresh id."""

    def random(self) -> float:
        """A random number from 0 up to, not including, 1."""

    def perform(self, request: Request) -> Any:
        """Answer a request; may suspend the turn."""



