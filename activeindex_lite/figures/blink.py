"""Pictures of one size side by side: whole, a part enlarged, and what differs from the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke

from activeindex_lite.figures.style import INK, Described
from activeindex_lite.lessons.one_picture import amplified_difference

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PIL import Image


def pictures_and_loupe(pictures: Mapping[str, Image.Image], box: tuple[int, int, int, int]) -> Described:
    """Each picture and ten times its difference from the first, whole and enlarged.

    pictures: dict from a name, such as "alpha 3: 40.1 dB", to a PIL picture, two or more of one size; box: (left, top,
    right, bottom) of the part to enlarge.
    """
    first, *others = pictures.items()
    shown, told = [first], []
    for name, picture in others:
        difference = "difference × 10" if len(others) == 1 else f"{name}\ndifference × 10"
        shown += [(name, picture), (difference, amplified_difference(first[1], picture))]
        told.append(f"{name}: {change_in_words(first[1], picture)}")
    figure = Figure(figsize=(9, 0.8 + 16.5 / len(shown)), layout="constrained")
    for at, (axes, (name, picture)) in enumerate(zip(figure.subplots(2, len(shown)).T, shown, strict=True)):
        draw_picture(axes[0], picture, name)
        axes[0].add_patch(frame(box))
        draw_picture(axes[1], picture.crop(box), "" if at else "enlarged")
        axes[1].spines[:].set(color=INK, linewidth=2)
    part = ", ".join(map(str, box))
    return Described(
        figure,
        f"{first[0]}, {', '.join(pictures)[len(first[0]) + 2 :]}, and ten times the difference from the first; below, "
        f"the part {part} of each enlarged. {' '.join(told)}",
    )


def change_in_words(original: Image.Image, changed: Image.Image) -> str:
    """The largest and the mean change between two PIL pictures of one size, as a sentence."""
    change = np.abs(np.asarray(changed, int) - np.asarray(original, int))
    red, green, blue = change.mean((0, 1))
    return (
        f"the largest change is {change.max()} grey levels, the mean change {red:.1f} in red, {green:.1f} in green and "
        f"{blue:.1f} in blue."
    )


def draw_picture(axes: Axes, picture: Image.Image, title: str) -> None:
    """A PIL picture without ticks, under a title."""
    axes.imshow(np.asarray(picture), interpolation="nearest")
    axes.set_title(title, fontsize=11)
    axes.set(xticks=[], yticks=[])


def frame(box: tuple[int, int, int, int]) -> Rectangle:
    """The edge of a part of a picture: white on black, so that it shows on every ground."""
    left, top, right, bottom = box
    edge = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, ec="#fffffe", lw=2)
    edge.set_path_effects([Stroke(linewidth=4, foreground="#222221"), Normal()])
    return edge
