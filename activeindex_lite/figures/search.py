"""Pictures of similarity search: what was searched for, what was found, and how like copies and strangers are."""

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import (
    ACTIVATED,
    GREEN,
    INK,
    PASSIVE,
    REFERENCE,
    Described,
    new_figure,
)


def picture_row(pictures, titles, own=(), alt=None):
    """Pictures side by side with a title each; those whose position is in `own` get a green double frame.

    pictures: PIL; alt: the text alternative (None: made of the titles). Returns a Described figure.
    """
    figure = Figure(figsize=(9, 9 / len(pictures) + 0.5), layout="constrained")
    for n, (axes, picture, title) in enumerate(zip(figure.subplots(1, len(pictures), squeeze=False)[0], pictures, titles, strict=True)):
        axes.imshow(np.asarray(picture))
        # A square for each, whatever the picture's shape, so that the titles stand in line.
        width, height = picture.size
        side = max(width, height)
        axes.set(xlim=((width - side) / 2, (width + side) / 2), ylim=((height + side) / 2, (height - side) / 2), xticks=[], yticks=[])
        axes.set_title(title, fontsize=11)
        axes.spines[:].set(color=GREEN if n in own else REFERENCE, linewidth=5 if n in own else 1, linestyle="-")
    return Described(figure, alt or "Pictures in a row: " + "; ".join(title.replace("\n", ", ") for title in titles) + ".")


def search_results(query, edit, pictures, distances, original=None):
    """A query and its first results with their squared distances; `original`: position of the original, or None."""
    titles = [f"searched for\n({edit})"]
    for n, distance in enumerate(distances):
        titles.append(f"{n + 1}. {'✓ original' if n == original else 'another'}\n{distance:.3f}")
    said = "is not among them" if original is None else f"is number {original + 1}"
    return picture_row([query, *pictures], titles, () if original is None else (original + 1,),
                       f"A picture edited by {edit} and its first {len(pictures)} results, at squared distances "
                       f"{', '.join(f'{d:.3f}' for d in distances)}. The original {said}.")


def similarity_histogram(table, threshold=None):
    """How like edited copies are to their originals, against the most similar stranger of each.

    table: DataFrame copy, impostor (evaluation.similarity.copies_and_impostors). Returns a Described figure.
    """
    figure, axes = new_figure(9, 4.2)
    bins = np.linspace(np.floor(10 * table.min().min()) / 10, 1, 61)
    for values, colour, hatch, label in ((table.impostor, PASSIVE, "///", "most similar other picture"), (table["copy"], ACTIVATED, None, "its original")):
        heights, _, _ = axes.hist(values, bins, color=colour, alpha=0.45, hatch=hatch, edgecolor=colour, lw=0.3)
        top = heights.argmax()
        axes.annotate(label, (bins[top], heights[top]), xytext=(0, 6), textcoords="offset points", ha="right", fontsize=12, color=colour)
    axes.set_ylim(0, axes.get_ylim()[1] * 1.08)
    said = ""
    if threshold is not None:
        kept, false = (table["copy"] >= threshold).mean(), (table.impostor >= threshold).mean()
        axes.axvline(threshold, color=INK, ls="--", lw=2)
        axes.annotate(f"threshold {threshold:.2f}\n{kept:.0%} of the copies pass,\n{false:.1%} of the strangers do", (threshold, 0.78 * axes.get_ylim()[1]),
                      xytext=(8, 0), textcoords="offset points", fontsize=11)
        said = f" At a threshold of {threshold:.2f}, {kept:.0%} of the copies pass and {false:.1%} of the strangers."
    axes.set_xlabel("similarity (cosine) of an edited picture to", fontsize=11)
    axes.set_ylabel("edited pictures", fontsize=11)
    return Described(figure, f"Histogram of similarities. Copies: median {table['copy'].median():.2f}, lowest {table['copy'].min():.2f}; most "
                             f"similar strangers: median {table.impostor.median():.2f}, highest {table.impostor.max():.2f}. The two overlap where a "
                             f"strong edit took a copy further away than the nearest stranger.{said}")
