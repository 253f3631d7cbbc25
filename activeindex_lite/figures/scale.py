"""Figure of the scale measurement: R@1, time and memory against the number of references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter, StrMethodFormatter

from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    SERIES,
    Described,
    note,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd

NO_INDEX = "No index"
CODED = SERIES[0][0]
LINES = ("--", "-", ":", "-.")


def scale_curves(scale: pd.DataFrame, real: int = 50000) -> Described:
    """Curves over N: R@1 passive and activated at each nprobe and by brute force, milliseconds per search, megabytes.

    scale: the table of sweeps.scale.load_scale; real: references beyond this number are simulated, which a line marks.
    """
    index = next(name for name in scale["index"] if name != NO_INDEX)
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=[1.55, 1])
    recall, time, memory = (figure.add_subplot(place) for place in (grid[:, 0], grid[0, 1], grid[1, 1]))
    _recall(recall, scale, index)
    _costs(time, memory, scale, index)
    for axes in (recall, time, memory):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_minor_formatter(NullFormatter())
        tidy(axes)
        axes.grid(alpha=0.25)
        if scale.N.max() > real:
            axes.axvline(real, color=NEUTRAL, lw=1.2, ls=":")
    if scale.N.max() > real:
        note(recall, "simulated\nreferences →", (real, 0.02), (6, 0), color="#555555")
    for axes in (recall, memory):
        axes.set_xlabel("N, number of references", fontsize=11)
    figure.legend(
        *recall.get_legend_handles_labels(),
        loc="outside lower center",
        ncol=3,
        frameon=False,
        fontsize=11,
        handlelength=3.5,
    )
    return Described(figure, _told(scale, index))


def _recall(axes, scale, index):
    brute = scale[(scale["index"] == NO_INDEX) & ~scale.activated]
    axes.plot(brute.N, brute.r1, "s-", color=INK, ms=7, label="brute force, passive")
    _label(axes, brute.N, brute.r1, "{:.2f}")
    axes.fill_between(brute.N, brute.low, brute.high, color=INK, alpha=0.12, lw=0)
    table = scale[scale["index"] == index]
    nprobes = sorted(table.nprobe.unique())
    for nprobe, line in zip(nprobes, LINES):
        for activated, colour, marker in ((False, PASSIVE, PASSIVE_MARKER), (True, ACTIVATED, ACTIVATED_MARKER)):
            curve = table[(table.nprobe == nprobe) & (table.activated == activated)]
            axes.fill_between(curve.N, curve.low, curve.high, color=colour, alpha=0.15, lw=0)
            axes.plot(
                curve.N,
                curve.r1,
                marker,
                ls=line,
                color=colour,
                ms=7,
                mfc=colour if activated else "white",
                mew=2,
                label=f"{'activated' if activated else 'passive'}, nprobe {nprobe}",
            )
            _label(axes, curve.N, curve.r1, "{:.2f}")
    axes.set_ylim(0, 1.03)
    axes.set_title(f"R@1 in {index}, mean of 14 edits (band: 95 %)", fontsize=12, loc="left")


def _costs(time, memory, scale, index):
    passive = scale[~scale.activated]
    brute, table = passive[passive["index"] == NO_INDEX], passive[passive["index"] == index]
    coded = table[table.nprobe == table.nprobe.min()]
    for axes, what, unit in ((time, "ms", 1), (memory, "bytes", 1e6)):
        axes.plot(brute.N, brute[what] / unit, "s-", color=INK, ms=6)
        axes.set_yscale("log")
        axes.margins(y=0.12)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        _label(axes, brute.N, brute[what] / unit, "brute force: {:.3g}")
    nprobes = sorted(table.nprobe.unique())
    for n, (nprobe, line) in enumerate(zip(nprobes, LINES)):
        curve = table[table.nprobe == nprobe]
        time.plot(curve.N, curve.ms, "^", ls=line, color=CODED, ms=6)
        # Their times are similar: move the labels apart, the lower nprobe below.
        _label(time, curve.N, curve.ms, f"nprobe {nprobe}: {{:.2f}}", 14 * n - 7 * (len(nprobes) - 1))
    memory.plot(coded.N, coded.bytes / 1e6, "^-", color=CODED, ms=6)
    _label(memory, coded.N, coded.bytes / 1e6, "index: {:.3g}")
    time.set_title("ms per search, one thread", fontsize=12, loc="left")
    memory.set_title("MB of vectors or index", fontsize=12, loc="left")


def _label(axes, x, y, text, shift=0):
    """Write the last value of a curve at its right end; shift: points upward."""
    note(axes, text.format(y.iloc[-1]), (x.iloc[-1], y.iloc[-1]), (8, shift), va="center", annotation_clip=False)


def _told(scale, index):
    """The finding in words: R@1 at the smallest and the largest N, and what a search costs at the largest."""
    least, most = scale.N.min(), scale.N.max()

    def r1(name, nprobe, activated, N):
        row = scale[
            (scale["index"] == name) & (scale.nprobe == nprobe) & (scale.activated == activated) & (scale.N == N)
        ]
        return row.iloc[0]

    told = []
    for nprobe in sorted(scale[scale["index"] == index].nprobe.unique()):
        ends = [
            f"{r1(index, nprobe, a, least).r1:.2f} to {r1(index, nprobe, a, most).r1:.2f} {word}"
            for a, word in ((False, "passive"), (True, "activated"))
        ]
        told.append(f"with nprobe {nprobe} from " + ", from ".join(ends))
    brute_least, brute = r1(NO_INDEX, 1, False, least), r1(NO_INDEX, 1, False, most)
    coded = r1(index, scale[scale["index"] == index].nprobe.min(), False, most)
    return (
        f"R@1, time and memory as references grow from {least:,} to {most:,}. "
        f"In {index} R@1 goes {'; '.join(told)}; by brute force from {brute_least.r1:.2f} to {brute.r1:.2f}. "
        f"At {most:,} a search takes {coded.ms:.2g} ms with the index and {brute.ms:.3g} ms without, "
        f"in {coded.bytes / 1e6:.3g} and {brute.bytes / 1e6:.3g} MB."
    )
