"""Structured logs: one JSON object a line.

What strangers send never gets into a log: no attribute values, and nothing that gives access
(ECIs, tokens, codes). So there is no access log, and of an exception only its type and the
places it passed are written: its text may quote what it choked on.
"""

import json
import logging
import traceback
from typing import Any, TextIO

# What `logging` itself puts on every record; all else was given with `extra=`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON, members given with `extra=` included."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its line break."""
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname.lower(),
            "from": record.name, "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _OWN}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(record.exc_info[2])]
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to(stream: TextIO) -> None:
    """Send the process's logs to a stream: ours from INFO, libraries' from WARNING."""
    output = logging.StreamHandler(stream)
    output.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[output], force=True)
    logging.getLogger("pico").setLevel(logging.INFO)
