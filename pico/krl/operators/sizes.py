"""What work costs, and how large its result may be: asked before anything is built.

One unit of fuel stands for about a third of a microsecond, and for the memory that fits
the budget: a step that spends all of it on copies has made at most about 64 MB of them.
"""

from pico.errors import LimitExceeded
from pico.krl.context import Context
from pico.limits import COLLECTION_ITEMS, TEXT_CHARS


def reserve_text(t: Context, size: int) -> None:
    """Pay for a new text of `size` characters; raises `LimitExceeded` where it would be too large."""
    if size > TEXT_CHARS.value:
        raise LimitExceeded(TEXT_CHARS, size)
    if size > 64:
        t.spend(size >> 6)


def check_items(size: int) -> None:
    """Raise `LimitExceeded` where a collection of `size` items would be too large."""
    if size > COLLECTION_ITEMS.value:
        raise LimitExceeded(COLLECTION_ITEMS, size)


def reserve_items(t: Context, size: int) -> None:
    """Pay for a new array of `size` items that exist already; raises `LimitExceeded` where it would be too large."""
    check_items(size)
    if size > 16:
        t.spend(size >> 4)


def reserve_new(t: Context, size: int) -> None:
    """Pay for `size` new values in a new array; raises `LimitExceeded` where it would be too large."""
    check_items(size)
    t.spend(size)


def reserve_entries(t: Context, size: int) -> None:
    """Pay for a new map of `size` entries; raises `LimitExceeded` where it would be too large."""
    check_items(size)
    if size > 4:
        t.spend(size >> 2)


def pay_look(t: Context, size: int) -> None:
    """Pay for looking through `size` characters or items without building anything."""
    if size > 64:
        t.spend(size >> 6)
