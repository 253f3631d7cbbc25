"""The table of the 14 edits that every copy-detection result is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.edits import basic
from activeindex_lite.edits.mixture import random_edit
from activeindex_lite.edits.text import meme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image


@dataclass(frozen=True)
class Edit:
    """A named edit of one picture: `edit(picture, rng=None)` gives a new PIL RGB picture and does not change the input.

    picture: PIL picture of mode RGB, any size from 1 x 1. rng: numpy Generator, needed where `needs_rng` is true.
    `note` says in a few words what the edit does. ValueError for a picture that is not RGB, or a missing rng.
    """

    name: str
    note: str
    function: Callable
    needs_rng: bool = False

    def __call__(self, picture: Image.Image, rng: np.random.Generator | None = None) -> Image.Image:
        picture = basic.checked(picture)
        if not self.needs_rng:
            return self.function(picture)
        if rng is None or not isinstance(rng, np.random.Generator):
            raise ValueError(
                f"{self.name} draws its edits and got rng={rng!r:.60}: pass rng=numpy.random.default_rng(seed)"
            )
        return self.function(picture, rng)


class _Edits(dict):
    """Edits by name; the error about an unknown name lists the known ones."""

    def __missing__(self, name: str):
        raise KeyError(f"no edit {name!r:.60}: choose one of {', '.join(self)}")


def _table():
    edits = [
        Edit("Identity", "the picture as it is", lambda p: p.copy()),
        Edit("Contrast 0.5", "half the contrast", lambda p: basic.contrast(p, 0.5)),
        Edit("Contrast 2", "twice the contrast", lambda p: basic.contrast(p, 2)),
        Edit("Brightness 0.5", "half the brightness", lambda p: basic.brightness(p, 0.5)),
        Edit("Brightness 2", "twice the brightness", lambda p: basic.brightness(p, 2)),
        Edit("Hue 0.2", "hue turned by a fifth of the circle", lambda p: basic.hue(p, 0.2)),
        Edit("Blur 2", "Gaussian blur, sigma 2 pixels (kernel 11)", lambda p: basic.blur(p, 11)),
        Edit("JPEG 50", "saved as JPEG of quality 50", lambda p: basic.jpeg(p, 50)),
        Edit("Rotation 25", "rotated by 25 degrees, canvas grown", lambda p: basic.rotate(p, 25)),
        Edit("Rotation 90", "rotated by 90 degrees", lambda p: basic.rotate(p, 90)),
        Edit("Crop 0.5", "centre crop keeping half the area", lambda p: basic.centre_crop(p, 0.5)),
        Edit("Resize 0.5", "resized to half the area", lambda p: basic.resize(p, 0.5)),
        Edit("Meme", "a caption band above the picture", meme),
        Edit("Random", "1-4 random edits from different families", random_edit, needs_rng=True),
    ]
    return MappingProxyType(_Edits({edit.name: edit for edit in edits}))


EDITS = _table()


def apply_edit(name: str, pictures: Sequence[Image.Image], rng: np.random.Generator | None = None) -> list[Image.Image]:
    """Apply the edit called `name` (a key of EDITS) to a list of PIL RGB pictures: a list of new pictures.

    rng: numpy Generator, needed for "Random" only; each picture's edit is drawn from it in order. ValueError for an
    unknown name; the message lists the known ones.
    """
    if name not in EDITS:
        raise ValueError(f"no edit {name!r:.60}: choose one of {', '.join(EDITS)}")
    return [EDITS[name](picture, rng) for picture in pictures]
