"""Drawing the plane of a Scene: the borders that an index draws in it, and the stored code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patches import Polygon
from matplotlib.path import Path

from activeindex_lite.figures.style import INK, NEUTRAL, RIGHT_TEXT, TARGET, TARGET_MARKER, note

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from activeindex_lite.lessons.activation import Scene

# By kind of borders: what the shaded region has in common, what a copy in it keeps, and what the lines are.
OWN = {"cells": "its own cell", "sub-codes": "the same code in every part", "bits": "the same bits"}
KEEPS = {"cells": "stays in its own cell", "sub-codes": "keeps the whole code", "bits": "keeps all its bits"}
LINES = {
    "cells": "borders of cells",
    "sub-codes": "where one part of the code changes",
    "bits": "hyperplanes: one bit flips",
}


def stays(scene: Scene) -> bool:
    """Whether the last feature of a Scene is in the region of the stored code."""
    return len(scene.own) > 0 and Path(scene.own).contains_point(scene.features[-1])


def draw_borders(axes: Axes, scene: Scene) -> None:
    """Shade the region with the stored code, and draw the other borders of the index as lines."""
    for region in scene.regions:
        if len(region):
            axes.add_patch(Polygon(region, fc="none", ec=NEUTRAL, lw=0.8 if scene.kind == "bits" else 1.1))
    if len(scene.own):
        axes.add_patch(Polygon(scene.own, fc=(TARGET, 0.15), ec=TARGET, lw=2))
    (left, low), (right, high) = scene.window.min(0), scene.window.max(0)
    axes.set(xlim=(left, right), ylim=(low, high), xticks=[], yticks=[])
    axes.set_aspect("equal")
    # The edges of the window are not borders of the index.
    axes.spines[:].set(visible=True, color="white", linewidth=3)


def draw_code(axes: Axes, scene: Scene) -> None:
    """Draw the stored code as a star or, for bits, the direction in which all of them hold more firmly."""
    if scene.code_known:
        axes.plot(*scene.code, TARGET_MARKER, color=TARGET, mec=INK, ms=17, zorder=8)
        return
    end = scene.start + 0.3 * np.ptp(scene.window, axis=0)[0] * np.array([1, 0])
    axes.annotate("", end, scene.start, arrowprops=dict(arrowstyle="-|>", color=TARGET, lw=2.5, shrinkA=7), zorder=8)
    note(axes, "more firmly\nthe same bits", end, (4, 0), color=RIGHT_TEXT, weight="bold", va="center")
