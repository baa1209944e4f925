"""A running engine, as the command line sees it: one request, one answer.

The address comes from `--url` or `PICO_URL`, else from the file that `pico up` keeps in its home;
the token likewise. The token of a home is sent to the engine of that home and to nobody else.
"""

import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pico.config import Settings
from pico.errors import Denied, Invalid, NotFound, PicoError

ANSWER_SECONDS = 90  # a turn may take sixty, and may wait for others before


class Unreachable(PicoError):
    """No engine answers at the address."""


class Refused(PicoError):
    """The engine answered with a problem; `problem` is its body (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        said = problem.get("detail") or problem.get("error") or problem.get("title")
        code = problem.get("code")
        message = str(said or f"the engine answered {status}")
        super().__init__(code if isinstance(code, str) else "engine-refused", message)
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said: status 200 to 299, or a problem where the caller asked to see these too."""

    status: int
    media_type: str
    body: bytes

    def value(self) -> Any:
        """The body as JSON; text where it is something else; None where it is empty."""
        if not self.body:
            return None
        if "json" in self.media_type:
            return json.loads(self.body)
        return self.body.decode("utf-8", "replace")


class Engine:
    """The engine at one address. Every method raises `Unreachable`, `Refused` or `Denied`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._token = token

    def get(self, *path: str) -> Any:
        """The value at a path, given in parts that are quoted here."""
        return self.ask("GET", path).value()

    def post(self, *path: str, body: Any) -> Any:
        """The answer to a JSON body."""
        return self.ask("POST", path, body).value()

    def delete(self, *path: str) -> None:
        """Remove what is at a path."""
        self.ask("DELETE", path)

    def ask(self, method: str, path: tuple[str, ...], body: Any = None) -> Answer:
        """One request. A status of 300 and above is raised."""
        answer = self._send(method, path, body)
        if answer.status < 300:
            return answer
        problem = _problem(answer)
        if answer.status == 401:
            raise Denied("not-signed-in", self._sign_in_hint())
        raise Refused(answer.status, problem)

    def item(self, name: str) -> dict[str, Any]:
        """The item of that id or name. Raises `NotFound` for none and `Invalid` for several."""
        items = [i for i in listed(self.get("api", "items"), "items") if name in (i.get("id"), i.get("name"))]
        exact = [i for i in items if i.get("id") == name] or items
        if not exact:
            raise NotFound("no-such-item", f"there is no item {name!r}; `pico item list` shows those that there are")
        if len(exact) > 1:
            ids = ", ".join(str(i["id"]) for i in exact)
            raise Invalid("ambiguous-name", f"{len(exact)} items are called {name!r}; use an id: {ids}")
        return exact[0]

    def item_id(self, name: str) -> str:
        """The id of the item of that id or name."""
        return str(self.item(name)["id"])

    def _send(self, method: str, path: tuple[str, ...], body: Any) -> Answer:
        parts = urlsplit(self.url)
        headers = {"Accept": "application/json, */*;q=0.5"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
        try:
            where = parts.path + "/" + "/".join(quote(part, safe="") for part in path)
            connection.request(method, where, body=payload, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers.get_content_type(), response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(
                "engine-unreachable",
                f"no engine answers at {self.url} ({str(error) or type(error).__name__}); "
                "start one with `pico up`, or say where it is with --url",
            ) from error
        finally:
            connection.close()

    def _sign_in_hint(self) -> str:
        if self._token:
            return f"the engine at {self.url} does not accept this token; PICO_TOKEN or --token may be out of date"
        return f"the engine at {self.url} wants a token; give it with --token or PICO_TOKEN"


def listed(value: Any, name: str) -> list[dict[str, Any]]:
    """The list in an answer, whether it comes bare or as the member `name`."""
    found = value.get(name) if isinstance(value, dict) else value
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def connect(url: str | None, token: str | None, home: str | None) -> Engine:
    """The engine that the options, the environment or the home name.

    Raises `Unreachable` where there is none to be found, `Invalid` for an address that is none.
    """
    place = Settings.load({"home": home})
    running = _running(place.engine_path)
    if url is None:
        url = running
    if url is None:
        raise Unreachable(
            "engine-unreachable",
            f"no engine is running for the home {place.home}; start one with `pico up`, or say where it is with --url",
        )
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise Invalid("bad-setting", f"the engine's address must be like http://localhost:3000, not {url!r}")
    if token is None and running is not None and url.rstrip("/") == running.rstrip("/"):
        token = _read_token(place.token_path)
    return Engine(url, token)


def _running(path: Path) -> str | None:
    try:
        written = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    url = written.get("url") if isinstance(written, dict) else None
    return url if isinstance(url, str) else None


def _read_token(path: Path) -> str | None:
    try:
        return path.read_text("utf-8").strip() or None
    except (OSError, ValueError):
        return None


def _problem(answer: Answer) -> dict[str, Any]:
    try:
        value = answer.value()
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"detail": f"the engine answered {answer.status}"}
