"""Writes docs/language.md: the guide to KRL, made of the conformance files.

Every file of tests/conformance/ is a chapter: its prose explains, its fences are run as tests. So
what the guide shows is what the language does. Chapters come in the order in which one learns them
(`ORDER`); those that it does not name follow by file name, and those of `REFERENCE` come last.

    python docs/generate_language_guide.py            writes the guide
    python docs/generate_language_guide.py --check    ends with 1 where it would change
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "tests" / "conformance"
GUIDE = ROOT / "docs" / "language.md"

ORDER = (
    "rules", "events", "state", "modules", "values", "operators", "numbers", "strings", "regexps", "collections",
    "sets", "json", "library_math",
)
REFERENCE = ("syntax",)

PREFACE = """\
# The KRL language

<!-- Generated from tests/conformance/ by `make guide`. Change the chapters there, not this file. -->

KRL is a small language of rules: *when this event comes, if this holds, do that*. A ruleset is a
text with a name, functions and rules; an item's owner installs it, and from then on the item's
pico lives by it. Each example below is also a test: it is run before every release, and the
answer shown is the one that it gave.
"""


def guide(chapters: Path = CHAPTERS) -> str:
    """The text of the guide."""
    texts = [_chapter(path.read_text("utf-8")) for path in sorted(chapters.glob("*.md"), key=_place)]
    contents = "\n".join(f"- [{_title(text)}](#{_anchor(_title(text))})" for text in texts)
    return "\n".join([PREFACE, contents, "", *texts]).rstrip() + "\n"


def _place(path: Path) -> tuple[int, str]:
    if path.stem in ORDER:
        return ORDER.index(path.stem), ""
    return len(ORDER) + (path.stem in REFERENCE), path.stem


def _chapter(text: str) -> str:
    """One file as a chapter: its headings one level further down, outside of fences."""
    lines = []
    fenced = False
    for line in text.strip().splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        lines.append(f"#{line}" if not fenced and re.match(r"#{1,5} ", line) else line)
    return "\n".join(lines) + "\n"


def _title(chapter: str) -> str:
    first = re.search(r"^#+ (.+)$", chapter, re.MULTILINE)
    return first[1].strip() if first else "Untitled"


def _anchor(title: str) -> str:
    """The anchor that Markdown readers give a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def main() -> int:
    """Write the guide, or with --check compare it."""
    text = guide()
    if "--check" in sys.argv[1:]:
        return int(not GUIDE.exists() or GUIDE.read_text("utf-8") != text)
    GUIDE.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
