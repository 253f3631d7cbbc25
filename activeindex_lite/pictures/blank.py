"""Blank pictures, of one colour all over: no search tells one from another, so they are counted and reported."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

NAMED = 3


class BlankPictures(UserWarning):
    """Some pictures have one colour all over; the message says how many, and names a few."""


def is_blank(picture: Image.Image) -> bool:
    """Whether an RGB picture has one colour all over."""
    return all(low == high for low, high in picture.getextrema())


def report_blank(blank: Sequence[str], total: int, what: str = "pictures") -> None:
    """Warn if some of `total` pictures are blank. blank: their names; what: a word for the message."""
    if not blank:
        return
    named = ", ".join(name[:80] for name in blank[:NAMED]) + (", ..." if len(blank) > NAMED else "")
    warnings.warn(
        BlankPictures(
            f"{len(blank)} of {total} {what} have one colour all over ({named}): no search tells them from other blank "
            "pictures; leave them out"
        ),
        stacklevel=3,
    )
