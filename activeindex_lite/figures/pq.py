"""Figures of notebook 03: parts, codebooks, codes, distance tables, and reconstruction error against bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from activeindex_lite.figures.ivf import voronoi_polygons
from activeindex_lite.figures.style import (
    FAINT,
    INK,
    NEUTRAL,
    SERIES,
    TARGET,
    TARGET_MARKER,
    VISITED,
    Described,
    goes,
    new_figure,
    note,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.scratch import PQ

PART_COLOURS = tuple(colour for colour, _, _ in SERIES)
# Two things that are compared and have no meaning of their own.
(ONE, *_), (OTHER, *_) = SERIES[:2]


def codes_in_2d(pq: PQ, x: np.ndarray, chosen: np.ndarray, finding: str) -> Described:
    """All points that the codes of a 2-D quantizer stand for, with their cells, and one vector on its way to its code.

    pq: scratch.PQ of d = 2; x: (N, 2), vectors to show; chosen: (2,), the one with its code; finding: the title.
    """
    if pq.d != 2:
        raise ValueError(f"pq: d = {pq.d}; this figure draws a PQ of d = 2")
    figure, axes = new_figure(9, 6)
    every = np.stack(np.meshgrid(*[np.arange(pq.K)] * pq.M, indexing="ij"), axis=-1).reshape(-1, pq.M)
    points, own = pq.decode(every), pq.encode(chosen[None])
    if pq.M == 1:
        for cell, polygon in enumerate(voronoi_polygons(points)):
            axes.fill(*polygon.T, fc=(VISITED, 0.35) if cell == own[0, 0] else "none", ec=NEUTRAL, lw=0.9)
    else:
        for m, draw in enumerate((axes.axvline, axes.axhline)):
            words = np.sort(pq.codebooks[m, :, 0])
            for edge in (words[1:] + words[:-1]) / 2:
                draw(edge, color=NEUTRAL, lw=0.9)
    axes.plot(*x.T, ".", color=NEUTRAL, ms=3, label="vectors")
    axes.plot(*points.T, "+", color=NEUTRAL, ms=9, mew=2, label="points that codes stand for")
    y = pq.decode(own)[0]
    axes.annotate("", y, chosen, arrowprops=dict(arrowstyle="-|>", color=INK, lw=2, shrinkA=0, shrinkB=0))
    axes.plot(*chosen, "o", color=INK, mec="white", ms=10, ls="none", label="the vector x")
    axes.plot(*y, TARGET_MARKER, color=TARGET, mec="white", ms=16, ls="none", label="q(x), what its code stands for")
    low, high = x.min(0) - 0.05, x.max(0) + 0.05
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.set_title(finding.replace(": ", ":\n", 1), fontsize=12, loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=11)
    return Described(
        figure,
        f"A cloud of {len(x)} points in the plane and the {len(points)} points that codes of M = {pq.M} and nbits = "
        f"{pq.nbits} stand for. {finding}.",
    )


def vector_and_code(pq: PQ, x: np.ndarray) -> Described:
    """One vector cut into M parts, the codeword nearest to each part, and the code that the index keeps.

    pq: scratch.PQ; x: (d,).
    """
    codes = pq.encode(x[None])[0]
    y = pq.decode(codes[None])[0]
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    width = pq.d // pq.M
    limit = 1.1 * max(np.abs(x).max(), np.abs(y).max())
    for axes, values, label in zip(figure.subplots(2, 1, sharex=True), (x, y), ("x", "q(x)"), strict=True):
        for m in range(pq.M):
            part = slice(m * width, (m + 1) * width)
            axes.bar(
                np.arange(part.start, part.stop),
                values[part],
                color=PART_COLOURS[m % len(PART_COLOURS)],
                width=0.9,
                hatch=None if m % 2 else "///",
                edgecolor="white",
                lw=0,
            )
            axes.axvline(part.stop - 0.5, color=FAINT, lw=1)
        axes.set(ylim=(-limit, limit), xlim=(-0.5, pq.d - 0.5), yticks=[], xticks=[])
        axes.set_ylabel(label, fontsize=14, rotation=0, ha="right", va="center")
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.axhline(0, color=INK, lw=0.6)
    figure.axes[0].set_title(
        f"{pq.d} numbers of 4 bytes, cut into M = {pq.M} parts of {width}", fontsize=12, loc="left"
    )
    axes.set_title(f"the nearest of {pq.K} codewords for each part", fontsize=12, loc="left")
    for m, code in enumerate(codes):
        axes.annotate(
            str(code),
            ((m + 0.5) * width - 0.5, -limit),
            fontsize=15 if pq.M <= 8 else 11,
            weight="bold",
            ha="center",
            va="bottom",
            color=INK,
            bbox=dict(fc="white", ec=PART_COLOURS[m % len(PART_COLOURS)], boxstyle="round,pad=.25"),
        )
    axes.set_xlabel(
        f"the code: {pq.M} numbers of {pq.nbits} bits = {pq.M * pq.nbits / 8:g} bytes instead of {4 * pq.d}",
        fontsize=12,
        labelpad=9,
    )
    loss = float(np.square(x - y).sum())
    return Described(
        figure,
        f"A vector of {pq.d} numbers in {pq.M} parts, and below it the nearest codeword of each part. The code is "
        f"{', '.join(map(str, codes))}: {pq.M * pq.nbits / 8:g} bytes instead of {4 * pq.d}. "
        f"The squared error is {loss:.2f}.",
    )


def table_of_distances(
    pq: PQ, query: np.ndarray, codes: np.ndarray, shown: int = 24, x: np.ndarray | None = None
) -> Described:
    """The distance table of a query with the entries that one stored code picks, and their sum.

    query: (d,); codes: (M,) of one vector; shown: number of other entries to draw per row; x: (d,), the vector
    itself, to write its true distance beside the sum.
    """
    table = pq.distance_tables(query[None])[0]
    columns = np.unique(np.r_[codes, np.linspace(0, pq.K - 1, shown).astype(int)])
    figure, axes = new_figure(9, 0.55 * pq.M + 1.6)
    image = axes.imshow(table[:, columns], cmap="cividis", aspect="auto")
    for m, code in enumerate(codes):
        at = int(np.flatnonzero(columns == code)[0])
        # Green alone would not stand out from all colours of the table.
        for colour, width in (("white", 6), (TARGET, 3)):
            axes.add_patch(Rectangle((at - 0.5, m - 0.5), 1, 1, fill=False, ec=colour, lw=width))
        axes.text(len(columns) + 0.1, m, f"part {m + 1}, word {code}:  {table[m, code]:.3f}", fontsize=11, va="center")
    total = float(sum(table[m, code] for m, code in enumerate(codes)))
    axes.text(len(columns) + 0.1, pq.M, f"sum: {total:.3f}", fontsize=12, weight="bold", va="center")
    told = ""
    if x is not None:
        true = float(np.square(query - x).sum())
        axes.text(len(columns) + 0.1, pq.M + 0.5, f"true distance: {true:.3f}", fontsize=12, va="center")
        told = f" The true squared distance to the vector itself is {true:.3f}."
    axes.set(
        yticks=range(pq.M),
        yticklabels=[f"part {m + 1}" for m in range(pq.M)],
        xticks=range(0, len(columns), 3),
        ylim=(pq.M + 0.8, -0.5),
        xticklabels=[str(c) for c in columns[::3]],
    )
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xlabel("codeword (a selection)", fontsize=11)
    bar = figure.colorbar(image, ax=axes, location="left", pad=0.02)
    bar.set_label("squared distance", fontsize=11)
    return Described(
        figure,
        f"Distance table of one query: {pq.M} rows, one column per codeword. The stored code picks one entry per row; "
        f"their sum {total:.3f} is the squared distance from the query to the reconstruction of the code.{told}",
    )


def error_against_bytes(table: pd.DataFrame) -> Described:
    """Reconstruction error against bytes per vector, one line per nbits, with M at the points.

    table: from lessons.pq.pq_tradeoff.
    """
    figure, axes = new_figure(9, 4.6)
    lines = list(table.sort_values("bytes").groupby("nbits"))
    # One style for each nbits that a code can have, 1 to 8.
    for (nbits, rows), (colour, marker, _) in zip(lines, SERIES):
        axes.plot(
            rows.bytes,
            rows.error,
            marker + "-",
            color=colour,
            ms=7,
            label=f"nbits {nbits}: {2**nbits} codewords per part",
        )
    # M beside the outer lines only; between them there is no room.
    for at, (dx, dy), align in ((0, (7, 5), "left"), (len(lines) - 1, (-7, -14), "right")):
        for _, row in lines[at][1].iterrows():
            note(axes, f"M {row.M:.0f}", (row.bytes, row.error), (dx, dy), color=axes.lines[at].get_color(), ha=align)
    axes.legend(frameon=False, fontsize=11)
    axes.set_xscale("log", base=2)
    ticks = [
        2.0**b for b in range(int(np.floor(np.log2(table.bytes.min()))), int(np.ceil(np.log2(table.bytes.max()))) + 1)
    ]
    axes.set(xticks=ticks, xticklabels=[f"{b:g}" for b in ticks], ylim=(0, 1.05 * table.error.max()))
    axes.margins(x=0.09)
    axes.set_xlabel("bytes per vector: M nbits / 8", fontsize=11)
    axes.set_ylabel("mean squared error |x - q(x)|²", fontsize=11)
    axes.grid(alpha=0.25)
    return Described(figure, f"Reconstruction error against bytes. {_finding(table)}")


def _finding(table):
    """What a table of `pq_tradeoff` shows about bytes, and about nbits where several settings have the same bytes."""
    worst, best = table.loc[table.error.idxmax()], table.loc[table.error.idxmin()]
    said = f"It goes from {worst.error:.2f} with {worst.bytes:g} bytes to {best.error:.2f} with {best.bytes:g}."
    rivals = [rows.sort_values("nbits") for _, rows in table.groupby("bytes") if rows.nbits.nunique() > 1]
    if not rivals:
        return said
    won = sum(rows.error.idxmin() == rows.nbits.idxmax() for rows in rivals)
    few, many = rivals[len(rivals) // 2].iloc[[0, -1]].itertuples()
    return (
        f"{said} Several settings share a size {len(rivals)} times; {won} times the largest nbits has the smallest "
        f"error. With {few.bytes:g} bytes, M {many.M} with nbits {many.nbits} has {many.error:.2f} and M {few.M} with "
        f"nbits {few.nbits} has {few.error:.2f}."
    )


def balance_of_parts(before: np.ndarray, after: np.ndarray, errors: Sequence[float], plain: float) -> Described:
    """Variance of each part before and after OPQ's rotation, and the error over its iterations.

    before, after: (M,) variances; errors: (iterations + 1,), mean squared errors of OPQ on its training vectors;
    plain: the error of PQ on the same vectors.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    at = np.arange(len(before))
    left.bar(at - 0.2, before, 0.38, color=OTHER, hatch="///", edgecolor="white", label="PQ: without a rotation")
    left.bar(at + 0.2, after, 0.38, color=ONE, label="OPQ: after the rotation")
    left.set(xticks=at, xticklabels=[str(m + 1) for m in at], ylim=(0, 1.35 * max(before.max(), after.max())))
    left.set_xlabel("part", fontsize=11)
    left.set_title("variance of each part", fontsize=12, loc="left")
    left.legend(frameon=False, fontsize=11, loc="upper center")
    right.plot(errors, "D-", color=ONE, ms=4)
    right.axhline(plain, color=OTHER, ls="--", lw=2)
    note(right, f"PQ, no rotation: {plain:.3f}", (len(errors) - 1, plain), (0, 6), color=OTHER, ha="right")
    note(right, f"{errors[-1]:.3f}", (len(errors) - 1, errors[-1]), (0, 8), color=ONE, ha="center")
    right.set_xlabel("iteration: codes, then rotation", fontsize=11)
    right.set_title("mean squared error of OPQ", fontsize=12, loc="left")
    for axes in (left, right):
        tidy(axes)
    spread = [v.max() / v.min() for v in (before, after)]
    return Described(
        figure,
        f"Left: variances of {len(before)} parts, largest over smallest {spread[0]:.2f} before and {spread[1]:.2f} "
        f"after the rotation. Right: the error of OPQ {goes(errors[0], errors[-1], '.3f')} over {len(errors) - 1} "
        f"iterations; PQ without a rotation has {plain:.3f}.",
    )


