"""What a caller gives as pictures, as PIL pictures of mode RGB, treated like the pictures of a file."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np
from PIL import Image, ImageFile

from activeindex_lite.pictures.decode import reason_of, strict_pil
from activeindex_lite.pictures.rgb import BROKEN, load_whole, orientation, to_rgb


def rgb_picture(given: Image.Image | np.ndarray, name: str = "picture") -> Image.Image:
    """A PIL picture of any mode, or a uint8 array (H, W, 3), as a PIL picture of mode RGB; else a ValueError.

    The result is what `open_pictures` makes of the same picture, at its full size: upright by EXIF, on white where
    transparent, deep greys scaled. A plain RGB picture is returned as it is, not copied.
    name: what to call it in the message.
    """
    if isinstance(given, np.ndarray):
        given = _from_array(given, name)
    if isinstance(given, str | os.PathLike):
        raise ValueError(f"{name} is the path {str(given)[:80]!r}: open_pictures([...]) opens files")
    if not isinstance(given, Image.Image):
        raise ValueError(f"{name} is a {type(given).__name__}: a PIL picture is expected")
    if not min(given.size):
        raise ValueError(f"{name} has {given.width} x {given.height} pixels: leave it out")
    if not isinstance(given, ImageFile.ImageFile) and _is_plain(given):
        return given
    with strict_pil():
        try:
            loaded = load_whole(given)
        except BROKEN as error:
            raise ValueError(f"{name} cannot be read: {reason_of(error)}") from error
        if _is_plain(loaded):
            return loaded
        try:
            return to_rgb(loaded)
        except ValueError as error:
            raise ValueError(
                f"{name} has the mode {given.mode}, which PIL does not turn into RGB ({reason_of(error)})"
            ) from None


def _from_array(array: np.ndarray, name: str) -> Image.Image:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(
            f"{name} is an array of {array.dtype} and shape {array.shape}: a uint8 array (H, W, 3) is expected, or a "
            "PIL picture"
        )
    return Image.fromarray(array)


def _is_plain(im: Image.Image) -> bool:
    """Whether a picture is RGB already, with nothing left to apply."""
    return im.mode == "RGB" and not im.has_transparency_data and orientation(im) in (None, 1)


def rgb_pictures(given: Iterable[Image.Image | np.ndarray], name: str = "pictures") -> list[Image.Image]:
    """One or more such pictures as a list of PIL pictures of mode RGB; the ValueError names the first that is none."""
    if isinstance(given, Image.Image | str | os.PathLike) or not hasattr(given, "__iter__"):
        raise ValueError(
            f"{name}: a list of PIL pictures is expected, not a {type(given).__name__}; "
            "one picture is written [picture]"
        )
    found = [rgb_picture(picture, f"{name}[{i}]") for i, picture in enumerate(given)]
    if not found:
        raise ValueError(f"{name}: a list of one or more PIL pictures is expected, as in activate([picture], ...)")
    return found
