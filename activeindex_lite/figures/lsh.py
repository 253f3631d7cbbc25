"""Figures of notebook 04: hyperplanes, bits, Hamming distances against angles, and R@1 by number of bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    QUERY,
    QUERY_MARKER,
    RIGHT,
    SERIES,
    WRONG,
    Described,
    new_figure,
    note,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

    from activeindex_lite.scratch import LSH


def _written(code):
    return "".join("01"[int(bit)] for bit in code)


def hyperplanes_and_pictures(lsh: LSH, places: np.ndarray, finding: str) -> Described:
    """Hyperplanes through the origin of a plane, and a stored picture, its release, a copy and another picture.

    lsh: scratch.LSH of d = 2; places: (4, 2) unit vectors of the four; finding: the sentence of the title. The release
    is drawn where it differs from the stored picture.
    """
    if lsh.d != 2:
        raise ValueError(f"lsh: the hyperplanes have {lsh.d} dimensions; this figure draws 2")
    figure, axes = new_figure(9, 5.6)
    round_ = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(round_), np.sin(round_), color=NEUTRAL, lw=1)
    for normal in lsh.hyperplanes:
        line = np.outer([-1.08, 1.08], [-normal[1], normal[0]])
        axes.plot(*line.T, color=INK, lw=1.4)
        if lsh.nbits <= 8:
            axes.annotate(
                "", line[0] * 0.8 + 0.14 * normal, line[0] * 0.8, arrowprops=dict(arrowstyle="-|>", color=INK)
            )
    kinds = (
        (PASSIVE_MARKER, PASSIVE, "stored: the original"),
        (ACTIVATED_MARKER, ACTIVATED, "activated original"),
        (QUERY_MARKER, QUERY, "its copy"),
        ("s", NEUTRAL, "another picture"),
    )
    codes = lsh.bits(places)
    for i, (place, (marker, colour, name)) in enumerate(zip(places, kinds, strict=True)):
        if i == 1 and np.allclose(place, places[0]):
            continue
        bits = f": {_written(codes[i])}" if lsh.nbits <= 16 else ""
        axes.plot(*np.stack([0 * place, place]).T, color=colour, lw=1.5)
        axes.plot(*place, marker, color=colour, ms=12, mec="white", ls="none", zorder=5, label=name + bits)
    axes.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), xticks=[], yticks=[])
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    axes.set_title(finding.replace(", and ", ",\nand "), fontsize=12, loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=11)
    return Described(figure, f"{lsh.nbits} hyperplanes through the origin of a plane. {finding}.")


def codes_compared(bits: np.ndarray, names: Sequence[str], pictures: Sequence[Image.Image] = ()) -> Described:
    """Codes as rows of full and hollow squares, and where each differs from the first.

    bits: (rows, nbits) bool; the others are compared with the first row; names: (rows,); pictures: (rows,) PIL
    pictures to show beside the rows, or none.
    """
    bits = np.asarray(bits)
    differ = bits != bits[0]
    figure = Figure(figsize=(9, 0.95 * len(bits) + 0.3), layout="constrained")
    grid = figure.subplots(len(bits), 2, squeeze=False, width_ratios=[1, 9])
    for i, (left, axes) in enumerate(grid):
        left.set_axis_off()
        if len(pictures):
            left.imshow(np.asarray(pictures[i]))
        axes.imshow(~bits[i : i + 1], cmap="gray", vmin=0, vmax=1, aspect="auto", extent=(0, bits.shape[1], 0, 1))
        axes.bar(np.flatnonzero(differ[i]) + 0.5, 0.35, 1, bottom=-0.45, color=WRONG)
        said = (
            f"{bits.shape[1]} bits, {bits.shape[1] / 8:g} bytes"
            if i == 0
            else f"differs in {differ[i].sum()} bits (marked)"
        )
        axes.set_title(f"{names[i]}: {said}", fontsize=12, loc="left")
        axes.set(xlim=(0, bits.shape[1]), ylim=(-0.5, 1), xticks=[], yticks=[])
        axes.vlines(np.arange(bits.shape[1] + 1), 0, 1, color=NEUTRAL, lw=0.6)
        axes.hlines([0, 1], 0, bits.shape[1], color=NEUTRAL, lw=0.6)
        axes.spines[:].set_visible(False)
    told = ", ".join(f"{name} differs in {n}" for name, n in zip(names[1:], differ[1:].sum(1), strict=True))
    return Described(
        figure,
        f"Codes of {bits.shape[1]} bits as black and white squares. From {names[0]}, {told} of {bits.shape[1]} bits.",
    )


def hamming_against_angle(tables: dict[str, pd.DataFrame], nbits: int, theory: Callable) -> Described:
    """Differing bits of pairs of features against their angle, with the theory for random hyperplanes.

    tables: dict name -> DataFrame angle, differing (lessons.lsh.hamming_by_angle); theory: a function such as
    lessons.lsh.differing_bits.
    """
    figure = Figure(figsize=(9, 4.4), layout="constrained")
    angles = np.linspace(0, np.pi / 1.6, 200)
    mean, spread = theory(nbits, angles)
    told = []
    for axes, (name, table), (colour, marker, _) in zip(
        figure.subplots(1, len(tables), sharey=True, squeeze=False)[0], tables.items(), SERIES
    ):
        axes.fill_between(np.degrees(angles), mean - 2 * spread, mean + 2 * spread, color=NEUTRAL, alpha=0.3, lw=0)
        axes.plot(np.degrees(angles), mean, color=INK, lw=2)
        axes.plot(np.degrees(table.angle), table.differing, marker, color=colour, ms=4, alpha=0.5, mec="none")
        middle, sigma = theory(nbits, table.angle)
        inside = (np.abs(table.differing - middle) <= 2 * sigma).mean()
        axes.set_title(f"{name}: {inside:.0%} of the pairs\nwithin two standard deviations", fontsize=12, loc="left")
        axes.set_xlabel("angle between the two features, degrees", fontsize=11)
        tidy(axes)
        axes.set(ylim=(-1, nbits * 0.7), xlim=(0, np.degrees(angles[-1])))
        told.append(f"{name}: {inside:.0%}, mean difference from theory {(table.differing - middle).mean():+.1f} bits")
    figure.axes[0].set_ylabel(f"differing bits of {nbits}", fontsize=11)
    at = 2 * len(angles) // 3
    note(
        figure.axes[0],
        "theory:\nnbits angle / 180°",
        (np.degrees(angles[at]), mean[at]),
        (-4, -82),
        arrowprops=dict(arrowstyle="-", color=INK),
    )
    return Described(
        figure,
        f"Differing bits of {nbits} against the angle of pairs of features, with the theory's line and a band of two "
        f"standard deviations. Within the band: {'; '.join(told)}.",
    )


def recall_by_bits(table: pd.DataFrame, brute: float) -> Described:
    """R@1 of random and PCA hyperplanes against bits, with brute force as the limit.

    table: from lessons.lsh.recall_by_bits; brute: R@1 of brute force.
    """
    figure, axes = new_figure(9, 4.2)
    for (kind, rows), (colour, marker, line), below in zip(table.groupby("kind", sort=False), SERIES, (True, False)):
        axes.plot(rows.nbits, rows.r1, marker + line, color=colour, ms=8)
        note(
            axes,
            f"{kind} hyperplanes",
            (rows.nbits.iloc[-2], rows.r1.iloc[-2]),
            (8, -16) if below else (-8, 9),
            size=12,
            color=colour,
            ha="left" if below else "right",
        )
    axes.axhline(brute, color=INK, ls=":", lw=1.5)
    note(axes, "brute force", (table.nbits.min(), brute), (0, 4))
    axes.set_xscale("log", base=2)
    ticks = sorted(table.nbits.unique())
    axes.set(xticks=ticks, xticklabels=[f"{n}\n{n / 8:g} B" for n in ticks], ylim=(0, 1.05))
    axes.minorticks_off()
    axes.set_xlabel("bits and bytes per vector", fontsize=11)
    axes.set_ylabel("R@1 (a tie counts as a miss)", fontsize=11)
    axes.grid(alpha=0.25)
    told = "; ".join(f"{r.kind} {r.nbits} bits {r.r1:.2f}" for r in table.itertuples())
    return Described(figure, f"R@1 by number of bits, brute force {brute:.2f}: {told}.")


def shared_first_places(counts: np.ndarray, nbits: int) -> Described:
    """The number of stored codes that share the smallest Hamming distance to a query. counts: (Q,), of each query."""
    counts = np.asarray(counts)
    groups = [
        ("1: no tie", counts == 1),
        ("2", counts == 2),
        ("3 to 5", (counts > 2) & (counts < 6)),
        ("6 to 20", (counts > 5) & (counts < 21)),
        ("over 20", counts > 20),
    ]
    figure, axes = new_figure(9, 2.9)
    shares = [float(which.mean()) for _, which in groups]
    bars = axes.barh(range(len(groups)), shares, color=[RIGHT] + [WRONG] * (len(groups) - 1), hatch=None, height=0.7)
    axes.bar_label(bars, [f"{share:.0%}" for share in shares], fontsize=12, padding=4)
    axes.set(
        yticks=range(len(groups)), yticklabels=[name for name, _ in groups], xticks=[], xlim=(0, 1.1 * max(shares))
    )
    axes.invert_yaxis()
    axes.spines["bottom"].set_visible(False)
    axes.set_title(
        f"{nbits} bits: stored codes at the smallest Hamming distance, share of queries", fontsize=12, loc="left"
    )
    told = ", ".join(f"{name} for {share:.0%}" for (name, _), share in zip(groups, shares, strict=True))
    return Described(
        figure,
        f"Number of stored codes that share the smallest Hamming distance with {nbits} bits: {told} of the queries.",
    )
