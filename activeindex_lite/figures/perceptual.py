"""Figures of notebook 06: where a picture may change, what changed, bounds and schedules, and R@1 against PSNR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
    note,
    tidy,
)
from activeindex_lite.lessons.one_picture import amplified_difference

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

    from activeindex_lite.activation import Activation

# In this order: a colour, a marker and a line style for each run that is compared.
RUNS = ((PASSIVE, "s", "--"), (ACTIVATED, "D", "-"), (GREEN, "^", ":"), (PURPLE, "v", "-."))


def one_picture(picture: Image.Image) -> Described:
    """A PIL picture by itself."""
    width, height = picture.size
    figure = Figure(figsize=(4.5 * min(1, width / height), 4.5 * min(1, height / width)), layout="constrained")
    axes = figure.subplots()
    _picture(axes, picture, "")
    return Described(figure, f"The original picture of this notebook, {width} x {height} pixels.")


def room_to_change(picture: Image.Image, luminance: np.ndarray, contrast: np.ndarray, room: np.ndarray) -> Described:
    """A picture and how far the perceptual model lets its pixels change: luminance and contrast masking, and both.

    picture: PIL; luminance, contrast, room: (H, W) in grey levels, from lessons.perceptual.masking. The three maps
    share one scale.
    """
    figure = Figure(figsize=(9, 7.4), layout="compressed")
    first, *maps = figure.subplots(2, 2).flat
    _picture(first, picture, "the picture")
    top = np.quantile(np.maximum(room, np.maximum(luminance, contrast)), 0.995)
    names = (
        "luminance masking LA\n(dark and bright places)",
        "contrast masking CM\n(edges and texture)",
        "both: the bound H",
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
        f"A picture and three maps in grey levels. Luminance masking is {luminance.mean():.1f} on average, contrast "
        f"masking {contrast.mean():.1f}, both together {room.mean():.1f} (from {room.min():.1f} to {room.max():.1f}). "
        f"Contrast masking is the larger one in {by_contrast:.0%} of the pixels.",
    )


def original_and_released(
    original: Image.Image, released: Image.Image, box: tuple[int, int, int, int], title: str
) -> Described:
    """Original, released picture and ten times their difference, whole and enlarged.

    original, released: PIL pictures of one size; box: (left, top, right, bottom) of the part to enlarge; title: of the
    released picture, such as "alpha 3: 40.1 dB".
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
        f"The original, the released picture ({title}) and ten times their difference; below, a part of each enlarged. "
        f"The largest change is {change.max()} grey levels; the mean change is {red:.1f} in red, {green:.1f} in green "
        f"and {blue:.1f} in blue.",
    )


def bounds_side_by_side(
    original: Image.Image, runs: dict[str, tuple[float, Activation]], i: int, box: tuple[int, int, int, int]
) -> Described:
    """One picture under each bound: the enlarged part, and ten times the difference of the whole.

    original: PIL; runs: dict name -> (alpha, Activation), from lessons.perceptual.compare_bounds; i: number of the
    picture in it; box: the part to enlarge.
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
        for row, ((name, own), (colour, marker, _)) in enumerate(zip(groups.items(), RUNS, strict=False)):
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
    for nprobe, (colour, marker, style) in zip(nprobes, (RUNS[1], RUNS[2], RUNS[3], RUNS[0]), strict=False):
        rows = grid[(grid["index"] == index) & (grid.nprobe == nprobe)]
        if not len(rows):
            raise ValueError(f"index={index!r:.100}, nprobe={nprobe!r:.100}: {_in_grid(grid)}")
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
        note(
            axes,
            f"nprobe {nprobe}",
            (rows.psnr.iloc[2], rows.r1.iloc[2]),
            (4, 18),
            size=12,
            color=colour,
            weight="bold",
        )
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
    colours = (PASSIVE, ORANGE, ACTIVATED, GREEN)
    told = []
    for alpha, colour, marker in zip(alphas, colours, (PASSIVE_MARKER, "^", ACTIVATED_MARKER, "s"), strict=False):
        own = rows[rows.alpha == alpha]
        axes.fill_between(own.nprobe, own.low, own.high, color=colour, alpha=0.18, lw=0)
        axes.plot(own.nprobe, own.r1, marker + ("--" if alpha == 0 else "-"), color=colour, ms=7)
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


def _picture(axes, picture, title):
    axes.imshow(np.asarray(picture), interpolation="nearest")
    axes.set_title(title, fontsize=11)
    axes.set(xticks=[], yticks=[])


def _frame(box):
    left, top, right, bottom = box
    return Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, ec=ORANGE, lw=2.5)
