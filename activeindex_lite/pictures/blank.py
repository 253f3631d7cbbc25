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


def blank_note(blank: Sequence[str], total: int, what: str = "pictures") -> str:
    """A sentence that counts blank pictures and names a few; blank: their names, one or more; what: a word for all."""
    named = ", ".join(name[:80] for name in blank[:NAMED]) + (", ..." if len(blank) > NAMED else "")
    have = "has" if len(blank) == 1 else "have"
    return (
        f"{len(blank)} of {total} {what} {have} one colour all over ({named}): no search tells such pictures apart; "
        "leave them out"
    )


def report_blank(blank: Sequence[str], total: int, what: str = "pictures") -> None:
    """Warn with `blank_note`, if any picture is blank."""
    if blank:
        warnings.warn(BlankPictures(blank_note(blank, total, what)), stacklevel=3)