def residual_lengths(vectors: np.ndarray, residuals: np.ndarray, errors: dict[str, float]) -> Described:
    """Squared lengths of vectors and of their residuals, and the error of PQ on each.

    vectors, residuals: (N, d); errors: dict name -> mean squared error.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    centred, short = np.square(vectors - vectors.mean(0)).sum(1), np.square(residuals).sum(1)
    bins = np.linspace(0, 1.05 * centred.max(), 50)
    for values, colour, hatch, label in (
        (centred, OTHER, "///", "vectors, from their mean"),
        (short, ONE, None, "residuals, from their centroid"),
    ):
        left.hist(
            values,
            bins,
            color=colour,
            alpha=0.5,
            hatch=hatch,
            edgecolor=colour,
            lw=0.3,
            label=f"{label}: {values.mean():.2f}",
        )
    left.set_ylim(0, 1.3 * left.get_ylim()[1])
    left.legend(frameon=False, fontsize=11, loc="upper left")
    left.set_xlabel("squared length", fontsize=11)
    left.set(yticks=[])
    names = list(errors)
    bars = right.bar(
        range(len(names)),
        errors.values(),
        color=[OTHER, ONE, NEUTRAL][: len(names)],
        hatch=["///", None, ".."][: len(names)],
        edgecolor="white",
    )
    right.bar_label(bars, [f"{v:.3f}" for v in errors.values()], fontsize=11)
    right.set(xticks=range(len(names)), xticklabels=names, yticks=[], ylim=(0, 1.15 * max(errors.values())))
    right.set_title("mean squared error", fontsize=12, loc="left")
    for axes in (left, right):
        tidy(axes)
    told = ", ".join(f"{name.replace(chr(10), ' ')} {value:.3f}" for name, value in errors.items())
    return Described(
        figure,
        f"Mean squared length: {centred.mean():.2f} for vectors, from their mean, and {short.mean():.2f} for "
        f"residuals, from their centroid, which are {_than(short.mean(), centred.mean())}. Mean squared error of the "
        f"codes: {told}.",
    )


def _than(length: float, other: float) -> str:
    if f"{length:.2f}" == f"{other:.2f}":
        return "as long"
    return "shorter" if length < other else "longer"
