"""Pictures of product quantization: parts, codebooks, codes, tables, and what is lost for how many bytes."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from activeindex_lite.figures.style import (
    ACTIVATED,
    GREEN,
    INK,
    ORANGE,
    PASSIVE,
    PURPLE,
    REFERENCE,
    SKY,
    YELLOW,
    Described,
    new_figure,
)

PART_COLOURS = (ACTIVATED, ORANGE, GREEN, PURPLE, SKY, PASSIVE, REFERENCE, YELLOW)


def product_in_2d(pq, x):
    """Two codebooks of a 2-D quantizer and the grid of codewords that they span, with the vectors.

    pq: scratch.PQ of d = 2, M = 2; x: (N, 2). Returns a Described figure.
    """
    if (pq.d, pq.M) != (2, 2):
        raise ValueError(f"a PQ of d = 2 and M = 2 is drawn here, this one has d = {pq.d} and M = {pq.M}.")
    first, second = np.sort(pq.codebooks[:, :, 0], axis=1)
    figure = Figure(figsize=(9, 6), layout="constrained")
    parts = figure.subplot_mosaic([["top", "."], ["plane", "right"]], width_ratios=[5, 1.1], height_ratios=[1, 5])
    axes, top, right = parts["plane"], parts["top"], parts["right"]
    for centre, draw in ((first, axes.axvline), (second, axes.axhline)):
        for edge in (centre[1:] + centre[:-1]) / 2:
            draw(edge, color="#BBBBBB", lw=1)
    axes.plot(*x.T, ".", color=REFERENCE, ms=4)
    axes.plot(*np.stack(np.meshgrid(first, second)).reshape(2, -1), "+", color=ACTIVATED, ms=11, mew=2)
    # The vector that loses most, so that its way to its code is seen.
    codes = pq.decode(pq.encode(x))
    worst = np.square(x - codes).sum(1).argmax()
    axes.annotate("", codes[worst], x[worst], arrowprops=dict(arrowstyle="-|>", color=PASSIVE, lw=2.5, shrinkA=0, shrinkB=0))
    axes.plot(*x[worst], "o", color=PASSIVE, mec="white", ms=9)
    axes.set(xticks=[], yticks=[])
    top.hist(x[:, 0], 60, color=REFERENCE)
    right.hist(x[:, 1], 60, color=REFERENCE, orientation="horizontal")
    for at in first:
        top.axvline(at, color=ACTIVATED, lw=2)
    for at in second:
        right.axhline(at, color=ACTIVATED, lw=2)
    for side, limits in ((top, dict(xlim=axes.get_xlim())), (right, dict(ylim=axes.get_ylim()))):
        side.set(xticks=[], yticks=[], **limits)
        side.spines[:].set_visible(False)
    top.set_title(f"{pq.K} codewords for the first part", fontsize=12, loc="left")
    right.set_ylabel(f"{pq.K} codewords for the second part", fontsize=12)
    right.yaxis.set_label_position("right")
    axes.set_xlabel(f"{pq.K} + {pq.K} codewords stored, {pq.K} x {pq.K} = {pq.K**2} places to stand. Arrow: a vector moves to its code", fontsize=12)
    return Described(figure, f"A cloud of {len(x)} points in the plane, cut into two one-dimensional parts with {pq.K} codewords each. Together they "
                             f"span a grid of {pq.K**2} points; each vector is replaced by the nearest of them.")


def vector_and_code(pq, x):
    """One vector cut in M parts, the codeword nearest to each part, and the code that is kept.

    pq: scratch.PQ; x: (d,). Returns a Described figure.
    """
    codes = pq.encode(x[None])[0]
    y = pq.decode(codes[None])[0]
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    width = pq.d // pq.M
    limit = 1.1 * max(np.abs(x).max(), np.abs(y).max())
    for axes, values, label in zip(figure.subplots(2, 1, sharex=True), (x, y), ("x", "q(x)"), strict=True):
        for m in range(pq.M):
            part = slice(m * width, (m + 1) * width)
            axes.bar(np.arange(part.start, part.stop), values[part], color=PART_COLOURS[m % len(PART_COLOURS)], width=0.9,
                     hatch=None if m % 2 else "///", edgecolor="white", lw=0)
            axes.axvline(part.stop - 0.5, color="#CCCCCC", lw=1)
        axes.set(ylim=(-limit, limit), xlim=(-0.5, pq.d - 0.5), yticks=[], xticks=[])
        axes.set_ylabel(label, fontsize=14, rotation=0, ha="right", va="center")
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.axhline(0, color=INK, lw=0.6)
    figure.axes[0].set_title(f"{pq.d} numbers of 4 bytes, cut into M = {pq.M} parts of {width}", fontsize=12, loc="left")
    axes.set_title(f"the nearest of {pq.K} codewords for each part", fontsize=12, loc="left")
    for m, code in enumerate(codes):
        axes.annotate(str(code), ((m + 0.5) * width - 0.5, -limit), fontsize=15 if pq.M <= 8 else 11, weight="bold", ha="center", va="bottom",
                      color=INK, bbox=dict(fc="white", ec=PART_COLOURS[m % len(PART_COLOURS)], boxstyle="round,pad=.25"))
    axes.set_xlabel(f"the code that is kept: {pq.M} numbers of {pq.nbits} bits = {pq.M * pq.nbits / 8:g} bytes instead of {4 * pq.d}", fontsize=12)
    loss = float(np.square(x - y).sum())
    return Described(figure, f"A vector of {pq.d} numbers in {pq.M} parts, and below it the nearest codeword of each part. The code is "
                             f"{', '.join(map(str, codes))}: {pq.M * pq.nbits / 8:g} bytes instead of {4 * pq.d}. The squared error is {loss:.2f}.")


def codebook_map(pq, m=0):
    """A codebook of real features as a map: a row a codeword, ordered by their main direction. Returns a Described figure."""
    book = pq.codebooks[m]
    order = np.argsort((book - book.mean(0)) @ np.linalg.svd(book - book.mean(0))[2][0])
    figure, axes = new_figure(9, 3.6)
    limit = np.abs(book).max()
    image = axes.imshow(book[order].T, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
    axes.set_xlabel(f"the {pq.K} codewords of part {m + 1}, similar ones side by side", fontsize=11)
    axes.set_ylabel(f"its {book.shape[1]} numbers", fontsize=11)
    axes.set(xticks=[], yticks=[])
    bar = figure.colorbar(image, ax=axes)
    bar.ax.tick_params(labelsize=11)
    return Described(figure, f"Codebook of part {m + 1} of {pq.M}: {pq.K} codewords of {book.shape[1]} numbers each as columns of colours, from "
                             f"{book.min():.2f} (orange) to {book.max():.2f} (purple). k-means placed them where the parts of real features are.")


def table_of_distances(pq, query, codes, shown=24):
    """The distance table of a query with the entries that one stored code picks, and their sum.

    query: (d,); codes: (M,) of one vector. Of each row, the entry of the code and some others are shown. Returns a
    Described figure.
    """
    table = pq.distance_tables(query[None])[0]
    columns = np.unique(np.r_[codes, np.linspace(0, pq.K - 1, shown).astype(int)])
    figure, axes = new_figure(9, 0.55 * pq.M + 1.6)
    image = axes.imshow(table[:, columns], cmap="cividis", aspect="auto")
    for m, code in enumerate(codes):
        at = int(np.flatnonzero(columns == code)[0])
        axes.add_patch(Rectangle((at - 0.5, m - 0.5), 1, 1, fill=False, ec=PASSIVE, lw=3))
        axes.text(len(columns) + 0.1, m, f"part {m + 1}, word {code}:  {table[m, code]:.3f}", fontsize=11, va="center")
    total = float(sum(table[m, code] for m, code in enumerate(codes)))
    axes.text(len(columns) + 0.1, pq.M, f"sum: {total:.3f}", fontsize=12, weight="bold", va="center")
    axes.set(yticks=range(pq.M), yticklabels=[f"part {m + 1}" for m in range(pq.M)], xticks=range(0, len(columns), 3), ylim=(pq.M + 0.4, -0.5),
             xticklabels=[str(c) for c in columns[::3]])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xlabel("codeword (a selection)", fontsize=11)
    bar = figure.colorbar(image, ax=axes, location="left", pad=0.02)
    bar.set_label("squared distance", fontsize=11)
    return Described(figure, f"Distance table of one query: {pq.M} rows, a column a codeword. The stored code picks one entry in each row; their "
                             f"sum {total:.3f} is the squared distance from the query to what the code stands for.")


def error_against_bytes(table):
    """Reconstruction error against bytes a vector, a line for each nbits, M written at the points.

    table: evaluation.compression.pq_tradeoff. Returns a Described figure.
    """
    figure, axes = new_figure(9, 4.6)
    for (nbits, rows), colour, marker in zip(table.groupby("nbits"), (PASSIVE, GREEN, ACTIVATED), "osD"):
        axes.plot(rows.bytes, rows.error, marker + "-", color=colour, ms=7, label=f"nbits {nbits}: {2**nbits} codewords a part")
    # M beside the outer lines only; between them there is no room.
    for nbits, colour, (dx, dy), align in ((table.nbits.min(), PASSIVE, (7, 5), "left"), (table.nbits.max(), ACTIVATED, (-7, -14), "right")):
        for _, row in table[table.nbits == nbits].iterrows():
            axes.annotate(f"M {row.M:.0f}", (row.bytes, row.error), xytext=(dx, dy), textcoords="offset points", fontsize=11, color=colour, ha=align)
    axes.legend(frameon=False, fontsize=11)
    axes.set_xscale("log", base=2)
    ticks = [1, 2, 4, 8, 16, 32]
    axes.set(xticks=ticks, xticklabels=ticks, ylim=(0, None))
    axes.margins(x=0.09)
    axes.set_xlabel("bytes a vector: M nbits / 8", fontsize=11)
    axes.set_ylabel("mean squared error |x - q(x)|²", fontsize=11)
    axes.grid(alpha=0.25)
    best = table.loc[table.error.idxmin()]
    at = table[table.bytes == 4].sort_values("error").iloc[0]
    return Described(figure, f"Reconstruction error against bytes. At 4 bytes the best is M {at.M:.0f} with nbits {at.nbits:.0f}: {at.error:.2f}; "
                             f"the least of all is {best.error:.2f} with {best.bytes:.0f} bytes. More bits a part beat more parts at equal bytes.")


def balance_of_parts(before, after, errors, plain):
    """Variance of each part before and after OPQ's rotation, and the error over its iterations.

    before, after: (M,) variances; errors: (iterations + 1,), mean squared errors of OPQ on what it learns from; plain: that
    of PQ on the same. Returns a Described figure.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    at = np.arange(len(before))
    left.bar(at - 0.2, before, 0.38, color=PASSIVE, hatch="///", edgecolor="white", label="PQ: as the features come")
    left.bar(at + 0.2, after, 0.38, color=ACTIVATED, label="OPQ: after the rotation")
    left.set(xticks=at, xticklabels=[str(m + 1) for m in at], ylim=(0, 1.35 * max(before.max(), after.max())))
    left.set_xlabel("part", fontsize=11)
    left.set_title("variance of each part", fontsize=12, loc="left")
    left.legend(frameon=False, fontsize=11, loc="upper center")
    right.plot(errors, "D-", color=ACTIVATED, ms=4)
    right.axhline(plain, color=PASSIVE, ls="--", lw=2)
    right.annotate(f"PQ, no rotation: {plain:.3f}", (len(errors) - 1, plain), xytext=(0, 6), textcoords="offset points", fontsize=11, color=PASSIVE, ha="right")
    right.annotate(f"{errors[-1]:.3f}", (len(errors) - 1, errors[-1]), xytext=(0, 8), textcoords="offset points", fontsize=11, color=ACTIVATED, ha="center")
    right.set_xlabel("iteration: codes, then rotation", fontsize=11)
    right.set_title("mean squared error of OPQ", fontsize=12, loc="left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=11)
    spread = [v.max() / v.min() for v in (before, after)]
    return Described(figure, f"Left: variances of {len(before)} parts, largest over smallest {spread[0]:.2f} before and {spread[1]:.2f} after the rotation. "
                             f"Right: OPQ's error falls from {errors[0]:.3f} to {errors[-1]:.3f} over {len(errors) - 1} iterations; PQ without a rotation has {plain:.3f}.")


def residuals_are_shorter(vectors, residuals, errors):
    """Squared lengths of vectors and of their residuals, and the error of PQ on each.

    vectors, residuals: (N, d); errors: dict name -> mean squared error. Returns a Described figure.
    """
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    centred, short = np.square(vectors - vectors.mean(0)).sum(1), np.square(residuals).sum(1)
    bins = np.linspace(0, 1.05 * centred.max(), 50)
    for values, colour, hatch, label in ((centred, PASSIVE, "///", "vectors, from their mean"), (short, ACTIVATED, None, "residuals, from their centroid")):
        left.hist(values, bins, color=colour, alpha=0.5, hatch=hatch, edgecolor=colour, lw=0.3, label=f"{label}: {values.mean():.2f}")
    left.set_ylim(0, 1.3 * left.get_ylim()[1])
    left.legend(frameon=False, fontsize=11, loc="upper left")
    left.set_xlabel("squared length", fontsize=11)
    left.set(yticks=[])
    names = list(errors)
    bars = right.bar(range(len(names)), errors.values(), color=[PASSIVE, ACTIVATED, GREEN][: len(names)], hatch=["///", None, ".."][: len(names)], edgecolor="white")
    right.bar_label(bars, [f"{v:.3f}" for v in errors.values()], fontsize=11)
    right.set(xticks=range(len(names)), xticklabels=names, yticks=[], ylim=(0, 1.15 * max(errors.values())))
    right.set_title("mean squared error", fontsize=12, loc="left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=11)
    told = ", ".join(f"{name.replace(chr(10), ' ')} {value:.3f}" for name, value in errors.items())
    return Described(figure, f"Residuals are shorter than vectors: mean squared length {short.mean():.2f} against {centred.mean():.2f}. "
                             f"Mean squared error of the codes: {told}.")
