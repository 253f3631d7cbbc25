"""Figures of notebook 08: the big table, strengths, and what edits do; figures/fair.py has those before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation import MEAN, PUBLISHED
from activeindex_lite.figures.fair import few_and_many, ways_to_flatter
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    ON_LIGHT,
    PASSIVE,
    PASSIVE_MARKER,
    Described,
    goes,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["big_table", "few_and_many", "strengths", "ways_to_flatter", "why_lost"]

# The strength curves: (index, nprobe, activated) -> label, colour, line style, marker.
CURVES = {
    ("No index", 1, False): ("No index: brute force", INK, ":", ""),
    ("IVF-PQ", 16, False): ("passive, nprobe 16", PASSIVE, "-.", "^"),
    ("IVF-PQ", 1, True): ("activated, nprobe 1", ACTIVATED, "-", ACTIVATED_MARKER),
    ("IVF-PQ", 1, False): ("passive, nprobe 1", PASSIVE, "--", PASSIVE_MARKER),
}


def big_table(retrieval: pd.DataFrame, published: dict = PUBLISHED) -> Described:
    """R@1 of every index, passive and activated, under every edit: a heat map with the paper's value below ours.

    retrieval: a table index, nprobe, activated, edit, r1, as the demonstration and the evaluation give it; published:
    the paper's values, as evaluation.PUBLISHED.
    """
    edits = list(dict.fromkeys(retrieval.edit))
    wide = retrieval.pivot(index=["index", "nprobe", "activated"], columns="edit", values="r1")[edits]
    order = [
        key
        for name, n in dict.fromkeys(zip(retrieval["index"], retrieval.nprobe))
        for a in (False, True)
        if (key := (name, n, a)) in wide.index
    ]
    wide = wide.loc[order]
    figure = Figure(figsize=(9.6, 1.5 + 0.47 * len(wide)), layout="constrained")
    axes = figure.subplots()
    shown = axes.imshow(wide, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for row, key in enumerate(order):
        theirs = published.get(key, {})
        for column, edit in enumerate(edits):
            value = wide.iloc[row, column]
            colour = "white" if value < 0.45 else ON_LIGHT
            axes.text(
                column,
                row + (-0.15 if edit in theirs else 0),
                _short(value),
                ha="center",
                va="center",
                color=colour,
                fontsize=11,
                weight="bold",
            )
            if edit in theirs:
                axes.text(
                    column,
                    row + 0.24,
                    _short(theirs[edit]),
                    ha="center",
                    va="center",
                    color=colour,
                    fontsize=9,
                    style="italic",
                )
        if key[2]:
            axes.axhline(row + 0.5, color="white", lw=4)
    axes.axhline(0.5, color="white", lw=4)
    axes.axvline(len(edits) - 1.5, color="white", lw=4)
    labels = [f"{name}, nprobe {n}" if "IVF" in name else name for name, n, _ in order]
    axes.set_yticks(
        range(len(order)),
        [
            f"{label}\n{'activated' if a else 'passive'}" if label != "No index" else label
            for label, (_, _, a) in zip(labels, order)
        ],
        fontsize=10,
    )
    axes.set_xticks(range(len(edits)), edits, rotation=45, ha="left", fontsize=11)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
    figure.colorbar(shown, ax=axes, orientation="horizontal", shrink=0.5, aspect=40, pad=0.01).set_label(
        "R@1: bold, measured here; italic, the paper's on a million photographs", fontsize=11
    )
    means = wide[MEAN]
    told = "; ".join(
        f"{label} {'activated' if key[2] else 'passive'} {means[key]:.2f}"
        + (f" (paper {published[key][MEAN]:.2f})" if key in published else "")
        for label, key in zip(labels, order)
    )
    return Described(
        figure, f"Heat map of R@1, {len(wide)} rows by {len(edits) - 1} edits and their mean. Means: {told}."
    )


def strengths(table: pd.DataFrame, curves: dict[tuple, tuple] = CURVES) -> Described:
    """R@1 against strength, one panel per sweep, with 95 % intervals as bands at nprobe 1.

    table: from sweeps.strengths.strength_curves or load_strengths; curves: the lines to draw, as CURVES.
    """
    sweeps = list(dict.fromkeys(table.sweep))
    rows = -(-len(sweeps) // 2)
    figure = Figure(figsize=(9, 0.8 + 2.35 * rows), layout="constrained")
    panels, told = figure.subplots(rows, 2, sharey=True, squeeze=False), []
    for axes, name in zip(panels.flat, sweeps):
        own = table[table.sweep == name].set_index(["index", "nprobe", "activated"]).sort_index()
        for key in (key for key in curves if key in own.index):
            label, colour, style, marker = curves[key]
            line = own.loc[[key]].sort_values("value")
            axes.plot(
                line.value, line.r1, style, marker=marker, color=colour, lw=1.8, ms=5, mec="white", mew=0.6, label=label
            )
            if key[1] == 1 and marker:
                axes.fill_between(line.value, line.low, line.high, color=colour, alpha=0.15, lw=0)
        sweep = STRENGTHS[name]
        if sweep.neutral is not None:
            axes.axvline(sweep.neutral, color=NEUTRAL, lw=1, zorder=0)
        if sweep.unit == "degrees":
            axes.xaxis.set_major_locator(MultipleLocator(45))
        axes.set_title(name, fontsize=12, loc="left")
        axes.set_xlabel(sweep.unit, fontsize=11)
        axes.set(ylim=(-0.03, 1.05), yticks=(0, 0.5, 1))
        axes.tick_params(labelsize=11)
        axes.grid(axis="y", alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        told.append(_told(name, own))
    for axes in panels.flat[len(sweeps) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel("R@1", fontsize=11)
    figure.legend(
        *panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncol=2, frameon=False, fontsize=11
    )
    return Described(
        figure, f"R@1 against the strength of {len(sweeps)} edits, passive and activated. " + "; ".join(told) + "."
    )


def _told(name, own):
    """The finding of one panel: where activation gains most, and the mean over the strengths."""
    passive, active = (own.loc[[("IVF-PQ", 1, a)]].set_index("value").r1 for a in (False, True))
    gain = active - passive
    best = gain.idxmax()
    what = "the largest gain is" if gain[best] > 0 else "no strength gains, and the smallest loss is"
    return (
        f"{name}: {what} at {best:g} ({passive[best]:.2f} to {active[best]:.2f}), and the mean over its strengths "
        f"{goes(passive.mean(), active.mean())}"
    )


def why_lost(table: pd.DataFrame) -> Described:
    """What each edit does: how far it moves the feature, how near the copy is to its own code and to a rival, and R@1.

    table: from lessons.evaluation.edit_effects. The edit that moves a passive feature least comes first.
    """
    passive, active = (table[table.activated == a].set_index("edit") for a in (False, True))
    passive = passive.sort_values("moved")
    active = active.loc[passive.index]
    rows = np.arange(len(passive))
    figure = Figure(figsize=(9, 1.6 + 0.4 * len(rows)), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    titles = (
        "how far the edit\nmoves the feature",
        "how near the copy is to\nits code and to others",
        "R@1 at nprobe 1\n(open: all cells visited)",
    )
    for axes, column, title in zip(panels, ("moved", "code", "r1"), titles):
        axes.hlines(rows, passive[column], active[column], color=NEUTRAL, lw=3, alpha=0.6)
        if column == "code":
            for own, colour, name in ((passive, PASSIVE, "passive"), (active, ACTIVATED, "activated")):
                axes.plot(own.rival, rows, "|", color=colour, ms=16, mew=2.5, label=f"{name}: nearest other code")
        if column == "r1":
            axes.plot(
                passive.r1_all,
                rows,
                PASSIVE_MARKER,
                mfc="none",
                mec=PASSIVE,
                mew=1.6,
                ms=9,
                label="passive: all cells visited",
            )
            axes.plot(
                active.r1_all,
                rows,
                ACTIVATED_MARKER,
                mfc="none",
                mec=ACTIVATED,
                mew=1.6,
                ms=8,
                label="activated: all cells visited",
            )
        axes.plot(passive[column], rows, PASSIVE_MARKER, color=PASSIVE, mec="white", ms=9, label="passive")
        axes.plot(active[column], rows, ACTIVATED_MARKER, color=ACTIVATED, mec="white", ms=8, label="activated")
        axes.set_title(title, fontsize=12, loc="left")
        axes.set_xlabel("R@1" if column == "r1" else "squared distance", fontsize=11)
        axes.set_xlim(left=-0.03)
        axes.grid(axis="x", alpha=0.25)
        tidy(axes)
    panels[0].set(yticks=rows, yticklabels=passive.index, ylim=(len(rows) - 0.4, -0.6))
    entries = {label: handle for axes in panels[1:] for handle, label in zip(*axes.get_legend_handles_labels())}
    entries = dict(sorted(entries.items(), key=lambda entry: (entry[0].startswith("activated"), len(entry[0]))))
    figure.legend(entries.values(), entries, loc="outside lower center", ncol=2, frameon=False, fontsize=11)
    gain = (active.r1 - passive.r1).sort_values()
    told = "; ".join(
        f"{edit} moves {passive.moved[edit]:.2f}, distance to its code {_pair(passive.code, active.code, edit)}, "
        f"R@1 {_pair(passive.r1, active.r1, edit)} (all cells visited: {_pair(passive.r1_all, active.r1_all, edit)})"
        for edit in dict.fromkeys((gain.index[-1], passive.index[-1]))
    )
    return Described(
        figure,
        "Three columns of dots, passive and activated, edits sorted by how far they move the feature. From passive to "
        f"activated, the mean movement {goes(passive.moved.mean(), active.moved.mean())}, the mean distance to the "
        f"code {goes(passive.code.mean(), active.code.mean())}, and R@1 {goes(passive.r1.mean(), active.r1.mean())}. "
        f"{told}.",
    )


def _pair(passive: pd.Series, active: pd.Series, edit: str) -> str:
    return f"{passive[edit]:.2f} to {active[edit]:.2f}"


def _short(value):
    return f"{value:.2f}".removeprefix("0") if value < 0.995 else "1"
