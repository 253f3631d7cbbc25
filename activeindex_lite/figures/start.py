"""The figure of notebook 00: one picture released twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from activeindex_lite.figures.style import RIGHT, RIGHT_LINE, WRONG, WRONG_LINE, Described

if TYPE_CHECKING:
    from PIL import Image


def two_releases(
    stories: Sequence[tuple], edit: str, picture_of: Callable[[int], Image.Image], truth: int
) -> Described:
    """A picture released unchanged and activated, one row each: the release, its edited copy, and the first result.

    stories: two tuples (released PIL picture, Found, words on its quality); edit: name of the edit; picture_of: from
    an id to a PIL picture; truth: id of the original.
    """
    figure = Figure(figsize=(7.8, 5.6), layout="constrained")
    outcomes = []
    for row, (picture, found, quality), name in zip(figure.subplots(2, 3), stories, ("as it is", "activated")):
        right = bool(found.first[0])
        outcomes.append(
            f"released {name} ({quality}), the search finds {'the original' if right else 'another picture'} first"
        )
        shown = (
            (picture, f"released {name}\n{quality}"),
            (found.query, f"somebody's copy\n{edit}"),
            (picture_of(found.ids[0]), f"first result\n{'✓ the original' if right else '✗ another picture'}"),
        )
        for axes, (image, title) in zip(row, shown):
            axes.imshow(image)
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, fontsize=11)
        row[2].spines[:].set(color=RIGHT if right else WRONG, lw=5, ls=RIGHT_LINE if right else WRONG_LINE)
    return Described(
        figure,
        f"A picture of the ready world, number {truth}, released twice. Each release is copied with the edit {edit}, "
        f"and the copy is searched for at nprobe {stories[0][1].nprobes[0]}. "
        f"{outcomes[0][0].upper()}{outcomes[0][1:]}; {outcomes[1]}.",
    )
