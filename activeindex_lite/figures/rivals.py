"""Figure of notebook 11: R@1 of passive indexes and of activated pictures against the time and bytes of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.figures.beyond import STEP_LOOKS
from activeindex_lite.figures.style import (
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    PASSIVE_TEXT,
    SERIES,
    Described,
    new_figure,
    note,
)

if TYPE_CHECKING:
    import pandas as pd

TICKS = (0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)


def equal_cost(baselines: pd.DataFrame, beside: pd.DataFrame) -> Described:
    """R@1 against the time of one search: passive indexes, the best of them at each time, and activated pictures.

    baselines, beside: the tables `baselines` and `equal_cost` of a comparison at one PSNR. Times are multiples of the
    search of the index as it is, which its smallest nprobe takes.
    """
    figure, axes = new_figure(9, 5)
    own = baselines[baselines.baseline == "as it is"].iloc[0]
    times, small = baselines.ms / own.ms, baselines.bytes <= own.bytes
    for rows, face, words in ((small, PASSIVE, f"at most {own.bytes:g}"), (~small, "none", "more")):
        look = dict(mfc=face, mec=PASSIVE, mew=1.5, ms=8, ls="", label=f"passive, {words} bytes")
        axes.plot(times[rows], baselines.r1[rows], PASSIVE_MARKER, **look)
    _frontier(axes, times[small], baselines.r1[small])
    _activated(axes, beside, own.ms)
    _name_best(axes, beside, own.ms)
    axes.set(xscale="log", xticks=[t for t in TICKS if 0.9 * times.min() <= t <= 1.1 * times.max()])
    axes.set_xlabel("time of one search, as a multiple of the index as it is (logarithmic)", fontsize=11)
    axes.set_ylabel("mean R@1 over the edits", fontsize=11)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_formatter(lambda *_: "")
    axes.grid(alpha=0.25)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncol=3, frameon=False, fontsize=11)
    start = f"R@1 against the time of one search, {len(baselines)} passive searches and {len(beside)} activated ones"
    return Described(figure, f"{start}. {finding(beside)}.")


def _frontier(axes, times, r1):
    """A step line: the most that any passive index finds in at most this time."""
    order = np.argsort(times.to_numpy(), kind="stable")
    best = np.maximum.accumulate(r1.to_numpy()[order])
    look = dict(drawstyle="steps-post", color=NEUTRAL, lw=1.5, ls=":", zorder=0, label="most of these in this time")
    axes.plot(times.to_numpy()[order], best, **look)


def _activated(axes, beside, ms):
    """A marker per method, above one another on a line per nprobe, since activation changes no cost."""
    for method, rows in beside.groupby("method", sort=False):
        colour, marker, _ = STEP_LOOKS.get(method, (SERIES[3][0], SERIES[3][1], "-"))
        axes.plot(rows.ms / ms, rows.r1, marker, color=colour, ms=10, mec="white", label=f"{method}, activated")
    costs = beside.drop_duplicates("nprobe").sort_values("nprobe")
    for i, row in enumerate(costs.itertuples()):
        axes.axvline(row.ms / ms, color=NEUTRAL, lw=0.8, zorder=0)
        right = i == len(costs) - 1 > 0
        at = (row.ms / ms, axes.get_ylim()[1])
        note(axes, f"nprobe {row.nprobe}", at, (5 if right else -5, 2), 10, ha="left" if right else "right")


def _name_best(axes, beside, ms):
    """Names of the passive indexes that find most at the cost of an activated release."""
    line = dict(arrowstyle="-", color=PASSIVE_TEXT, lw=0.8)
    for i, row in enumerate(beside.drop_duplicates(["best_index", "best_search", "best_baseline"]).itertuples()):
        at, shift = (row.best_ms / ms, row.best_r1), (40, -100 + 50 * i)
        note(axes, _best(row), at, shift, 10, color=PASSIVE_TEXT, arrowprops=line)


def _best(row):
    mean = ", mean of views" if row.best_baseline == "mean feature of views stored" else ""
    return f"{row.best_index}{mean}, {row.best_search}"


def finding(beside: pd.DataFrame) -> str:
    """What the intervals say of each method at each nprobe, in a sentence. beside: as for `equal_cost`."""
    told = []
    for row in beside.itertuples():
        fewer = "fewer than" if row.over_high < 0 else "about as many as"
        verdict = "more than" if row.over_low > 0 else fewer
        told.append(
            f"{row.method} at nprobe {row.nprobe} finds {row.r1:.2f}, {verdict} the best passive search of its cost, "
            f"{row.best_r1:.2f} ({_best(row)}; difference {row.over:+.2f} [{row.over_low:+.2f}, {row.over_high:+.2f}])"
        )
    return "; ".join(told)
