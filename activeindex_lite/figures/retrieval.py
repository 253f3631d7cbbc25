"""Figures of retrieval tables: passive and activated, edit by edit and index by index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.evaluation import MEAN
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    REFERENCE_MARKER,
    Described,
    extremes,
    goes,
    new_figure,
    note,
)

if TYPE_CHECKING:
    import pandas as pd


def passive_against_activated(
    retrieval: pd.DataFrame, index: str, nprobe: int = 1, brute_force: str = "No index"
) -> Described:
    """Dot plot of R@1 under each edit for one index: passive, activated, their intervals, and brute force as a tick.

    retrieval: a table index, nprobe, activated, edit, r1, low, high; brute_force: the name of the exact index in it
    (it may be absent).
    """

    def rows(name, n, activated):
        table = retrieval[(retrieval["index"] == name) & (retrieval.nprobe == n) & (retrieval.activated == activated)]
        return table.set_index("edit")

    passive, active, brute = rows(index, nprobe, False), rows(index, nprobe, True), rows(brute_force, 1, False)
    order = [*passive.drop(index=MEAN).sort_values("r1").index[::-1], MEAN]
    place = np.arange(len(order))[::-1]
    figure, axes = new_figure(9, 7)
    axes.hlines(place, passive.r1[order], active.r1[order], color=NEUTRAL, lw=3, alpha=0.5, zorder=1)
    if len(brute):
        axes.plot(brute.r1[order], place, REFERENCE_MARKER, color=INK, ms=16, mew=2, label="brute force (no index)")
    for table, colour, marker, shift, label, filled in (
        (passive, PASSIVE, PASSIVE_MARKER, -0.12, "passive: released as it is", False),
        (active, ACTIVATED, ACTIVATED_MARKER, 0.12, "activated before release", True),
    ):
        axes.hlines(place + shift, table.low[order], table.high[order], color=colour, lw=1.2)
        axes.plot(
            table.r1[order],
            place + shift,
            marker,
            color=colour,
            ms=8,
            ls="none",
            mfc=colour if filled else "white",
            mew=2,
            label=label,
        )
    axes.axhline(0.5, color=NEUTRAL, lw=0.8)
    axes.set(yticks=place, yticklabels=order, xlim=(-0.03, 1.03))
    axes.set_xlabel(
        "R@1: share of edited copies whose first result is the original (bars: 95 % intervals)", fontsize=11
    )
    axes.set_title(f"{index}, nprobe {nprobe}", loc="left", fontsize=13)
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.09), ncol=3, frameon=False, fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    exact = f"; brute force reaches {brute.r1[MEAN]:.2f}" if len(brute) else ""
    alt = (
        f"Dot plot of R@1 for {index} with nprobe {nprobe}, {len(order) - 1} edits and their mean. From passive to "
        f"activated, mean R@1 {goes(passive.r1[MEAN], active.r1[MEAN])}{exact}. "
        f"By edit, {extremes(passive.r1.drop(MEAN), active.r1.drop(MEAN))}."
    )
    return Described(figure, alt)


def gains_by_index(gains: pd.DataFrame) -> Described:
    """Mean R@1, passive and activated. gains: a table index, nprobe, passive, activated, gain; one line per row."""
    names = [f"{g['index']}, nprobe {g.nprobe}" if "IVF" in g["index"] else g["index"] for _, g in gains.iterrows()]
    place = np.arange(len(gains))[::-1]
    figure, axes = new_figure(9, 0.6 * len(gains) + 1.4)
    axes.hlines(place, gains.passive, gains.activated, color=NEUTRAL, lw=3, alpha=0.5)
    axes.plot(gains.passive, place, PASSIVE_MARKER, color=PASSIVE, mfc="white", mew=2, ms=9, ls="none", label="passive")
    axes.plot(gains.activated, place, ACTIVATED_MARKER, color=ACTIVATED, ms=9, ls="none", label="activated")
    for y, (_, gain) in zip(place, gains.iterrows()):
        note(axes, f"{gain.gain:+.2f}", (max(gain.activated, gain.passive), y), (10, 0), va="center", color=INK)
    axes.set(yticks=place, yticklabels=names, xlim=(0, 1.08), ylim=(-0.6, len(gains) - 0.4))
    axes.set_xlabel("mean R@1 over the edits", fontsize=11)
    axes.legend(loc="lower left", frameon=False, fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    told = "; ".join(f"{name} {g.passive:.2f} to {g.activated:.2f}" for name, (_, g) in zip(names, gains.iterrows()))
    return Described(figure, f"Mean R@1 over the edits, passive to activated: {told}.")
