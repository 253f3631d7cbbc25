"""What activation costs the eye: where a picture may change, what changed, bounds and schedules compared, and what it buys."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    GREEN,
    INK,
    ORANGE,
    PASSIVE,
    PASSIVE_MARKER,
    PURPLE,
    Described,
    new_figure,
)
from activeindex_lite.lessons.one_picture import amplified_difference

# In this order: a colour, a marker and a line style for each run that is compared.
RUNS = ((PASSIVE, "s", "--"), (ACTIVATED, "D", "-"), (GREEN, "^", ":"), (PURPLE, "v", "-."))


def one_picture(picture):
    """A PIL picture by itself, as a Described figure."""
    width, height = picture.size
    figure = Figure(figsize=(4.5 * min(1, width / height), 4.5 * min(1, height / width)), layout="constrained")
    axes = figure.subplots()
    _picture(axes, picture, "")
    return Described(figure, f"The picture of this notebook, {width} x {height} pixels, before anything is done to it.")


def room_to_change(picture, luminance, contrast, room):
    """A picture and how far the perceptual model lets its pixels move: luminance masking, contrast masking, and both.

    picture: PIL; luminance, contrast, room: (H, W) in grey levels, from lessons.perceptual.masking. Returns a Described
    figure; the three maps share one scale.
    """
    figure = Figure(figsize=(9, 7.4), layout="compressed")
    first, *maps = figure.subplots(2, 2).flat
    _picture(first, picture, "the picture")
    top = np.quantile(np.maximum(room, np.maximum(luminance, contrast)), 0.995)
    names = (
        "luminance masking LA\n(dark and bright places)",
        "contrast masking CM\n(edges and texture)",
        "both: the room H",
    )
    for axes, name, values in zip(maps, names, (luminance, contrast, room), strict=True):
        shown = axes.imshow(values, cmap="cividis", vmin=0, vmax=top)
        axes.set_title(f"{name}: {values.min():.0f} to {values.max():.0f}, mean {values.mean():.1f}", fontsize=11)
        axes.set(xticks=[], yticks=[])
    bar = figure.colorbar(shown, ax=maps, shrink=0.6, extend="max")
    bar.set_label("just-noticeable change, grey levels", fontsize=11)
    bar.ax.tick_params(labelsize=11)
    by_contrast = (contrast > luminance).mean()
    return Described(
        figure,
        f"A picture and three maps in grey levels. Luminance masking is {luminance.mean():.1f} on average, contrast masking "
        f"{contrast.mean():.1f}, both together {room.mean():.1f} (from {room.min():.1f} to {room.max():.1f}). Contrast decides in "
        f"{by_contrast:.0%} of the pixels, luminance in the others.",
    )


def original_and_released(original, released, box, title):
    """Original, released picture and ten times their difference, whole and enlarged.

    original, released: PIL pictures of one size; box: (left, top, right, bottom) of the part to enlarge; title: what to
    write above the released one, such as "alpha 3: 40.1 dB". Returns a Described figure.
    """
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    pictures = (original, released, amplified_difference(original, released))
    change = np.abs(np.asarray(released, int) - np.asarray(original, int))
    titles = ("original", title, "difference × 10")
    for (whole, part), picture, name in zip(figure.subplots(2, 3).T, pictures, titles, strict=True):
        _picture(whole, picture, name)
        whole.add_patch(_frame(box))
        _picture(part, picture.crop(box), "enlarged" if picture is original else "")
        part.spines[:].set(color=ORANGE, linewidth=3)
    red, green, blue = change.mean((0, 1))
    return Described(
        figure,
        f"The original, the released picture ({title}) and ten times their difference, below the same enlarged. The largest "
        f"change is {change.max()} grey levels; the mean change is {red:.1f} in red, {green:.1f} in green and {blue:.1f} in blue.",
    )


def bounds_side_by_side(original, runs, i, box):
    """One picture under each bound: the enlarged part, and ten times the difference of the whole.

    original: PIL; runs: dict name -> (alpha, Activation), from lessons.perceptual.compare_bounds; i: which of its
    pictures; box: the part to enlarge. Returns a Described figure.
    """
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    columns = figure.subplots(2, len(runs) + 1).T
    _picture(columns[0, 0], original, "original")
    columns[0, 0].add_patch(_frame(box))
    _picture(columns[0, 1], original.crop(box), "the frame, enlarged")
    told = []
    for (upper, lower), (name, (_, run)) in zip(columns[1:], runs.items(), strict=True):
        told.append(f"{name}: {run.psnr[i]:.1f} dB, SSIM {run.ssim[i]:.3f}, largest change {run.linf[i]:.0f}")
        _picture(
            upper,
            amplified_difference(original, run.pictures[i]),
            f"{name}, difference × 10\n{run.psnr[i]:.1f} dB, SSIM {run.ssim[i]:.3f}, largest {run.linf[i]:.0f}",
        )
        upper.add_patch(_frame(box))
        _picture(lower, run.pictures[i].crop(box), f"{name}, enlarged")
    for axes in columns[:, 1]:
        axes.spines[:].set(color=ORANGE, linewidth=3)
    return Described(figure, "One picture under two bounds. " + "; ".join(told) + " grey levels.")


def quality_distributions(table):
    """PSNR, SSIM and largest change of every picture, a row of dots a run, with the mean.

    table: lessons.perceptual.runs_table. Returns a Described figure.
    """
    return _rows_of_dots(
        table,
        (("psnr", "PSNR, dB", "{:.1f}"), ("ssim", "SSIM", "{:.3f}"), ("linf", "largest change, grey levels", "{:.1f}")),
    )


def bounds_and_code(table):
    """As `quality_distributions`, with the squared distance to the code instead of the largest change."""
    return _rows_of_dots(
        table,
        (
            ("psnr", "PSNR, dB", "{:.1f}"),
            ("ssim", "SSIM", "{:.3f}"),
            ("after", "squared distance to the code", "{:.2f}"),
        ),
    )


def schedules(table):
    """Time, PSNR and what is left of the squared distance to the code, for each schedule of steps and learning rate.

    table: lessons.perceptual.runs_table of compare_schedules. Returns a Described figure.
    """
    return _rows_of_dots(
        table,
        (
            ("ms", "ms a picture, here", "{:.0f}"),
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
        for row, ((name, own), (colour, marker, _)) in enumerate(zip(groups.items(), RUNS, strict=False)):
            values = own[column].to_numpy()
            # Dots of like values would cover each other: they are spread over the row in the order of the pictures.
            axes.plot(
                values, row + np.linspace(0.12, 0.32, len(values)), marker, color=colour, ms=5, alpha=0.6, mec="none"
            )
            axes.plot(values.mean(), row, marker, color=colour, ms=11, mec="white")
            axes.annotate(
                form.format(values.mean()),
                (values.mean(), row),
                xytext=(0, 8),
                textcoords="offset points",
                fontsize=12,
                ha="center",
                color=colour,
                weight="bold",
            )
            told[name].append(f"{label} {form.format(values.mean())}")
        axes.set(yticks=range(len(groups)), yticklabels=groups, ylim=(len(groups) - 0.5, -0.55))
        axes.margins(x=0.15)
        axes.set_xlabel(label, fontsize=11)
        axes.tick_params(labelsize=11)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
    n = len(next(iter(groups.values())))
    end = (
        f" Before activation the squared distance was {table.before.mean():.2f}."
        if any(c[0] == "after" for c in columns)
        else ""
    )
    return Described(
        figure,
        f"Means over {n} pictures. "
        + "; ".join(f"{name}: {', '.join(parts)}" for name, parts in told.items())
        + "."
        + end,
    )


def pareto(grid, index="IVF-PQ", nprobes=(1, 16)):
    """R@1 against PSNR, a curve through the alphas for each nprobe, with the passive level of each.

    grid: sweeps.alpha.load_grid(); index: a name in it. Bars are 95 % intervals. Returns a Described figure.
    """
    figure, axes = new_figure(9, 5)
    told = []
    for nprobe, (colour, marker, style) in zip(nprobes, (RUNS[1], RUNS[2], RUNS[3], RUNS[0]), strict=False):
        rows = grid[(grid["index"] == index) & (grid.nprobe == nprobe)]
        if not len(rows):
            raise ValueError(f"index={index!r}, nprobe={nprobe!r}: the grid has no such rows")
        passive, rows = rows[rows.alpha == 0].iloc[0], rows[rows.alpha > 0]
        axes.errorbar(
            rows.psnr,
            rows.r1,
            (rows.r1 - rows.low, rows.high - rows.r1),
            fmt=marker + style,
            color=colour,
            ms=8,
            capsize=4,
        )
        right = rows.psnr.max() + 4
        axes.errorbar(
            right,
            passive.r1,
            [[passive.r1 - passive.low], [passive.high - passive.r1]],
            fmt=marker,
            color=colour,
            mfc="white",
            ms=9,
            capsize=4,
        )
        axes.annotate(
            f"{nprobe} {'cells' if nprobe > 1 else 'cell'} visited",
            (rows.psnr.iloc[2], rows.r1.iloc[2]),
            xytext=(4, 18),
            textcoords="offset points",
            fontsize=12,
            color=colour,
            weight="bold",
        )
        told.append(
            f"with {nprobe} {'cells' if nprobe > 1 else 'cell'} visited, passive {passive.r1:.2f}, "
            + ", ".join(f"alpha {r.alpha:g} ({r.psnr:.1f} dB) {r.r1:.2f}" for r in rows.itertuples())
        )
        for r in rows.itertuples() if nprobe == nprobes[0] else ():
            axes.annotate(
                f"α {r.alpha:g}", (r.psnr, r.low), xytext=(0, -16), textcoords="offset points", fontsize=11, ha="center"
            )
    ticks = range(35, int(rows.psnr.max()) + 1, 5)
    axes.set(xticks=[*ticks, right], xticklabels=[*map(str, ticks), "unchanged\n(passive)"], ylim=(None, 1))
    axes.set_xlabel("mean PSNR of the released pictures, dB: the further right, the less they changed", fontsize=11)
    axes.set_ylabel("R@1, mean of 14 edits", fontsize=11)
    axes.grid(alpha=0.25)
    axes.set_title(f"{index}: what the eye pays and what the search gains", fontsize=12, loc="left")
    return Described(figure, f"R@1 of {index} against the mean PSNR of the released pictures: " + "; ".join(told) + ".")


def alpha_and_nprobe(grid, index="IVF-PQ", alphas=(0, 1, 3, 8), nprobe=16):
    """R@1 against the cells visited, a curve an alpha, with the passive level at nprobe as the mark to reach.

    grid: sweeps.alpha.load_grid(); index: a name in it. Bands are 95 % intervals. Returns a Described figure.
    """
    rows = grid[grid["index"] == index]
    mark = rows[(rows.alpha == 0) & (rows.nprobe == nprobe)]
    if not len(mark):
        raise ValueError(f"index={index!r}, nprobe={nprobe!r}: the grid has no such row")
    mark = mark.r1.iloc[0]
    figure, axes = new_figure(9, 5)
    axes.axhline(mark, color=INK, ls=":", lw=1.5)
    axes.annotate(
        f"passive, {nprobe} cells: {mark:.2f}",
        (rows.nprobe.max(), mark),
        xytext=(0, -15),
        textcoords="offset points",
        ha="right",
        fontsize=11,
    )
    colours = (PASSIVE, ORANGE, ACTIVATED, GREEN)
    told = []
    for alpha, colour, marker in zip(alphas, colours, (PASSIVE_MARKER, "^", ACTIVATED_MARKER, "s"), strict=False):
        own = rows[rows.alpha == alpha]
        axes.fill_between(own.nprobe, own.low, own.high, color=colour, alpha=0.18, lw=0)
        axes.plot(own.nprobe, own.r1, marker + ("--" if alpha == 0 else "-"), color=colour, ms=7)
        one = own.iloc[0]
        name = "passive" if alpha == 0 else f"α {alpha:g}, {one.psnr:.1f} dB"
        axes.annotate(
            f"{name}: {one.r1:.2f}",
            (1, one.r1),
            xytext=(-9, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=11,
            color=colour,
            weight="bold",
        )
        enough = own.nprobe[own.r1 >= mark]
        told.append(
            f"{name}: {one.r1:.2f} with one cell, "
            + (f"needs {enough.min()} cells for that" if len(enough) else "never reaches it")
        )
    ticks = sorted(rows.nprobe.unique())
    axes.set_xscale("log", base=2)
    axes.set(xticks=ticks, xticklabels=ticks, xlim=(0.26, 1.15 * ticks[-1]), ylim=(None, 1))
    axes.minorticks_off()
    axes.set_xlabel("cells visited (nprobe)", fontsize=11)
    axes.set_ylabel("R@1, mean of 14 edits", fontsize=11)
    axes.grid(alpha=0.25)
    return Described(
        figure,
        f"R@1 of {index} against the cells visited. Passive copies reach {mark:.2f} with {nprobe} cells. "
        + "; ".join(told)
        + ".",
    )


def _picture(axes, picture, title):
    axes.imshow(np.asarray(picture), interpolation="nearest")
    axes.set_title(title, fontsize=11)
    axes.set(xticks=[], yticks=[])


def _frame(box):
    left, top, right, bottom = box
    return Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, ec=ORANGE, lw=2.5)
