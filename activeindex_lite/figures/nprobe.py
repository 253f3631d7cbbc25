"""A still of the nprobe explorer: the cells around the query, the pictures found, and R@1 against nprobe."""

from __future__ import annotations

import textwrap
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

# The cells that the lens has room for, as in nprobe_map.js.
IN_LENS = 26


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
    figure = Figure(figsize=(10.5, 6), layout="constrained")
    grid = figure.add_gridspec(2, 3, height_ratios=[3, 2])
    zoom = max(1, (about["nlist"] / IN_LENS) ** (1 / 3))
    _map(figure.add_subplot(grid[0, 0]), view, nprobe, zoom, "the first cells, enlarged; the nearest in the middle")
    _map(figure.add_subplot(grid[0, 1]), view, nprobe, 1, f"all {about['nlist']:,} cells")
    _results(figure.add_subplot(grid[0, 2]), view, phase, query, pictures)
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


def _map(axes, view, nprobe, zoom, title):
    """The cells as a disc, its middle enlarged by zoom."""
    places = np.reshape(view["places"], (-1, 2)) / 1000 * [1, -1]
    rank, own = np.arange(1, len(places) + 1), view["rank"]
    is_visited = rank <= nprobe
    faces = np.where(is_visited, VISITED, "#F2F2F2")
    faces[own - 1] = TARGET if own <= nprobe else FAINT
    edges = np.where(rank == own, TARGET, np.where(is_visited, INK, "#C8C8C8"))
    lines = np.where(rank == own, 2, 0.6)
    cells = PolyCollection(voronoi_polygons(places), facecolors=faces, edgecolors=edges, lw=lines)
    axes.add_collection(cells)
    cells.set_clip_path(Circle((0, 0), 1 / zoom, transform=axes.transData))
    axes.plot(0, 0, QUERY_MARKER, color=QUERY, mec="white", ms=12)
    x, y = places[own - 1]
    shown = np.hypot(x, y) < 1 / zoom
    if shown:
        axes.plot(x, y, TARGET_MARKER, color=TARGET if own <= nprobe else "white", mec=TARGET, ms=15)
        note(axes, f"original: cell {own}", (x, y), (0, 11 if y > 0 else -19), ha="center", weight="bold")
    else:
        title += f" (the original's cell, {own}, lies beyond)"
    axes.set(xlim=np.array([-1.02, 1.02]) / zoom, ylim=np.array([-1.02, 1.02]) / zoom, xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.set_title(textwrap.fill(title, 34), fontsize=11)


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
