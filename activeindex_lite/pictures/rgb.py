"""The one place where a PIL picture of any mode becomes RGB: upright, on white where transparent, deep greys scaled."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import ExifTags, Image, ImageFile
from PIL.Image import Transpose

# What PIL's decoders raise on broken files; never MemoryError.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    RuntimeError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
# EXIF orientations 2 to 8. ImageOps.exif_transpose would also write the EXIF block anew, which fails where a
# field that nobody needs is damaged.
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
PHOTOMETRIC, SAMPLE_FORMAT, BITS = 262, 339, 258  # TIFF tags
WHITE_IS_ZERO, UNSIGNED, SIGNED = 0, 1, 2
# A transparent grey of PNG counts in the file's own levels; PIL spreads the pixels over 0 to 255, but not this number.
KEY_FACTOR = {"L;2": 85, "L;4": 17}
MOST_FRAMES = 100


def load_whole(im: Image.Image) -> Image.Image:
    """A picture with its pixels in memory and its transparent colour in the units of its pixels; raises one of BROKEN.

    It shows the first frame in which something is visible: some animations begin with an empty one. The given picture
    is changed only in that its pixels are loaded.
    """
    raw = _raw_mode(im)
    im.load()
    if isinstance(im, ImageFile.ImageFile) and _is_invisible(im):
        return _first_visible(im)
    key = im.info.get("transparency")
    right = _key_in_pixel_units(key, raw, im.mode)
    if right != key:
        im = _with_info(im, {**im.info, "transparency": right})
    return im


def _raw_mode(im: Image.Image) -> str:
    """How the file stores its pixels, in PIL's words, or "" where that is no longer known."""
    tiles = getattr(im, "tile", None)
    if not tiles:
        return ""
    details = tiles[0][3]
    if isinstance(details, (tuple, list)) and details:
        details = details[0]
    return details if isinstance(details, str) else ""


def _key_in_pixel_units(key, raw: str, mode: str):
    """The transparent colour of a PNG, on the scale on which PIL gives the pixels."""
    if isinstance(key, int) and raw in KEY_FACTOR:
        return key * KEY_FACTOR[raw]
    # Of 16-bit colours PIL keeps the high byte.
    if isinstance(key, tuple) and mode == "RGB" and (raw == "RGB;16B" or max(key) > 255):
        return tuple(level >> 8 for level in key)
    return key


def _with_info(im: Image.Image, info: dict) -> Image.Image:
    other = im.copy()
    other.format, other.info = im.format, info
    return other


def _is_invisible(im: Image.Image) -> bool:
    """Whether a picture is wholly transparent and has no colours under its transparency."""
    if not im.has_transparency_data:
        return False
    *colours, alpha = im.convert("RGBA").getextrema()
    return alpha == (0, 0) and all(low == high for low, high in colours)


def _first_visible(im: Image.Image) -> Image.Image:
    """The first frame, from this one on, in which something is visible; this one where there is none."""
    this = _with_info(im, dict(im.info))
    try:
        place = im.tell()
        for number in range(place + 1, place + MOST_FRAMES):
            im.seek(number)
            im.load()
            if not _is_invisible(im):
                this = _with_info(im, dict(im.info))
                break
        im.seek(place)
    except BROKEN:  # no further frame, or a damaged one
        return this
    return this


def to_rgb(im: Image.Image, max_side: int | None = None) -> Image.Image:
    """A picture of `load_whole`, of any mode, as plain RGB: upright, on white, sides of 1 to max_side pixels.

    max_side: shrink a larger picture to it, aspect ratio kept; this may change im (None: keep the size and im).
    Colour profiles are ignored. ValueError for a mode that PIL does not convert.
    """
    turn = UPRIGHT.get(orientation(im))
    if _is_deep(im):
        im = _grey(im, max_side)
    if im.has_transparency_data:
        im = _without_transparency_by_mistake(im.convert("RGBA"))
    elif im.mode in ("1", "P"):
        im = im.convert("RGB")
    if max_side is not None:
        im.thumbnail((max_side, max_side))  # before the copies that follow, so that they are small
    if turn is not None:
        im = im.transpose(turn)
    if im.mode == "RGBA":
        im = Image.alpha_composite(Image.new("RGBA", im.size, "white"), im)
    im = im.convert("RGB")
    im.info = {}  # a colour profile left here would be written into saved copies
    return im


