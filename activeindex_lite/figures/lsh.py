"""Figures of notebook 04: hyperplanes, bits, Hamming distances against angles, and R@1 by number of bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import ACTIVATED, GREEN, INK, PASSIVE, REFERENCE, Described, new_figure, note, tidy

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.scratch import LSH

BOX = dict(fc="white", ec=REFERENCE, boxstyle="round,pad=.2", alpha=0.9)


def _written(code):
    return "".join("01"[int(bit)] for bit in code)


def _draw_hyperplane(axes, normal, threshold, label, x, reach):
    """The line normal . x = threshold, with an arrow to the side of bit 1 and a label that hides few of x (N, 2)."""
    length = np.linalg.norm(normal)
    unit, foot = normal / length, threshold * normal / length**2
    along = np.array([-unit[1], unit[0]])
    axes.plot(*(foot + np.outer([-3 * reach, 3 * reach], along)).T, color=INK, lw=1.6)
    side = int(np.sign(unit[0])) if abs(unit[0]) > 0.4 else 0

    def crowd(tip):
        """The number of vectors that the arrow and its label would hide; infinity where they leave the figure."""
        end, middle = tip + 0.14 * reach * unit, tip + reach * (0.17 * unit + [0.13 * side, 0])
        outside = np.abs(middle) > [0.85 * reach, 0.95 * reach]
        if outside.any() or np.abs(tip).max() > reach:
            return np.inf
        return (np.abs(x - (end + middle) / 2) < [0.2 * reach, 0.1 * reach]).all(1).sum()

    tip = min((foot + place * reach * along for place in (0.9, -0.9, 1.1, -1.1, 0.75, -0.75, 0.6, -0.6)), key=crowd)
    axes.annotate("", tip + 0.14 * reach * unit, tip, arrowprops=dict(arrowstyle="-|>", color=INK))
    axes.annotate(
        label,
        tip + 0.16 * reach * unit,
        fontsize=11,
        ha=("center", "left", "right")[side],
        va=_vertical(side, unit[1]),
        bbox=dict(fc="white", ec="none", pad=1, alpha=0.8),
    )


def _vertical(side: int, up: float) -> str:
    """The vertical alignment of a label beside, above or below the tip of an arrow."""
    if side:
        return "center"
    return "bottom" if up > 0 else "top"


def hyperplanes_in_2d(lsh: LSH, x: np.ndarray, query: np.ndarray) -> Described:
    """Hyperplanes (lines) in the plane, the bits of each region, and the vectors by their Hamming distance to a query.

    lsh: scratch.LSH of d = 2, to which x was added; x: (N, 2); query: (2,).
    """
    if lsh.d != 2:
        raise ValueError(f"lsh: the hyperplanes have {lsh.d} dimensions; this figure draws 2")
    reach = 1.08 * np.abs(x).max()
    distances = lsh.hamming(query[None])[0]
    figure, axes = new_figure(9, 6.2)
    colours = ("#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#999999", "#666666")
    for h in range(int(distances.max()) + 1):
        at = distances == h
        axes.plot(*x[at].T, "oD^sv*"[h % 6], color=colours[h % 6], ms=5, label=f"{h}: {at.sum()} vectors", ls="none")
    for j, (normal, threshold) in enumerate(zip(lsh.hyperplanes, lsh.thresholds, strict=True)):
        _draw_hyperplane(axes, normal, threshold, f"bit {j + 1} is 1", x, reach)
    # Each region's code, at the median of its vectors; the query has a label of its own.
    codes, own_code = lsh.bits(x), lsh.bits(query[None])[0]
    for code in np.unique(codes, axis=0):
        own = x[(codes == code).all(1)]
        if len(own) > 4 and (code != own_code).any():
            axes.annotate(
                _written(code), np.median(own, axis=0), fontsize=13, weight="bold", ha="center", va="center", bbox=BOX
            )
    axes.plot(*query, "X", color=INK, mec="white", ms=15, ls="none")
    note(axes, f"query {_written(own_code)}", query, (0, 13), size=13, weight="bold", ha="center", bbox=BOX)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
    axes.set_aspect("equal")
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside right center",
        frameon=False,
        fontsize=11,
        title="bits that differ\nfrom the query's",
        title_fontsize=11,
    )
    axes.spines[:].set_visible(False)
    counts = np.bincount(distances)
    return Described(
        figure,
        f"{lsh.nbits} lines cut the plane into regions with a code of {lsh.nbits} bits each. Of {len(x)} vectors, "
        f"{', '.join(f'{n} differ from the query in {h} bits' for h, n in enumerate(counts))}.",
    )


def codes_compared(bits: np.ndarray, names: Sequence[str]) -> Described:
    """Codes as rows of black and white squares, and where each differs from the first.

    bits: (rows, nbits) bool; the others are compared with the first row; names: (rows,).
    """
    bits = np.asarray(bits)
    differ = bits != bits[0]
    figure = Figure(figsize=(9, 0.62 * (2 * len(bits) - 1) + 0.5), layout="constrained")
    rows = figure.subplots(2 * len(bits) - 1, 1)
    for axes in rows:
        axes.set(xticks=[], yticks=[])
    rows[0].imshow(~bits[:1], cmap="gray", vmin=0, vmax=1, aspect="auto")
    rows[0].set_title(f"{names[0]}: {bits.shape[1]} bits, {bits.shape[1] / 8:g} bytes", fontsize=12, loc="left")
    for i in range(1, len(bits)):
        rows[2 * i - 1].imshow(~bits[i : i + 1], cmap="gray", vmin=0, vmax=1, aspect="auto")
        rows[2 * i - 1].set_title(names[i], fontsize=12, loc="left")
        rows[2 * i].imshow(differ[i : i + 1], cmap="Oranges", vmin=0, vmax=1.3, aspect="auto")
        rows[2 * i].set_title(f"differs in {differ[i].sum()} bits (marked)", fontsize=11, loc="right", color=PASSIVE)
    for axes in rows:
        axes.set_xticks(np.arange(bits.shape[1] + 1) - 0.5, minor=True)
        axes.grid(which="minor", color=REFERENCE, lw=0.5)
        axes.tick_params(which="minor", length=0)
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
    for axes, (name, table), colour, marker in zip(
        figure.subplots(1, len(tables), sharey=True, squeeze=False)[0], tables.items(), (ACTIVATED, GREEN), "oD"
    ):
        axes.fill_between(np.degrees(angles), mean - 2 * spread, mean + 2 * spread, color=REFERENCE, alpha=0.3, lw=0)
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
    for (kind, rows), colour, marker, below in zip(
        table.groupby("kind", sort=False), (ACTIVATED, GREEN), "oD", (True, False)
    ):
        axes.plot(rows.nbits, rows.r1, marker + ("--" if below else "-"), color=colour, ms=8)
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
    bars = axes.barh(range(len(groups)), shares, color=[GREEN] + [PASSIVE] * (len(groups) - 1), hatch=None, height=0.7)
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
