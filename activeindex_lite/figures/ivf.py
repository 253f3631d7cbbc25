"""Figures of notebook 02: the cells of an inverted file, what a search visits, and R@1 and cost by nprobe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation

from activeindex_lite.figures.hover import Hovering, hover_layout
from activeindex_lite.figures.style import (
    FAINT,
    INK,
    NEUTRAL,
    QUERY,
    QUERY_MARKER,
    RIGHT,
    RIGHT_LINE,
    RIGHT_TEXT,
    TARGET,
    TARGET_MARKER,
    VISITED,
    WRONG,
    WRONG_LINE,
    Described,
    goes,
    new_figure,
    note,
)
from activeindex_lite.scratch.plane import plane_of

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.scratch import IVF


def voronoi_polygons(centroids: np.ndarray) -> list[np.ndarray]:
    """The cells of centroids (nlist, 2) as polygons: a list of (corners, 2) arrays, in the order of the centroids.

    The corners of a cell are the circumcentres of the Delaunay triangles around its centroid. Four auxiliary points far
    outside close the outer cells.
    """
    centroids = np.asarray(centroids, float)
    centre, far = centroids.mean(0), 20 * np.ptp(centroids, axis=0).max() + 1
    points = np.concatenate([centroids, centre + far * np.array([[1, 0.1], [-1, -0.1], [0.1, 1], [-0.1, -1]])])
    # The Delaunay triangulation (Qhull) in matplotlib; scipy.spatial would take 40 MB more.
    triangles = Triangulation(*points.T).triangles
    a, b, c = points[triangles].transpose(1, 0, 2)
    # |p - a|^2 = |p - b|^2 = |p - c|^2 are two linear equations for the circumcentre p.
    sides = 2 * np.stack([b - a, c - a], axis=1)
    corners = np.linalg.solve(sides, np.stack([(b**2 - a**2).sum(1), (c**2 - a**2).sum(1)], axis=1)[:, :, None])[
        :, :, 0
    ]
    owners = np.argsort(triangles.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(triangles.ravel(), minlength=len(points)))
    polygons = []
    for point, own in zip(centroids, np.split(corners[owners // 3], ends[:-1]), strict=False):
        polygons.append(own[np.argsort(np.arctan2(*(own - point).T))])
    return polygons


def probing_in_2d(ivf: IVF, query: np.ndarray, nprobes: Sequence[int] = (1, 2, 3)) -> Described:
    """A search in a two-dimensional IVF at several nprobe, side by side: cells visited, candidates, and the result.

    ivf: scratch.IVF with vectors of d = 2; query: (2,).
    """
    if ivf.d != 2:
        raise ValueError(f"ivf: the vectors have {ivf.d} dimensions, expected 2; for more, use cells_projected")
    query = np.asarray(query, np.float32)
    exact = int(np.square(ivf.vectors - query).sum(1).argmin())
    figure = Figure(figsize=(9, 9 / len(nprobes) + 1.0), layout="constrained")
    told = []
    for axes, nprobe in zip(figure.subplots(1, len(nprobes), squeeze=False)[0], nprobes, strict=True):
        candidates = ivf.candidates(query, nprobe)
        found = int(ivf.search(query[None], 1, nprobe)[1][0, 0])
        _cells_in_2d(axes, ivf, ivf.probe(query[None], nprobe)[0])
        _points_in_2d(axes, ivf, query, candidates, exact, found)
        right = found == exact
        axes.set_title(
            f"nprobe {nprobe}: {len(candidates)} of {len(ivf.vectors)} compared\n"
            + ("✓ the nearest is found" if right else "✗ the nearest is missed"),
            fontsize=11,
        )
        told.append(
            f"nprobe {nprobe} compares {len(candidates)} vectors and {'finds' if right else 'misses'} the nearest"
        )
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncol=4, frameon=False, fontsize=11, handletextpad=0.3)
    return Described(
        figure,
        f"Voronoi cells of an inverted file with {ivf.nlist} cells in two dimensions and one query, whose "
        f"visited cells are shaded and numbered. Of {len(ivf.vectors)} vectors, {'; '.join(told)}.",
    )


def _cells_in_2d(axes, ivf, probed):
    rank = {cell: place for place, cell in enumerate(probed.tolist(), 1)}
    for cell, polygon in enumerate(voronoi_polygons(ivf.centroids)):
        visited = cell in rank
        axes.fill(*polygon.T, facecolor=VISITED if visited else "none", alpha=0.35 if visited else 1, lw=0)
        axes.fill(*polygon.T, facecolor="none", edgecolor=NEUTRAL, lw=0.9)
        if visited:
            axes.annotate(
                str(rank[cell]),
                ivf.centroids[cell],
                fontsize=15,
                weight="bold",
                color=INK,
                ha="center",
                va="center",
                zorder=5,
                bbox=dict(boxstyle="circle,pad=.15", fc="white", ec=VISITED, lw=2),
            )
        else:
            axes.plot(*ivf.centroids[cell], "+", color=NEUTRAL, ms=8, mew=1.5)


def _points_in_2d(axes, ivf, query, candidates, exact, found):
    other = np.setdiff1d(np.arange(len(ivf.vectors)), candidates)
    axes.plot(*ivf.vectors[other].T, ".", color=NEUTRAL, ms=3, label="not compared")
    axes.plot(*ivf.vectors[candidates].T, ".", color=INK, ms=7, label="compared")
    axes.plot(*query, QUERY_MARKER, color=QUERY, mec="white", ms=13, zorder=7, label="query")
    axes.plot(*ivf.vectors[exact], TARGET_MARKER, color=TARGET, mec=INK, ms=17, zorder=8, label="its true nearest")
    axes.plot([], [], "s", color=VISITED, alpha=0.5, ms=11, label="visited cell, by rank")
    axes.plot([], [], "+", color=NEUTRAL, ms=8, mew=1.5, label="centroid")
    axes.plot([], [], RIGHT_LINE, color=RIGHT, lw=2.5, label="found, right")
    axes.plot([], [], WRONG_LINE, color=WRONG, lw=2.5, label="found, wrong")
    if found >= 0:
        line, colour = (RIGHT_LINE, RIGHT) if found == exact else (WRONG_LINE, WRONG)
        axes.plot(*np.stack([query, ivf.vectors[found]]).T, line, color=colour, lw=2.5, zorder=6)
    low, high = ivf.vectors.min(0) - 0.05, ivf.vectors.max(0) + 0.05
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    axes.set_aspect("equal")


def cells_projected(ivf: IVF, query: np.ndarray, nprobe: int, original: int | None = None) -> Described:
    """A search in features of many dimensions, projected to the plane in which the centroids vary most.

    ivf: scratch.IVF; query: (d,); original: id of the vector to find, or None. The title states the plane's share of
    the variance: neighbours in the plane need not be neighbours in the space.
    """
    mean, plane, kept = plane_of(ivf.centroids)

    def flat(x):
        return ((x - mean) @ plane.T).T

    candidates = ivf.candidates(query, nprobe)
    probed = ivf.probe(np.asarray(query)[None], nprobe)[0]
    figure, axes = new_figure(9, 5.6)
    axes.plot(*flat(ivf.vectors), ".", color=FAINT, ms=3, label=f"{len(ivf.vectors):,} stored features")
    axes.plot(*flat(ivf.vectors[candidates]), ".", color=INK, ms=5, label=f"{len(candidates):,} compared")
    axes.plot(*flat(ivf.centroids), "+", color=NEUTRAL, ms=7, label=f"{ivf.nlist} centroids")
    axes.plot(*flat(ivf.centroids[probed]), "s", mfc="none", color=VISITED, ms=10, mew=2.5, label=f"{nprobe} visited")
    axes.plot(*flat(np.asarray(query)), QUERY_MARKER, color=QUERY, mec="white", ms=14, ls="none", label="query")
    said = ""
    if original is not None:
        visited = ivf.cells[original] in probed
        said = f" The original is {'in a visited cell' if visited else 'not in a visited cell'}."
        axes.plot(
            *flat(ivf.vectors[original]),
            TARGET_MARKER,
            color=TARGET if visited else "white",
            mec=INK,
            ms=18,
            ls="none",
            label="original (" + ("visited)" if visited else "not visited)"),
        )
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_title(
        f"A plane through {ivf.d} dimensions keeps {kept:.0%} of the centroids' variance:\n"
        "what is near in the plane may be far apart, so visited cells mix with others",
        fontsize=12,
        loc="left",
    )
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=11, handletextpad=0.4)
    return Described(
        figure,
        f"Features of {ivf.d} dimensions projected to a plane that keeps {kept:.0%} of the centroids' variance. "
        f"With nprobe {nprobe}, {len(candidates)} of {len(ivf.vectors)} vectors are compared. Near in the plane is not "
        f"always near in the space.{said}",
    )


def recall_against_nprobe(table: pd.DataFrame) -> Described:
    """R@1 and the share of vectors compared against nprobe, on a logarithmic axis.

    table: from sweeps.nprobe.recall_by_nprobe.
    """
    figure, axes = new_figure(9, 4.6)
    axes.fill_between(table.nprobe, table.low, table.high, color=RIGHT, alpha=0.18, lw=0)
    axes.plot(table.nprobe, table.r1, "D-", color=RIGHT, ms=6)
    axes.plot(table.nprobe, table.share, "o--", color=VISITED, mfc="white", ms=6)
    axes.set_xscale("log", base=2)
    shown = [n for i, n in enumerate(table.nprobe) if i % 2 == 0 or len(table) < 9]
    axes.set(
        ylim=(0, 1.04),
        xticks=shown,
        xticklabels=[f"{n:,}" for n in shown],
        xlim=(table.nprobe.min() / 1.15, table.nprobe.max() * 1.15),
    )
    axes.minorticks_off()
    axes.set_xlabel("nprobe: cells visited", fontsize=11)
    at = len(table) // 3
    note(
        axes,
        "R@1: the original comes first",
        (table.nprobe[at], table.r1[at]),
        (8, 12),
        size=12,
        ha="right",
        color=RIGHT_TEXT,
    )
    at = 2 * len(table) // 3
    note(
        axes,
        "share of all vectors that are compared",
        (table.nprobe[at], table.share[at]),
        (-10, 8),
        size=12,
        ha="right",
        color=INK,
    )
    axes.grid(alpha=0.25)
    first, last = table.iloc[0], table.iloc[-1]
    near = table[table.r1 >= 0.98 * table.r1.max()].iloc[0]
    return Described(
        figure,
        f"From nprobe {first.nprobe:.0f} to {last.nprobe:.0f}, R@1 {goes(first.r1, last.r1)}, and the share of vectors "
        f"compared {goes(first.share, last.share, '.2%')}. The smallest nprobe within 2 % of the highest R@1 is "
        f"{near.nprobe:.0f}: {near.r1:.2f} with {near.share:.1%} compared.",
    )


def recall_against_nprobe_hover(table: pd.DataFrame) -> Hovering:
    """The same curves as a plotly figure whose points show all their values under the mouse."""
    ticks = dict(tickvals=table.nprobe[::2].tolist(), ticktext=[f"{n:,}" for n in table.nprobe[::2]])
    layout = hover_layout(
        hovermode="x unified",
        xaxis=dict(type="log", title=dict(text="nprobe: cells visited"), **ticks),
        yaxis=dict(range=[0, 1.04]),
    )
    common = dict(type="scatter", mode="lines+markers", x=table.nprobe.tolist())
    recall = dict(
        y=table.r1.tolist(),
        name="R@1: the original comes first",
        line=dict(color=RIGHT),
        marker=dict(symbol="diamond", size=9),
        customdata=table[["low", "high"]].to_numpy().tolist(),
        hovertemplate="%{y:.3f}, interval %{customdata[0]:.3f} to %{customdata[1]:.3f}",
    )
    compared = dict(
        y=table["share"].tolist(),
        name="share of all vectors that are compared",
        line=dict(color=VISITED, dash="dash"),
        marker=dict(symbol="circle-open", size=9),
        customdata=table[["scanned"]].to_numpy().tolist(),
        hovertemplate="%{y:.2%}: %{customdata[0]:,.0f} vectors",
    )
    figure = {"data": [{**common, **recall}, {**common, **compared}], "layout": layout}
    return Hovering(figure, recall_against_nprobe(table))


def list_lengths(sizes: Sequence[int]) -> Described:
    """How many vectors each cell holds: sorted bars with the mean, and what imbalance costs.

    sizes: (nlist,) numbers of vectors. A query is likelier to fall into a cell with a long list, so it compares more
    vectors than the mean. The factor, sum(s^2) nlist / sum(s)^2, is faiss's "imbalance factor"; it is 1 for equal
    lists.
    """
    sizes = np.sort(np.asarray(sizes))[::-1]
    factor = (sizes**2).sum() * len(sizes) / sizes.sum() ** 2
    figure, axes = new_figure(9, 3.4)
    axes.fill_between(np.arange(len(sizes)), sizes, step="mid", color=VISITED, alpha=0.7, lw=0)
    axes.axhline(sizes.mean(), color=INK, ls="--", lw=1.5)
    note(axes, f"mean {sizes.mean():.1f}", (len(sizes), sizes.mean()), (0, 5), size=12, ha="right")
    note(axes, f"longest list {sizes[0]}", (0, sizes[0]), (12, -4), size=12, va="top")
    axes.set(xlim=(0, len(sizes)), ylim=(0, None))
    axes.set_xlabel("cells, the fullest first", fontsize=11)
    axes.set_ylabel("vectors per cell", fontsize=11)
    axes.set_title(
        f"Imbalance factor {factor:.2f}: a query compares {factor:.2f} times as many vectors as with equal lists",
        fontsize=12,
        loc="left",
    )
    return Described(
        figure,
        f"Lengths of {len(sizes)} posting lists, sorted: the longest holds {sizes[0]} vectors, the shortest "
        f"{sizes[-1]}, the mean is {sizes.mean():.1f}. The imbalance factor is {factor:.2f}.",
    )
