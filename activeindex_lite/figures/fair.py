"""Figures of notebook 08: results that flatter, and results from few pictures, which scatter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.figures.style import NEUTRAL, PASSIVE, PASSIVE_MARKER, Described, new_figure, note

if TYPE_CHECKING:
    import pandas as pd


def ways_to_flatter(table: pd.DataFrame) -> Described:
    """R@1 with one simplification at a time; the fair result is a line. table: from lessons.evaluation.flattered."""
    rows = np.arange(len(table))
    figure, axes = new_figure(9, 1.1 + 0.5 * len(rows))
    fair = table.r1[0]
    axes.axvline(fair, color=NEUTRAL, ls="--")
    axes.hlines(rows, fair, table.r1, color=NEUTRAL, lw=4, alpha=0.5)
    axes.hlines(rows, table.low, table.high, color=PASSIVE, lw=1.5)
    axes.plot(table.r1, rows, PASSIVE_MARKER, color=PASSIVE, mec="white", ms=11)
    for y, row in table.iterrows():
        note(axes, f"{row.r1:.2f}" + (f"  ({row.gain:+.2f})" if y else ""), (row.high, y), (8, 0), size=12, va="center")
    axes.set(
        yticks=rows,
        yticklabels=table.way,
        ylim=(len(rows) - 0.5, -0.5),
        xlim=(min(table.low) - 0.05, max(table.high) + 0.1),
    )
    axes.set_xlabel("R@1, mean over the edits (thin lines: 95 % intervals)", fontsize=11)
    told = "; ".join(f"{row.way} {row.r1:.2f} ({row.gain:+.2f})" for _, row in table[1:].iterrows())
    return Described(
        figure,
        f"The same copies, {len(table)} results. Measured fairly, R@1 is {fair:.2f}. "
        f"With one simplification at a time: {told}.",
    )


def few_and_many(table: pd.DataFrame, whole: float) -> Described:
    """R@1 of several draws of few pictures, with intervals.

    table: from lessons.evaluation.scatter_of_few; whole: R@1 of all pictures.
    """
    figure, axes = new_figure(9, 3.6)
    axes.axhline(whole, color=NEUTRAL, ls="--", label=f"all pictures: {whole:.2f}")
    sizes = table.pictures.unique()
    for place, size in enumerate(sizes):
        own = table[table.pictures == size]
        x = place + np.linspace(-0.3, 0.3, len(own))
        axes.vlines(x, own.low, own.high, color=PASSIVE, lw=1.8, label=None if place else "95 % interval of one draw")
        axes.plot(
            x, own.r1, PASSIVE_MARKER, color=PASSIVE, mec="white", ms=7, label=None if place else "R@1 of one draw"
        )
    axes.set(xticks=range(len(sizes)), xticklabels=sizes)
    axes.set_xlabel("pictures in the evaluation", fontsize=11)
    axes.set_ylabel("R@1, mean over the edits", fontsize=11)
    axes.grid(axis="y", alpha=0.25)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncol=3, frameon=False, fontsize=11)
    spread = table.groupby("pictures").r1.agg(["min", "max"])
    told = "; ".join(f"{size} pictures: {low:.2f} to {high:.2f}" for size, (low, high) in spread.iterrows())
    return Described(
        figure,
        f"R@1 in repeated draws of few pictures, each with its interval; with all pictures it is {whole:.2f}. "
        f"Lowest and highest of the draws: {told}.",
    )
