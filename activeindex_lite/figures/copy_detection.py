"""Figures of notebook 09: scores and thresholds, precision and recall; figures/moderation.py has what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.moderation import actions, decisions, signed, transfer
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
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

__all__ = ["actions", "decisions", "normalisation", "precision_recall_curves", "score_distributions", "transfer"]

# In this order: a colour, a line style and a marker for each curve that is compared.
CURVES = (
    (INK, ":", "s"),
    (PASSIVE, "--", PASSIVE_MARKER),
    (ACTIVATED, "-", ACTIVATED_MARKER),
    (PASSIVE, "-.", "^"),
    (ACTIVATED, (0, (4, 1, 1, 1, 1, 1)), "v"),
    *((colour, line, marker) for colour, marker, line in SERIES[:2]),
)
GROUPS = (
    ("copies, the right picture first", RIGHT, ""),
    ("copies, another picture first", WRONG, "//"),
    ("strangers", NEUTRAL, "xx"),
)


def score_distributions(panels: dict[str, pd.DataFrame] | pd.DataFrame) -> Described:
    """Scores of first results: of copies with the right answer, of copies with another answer, and of strangers.

    panels: dict from the name of the score to a DataFrame of lessons.copy_detection.judge, whose threshold is drawn
    unless it is NaN; or one such DataFrame. One panel below the other, each with its own scale.
    """
    if not isinstance(panels, dict):
        panels = {"score: minus the squared distance": panels}
    figure = Figure(figsize=(9, 1.2 + 2.5 * len(panels)), layout="constrained")
    told = []
    for axes, (title, table) in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels.items(), strict=True):
        table, threshold = table.dropna(subset="score"), table.threshold.iloc[0]
        bins = np.linspace(table.score.min(), table.score.max(), 41)
        groups = _groups(table)
        for (name, colour, hatch), rows in zip(GROUPS, groups, strict=True):
            axes.hist(
                table.score[rows],
                bins,
                histtype="stepfilled",
                fc=(colour, 0.35),
                ec=colour,
                lw=1.4,
                hatch=hatch,
                label=f"{name} ({rows.sum()})",
            )
        said = ", ".join(
            f"{name}: median {table.score[rows].median():.2f}"
            for (name, *_), rows in zip(GROUPS, groups, strict=True)
            if rows.any()
        )
        if np.isfinite(threshold):
            passed = [int((table.score[rows] >= threshold).sum()) for rows in groups]
            axes.axvline(threshold, color=INK, ls="--", lw=2)
            axes.annotate(
                f"threshold {signed(threshold)}: {passed[0]} right\nand {passed[1] + passed[2]} wrong answers pass",
                (threshold, 0.97),
                xycoords=("data", "axes fraction"),
                xytext=(7, 0),
                textcoords="offset points",
                va="top",
                fontsize=11,
            )
            said += f"; at {threshold:.2f}, {passed[0]} right answers pass and {passed[1] + passed[2]} wrong ones"
        axes.set_xlabel(title, fontsize=11)
        axes.set_ylabel("uploads", fontsize=11)
        tidy(axes)
        told.append(f"{title}: {said}")
    axes = figure.axes[0]
    axes.set_ylim(0, 1.12 * axes.get_ylim()[1])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncol=3, frameon=False, fontsize=11)
    return Described(figure, f"Histograms of the scores of first results. {'. '.join(told)}.")


def _groups(table):
    copy = table["copy"].to_numpy()
    return table.right.to_numpy(), copy & ~table.right.to_numpy(), ~copy


def precision_recall_curves(
    curves: dict[str, tuple[pd.DataFrame, float, float, float]], precision: float = 0.9
) -> Described:
    """Precision against recall as the threshold falls, with micro-AP, its interval and the recall at a precision.

    curves: dict from a label to (DataFrame of evaluation.copy_detection.precision_recall, micro_ap, low, high), at most
    seven.
    """
    if not 1 <= len(curves) <= len(CURVES):
        raise ValueError(f"{len(curves)} curves: expected 1 to {len(CURVES)}, the number of distinct styles")
    figure, axes = new_figure(9, 4.6 + 0.22 * len(curves))
    axes.axhline(precision, color=NEUTRAL, lw=1.2)
    note(axes, f"precision {precision:.0%}", (1, precision), (0, 3), ha="right")
    told = []
    for (label, (table, area, low, high)), (colour, line, marker) in zip(curves.items(), CURVES, strict=False):
        axes.plot(
            table.recall,
            table.precision,
            color=colour,
            ls=line,
            lw=2.2,
            label=f"{label}: µAP {area:.2f} [{low:.2f}, {high:.2f}]",
        )
        good = table[(table.precision >= precision) & (table.recall > 0)]
        reached = good.recall.max() if len(good) else 0.0
        if len(good):
            at = good.loc[good.recall.idxmax()]
            axes.plot(at.recall, at.precision, marker, color=colour, mec="white", ms=11, zorder=5, clip_on=False)
        told.append(
            f"{label}: micro-AP {area:.2f} (from {low:.2f} to {high:.2f}), "
            f"recall {reached:.2f} at a precision of {precision:.0%}"
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.03))
    axes.set_xlabel("recall: share of the copies that get a right alarm", fontsize=11)
    axes.set_ylabel("precision:\nshare of alarms that are right", fontsize=11)
    axes.grid(alpha=0.25)
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncol=2 if len(curves) in (2, 4) else 1,
        frameon=False,
        fontsize=11,
    )
    return Described(figure, f"Precision-recall curves. {'; '.join(told)}.")


def normalisation(plain: pd.DataFrame, normalised: pd.DataFrame) -> Described:
    """What score normalisation changes: micro-AP and recall at precision 90 %, one arrow per row.

    plain, normalised: DataFrames of lessons.copy_detection.score_table with the same names.
    """
    names = list(plain.what)
    if list(normalised.what) != names:
        raise ValueError(f"the rows differ: {', '.join(names)} before, {', '.join(normalised.what)} after")
    figure = Figure(figsize=(9, 1.3 + 0.55 * len(names)), layout="constrained")
    told = {name: [] for name in names}
    for axes, (column, label) in zip(
        figure.subplots(1, 2, sharey=True),
        (("micro_ap", "micro-AP"), ("recall_at_p90", "recall at precision 90 %")),
        strict=True,
    ):
        before, after = plain[column].fillna(0), normalised[column].fillna(0)
        rows = np.arange(len(names))
        for row, a, b in zip(rows, before, after, strict=True):
            axes.annotate(
                "", (b, row), (a, row), arrowprops=dict(arrowstyle="-|>", color=NEUTRAL, lw=2.5, shrinkA=5, shrinkB=4)
            )
            note(axes, f"{b - a:+.2f}", (max(a, b), row), (10, 0), va="center")
            told[names[row]].append(f"{label} {a:.2f} to {b:.2f}")
        axes.plot(before, rows, PASSIVE_MARKER, mfc="white", mec=INK, mew=1.8, ms=9, label="scores as they are")
        axes.plot(after, rows, ACTIVATED_MARKER, color=INK, ms=9, label="normalised")
        axes.set(yticks=rows, yticklabels=names, ylim=(len(names) - 0.5, -0.5), xlim=(0, 1))
        axes.set_xlabel(label, fontsize=11)
        axes.grid(axis="x", alpha=0.25)
        tidy(axes)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncol=2, frameon=False, fontsize=11)
    return Described(
        figure,
        "Before and after score normalisation. "
        + "; ".join(f"{name}: {', '.join(parts)}" for name, parts in told.items())
        + ".",
    )
