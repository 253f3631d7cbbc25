"""Figures of notebook 06: distances to the code, and what stays in its cell; figures/planes.py has the walks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.planes import copies_and_borders, legend_below, walks
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    PASSIVE_TEXT,
    SERIES,
    Described,
    extremes,
    goes,
    new_figure,
    note,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd


__all__ = ["copies_and_borders", "distances_to_code", "staying", "steps", "three_terms", "walks"]


def distances_to_code(table: pd.DataFrame, edits: Sequence[str]) -> Described:
    """Distances of released pictures and of their copies to the stored code: passive and activated histograms per edit.

    table: from lessons.activation.code_distances; edits: the edits to show, such as ("Identity", "Contrast 2").
    """
    figure = Figure(figsize=(9, 1.0 + 1.15 * len(edits)), layout="constrained")
    shown = table[table.edit.isin(edits)]
    # As many bins as this number of pictures can fill.
    bins = np.linspace(
        shown.distance.min(), shown.distance.max(), int(np.clip(4 * np.sqrt(shown.picture.nunique()), 12, 45))
    )
    told = []
    for axes, edit in zip(figure.subplots(len(edits), 1, sharex=True, squeeze=False)[:, 0], edits, strict=True):
        means = []
        for activated, colour, hatch in ((False, PASSIVE, ""), (True, ACTIVATED, "///")):
            values = shown[(shown.edit == edit) & (shown.activated == activated)].distance
            axes.hist(values, bins, histtype="stepfilled", fc=(colour, 0.3), ec=colour, lw=1.5, hatch=hatch)
            axes.axvline(values.mean(), color=colour, lw=2, ls="-" if activated else "--")
            means.append(values.mean())
        axes.set_yticks([])
        axes.set_ylabel("released" if edit == "Identity" else edit, rotation=0, ha="right", va="center", fontsize=12)
        axes.annotate(
            f"{means[0]:.2f} → {means[1]:.2f}",
            (0.995, 0.93),
            xycoords="axes fraction",
            ha="right",
            va="top",
            fontsize=12,
            weight="bold",
            color=INK,
        )
        tidy(axes, "left")
        told.append(
            f"{'the released pictures' if edit == 'Identity' else edit} {means[0]:.2f} passive, {means[1]:.2f} "
            "activated"
        )
    axes.set_xlabel("squared distance to the stored code q(x)", fontsize=11)
    legend_below(
        figure,
        {
            "passive (mean dashed)": dict(marker="s", color=PASSIVE, alpha=0.5, ms=11),
            "activated, hatched (mean solid)": dict(marker="s", color=ACTIVATED, alpha=0.5, ms=11),
        },
    )
    return Described(figure, f"Histograms of the squared distance to the stored code. Means: {'; '.join(told)}.")


def steps(table: pd.DataFrame) -> Described:
    """Loss and PSNR over the steps: a thin line per picture, a thick one for the mean.

    table: from lessons.activation.quality_by_steps.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (column, label) in zip(
        figure.subplots(1, 2),
        (("loss", "loss: squared distance to the code"), ("psnr", "PSNR of the saved picture, dB")),
        strict=True,
    ):
        wide = table[np.isfinite(table[column])].pivot(index="steps", columns="picture", values=column)
        axes.plot(wide, color=ACTIVATED, alpha=0.25, lw=1)
        axes.plot(wide.mean(axis=1), "D-", color=ACTIVATED, lw=2.5)
        note(axes, "mean", (wide.index[-1], wide.iloc[-1].mean()), (6, 0), size=12, va="center", color=ACTIVATED)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("steps", fontsize=11)
        axes.set_title(label, fontsize=12, loc="left")
        axes.tick_params(labelsize=11)
        axes.grid(alpha=0.25)
        axes.set_xlim(0, table.steps.max() * 1.12)
    mean = table.groupby("steps")[["loss", "psnr"]].mean()
    first, second, last = mean.iloc[0], mean.iloc[1], mean.iloc[-1]
    steps_taken = f"{mean.index[1]} step{'s' if mean.index[1] > 1 else ''}"
    return Described(
        figure,
        f"Over {mean.index[-1]} steps the mean loss {goes(first.loss, last.loss)}; after {steps_taken} it is "
        f"{second.loss:.2f}. From there to the end the mean PSNR {goes(second.psnr, last.psnr, '.1f', ' dB')}.",
    )


