"""Figures of notebook 01: a search and its results, similarities of copies and others, and the cost of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import INK, NEUTRAL, RIGHT, SERIES, WRONG, Described, new_figure, note

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
        axes.spines[:].set(color=RIGHT if n in own else NEUTRAL, linewidth=5 if n in own else 1, linestyle="-")
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


def feature_and_neighbours(
    pictures: Sequence[Image.Image], titles: Sequence[str], feature: np.ndarray, finding: str
) -> Described:
    """A query and the pictures nearest to it with a title each, above the numbers of its feature (d,) as bars."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=[3, 2])
    for axes, picture, title in zip(upper.subplots(1, len(pictures)), pictures, titles, strict=True):
        axes.imshow(np.asarray(picture))
        axes.set_title(title, fontsize=11)
        axes.set_axis_off()
    axes = lower.subplots()
    axes.bar(np.arange(len(feature)), feature, color=NEUTRAL, width=0.9)
    axes.axhline(0, color=INK, lw=0.6)
    axes.set(xticks=[], yticks=[], xlim=(-0.5, len(feature) - 0.5))
    axes.spines[:].set_visible(False)
    axes.set_title(f"the {len(feature)} numbers of the query's feature", fontsize=12, loc="left")
    told = "; ".join(title.replace("\n", ", ") for title in titles)
    return Described(figure, f"A picture, its feature as bars, and the pictures nearest to it: {told}. {finding}.")


def similarity_histogram(
    copies: np.ndarray,
    others: np.ndarray,
    threshold: float | None = None,
    names: tuple[str, str] = ("its original", "the most similar other picture"),
    quantity: str = "similarity (cosine)",
) -> Described:
    """Scores of true matches upward and of false ones downward, and what passes a threshold.

    copies (P,), others (Q,): scores, the higher the more similar; threshold: a line, or None; names: what the two are
    compared with; quantity: the name of the scores.
    """
    copies, others = np.asarray(copies), np.asarray(others)
    figure, axes = new_figure(9, 4.4)
    bins = np.linspace(min(copies.min(), others.min()), max(copies.max(), others.max()), 61)
    limit = np.inf if threshold is None else threshold
    for scores, way, colour, hatch, name in ((copies, 1, RIGHT, None, names[0]), (others, -1, WRONG, "///", names[1])):
        for passes in (False, True):
            part = scores[(scores >= limit) == passes]
            looks = dict(
                color=colour if passes else NEUTRAL, alpha=1 if passes else 0.5, hatch=hatch if passes else None
            )
            axes.bar(
                bins[:-1],
                way * np.histogram(part, bins)[0] / len(scores),
                np.diff(bins),
                align="edge",
                ec="white",
                **looks,
            )
        axes.text(0.01, 0.5 + way * 0.42, f"to {name}", transform=axes.transAxes, fontsize=12, va="center")
    axes.axhline(0, color=INK, lw=1)
    said = ""
    if threshold is not None:
        kept, false = (copies >= threshold).mean(), (others >= threshold).mean()
        axes.axvline(threshold, color=INK, ls="--", lw=2)
        words = f"threshold {threshold:.2f}\n{kept:.0%} of the copies pass,\n{false:.1%} of the others pass"
        note(axes, words, (threshold, 0.55 * axes.get_ylim()[0]), (8, 0))
        said = f" At a threshold of {threshold:.2f}, {kept:.0%} of the copies pass and {false:.1%} of the others."
    axes.set_xlabel(quantity, fontsize=11)
    axes.set_ylabel("share of each group", fontsize=11)
    axes.set_yticks([])
    overlap = float((copies <= others.max()).mean())
    apart = (
        "Every copy scores higher than all others."
        if not overlap
        else (f"{overlap:.0%} of the copies score no higher than the highest of the others.")
    )
    return Described(
        figure,
        f"Histogram of {quantity}. To {names[0]}: median {np.median(copies):.2f}, lowest {copies.min():.2f}; to "
        f"{names[1]}: median {np.median(others):.2f}, highest {others.max():.2f}. {apart}{said}",
    )


def cost_against_size(cost: pd.DataFrame, estimate: pd.DataFrame, talk: dict | None = None) -> Described:
    """Milliseconds per search and megabytes against the number of vectors, on logarithmic axes.

    cost: measured (lessons.similarity.cost_by_size), solid; estimate: from lessons.similarity.extrapolate, hollow and
    dashed; talk: published.TALK, values of the authors' talk, as stars (None: left out).
    """
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    for axes, what, unit, label in zip(
        figure.subplots(1, 2), ("ms", "bytes"), (1, 1e6), ("ms per search, one thread", "MB of the index"), strict=True
    ):
        axes.spines[["top", "right"]].set_visible(False)
        for (name, table), (colour, marker, _) in zip(cost.groupby("index", sort=False), SERIES):
            guess = estimate[estimate["index"] == name].iloc[0]
            label_of = "brute force" if name == "Flat" else name
            axes.plot(table.N, table[what] / unit, marker + "-", color=colour, ms=6, label=label_of)
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
                f"authors' talk: {value['said'][what]}",
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
