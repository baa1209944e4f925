"""Errors as HTTP answers: the one place that knows which code has which status.

Programs get problem details (RFC 9457) with the member `error` that older clients read;
people get a page. A code is looked up first, then the error's class.
"""

import logging
import re
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from pico.errors import (
    CompileFault,
    Denied,
    Invalid,
    KrlError,
    LimitExceeded,
    NotFound,
    PicoError,
    RuleFault,
    StoreError,
)
from pico.limits import FORM_BYTES
from pico.web.replies import CORS, OWN_HEADERS, PROBLEM, encode
from pico.web.site import SITE

LOG = logging.getLogger("pico.web")

BY_CODE = {
    "not-signed-in": 401, "bad-token": 401,
    "method-not-allowed": 405,
    "body-size": 413, "form-size": 413, "attribute-count": 413, "picture-size": 413, "picture-pixels": 413,
    "source-size": 413, "value-size": 413, "value-depth": 413, "text-size": 413, "collection-size": 413,
    "mailbox-size": 429, "sign-in-attempts": 429, "inbox-streams": 429,
    "would-deadlock": 504, "turn-deadline": 504, "query-wait": 504,
    "unavailable": 503,
}
BY_CLASS: tuple[tuple[type[PicoError], int], ...] = (
    (NotFound, 404), (Denied, 403), (Invalid, 400), (KrlError, 422), (RuleFault, 500), (LimitExceeded, 500),
)
IN_WORDS = {
    400: "That did not work", 401: "Sign in first", 403: "Not allowed", 404: "Nothing here", 405: "Not like this",
    413: "Too large", 422: "Not accepted", 429: "Too much at once", 503: "Not now", 504: "That took too long",
}
RETRY_SECONDS = {"sign-in-attempts": 600, "inbox-streams": 60}
SPOKEN = re.compile(r"(?:[A-Z]\w*)?Error: ")
PROGRAMS = frozenset({"c", "sky", "api", "health", "ready", "metrics"})


def status_of(error: PicoError) -> int:
    """The HTTP status of an error. A limit that a ruleset ran into is not one that the request went past."""
    known = BY_CODE.get(error.code)
    if known is not None and (known >= 500 or not isinstance(error, RuleFault | CompileFault)):
        return known
    if isinstance(error, StoreError):
        return 409 if type(error).__name__ == "Conflict" else 503
    return next((status for kind, status in BY_CLASS if isinstance(error, kind)), 500)


def describe(error: PicoError) -> dict[str, Any]:
    """The problem details of an error, with the members that its kind adds."""
    status = status_of(error)
    spoken = SPOKEN.match(error.message)
    problem: dict[str, Any] = {
        "type": f"/docs/errors#{error.code}",
        "title": error.code.replace("-", " ").capitalize(),
        "status": status,
        "detail": error.message[spoken.end():] if spoken else error.message,
        "code": error.code,
        "error": error.message if spoken else f"Error: {error.message}",
    }
    if isinstance(error, KrlError):
        problem["diagnostics"] = [{**d.to_map(), "rendered": d.render()} for d in error.diagnostics]
        first = problem["diagnostics"][0]
        problem["error"] += f" [at line {first['line']} col {first['column']}]"
    reply = getattr(error, "reply", None)
    if reply is not None:
        problem["eid"] = reply.eid
        problem["errors"] = reply.errors
    return problem


def answer_program(request: web.Request, error: PicoError) -> web.Response:
    """The problem details as an answer."""
    problem = describe(error)
    headers = OWN_HEADERS.copy()
    headers["Content-Type"] = PROBLEM
    if _door(request) in ("c", "sky"):
        headers.extend(CORS)
    if problem["status"] == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="pico"'
    _say_when(error, problem["status"], headers)
    return web.Response(body=encode(problem), status=problem["status"], headers=headers)


def answer_person(request: web.Request, error: PicoError) -> web.Response:
    """An error page. It knows nobody: the page of an unknown tag is the same for everyone."""
    status = status_of(error)
    body = request.app[SITE].templates.render(
        "error.html", status=status, phrase=IN_WORDS.get(status, "Something broke"), problem=describe(error)
    )
    response = request.app[SITE].templates.answer(body, status)
    _say_when(error, status, response.headers)
    return response


@web.middleware
async def answer_faults(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn whatever a route raises into an answer; nothing of an unforeseen error leaves the engine."""
    try:
        answer: web.StreamResponse = await handler(request)
        return answer
    except PicoError as error:
        problem = error
    except web.HTTPException as raised:
        if raised.status < 400:
            raise
        problem = _from_aiohttp(raised)
    except (ConnectionError, TimeoutError) as fault:
        if request.transport is None or request.transport.is_closing():
            raise  # nobody is left to be told
        problem = _unforeseen(fault)
    except Exception as fault:  # the last line of defence: the engine goes on, the log has the traceback
        problem = _unforeseen(fault)
    if status_of(problem) >= 500 and not isinstance(problem, RuleFault):
        LOG.warning("%s %s: %s", request.method, problem.code, problem.message)
    answer_with = answer_program if _door(request) in PROGRAMS else answer_person
    response = answer_with(request, problem)
    if problem.code == "method-not-allowed":
        response.headers["Allow"] = problem.args[1]
    return response


def _door(request: web.Request) -> str:
    return request.path.split("/", 2)[1].lower()


def _say_when(error: PicoError, status: int, headers: CIMultiDict[str]) -> None:
    if status in (429, 503):
        headers["Retry-After"] = str(RETRY_SECONDS.get(error.code, 1 if status == 429 else 5))


def _unforeseen(fault: Exception) -> PicoError:
    LOG.exception("unforeseen error", exc_info=fault)
    return PicoError("internal-error", "The engine ran into something unforeseen; its log has the details.")


def _from_aiohttp(raised: web.HTTPException) -> PicoError:
    if raised.status == 404:
        return NotFound("no-such-page", "There is nothing at this address.")
    if isinstance(raised, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(raised.allowed_methods))
        error = Invalid("method-not-allowed", f"{raised.method} is not possible here, only {allowed}.")
        error.args = (error.message, allowed)
        return error
    if raised.status == 413:
        return LimitExceeded(FORM_BYTES)
    return Invalid("bad-request", raised.reason)
