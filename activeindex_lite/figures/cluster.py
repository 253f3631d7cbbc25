"""Figures of notebook 12: stages of an evaluation on one process and on a cluster, their cost, and the speed-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.figures.style import INK, SERIES, Described, new_figure

if TYPE_CHECKING:
    import pandas as pd

COLOURS, HATCHES = tuple(colour for colour, *_ in SERIES[:4]), ("", "///", "...", "xx")


def split(runs: dict[str, pd.DataFrame]) -> Described:
    """Seconds of each stage, as bars side by side. runs: dict from a name to the table of a Stages."""
    figure, axes = new_figure(8, 0.9 + 0.55 * len(runs) * 3)
    stages = next(iter(runs.values())).stage.tolist()
    high, told = 0.8 / len(runs), []
    for i, (name, table) in enumerate(runs.items()):
        places = np.arange(len(stages)) + (i - (len(runs) - 1) / 2) * high
        axes.barh(places, table.seconds, high * 0.9, color=COLOURS[i], hatch=HATCHES[i], edgecolor="white", label=name)
        for y, row in zip(places, table.itertuples(), strict=True):
            axes.text(
                row.seconds,
                y,
                f"  {row.seconds:.2f} s: {_rate(row)} {_plural(row.unit)} per second",
                va="center",
                fontsize=11,
                color=INK,
            )
        told.append(
            f"{name}: "
            + ", ".join(f"{r.stage} {r.seconds:.2f} s for {r.n} {_plural(r.unit)}" for r in table.itertuples())
        )
    axes.set_yticks(range(len(stages)), stages, fontsize=12)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.75 * max(table.seconds.max() for table in runs.values()))
    axes.set_xlabel("seconds", fontsize=11)
    if len(runs) > 1:
        axes.legend(frameon=False, fontsize=11, loc="lower right")
    return Described(figure, "Seconds that each stage took. " + "; ".join(told) + ".")


def _rate(row):
    rate = row.n / row.seconds
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"


def _plural(unit):
    return f"{unit.removesuffix('y')}ies" if unit.endswith("y") else f"{unit}s"


def cost_of_a_million(costs: pd.DataFrame, price: float, workers: Sequence[int] = (1, 10, 100)) -> Described:
    """Core-hours of each stage, and the hours that several numbers of workers need.

    costs: DataFrame stage, n, core_hours, cost (lessons.cluster.million); price: per core-hour.
    """
    figure, axes = new_figure(8, 3.2)
    axes.barh(costs.stage, costs.core_hours, 0.6, color=COLOURS[0])
    for y, row in enumerate(costs.itertuples()):
        axes.text(
            row.core_hours,
            y,
            f"  {row.n:,}: {row.core_hours:.2g} core-hours, cost {row.cost:.2g}",
            va="center",
            fontsize=11,
            color=INK,
        )
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=12)
    axes.set_xlim(0, 1.9 * costs.core_hours.max())
    hours, cost = costs.core_hours.sum(), costs.cost.sum()
    waits = ", ".join(f"{w}: {hours / w:.2g} h" for w in workers)
    axes.set_xlabel("core-hours", fontsize=11)
    axes.set_title(
        f"together {hours:.3g} core-hours, which cost {cost:.2g} at {price:g} each\n"
        f"hours by number of workers, if none ever waits: {waits}",
        fontsize=11,
        loc="left",
    )
    told = "; ".join(f"{row.stage} {row.core_hours:.2g} core-hours for {row.n:,}" for row in costs.itertuples())
    return Described(
        figure,
        f"A large evaluation, in proportion to what was measured: {told}. Together {hours:.3g} core-hours, which cost "
        f"{cost:.2g} at {price:g} per core-hour. Hours by number of workers: {waits}.",
    )


def speed_up(shares: Sequence[float] = (0.0, 0.01, 0.05, 0.2), workers: int = 1000) -> Described:
    """The speed-up with n workers, for several shares of the work that only one process can do (Amdahl's law)."""
    figure, axes = new_figure(7, 3.6)
    n = np.geomspace(1, workers, 200)
    for share, colour, style in zip(shares, COLOURS, ("-", "--", "-.", ":"), strict=True):
        axes.plot(n, 1 / (share + (1 - share) / n), style, color=colour, lw=2, label=f"{share:.0%} cannot be shared")
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel("workers", fontsize=11)
    axes.set_ylabel("speed-up", fontsize=11)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=11)
    ends = "; ".join(f"{share:.0%}: {1 / (share + (1 - share) / workers):,.0f} times" for share in shares)
    return Described(
        figure,
        f"Speed-up with more workers, for several shares of the work that only one process can do. "
        f"With {workers:,} workers: {ends}.",
    )
