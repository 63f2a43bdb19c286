"""Making an image safe to show: only its pixels are kept, turned upright, bounded, and written anew as WebP."""

import asyncio
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from .refusals import ImageMoves, ImageTooWide, ImageUnreadable

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 40_000_000
FULL, SMALL = 1600, 320
"""Longest side of the image and of its thumbnail."""
QUALITY = 82
AT_ONCE = 2
"""An image of the largest size takes 160 MB while it is read."""
UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    IndexError,
    OverflowError,
    struct.error,
    zlib.error,
)
"""What the decoders raise when a file is not what it says it is."""

_decoders = ThreadPoolExecutor(AT_ONCE, "images")


class Picture(NamedTuple):
    """Two WebP files, and the size of the first."""

    full: bytes
    small: bytes
    width: int
    height: int


async def processed(content: bytes) -> Picture:
    """In a thread, a few at a time. Refuses what is no image, moves, or has too many pixels: before any is decoded."""
    return await asyncio.get_running_loop().run_in_executor(_decoders, _process, content)


def _process(content: bytes) -> Picture:
    try:
        image = _upright(_opened(content))
        full, small = _bounded(image, FULL), _bounded(image, SMALL)
        return Picture(_written(full), _written(small), full.width, full.height)
    except UNREADABLE:
        raise ImageUnreadable() from None


def _opened(content: bytes) -> "Image":
    from PIL import Image  # takes a while, and is only needed here

    image = Image.open(BytesIO(content), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise ImageTooWide(image.width, image.height, MAX_PIXELS)
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":  # a phone's photo with a preview beside it
        raise ImageMoves()
    if image.format == "JPEG":
        image.draft("RGB", (FULL, FULL))  # decodes at the scale that is needed
    return image


def _upright(image: "Image") -> "Image":
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    transparent = turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info
    return _in_srgb(turned).convert("RGBA" if transparent else "RGB")


def _in_srgb(image: "Image") -> "Image":
    """The colours that its profile means; a profile that can't be read means nothing."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in {"RGB", "CMYK"}:
        return image
    try:
        meant = ImageCms.ImageCmsProfile(BytesIO(profile))
        converted = ImageCms.profileToProfile(image, meant, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, *UNREADABLE):
        return image
    return converted or image


def _bounded(image: "Image", longest: int) -> "Image":
    from PIL import Image

    copy = image.copy()
    copy.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return copy


def _written(image: "Image") -> bytes:
    """Nothing but pixels: no place, no camera, no name of anybody."""
    from PIL import Image

    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    out = BytesIO()
    bare.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
