"""Named SQL: statements live in `.sql` files, each under a line `-- name: what-it-does`."""

import re
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: ([a-z-]+)$", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)


def load_queries(file_name: str) -> Mapping[str, str]:
    """The statements of one `.sql` file of this package, by name, without their comments.

    Raises `ValueError` where a name occurs twice or has no statement: a defect of the file.
    """
    text = files(__package__).joinpath(file_name).read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    queries: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        statement = _COMMENT.sub("", body).strip().rstrip(";")
        if not statement or name in queries:
            raise ValueError(f"{file_name}: the query {name!r} is empty or there twice")
        queries[name] = statement
    return MappingProxyType(queries)
