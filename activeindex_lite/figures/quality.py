"""Figures of notebook 07: quality of released pictures for bounds, schedules and alphas, and what R@1 it buys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import (
    ACTIVATED,
    INK,
    PASSIVE,
    PASSIVE_MARKER,
    SERIES,
    Described,
    new_figure,
    note,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd

# Marker and line of each nprobe: their points are all of activated pictures, so they have one colour.
STYLES = (("D", "-"), ("^", "-."), ("s", ":"), ("v", "--"))


def quality_distributions(table: pd.DataFrame) -> Described:
    """PSNR, SSIM and largest change of every picture, one row of dots per run, with the mean.

    table: from lessons.perceptual.runs_table.
    """
    return _rows_of_dots(
        table,
        (("psnr", "PSNR, dB", "{:.1f}"), ("ssim", "SSIM", "{:.3f}"), ("linf", "largest change, grey levels", "{:.1f}")),
    )


def bounds_and_code(table: pd.DataFrame) -> Described:
    """Like `quality_distributions`, with the squared distance to the code instead of the largest change."""
    return _rows_of_dots(
        table,
        (
            ("psnr", "PSNR, dB", "{:.1f}"),
            ("ssim", "SSIM", "{:.3f}"),
            ("after", "squared distance to the code", "{:.2f}"),
        ),
    )


def schedules(table: pd.DataFrame) -> Described:
    """Time, PSNR and the squared distance to the code after activation, for each schedule of steps and learning rate.

    table: lessons.perceptual.runs_table of compare_schedules.
    """
    return _rows_of_dots(
        table,
        (
            ("ms", "ms per picture, measured here", "{:.0f}"),
            ("psnr", "PSNR, dB", "{:.1f}"),
            ("after", "squared distance to the code", "{:.2f}"),
        ),
    )


def _rows_of_dots(table, columns):
    """A panel for each of columns (name, label, format), in it a row of dots and a mean for each run of the table."""
    groups = dict(tuple(table.groupby("run", sort=False)))
    figure = Figure(figsize=(9, 1.2 + 0.75 * len(groups)), layout="constrained")
    told = {name: [] for name in groups}
    for axes, (column, label, form) in zip(figure.subplots(1, 3, sharey=True), columns, strict=True):
        if column == "after":
            before = table.before.mean()
            axes.axvline(before, color=INK, ls=":", lw=1.5)
            axes.annotate("before ", (before, -0.5), fontsize=11, ha="right", va="top")
        for row, ((name, own), (colour, marker, _)) in enumerate(zip(groups.items(), SERIES, strict=False)):
            values = own[column].to_numpy()
            # Spread over the row in the order of the pictures, so that dots of similar values do not cover each other.
            axes.plot(
                values, row + np.linspace(0.12, 0.32, len(values)), marker, color=colour, ms=5, alpha=0.6, mec="none"
            )
            axes.plot(values.mean(), row, marker, color=colour, ms=11, mec="white")
            note(
                axes,
                form.format(values.mean()),
                (values.mean(), row),
                (0, 8),
                size=12,
                ha="center",
                color=colour,
                weight="bold",
            )
            told[name].append(f"{label} {form.format(values.mean())}")
        axes.set(yticks=range(len(groups)), yticklabels=groups, ylim=(len(groups) - 0.5, -0.55))
        axes.margins(x=0.15)
        axes.set_xlabel(label, fontsize=11)
        tidy(axes, "left")
        axes.tick_params(axis="y", length=0)
    n = len(next(iter(groups.values())))
    said = f"Means over {n} pictures. " + "; ".join(f"{name}: {', '.join(parts)}" for name, parts in told.items()) + "."
    if any(column == "after" for column, *_ in columns):
        said += f" Before activation the squared distance was {table.before.mean():.2f}."
    return Described(figure, said)


def pareto(grid: pd.DataFrame, index: str = "IVF-PQ", nprobes: Sequence[int] = (1, 16)) -> Described:
    """R@1 against PSNR: for each nprobe a curve through the alphas, and the passive value.

    grid: sweeps.alpha.load_grid(); index: a name in it. Bars are 95 % intervals.
    """
    figure, axes = new_figure(9, 5)
    told = []
    for nprobe, (marker, style) in zip(nprobes, STYLES, strict=False):
        rows = grid[(grid["index"] == index) & (grid.nprobe == nprobe)]
        if not len(rows):
            raise ValueError(f"index={index!r:.100}, nprobe={nprobe!r:.100}: {_in_grid(grid)}")
        passive, rows = rows[rows.alpha == 0].iloc[0], rows[rows.alpha > 0]
        right = rows.psnr.max() + 4
        _with_bars(axes, rows.psnr, rows, fmt=marker + style, color=ACTIVATED, ms=8)
        _with_bars(axes, [right], passive.to_frame().T, fmt=PASSIVE_MARKER, color=PASSIVE, ms=9)
        note(axes, f"nprobe {nprobe}", (rows.psnr.iloc[2], rows.r1.iloc[2]), (4, 18), size=12, weight="bold")
        told.append(
            f"at nprobe {nprobe}, passive {passive.r1:.2f}, "
            + ", ".join(f"alpha {r.alpha:g} ({r.psnr:.1f} dB) {r.r1:.2f}" for r in rows.itertuples())
        )
        for r in rows.itertuples() if nprobe == nprobes[0] else ():
            note(axes, f"α {r.alpha:g}", (r.psnr, r.low), (0, -16), ha="center")
    ticks = range(35, int(rows.psnr.max()) + 1, 5)
    axes.set(xticks=[*ticks, right], xticklabels=[*map(str, ticks), "unchanged\n(passive)"], ylim=(None, 1))
    axes.set_xlabel("mean PSNR of the released pictures, dB (further right: less change)", fontsize=11)
    axes.set_ylabel("R@1, mean of 14 edits", fontsize=11)
    axes.grid(alpha=0.25)
    axes.set_title(f"{index}: R@1 against the quality of the released pictures", fontsize=12, loc="left")
    return Described(figure, f"R@1 of {index} against the mean PSNR of the released pictures: " + "; ".join(told) + ".")


def _with_bars(axes, x, rows, **look):
    """R@1 of the rows with their intervals."""
    r1 = rows.r1.astype(float)
    axes.errorbar(x, r1, (r1 - rows.low.astype(float), rows.high.astype(float) - r1), capsize=4, **look)


def alpha_and_nprobe(
    grid: pd.DataFrame, index: str = "IVF-PQ", alphas: Sequence[float] = (0, 1, 3, 8), nprobe: int = 16
) -> Described:
    """R@1 against nprobe, one curve per alpha, with a line at the passive value at `nprobe`.

    grid: sweeps.alpha.load_grid(); index: a name in it. Bands are 95 % intervals.
    """
    rows = grid[grid["index"] == index]
    mark = rows[(rows.alpha == 0) & (rows.nprobe == nprobe)]
    if not len(mark):
        raise ValueError(f"index={index!r:.100}, nprobe={nprobe!r:.100}: {_in_grid(grid)}")
    mark = mark.r1.iloc[0]
    figure, axes = new_figure(9, 5)
    axes.axhline(mark, color=INK, ls=":", lw=1.5)
    note(axes, f"passive, nprobe {nprobe}: {mark:.2f}", (rows.nprobe.max(), mark), (0, -15), ha="right")
    told = []
    for alpha, look in zip(alphas, ((PASSIVE_MARKER, "--"), ("^", ":"), ("D", "-"), ("s", "-.")), strict=False):
        colour = ACTIVATED if alpha else PASSIVE
        own = rows[rows.alpha == alpha]
        axes.fill_between(own.nprobe, own.low, own.high, color=colour, alpha=0.18, lw=0)
        axes.plot(own.nprobe, own.r1, "".join(look), color=colour, ms=7)
        one = own.iloc[0]
        name = "passive" if alpha == 0 else f"α {alpha:g}, {one.psnr:.1f} dB"
        note(axes, f"{name}: {one.r1:.2f}", (1, one.r1), (-9, 0), ha="right", va="center", color=colour, weight="bold")
        enough = own.nprobe[own.r1 >= mark]
        told.append(
            f"{name}: {one.r1:.2f} at nprobe {one.nprobe}, "
            + (f"reaches it at nprobe {enough.min()}" if len(enough) else "never reaches it")
        )
    ticks = sorted(rows.nprobe.unique())
    axes.set_xscale("log", base=2)
    axes.set(xticks=ticks, xticklabels=ticks, xlim=(0.26, 1.15 * ticks[-1]), ylim=(None, 1))
    axes.minorticks_off()
    axes.set_xlabel("nprobe: cells visited", fontsize=11)
    axes.set_ylabel("R@1, mean of 14 edits", fontsize=11)
    axes.grid(alpha=0.25)
    return Described(
        figure,
        f"R@1 of {index} against nprobe. Passive copies reach {mark:.2f} at nprobe {nprobe}. " + "; ".join(told) + ".",
    )


def _in_grid(grid: pd.DataFrame) -> str:
    """What a grid has, for an error message."""
    names, values = ", ".join(grid["index"].unique()), ", ".join(map(str, sorted(grid.nprobe.unique())))
    return f"the grid has the indexes {names} and nprobe {values}"