def orientation(im: Image.Image) -> int | None:
    """The EXIF orientation, 1 to 8, or None where there is none or the EXIF block is broken."""
    try:
        return im.getexif().get(ExifTags.Base.Orientation)
    except BROKEN:
        return None


def _without_transparency_by_mistake(im: Image.Image) -> Image.Image:
    """An RGBA picture; opaque where every pixel is transparent and there are colours underneath.

    Programs that leave the fourth byte of a pixel 0 (32-bit BMP, screenshots) write such files.
    """
    *colours, alpha = im.getextrema()
    if alpha == (0, 0) and any(low != high for low, high in colours):
        return im.convert("RGB")
    return im


# Greys of more than 8 bits --------------------------------------------------------------------------------------


def _is_deep(im: Image.Image) -> bool:
    return im.mode == "F" or im.mode.startswith("I") or (im.mode == "L" and _tag(im, SAMPLE_FORMAT) == SIGNED)


def _tag(im: Image.Image, number: int) -> int | None:
    """The first value of a TIFF tag, None for other files."""
    value = getattr(im, "tag_v2", {}).get(number)
    return value[0] if isinstance(value, tuple) and value else value


def _grey(im: Image.Image, max_side: int | None) -> Image.Image:
    """A deep or signed grey as mode "L", or "LA" where a grey is transparent.

    16-bit greys are scaled from 0 .. 65535 (12-bit ones from 0 .. 4095), others from their own least and greatest
    value.
    """
    shift = _shift_to_8_bits(im)
    key = im.info.get("transparency")
    if shift is None and max_side is not None and im.mode != "L" and not _is_unsigned_32_bit(im):
        im.thumbnail((max_side, max_side))  # eight bytes per value follow
    values = _true_values(im)
    grey = values >> shift if shift is not None else _spread(values)
    grey = grey.astype(np.uint8)
    if _tag(im, PHOTOMETRIC) == WHITE_IS_ZERO:
        grey = 255 - grey
    flat = Image.fromarray(grey)
    if isinstance(key, int):
        flat.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return flat


def _shift_to_8_bits(im: Image.Image) -> int | None:
    """How many low bits of a 16-bit grey are dropped, as PIL does with 16-bit colour; None for other greys."""
    if im.mode.startswith("I;16"):
        return 4 if _tag(im, BITS) == 12 else 8
    if im.mode == "I" and im.format in ("PNG", "PPM"):  # older PIL
        return 8
    return None


def _true_values(im: Image.Image) -> np.ndarray:
    """The greys as the file means them: PIL reads unsigned 32-bit ones as signed, and signed 8-bit ones as unsigned."""
    values = np.asarray(im)
    if _is_unsigned_32_bit(im):
        return values.view(np.uint32)
    if im.mode == "L":
        stored = 255 - values if _tag(im, PHOTOMETRIC) == WHITE_IS_ZERO else values  # PIL has turned these already
        return stored.view(np.int8)
    return values


def _is_unsigned_32_bit(im: Image.Image) -> bool:
    return im.mode == "I" and _tag(im, SAMPLE_FORMAT) == UNSIGNED and _tag(im, BITS) == 32


def _spread(values: np.ndarray) -> np.ndarray:
    """Numbers spread over 0 .. 255 from the least to the greatest, + .5 for rounding; NaN counts as the least.

    ValueError where no value is finite.
    """
    values = values.astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("no finite value")
    low, high = finite.min(), finite.max()
    values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    return (values - low) * (255 / (high - low or 1)) + 0.5
