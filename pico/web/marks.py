"""The mark of an item that has no picture: seven by seven modules, like the corner of a tag.

It is drawn from a hash of what identifies the item to this viewer, mirrored so that the eye can
keep it apart from others. A tag's public page draws it from the tag, so two tags of one item
cannot be linked by it.
"""

import hashlib

SIDE = 7
GROUNDS = ("#dfe8d8", "#f3ddcc", "#d9e4ec", "#eee2b8", "#e6dcec", "#d5e8e4")
INKS = ("#33573a", "#8c3d1d", "#244b68", "#6b5206", "#573a6e", "#135a52")


def draw_mark(seed: str) -> str:
    """The mark for `seed` as SVG."""
    digest = hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=16, person=b"pico-mark").digest()
    bits = int.from_bytes(digest[1:], "big")
    colour = digest[0] % len(INKS)
    half = (SIDE + 1) // 2
    squares = []
    for place in range(SIDE * half):
        if bits >> (2 * place) & 3 in (0, 3):
            row, column = divmod(place, half)
            squares += [f"M{x + 2} {row + 2}h1v1h-1z" for x in {column, SIDE - 1 - column}]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE + 4} {SIDE + 4}" shape-rendering="crispEdges">'
        f'<path fill="{GROUNDS[colour]}" d="M0 0h{SIDE + 4}v{SIDE + 4}H0z"/>'
        f'<path fill="{INKS[colour]}" d="{"".join(sorted(squares))}"/></svg>\n'
    )