def three_terms(table: pd.DataFrame, edits: Sequence[str]) -> Described:
    """The three terms whose sum is the squared distance of a copy to the code, as stacked means, passive and activated.

    table: from lessons.activation.three_terms; edits: the edits to show.
    """
    means = table.groupby(["edit", "activated"])[["shift", "code", "cross", "total"]].mean()
    figure, axes = new_figure(9, 1.4 + 0.95 * len(edits))
    terms = (
        ("code", "|x − q|²: the released picture to its code", SERIES[0][0], ""),
        ("shift", "|f − x|²: how far the edit moves the feature", SERIES[5][0], "..."),
        ("cross", "2 (f − x)·(x − q): negative where the edit moves toward the code", SERIES[4][0], "///"),
    )
    told = []
    for row, edit in enumerate(edits):
        for activated in (False, True):
            y, own = row + (0.2 if activated else -0.2), means.loc[(edit, activated)]
            ends = {1: 0.0, -1: 0.0}
            for term, label, colour, hatch in terms:
                sign = 1 if own[term] >= 0 else -1
                axes.barh(
                    y,
                    own[term],
                    0.34,
                    ends[sign],
                    color=colour,
                    hatch=hatch,
                    ec="white",
                    lw=0.5,
                    label=label if row == 0 and not activated else None,
                )
                ends[sign] += own[term]
            axes.plot([own.total] * 2, [y - 0.19, y + 0.19], color=INK, lw=3)
            note(
                axes,
                f"{'activated' if activated else 'passive'}: {own.total:.2f}",
                (ends[1], y),
                (6, 0),
                va="center",
                color=ACTIVATED if activated else PASSIVE_TEXT,
                weight="bold",
            )
        sums = (
            f"{name} {own['shift']:.2f} + {own['code']:.2f} {own['cross']:+.2f} = {own['total']:.2f}"
            for name, own in (("passive", means.loc[(edit, False)]), ("activated", means.loc[(edit, True)]))
        )
        told.append(f"{edit}: {', '.join(sums)}")
    axes.axvline(0, color=INK, lw=1)
    axes.set(yticks=range(len(edits)), yticklabels=edits, ylim=(len(edits) - 0.5, -0.5))
    axes.set_xlim(right=1.18 * axes.get_xlim()[1])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("squared distance to the code; the upright bar is the sum", fontsize=11)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", frameon=False, fontsize=11)
    return Described(
        figure, f"Mean squared distance of copies to the code as a sum, shift + code + cross. {'; '.join(told)}."
    )


def staying(table: pd.DataFrame, label: str = "share that stays in its cell: 1 − p_f") -> Described:
    """The share that stays in its cell (or keeps its code) under each edit, passive and activated, with 95 % intervals.

    table: from lessons.activation.staying at one nprobe; label: of the axis.
    """
    wide = table.set_index(["activated", "edit"])
    passive, active = (wide.loc[a].reindex(table.edit.unique()) for a in (False, True))
    rows = np.arange(len(passive))
    figure, axes = new_figure(9, 1.2 + 0.36 * len(rows))
    axes.hlines(rows, passive.share, active.share, color=NEUTRAL, lw=3, alpha=0.6)
    for own, colour, marker, name, dy in (
        (passive, PASSIVE, PASSIVE_MARKER, "passive", -0.13),
        (active, ACTIVATED, ACTIVATED_MARKER, "activated", 0.13),
    ):
        axes.hlines(rows + dy, own.low, own.high, color=colour, lw=1.5)
        axes.plot(
            own.share, rows, marker, color=colour, mec="white", ms=10, label=f"{name}: mean {own.share.mean():.2f}"
        )
    axes.set(yticks=rows, yticklabels=passive.index, ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.02))
    axes.set_xlabel(label, fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncol=2, frameon=False, fontsize=12)
    return Described(
        figure,
        f"{label}: {passive.share.mean():.2f} passive and {active.share.mean():.2f} activated, mean of {len(rows)} "
        f"edits. From passive to activated, {extremes(passive.share, active.share)}.",
    )
