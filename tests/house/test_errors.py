"""Every error code that the package can give has a paragraph in docs/errors.md, and every paragraph a code.

Codes are read from the source: what is given as `code` to anything that takes a parameter of that
name (the error classes and `Diagnostic` do, and so do functions that make these), as a literal,
as a named constant or out of a table of the module; the name of
every limit; and the codes with which shipped rulesets refuse.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from pico.limits import ALL

ROOT = Path(__file__).resolve().parents[2]
ERRORS = ROOT / "docs" / "errors.md"
CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
IN_KRL = re.compile(r'(?:"code":|=>)\s*"([a-z][a-z0-9]*(?:-[a-z0-9]+)+)"')  # a shipped ruleset refuses something
ROOT_CLASS = "PicoError"  # those that inherit from it inherit its constructor too, or call it


def test_every_code_is_explained_and_every_explanation_has_a_code() -> None:
    given = {limit.name for limit in ALL} | set(codes()) | set(codes_in_rulesets())
    explained = list(paragraphs())
    assert sorted(given - set(explained)) == [], "codes without a paragraph in docs/errors.md"
    assert sorted(set(explained) - given) == [], "paragraphs in docs/errors.md for codes that nothing gives"
    assert sorted({code for code in explained if explained.count(code) > 1}) == [], "explained twice"


def test_every_paragraph_says_what_to_do() -> None:
    for code, text in paragraphs().items():
        assert re.search(r"\*\*Cause\.\*\* \S.*\*\*Mend\.\*\* \S", text, re.DOTALL), code


def test_the_gathering_sees_codes_behind_names_and_functions() -> None:
    # Guards this test itself: each of these is given in another way.
    assert {"bad-policy", "engine-unreachable", "engine-refused", "bad-setting", "disk-full"} <= set(codes())


def paragraphs() -> dict[str, str]:
    """Code -> its paragraph."""
    pieces = re.split(r"^### `([^`]+)`\s*$", ERRORS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def codes_in_rulesets() -> list[str]:
    """The codes with which shipped rulesets refuse what a page or a command asks."""
    texts = [path.read_text("utf-8") for path in sorted((ROOT / "rulesets").rglob("*.krl"))]
    return [code for text in texts for code in IN_KRL.findall(text)]


@cache
def codes() -> dict[str, str]:
    """Code -> where it is given."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "pico").rglob("*.py"))}
    constants = {name: text for tree in trees.values() for name, text in _constants(tree)}
    takers = dict.fromkeys(_errors(trees.values()), 0) | {"__init__": 0}
    for tree in trees.values():
        takers |= dict(_takers(tree))
    return {
        code: f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, tree in trees.items()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for code in _given(call, takers, constants, tree)
    }


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _errors(trees: Iterable[ast.Module]) -> set[str]:
    """The names of the error classes: whatever inherits from `ROOT_CLASS`, at any distance."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found, size = {ROOT_CLASS}, 0
    while len(found) > size:
        size = len(found)
        found |= {c.name for c in classes if any(isinstance(base, ast.Name) and base.id in found for base in c.bases)}
    return found


def _takers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The name of everything with a parameter or dataclass field `code`, and its position."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
            if "code" in names:
                position = names.index("code") - (names[0] in ("self", "cls"))
                yield node.name, position
            elif any(argument.arg == "code" for argument in node.args.kwonlyargs):
                yield node.name, -1
        if isinstance(node, ast.ClassDef):
            fields = [s.target.id for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
            constructor = next((s for s in node.body if isinstance(s, ast.FunctionDef) and s.name == "__init__"), None)
            if constructor is not None:
                names = [argument.arg for argument in constructor.args.args[1:]]
                if "code" in names:
                    yield node.name, names.index("code")
            elif "code" in fields:
                yield node.name, fields.index("code")


def _given(
    call: ast.Call, takers: dict[str, int], constants: dict[str, str], tree: ast.Module
) -> Iterator[str]:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    is_log = isinstance(function, ast.Attribute) and getattr(function.value, "id", "").lower() == "log"
    if name not in takers or is_log:
        return
    position = takers[name]
    value: ast.expr | None = call.args[position] if 0 <= position < len(call.args) else None
    for keyword in call.keywords:
        if keyword.arg == "code":
            value = keyword.value
    for option in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
        if isinstance(option, ast.Name) and option.id not in constants:
            yield from _tabled(tree)
            continue
        text = constants.get(option.id) if isinstance(option, ast.Name) else getattr(option, "value", None)
        if isinstance(text, str) and CODE.fullmatch(text):
            yield text


def _tabled(tree: ast.Module) -> Iterator[str]:
    """The codes in a module's tables: it gives one of them by a variable."""
    for table in tree.body:
        if isinstance(table, ast.Assign | ast.AnnAssign) and isinstance(table.value, ast.Tuple | ast.Dict):
            for node in ast.walk(table.value):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if "-" in node.value and CODE.fullmatch(node.value):
                        yield node.value
