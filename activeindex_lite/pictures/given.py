"""What a caller gives as pictures, as PIL pictures of mode RGB, or in words why that is not possible."""

import os

import numpy as np
from PIL import Image


def rgb_picture(given, name="picture"):
    """A PIL picture of any mode, or a uint8 array (H, W, 3), as a PIL picture of mode RGB; ValueError for anything else.

    name: what to call it in the message.
    """
    if isinstance(given, np.ndarray):
        if given.dtype != np.uint8 or given.ndim != 3 or given.shape[2] != 3:
            raise ValueError(
                f"{name} is an array of {given.dtype} and shape {given.shape}: a uint8 array (H, W, 3) is expected, or a PIL picture"
            )
        given = Image.fromarray(given)
    if isinstance(given, str | os.PathLike):
        raise ValueError(f"{name} is the path {str(given)[:80]!r}: open_pictures([...]) opens files")
    if not isinstance(given, Image.Image):
        raise ValueError(f"{name} is a {type(given).__name__}: a PIL picture is expected")
    if not min(given.size):
        raise ValueError(f"{name} has {given.width} x {given.height} pixels: leave it out")
    if given.mode == "RGB":
        return given
    try:
        return given.convert("RGB")
    except ValueError as error:
        raise ValueError(f"{name} has the mode {given.mode}, which PIL does not turn into RGB ({error})") from None


def rgb_pictures(given, name="pictures"):
    """A list of one or more of them, as a list of PIL pictures of mode RGB; ValueError that names the first that is not."""
    if isinstance(given, Image.Image | str | os.PathLike) or not hasattr(given, "__iter__"):
        raise ValueError(
            f"{name}: a list of PIL pictures is expected, not a {type(given).__name__}; one picture is written [picture]"
        )
    found = [rgb_picture(picture, f"{name}[{i}]") for i, picture in enumerate(given)]
    if not found:
        raise ValueError(f"{name}: a list of one or more PIL pictures is expected, as in activate([picture], ...)")
    return found
