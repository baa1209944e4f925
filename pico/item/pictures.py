"""Pictures of items: any common image in, a small clean WebP out.

An upload is never kept as it came. It is decoded within bounds and encoded again, so that
place, camera and owner in its metadata, and anything hidden behind its last byte, are gone.
"""

import base64
import binascii
import io
import re

from PIL import Image, ImageOps

from pico.errors import Invalid, LimitExceeded
from pico.limits import PICTURE_BYTES, PICTURE_PIXELS

LONGEST_SIDE = 800  # pixels: twice the width of a phone's page
QUALITY = 82  # of 100; differences are not seen on a phone
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")

_DATA_URI = re.compile(r"data:(image/(?:webp|png|jpeg|gif));base64,([A-Za-z0-9+/=\s]+)")


def shrink(data: bytes) -> str:
    """An uploaded picture as the data URI of a WebP of at most 800 pixels a side, without metadata.

    The kind is found from the content; of an animation the first frame stays. Raises
    `LimitExceeded` for too many bytes or pixels and `Invalid("bad-picture")` for anything
    that is not a whole PNG, JPEG, WebP or GIF.
    """
    if len(data) > PICTURE_BYTES.value:
        raise LimitExceeded(PICTURE_BYTES, len(data))
    try:
        encoded = _encode(data)
    except LimitExceeded:
        raise
    except Exception as fault:  # Pillow's decoders raise nearly anything for a broken file
        raise Invalid("bad-picture", "This is not a picture that can be read. Use a PNG, JPEG, WebP or GIF.") from fault
    return "data:image/webp;base64," + base64.b64encode(encoded).decode("ascii")


def unpack(data_uri: str | None) -> tuple[str, bytes] | None:
    """Media type and bytes of a stored picture; None where there is none, or no picture that may be served."""
    match = _DATA_URI.fullmatch(data_uri or "")
    if match is None:
        return None
    try:
        return match[1], base64.b64decode(match[2], validate=False)
    except binascii.Error:
        return None


def _encode(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        pixels = image.width * image.height
        if pixels > PICTURE_PIXELS.value:
            raise LimitExceeded(PICTURE_PIXELS, pixels)
        image.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
        upright = ImageOps.exif_transpose(image)
        small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    small.info.clear()
    out = io.BytesIO()
    small.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()
