"""Where the shipped files are: grammar, rulesets, SQL and pages' assets.

In a checkout they lie beside the package, in an installed wheel inside it (`pico/shipped/`).
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_INSIDE = _PACKAGE / "shipped"


def shipped(*parts: str) -> Path:
    """The path of a shipped file or folder, such as `shipped("grammar", "krl.lark")`."""
    base = _INSIDE if _INSIDE.is_dir() else _PACKAGE.parent
    return base.joinpath(*parts)
