"""Figures of notebook 01: a search and its results, similarities of copies and others, and the cost of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import (
    ACTIVATED,
    GREEN,
    INK,
    ORANGE,
    PASSIVE,
    PURPLE,
    REFERENCE,
    Described,
    new_figure,
    note,
)

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image


def picture_row(
    pictures: Sequence[Image.Image], titles: Sequence[str], own: Sequence[int] = (), alt: str | None = None
) -> Described:
    """Pictures side by side with a title each; those whose position is in `own` get a thick green frame.

    pictures: PIL; alt: the text alternative (None: made from the titles).
    """
    figure = Figure(figsize=(9, 9 / len(pictures) + 0.5), layout="constrained")
    for n, (axes, picture, title) in enumerate(
        zip(figure.subplots(1, len(pictures), squeeze=False)[0], pictures, titles, strict=True)
    ):
        axes.imshow(np.asarray(picture))
        # A square for each, whatever the picture's shape, so that the titles are in line.
        width, height = picture.size
        side = max(width, height)
        axes.set(
            xlim=((width - side) / 2, (width + side) / 2),
            ylim=((height + side) / 2, (height - side) / 2),
            xticks=[],
            yticks=[],
        )
        axes.set_title(title, fontsize=11)
        axes.spines[:].set(color=GREEN if n in own else REFERENCE, linewidth=5 if n in own else 1, linestyle="-")
    return Described(
        figure, alt or "Pictures in a row: " + "; ".join(title.replace("\n", ", ") for title in titles) + "."
    )


def search_results(
    query: Image.Image,
    edit: str,
    pictures: Sequence[Image.Image],
    distances: Sequence[float],
    original: int | None = None,
) -> Described:
    """A query and its first results with their squared distances; `original`: position of the original, or None."""
    titles = [f"query\n({edit})"]
    for n, distance in enumerate(distances):
        titles.append(f"{n + 1}. {'✓ original' if n == original else 'another'}\n{distance:.3f}")
    said = "is not among them" if original is None else f"is number {original + 1}"
    return picture_row(
        [query, *pictures],
        titles,
        () if original is None else (original + 1,),
        f"A picture edited by {edit} and its first {len(pictures)} results, at squared distances "
        f"{', '.join(f'{d:.3f}' for d in distances)}. The original {said}.",
    )


def similarity_histogram(table: pd.DataFrame, threshold: float | None = None) -> Described:
    """Similarities of edited copies to their originals, and to the most similar other picture of each.

    table: DataFrame copy, impostor (lessons.similarity.copies_and_impostors); threshold: a line, with what passes it.
    """
    figure, axes = new_figure(9, 4.2)
    bins = np.linspace(np.floor(10 * table.min().min()) / 10, 1, 61)
    for values, colour, hatch, label in (
        (table.impostor, PASSIVE, "///", "most similar other picture"),
        (table["copy"], ACTIVATED, None, "its original"),
    ):
        heights, _, _ = axes.hist(values, bins, color=colour, alpha=0.45, hatch=hatch, edgecolor=colour, lw=0.3)
        top = heights.argmax()
        note(axes, label, (bins[top], heights[top]), (0, 6), size=12, ha="right", color=colour)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.08)
    said = ""
    if threshold is not None:
        kept, false = (table["copy"] >= threshold).mean(), (table.impostor >= threshold).mean()
        axes.axvline(threshold, color=INK, ls="--", lw=2)
        note(
            axes,
            f"threshold {threshold:.2f}\n{kept:.0%} of the copies pass,\n{false:.1%} of the others pass",
            (threshold, 0.78 * axes.get_ylim()[1]),
            (8, 0),
        )
        said = f" At a threshold of {threshold:.2f}, {kept:.0%} of the copies pass and {false:.1%} of the others."
    axes.set_xlabel("similarity (cosine) of an edited picture to", fontsize=11)
    axes.set_ylabel("edited pictures", fontsize=11)
    return Described(
        figure,
        f"Histogram of similarities. To the original: median {table['copy'].median():.2f}, lowest "
        f"{table['copy'].min():.2f}; to the most similar other picture: median {table.impostor.median():.2f}, highest "
        f"{table.impostor.max():.2f}. {_overlap(table)}{said}",
    )


def _overlap(table: pd.DataFrame) -> str:
    lost = int((table["copy"] <= table.impostor).sum())
    if not lost:
        return "Every copy is more similar to its original than to any other picture."
    return f"{lost} of {len(table)} copies are no more similar to their original than to another picture."


STYLES = ((PASSIVE, "o"), (ACTIVATED, "D"), (GREEN, "s"), (PURPLE, "^"), (ORANGE, "v"))


def cost_against_size(cost: pd.DataFrame, estimate: pd.DataFrame, talk: dict | None = None) -> Described:
    """Milliseconds per search and megabytes against the number of vectors, on logarithmic axes.

    cost: measured (lessons.similarity.cost_by_size), solid; estimate: from lessons.similarity.extrapolate, hollow and
    dashed; talk: published.TALK, values of the paper's talk, as stars (None: left out).
    """
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    for axes, what, unit, label in zip(
        figure.subplots(1, 2), ("ms", "bytes"), (1, 1e6), ("ms per search, one thread", "MB of the index"), strict=True
    ):
        axes.spines[["top", "right"]].set_visible(False)
        for (name, table), (colour, marker) in zip(cost.groupby("index", sort=False), STYLES):
            guess = estimate[estimate["index"] == name].iloc[0]
            axes.plot(table.N, table[what] / unit, marker + "-", color=colour, ms=6, label=name)
            axes.plot(
                [table.N.iloc[-1], guess.N],
                [table[what].iloc[-1] / unit, guess[what] / unit],
                "--",
                color=colour,
                lw=1.2,
            )
            axes.plot(guess.N, guess[what] / unit, marker, color=colour, mfc="white", mew=2, ms=9)
        for value in (talk or {}).values():
            axes.plot(value["N"], value[what] / unit, "*", color=INK, ms=15, ls="none", zorder=5)
            note(
                axes,
                f"talk: {value['said'][what]}",
                (value["N"], value[what] / unit),
                (-10, 7),
                ha="right",
                bbox=dict(fc="white", ec="none", alpha=0.85, pad=1),
            )
        axes.set(xscale="log", yscale="log")
        axes.set_xlabel("N, number of vectors", fontsize=11)
        axes.set_title(label, fontsize=12, loc="left")
        axes.tick_params(labelsize=11)
        axes.grid(alpha=0.25)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncol=4,
        frameon=False,
        fontsize=11,
        title=f"solid: measured, d = {cost.d.iloc[0]}; "
        f"hollow: estimated for N = {estimate.N.iloc[0]:,}, d = {estimate.d.iloc[0]}",
        title_fontsize=11,
    )
    last = cost[cost.N == cost.N.max()]
    told = "; ".join(
        f"{r['index']} {r.ms:.2g} ms and {r.bytes / 1e6:.3g} MB, estimated {g.ms:.2g} ms and {g.bytes / 1e6:.3g} MB"
        for (_, r), (_, g) in zip(last.iterrows(), estimate.iterrows(), strict=True)
    )
    return Described(
        figure,
        f"Time and memory against the number of vectors. At {cost.N.max():,} vectors measured, and estimated for "
        f"{estimate.N.iloc[0]:,} of {estimate.d.iloc[0]} dimensions: {told}.",
    )
