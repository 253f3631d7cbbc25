"""Figures of notebook 11: where copies are lost, what each method gains at equal PSNR, and the limits of the gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    FAINT,
    INK,
    NEUTRAL,
    ON_LIGHT,
    PASSIVE,
    PASSIVE_MARKER,
    RIGHT,
    SERIES,
    WRONG,
    Described,
    goes,
    new_figure,
)
from activeindex_lite.lessons.beyond import FATES

if TYPE_CHECKING:
    import pandas as pd

# In this order: a colour, a marker and a line style for each release: passive, the published method, then others.
LOOKS = ((PASSIVE, PASSIVE_MARKER, ":"), (ACTIVATED, ACTIVATED_MARKER, "--"), *SERIES)
# A colour, a hatch and the colour of the lettering for each of FATES.
FATE_LOOKS = ((RIGHT, "", ON_LIGHT), (WRONG, "//", INK), (FAINT, "..", INK))
# A colour, a marker and a line style for each method of the sweep over steps.
STEP_LOOKS = {"published": (ACTIVATED, "D", "-"), "quick": SERIES[0], "margin": SERIES[1]}


def where_copies_go(table: pd.DataFrame) -> Described:
    """What becomes of copies, as bars: found, lost to another code, or lost because their cell is not visited.

    table: from lessons.beyond.fates.
    """
    figure, axes = new_figure(9, 0.62 * len(table) + 1.5)
    place, left = np.arange(len(table))[::-1], np.zeros(len(table))
    for fate, (colour, hatch, ink) in zip(FATES, FATE_LOOKS):
        widths = table[fate].to_numpy()
        axes.barh(place, widths, left=left, color=colour, hatch=hatch, edgecolor="white", label=fate, height=0.7)
        for y, start, width in zip(place, left, widths):
            if width > 0.05:
                axes.text(
                    start + width / 2,
                    y,
                    f"{width:.2f}",
                    ha="center",
                    va="center",
                    fontsize=11,
                    color=ink,
                    bbox=dict(fc="white", ec="none", pad=1.5) if hatch else None,
                )
        left += widths
    axes.set(yticks=place, yticklabels=[_row(r.release, r.nprobe) for r in table.itertuples()], xlim=(0, 1))
    axes.set_xlabel("share of edited copies, mean over the edits", fontsize=11)
    _legend(figure, axes)
    told = "; ".join(
        f"{_row(r['release'], r['nprobe'])}: " + ", ".join(f"{fate} {r[fate]:.2f}" for fate in FATES)
        for _, r in table.iterrows()
    )
    return Described(figure, f"What becomes of edited copies, as stacked bars. {told}.")


def _legend(figure, axes):
    """The legend below the axes, where the layout keeps room for it."""
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncol=3, frameon=False, fontsize=11)


def _row(name, nprobe):
    return f"{name}, nprobe {nprobe}"


def gains_at_equal_psnr(methods: pd.DataFrame) -> Described:
    """What each method gains over passive pictures, with 95 % intervals, for each nprobe.

    methods: the table `methods` of a comparison, at one PSNR.
    """
    names, nprobes = list(dict.fromkeys(methods.method)), list(dict.fromkeys(methods.nprobe))
    place = dict(zip(names, np.arange(len(names))[::-1]))
    figure, axes = new_figure(9, 0.75 * len(names) + 1.6)
    for (colour, marker, _), nprobe, shift in zip(
        SERIES, nprobes, np.linspace(0.13, -0.13, len(nprobes)) if len(nprobes) > 1 else [0]
    ):
        table = methods[methods.nprobe == nprobe]
        y = table.method.map(place) + shift
        axes.hlines(y, table.low, table.high, color=colour, lw=2)
        axes.plot(table.gain, y, marker, color=colour, ms=9, label=f"nprobe {nprobe}")
        axes.axvline(table.gain[table.method == names[0]].iloc[0], color=colour, lw=1, ls=":", zorder=0)
    axes.axvline(0, color=NEUTRAL, lw=1)
    axes.set(yticks=list(place.values()), yticklabels=names, ylim=(-0.5, len(names) - 0.5))
    axes.set_xlabel(
        f"gain in mean R@1 over passive pictures, at {methods.psnr.mean():.1f} dB (bars: 95 % intervals)", fontsize=11
    )
    _legend(figure, axes)
    axes.grid(axis="x", alpha=0.25)
    told = "; ".join(
        f"{_row(r.method, r.nprobe)}: {r.gain:+.3f} [{r.low:.3f}, {r.high:.3f}]" for r in methods.itertuples()
    )
    return Described(
        figure, f"Gain in mean R@1 over passive pictures, all methods at {methods.psnr.mean():.1f} dB. {told}."
    )


def elsewhere(table: pd.DataFrame, title: str = "nprobe 1") -> Described:
    """R@1 of each release in each index. table: from lessons.beyond.r1_elsewhere; title: the nprobe of the searches."""
    names, indexes = list(dict.fromkeys(table.release)), list(dict.fromkeys(table["index"]))
    figure, axes = new_figure(9, 0.8 * len(indexes) + 1.5)
    base = np.arange(len(indexes))[::-1]
    for (colour, marker, _), name, shift in zip(LOOKS, names, np.linspace(0.22, -0.22, len(names))):
        rows = table[table.release == name].set_index("index").loc[indexes]
        axes.hlines(base + shift, rows.low, rows.high, color=colour, lw=1.5)
        axes.plot(rows.r1, base + shift, marker, color=colour, ms=9, label=name)
    axes.set(yticks=base, yticklabels=indexes, xlim=(0, 1), ylim=(-0.5, len(indexes) - 0.5))
    axes.set_xlabel(f"mean R@1 over the edits, {title} (bars: 95 % intervals)", fontsize=11)
    _legend(figure, axes)
    axes.grid(axis="x", alpha=0.25)
    told = "; ".join(f"{r['index']}, {r['release']}: {r['r1']:.2f}" for _, r in table.iterrows())
    return Described(figure, f"Mean R@1 of released pictures in several indexes. {told}.")


def blurred(table: pd.DataFrame) -> Described:
    """R@1 against the strength of a blur, one line per release. table: from lessons.beyond.under_blur."""
    figure, axes = new_figure(9, 4)
    for (colour, marker, line), (name, rows) in zip(LOOKS, table.groupby("release", sort=False)):
        axes.plot(rows.kernel, rows.r1, marker + line, color=colour, ms=8, lw=2, label=name)
    axes.set(ylim=(0, 1.03), xticks=sorted(table.kernel.unique()))
    axes.set_xlabel("blur kernel, pixels (1: no blur; 11: the edit Blur 2 of the tables)", fontsize=11)
    axes.set_ylabel("R@1 at nprobe 1", fontsize=11)
    axes.legend(frameon=False, fontsize=11)
    axes.grid(alpha=0.25)
    ends = table.groupby("release", sort=False).r1.agg(["first", "last"])
    told = "; ".join(f"{name}: {goes(first, last)}" for name, first, last in ends.itertuples())
    return Described(
        figure,
        f"R@1 against the strength of a blur, from a kernel of {table.kernel.min()} to {table.kernel.max()} pixels. "
        f"{told}.",
    )


def gain_over_passes(table: pd.DataFrame, nprobe: int = 1) -> Described:
    """Gain in R@1 over passive pictures against passes of the network: a line per method, thin ones per seed.

    table: of `sweeps.steps.load_steps`.
    """
    table = table[table.nprobe == nprobe]
    figure, axes = new_figure(9, 4.2)
    told = []
    for method, rows in table.groupby("method", sort=False):
        colour, marker, line = STEP_LOOKS[method]
        for _, one in rows.groupby("seed"):
            axes.plot(one.passes, one.gain, line, color=colour, lw=1, alpha=0.4)
        mean = rows.groupby("passes")[["gain", "steps"]].mean()
        axes.plot(mean.index, mean.gain, marker + line, color=colour, ms=8, lw=2, label=method)
        for passes, gain, steps in mean.itertuples():
            axes.annotate(f"{steps:.0f}", (passes, gain), (0, 9), textcoords="offset points", ha="center", fontsize=10)
        told.append(f"{method}: " + ", ".join(f"{gain:+.3f} after {p:g} passes" for p, gain in mean.gain.items()))
    reference = table[(table.method == "published") & (table.steps == table.steps.max())].gain.mean()
    axes.axhline(reference, color=NEUTRAL, ls=":", lw=1.5, label="published, 10 steps")
    axes.set(ylim=(0, None), xlim=(0, None))
    axes.set_xlabel("passes of the network per picture (numbers: steps)", fontsize=11)
    axes.set_ylabel(f"gain in mean R@1, nprobe {nprobe}", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=11)
    at = f"{table.psnr.mean():.1f} dB, {table.seed.nunique()} x {table.attrs.get('pictures', '?')} pictures"
    return Described(figure, f"Gain in mean R@1 at nprobe {nprobe} against the work, at {at}. {'; '.join(told)}.")
