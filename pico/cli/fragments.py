"""Fragments of KRL and their answers as JSON: the part of `pico eval` that needs the compiler."""

from typing import Any

from pico.errors import KrlError, PicoError
from pico.krl.compile import evaluate
from pico.krl.values import to_text, type_name

Answer = dict[str, Any]


def answer_fragment(text: str) -> tuple[Answer, str]:
    """The answer to one fragment, and for an error what to show a person; "" where all is fine.

    The answer is `{"value", "type"}`, or `{"error": {"code", "message"}}`.
    """
    try:
        value = evaluate(text)
        return {"value": to_json(value), "type": type_name(value)}, ""
    except KrlError as error:
        return _fault(error), "\n".join(diagnostic.render() for diagnostic in error.diagnostics)
    except PicoError as error:
        return _fault(error), f"error[{error.code}]: {error.message}"
    except Exception as error:  # a fault of ours: the other fragments of a batch still get their answers
        fault = PicoError("internal-error", f"the engine failed here ({type(error).__name__}); please report it")
        return _fault(fault), f"error[{fault.code}]: {fault.message}"


def to_json(value: Any) -> Any:
    """A KRL value as JSON; what JSON cannot hold, such as a function, is its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [to_json(part) for part in value]
    if isinstance(value, dict):
        return {key: to_json(part) for key, part in value.items()}
    return to_text(value)


def _fault(error: PicoError) -> Answer:
    return {"error": {"code": error.code, "message": error.message}}
