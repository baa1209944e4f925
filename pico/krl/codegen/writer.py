"""Building blocks for generated Python: places, blocks and fresh names."""

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from pico.krl import nodes
from pico.krl.source import Source, Span

Made = TypeVar("Made", bound=ast.AST)


class Writer:
    """Writes Python nodes into the innermost open block.

    `place` gives a Python node, and everything in it that has no place yet, the place of a
    KRL node. Columns in Python's tree count UTF-8 bytes.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.ascii = source.text.isascii()
        self.blocks: list[list[ast.stmt]] = []
        self.serial = 0
        self.constants: dict[str, object] = {}

    def fresh(self, stem: str) -> str:
        """A Python name that nothing else has: unlike those of bindings it ends in one `_` and a number."""
        self.serial += 1
        return f"{stem.rstrip('_')}_{self.serial}"

    def constant(self, value: object) -> ast.expr:
        """An expression for a value that Python source could not spell, such as a regexp."""
        name = self.fresh("const")
        self.constants[name] = value
        return load(name)

    def emit(self, *statements: ast.stmt) -> None:
        """Add statements to the innermost block."""
        self.blocks[-1].extend(statements)

    @contextmanager
    def block(self) -> Iterator[list[ast.stmt]]:
        """A new innermost block; what is emitted inside ends up in the yielded list."""
        body: list[ast.stmt] = []
        self.blocks.append(body)
        yield body
        self.blocks.pop()

    def place(self, made: Made, node: nodes.Node) -> Made:
        """Give `made` and its parts without a place the place of `node`; returns `made`."""
        self._mark(made, self._position(node.span))
        return made

    def _position(self, span: Span) -> tuple[int, int, int, int]:
        line, column = self.source.place(span.start)
        end_line, end_column = self.source.place(span.end)
        return line, self._bytes(line, column), end_line, self._bytes(end_line, end_column)

    def _bytes(self, line: int, column: int) -> int:
        if self.ascii:
            return column - 1
        start = self.source.line_starts[line - 1]
        return len(self.source.text[start : start + column - 1].encode("utf-8", "surrogatepass"))

    def _mark(self, made: ast.AST, place: tuple[int, int, int, int]) -> None:
        """Whatever has a place was marked before, and so was everything in it."""
        held = made.__dict__
        if "lineno" in held:
            return
        parts = list(held.values())
        if made._attributes:
            held["lineno"], held["col_offset"], held["end_lineno"], held["end_col_offset"] = place
        for part in parts:
            if isinstance(part, ast.AST):
                self._mark(part, place)
            elif type(part) is list:
                for one in part:
                    if isinstance(one, ast.AST):
                        self._mark(one, place)


def load(name: str) -> ast.expr:
    """Read a Python name."""
    return ast.Name(name, ast.Load())


def store(name: str, value: ast.expr) -> ast.stmt:
    """Set a Python name."""
    return ast.Assign([ast.Name(name, ast.Store())], value)


def literal(value: object) -> ast.expr:
    """A constant, or a tuple of constants."""
    return ast.Constant(value)  # type: ignore[arg-type]  # Python takes tuples too; its stubs leave them out


def call(function: str | ast.expr, *args: ast.expr, keywords: Sequence[ast.keyword] = ()) -> ast.expr:
    """Call a function by contract name or expression."""
    return ast.Call(load(function) if isinstance(function, str) else function, list(args), list(keywords))


def on_turn(method: str, *args: ast.expr) -> ast.expr:
    """Call a method of the running turn."""
    return call(ast.Attribute(load("t"), method, ast.Load()), *args)


def of_turn(attribute: str) -> ast.expr:
    """Read an attribute of the running turn."""
    return ast.Attribute(load("t"), attribute, ast.Load())


def tuple_of(items: Sequence[ast.expr]) -> ast.expr:
    """A tuple expression."""
    return ast.Tuple(list(items), ast.Load())


def when(test: ast.expr, body: list[ast.stmt], otherwise: Sequence[ast.stmt] = ()) -> ast.stmt:
    """`if test: body else: otherwise`; an empty body does nothing."""
    return ast.If(test, body or [ast.Pass()], list(otherwise))


def function_def(name: str, params: Sequence[str], optional: Sequence[str], body: list[ast.stmt],
                 open_ended: bool = False) -> ast.stmt:
    """`def name(params, optional=None, *_): body`."""
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg(p) for p in (*params, *optional)],
        vararg=ast.arg("_") if open_ended else None, kwonlyargs=[], kw_defaults=[], kwarg=None,
        defaults=[ast.Constant(None) for _ in optional],
    )
    return ast.FunctionDef(name, arguments, body or [ast.Pass()], [], None, None)
