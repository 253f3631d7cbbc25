"""A still of the nprobe explorer: the cells around the query, the pictures found, and R@1 against nprobe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from activeindex_lite.figures.ivf import voronoi_polygons
from activeindex_lite.figures.style import (
    FAINT,
    INK,
    NEUTRAL,
    QUERY,
    QUERY_MARKER,
    RIGHT,
    TARGET,
    TARGET_MARKER,
    VISITED,
    WRONG,
    Described,
    note,
)

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image


def search_sheet(
    view: dict,
    about: dict,
    phase: dict,
    nprobe: int,
    query: Image.Image,
    pictures: Sequence[Image.Image],
    curve: pd.DataFrame,
) -> Described:
    """The current setting of the nprobe explorer as a still.

    view, about, phase: dicts of the explorer's state; query: the edited PIL picture; pictures: PIL pictures of the
    results; curve: DataFrame nprobe, r1, low, high.
    """
    figure = Figure(figsize=(9, 6.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, height_ratios=[3, 2])
    _map(figure.add_subplot(grid[0, 0]), view, about, nprobe)
    _results(figure.add_subplot(grid[0, 1]), view, phase, query, pictures)
    axes = figure.add_subplot(grid[1, :])
    axes.spines[["top", "right"]].set_visible(False)
    axes.fill_between(curve.nprobe, curve.low, curve.high, color=INK, alpha=0.18, lw=0)
    axes.plot(curve.nprobe, curve.r1, "o-", color=INK, ms=5)
    axes.set_xscale("log", base=2)
    axes.set(ylim=(0, 1.03), xticks=curve.nprobe[::2], xticklabels=[f"{n:.0f}" for n in curve.nprobe[::2]])
    axes.minorticks_off()
    near = curve.iloc[(curve.nprobe - nprobe).abs().argmin()]
    axes.axvline(near.nprobe, color=NEUTRAL, lw=1.5, ls="--")
    note(axes, f"R@1 {near.r1:.2f} at nprobe {near.nprobe:.0f}", (near.nprobe, near.r1), (9, -20))
    axes.set_xlabel(f"nprobe: cells visited ({about['queries']} pictures x {about['edits']} edits)", fontsize=11)
    axes.grid(alpha=0.25)
    scanned = view["scanned"][nprobe - 1]
    figure.suptitle(
        f"{about['factory']}, nprobe {nprobe}: {scanned:,} of {about['ntotal']:,} vectors compared. "
        + ("✓ The original comes first" if phase["first"] else "✗ The original does not come first"),
        fontsize=13,
    )
    return Described(
        figure,
        f"Search in {about['factory']} for a picture edited by {view['edit']} with nprobe {nprobe}: {scanned} of "
        f"{about['ntotal']} vectors are compared. {phase['sentence']} Over all queries R@1 is {near.r1:.2f} at "
        f"nprobe {near.nprobe:.0f}.",
    )


def _map(axes, view, about, nprobe):
    places = np.reshape(view["places"], (-1, 2)) / 1000 * [1, -1]
    rank = np.arange(1, len(places) + 1)
    own = TARGET if view["rank"] <= nprobe else FAINT
    faces = np.where(rank == view["rank"], own, np.where(rank <= nprobe, VISITED, "#F2F2F2"))
    cells = PolyCollection(
        voronoi_polygons(places),
        facecolors=faces,
        edgecolors=np.where(rank == view["rank"], TARGET, "#C8C8C8"),
        lw=np.where(rank == view["rank"], 2, 0.6),
    )
    axes.add_collection(cells)
    cells.set_clip_path(Circle((0, 0), 1, transform=axes.transData))
    radius = (min(nprobe + 0.5, len(places)) / len(places)) ** (1 / 3)
    axes.add_patch(Circle((0, 0), radius, fill=False, ls="--", lw=1.6, ec=INK))
    axes.plot(0, 0, QUERY_MARKER, color=QUERY, mec="white", ms=13)
    x, y = places[view["rank"] - 1]
    axes.plot(x, y, TARGET_MARKER, color=TARGET if view["rank"] <= nprobe else "white", mec=INK, ms=15)
    note(
        axes,
        f"original: cell {view['rank']}",
        (x, y),
        (14 if x > 0 else -14, -4),
        ha="left" if x > 0 else "right",
        weight="bold",
        bbox=dict(fc="white", ec="none", alpha=0.8, pad=1),
    )
    axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.set_title(f"{about['nlist']:,} cells, the nearest in the middle", fontsize=11)


def _results(axes, view, phase, query, pictures):
    axes.axis("off")
    shown = [(query, f"query ({view['edit']})", QUERY)]
    for place, (picture, result) in enumerate(zip(pictures[:3], phase["results"], strict=False), 1):
        word, colour = ("another", NEUTRAL) if place > 1 else ("✗ another", WRONG)
        if result["original"]:
            word, colour = "✓ original", RIGHT
        shown.append((picture, f"{place}. {word}: {result['distance']:.3f}", colour))
    for n, (picture, title, colour) in enumerate(shown):
        inset = axes.inset_axes([0.5 * (n % 2), 0.53 - 0.53 * (n // 2), 0.46, 0.43])
        inset.imshow(np.asarray(picture))
        inset.set_title(title, fontsize=11)
        inset.set(xticks=[], yticks=[])
        inset.spines[:].set(color=colour, linewidth=3)
