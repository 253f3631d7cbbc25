"""Figures of notebook 07: where a picture may change, and what changed; those of quality are in figures/quality.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.blink import draw_picture, frame, pictures_and_loupe
from activeindex_lite.figures.quality import alpha_and_nprobe, bounds_and_code, pareto, quality_distributions, schedules
from activeindex_lite.figures.style import INK, Described
from activeindex_lite.lessons.one_picture import amplified_difference

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.activation import Activation

__all__ = [
    "alpha_and_nprobe",
    "bounds_and_code",
    "bounds_side_by_side",
    "one_picture",
    "pareto",
    "pictures_and_loupe",
    "quality_distributions",
    "room_to_change",
    "schedules",
]


def one_picture(picture: Image.Image) -> Described:
    """A PIL picture by itself."""
    width, height = picture.size
    figure = Figure(figsize=(4.5 * min(1, width / height), 4.5 * min(1, height / width)), layout="constrained")
    axes = figure.subplots()
    draw_picture(axes, picture, "")
    return Described(figure, f"The original picture of this notebook, {width} x {height} pixels.")


def room_to_change(picture: Image.Image, luminance: np.ndarray, contrast: np.ndarray, room: np.ndarray) -> Described:
    """A picture and how far the perceptual model lets its pixels change: luminance and contrast masking, and both.

    picture: PIL; luminance, contrast, room: (H, W) in grey levels, from lessons.perceptual.masking. The three maps
    share one scale.
    """
    figure = Figure(figsize=(9, 7.4), layout="compressed")
    first, *maps = figure.subplots(2, 2).flat
    draw_picture(first, picture, "the picture")
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


def bounds_side_by_side(
    original: Image.Image, runs: dict[str, tuple[float, Activation]], i: int, box: tuple[int, int, int, int]
) -> Described:
    """One picture under each bound: the enlarged part, and ten times the difference of the whole.

    original: PIL; runs: dict name -> (alpha, Activation), from lessons.perceptual.compare_bounds; i: number of the
    picture in it; box: the part to enlarge.
    """
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    columns = figure.subplots(2, len(runs) + 1).T
    draw_picture(columns[0, 0], original, "original")
    columns[0, 0].add_patch(frame(box))
    draw_picture(columns[0, 1], original.crop(box), "the frame, enlarged")
    told = []
    for (upper, lower), (name, (_, run)) in zip(columns[1:], runs.items(), strict=True):
        told.append(f"{name}: {run.psnr[i]:.1f} dB, SSIM {run.ssim[i]:.3f}, largest change {run.linf[i]:.0f}")
        draw_picture(
            upper,
            amplified_difference(original, run.pictures[i]),
            f"{name}, difference × 10\n{run.psnr[i]:.1f} dB, SSIM {run.ssim[i]:.3f}, largest {run.linf[i]:.0f}",
        )
        upper.add_patch(frame(box))
        draw_picture(lower, run.pictures[i].crop(box), f"{name}, enlarged")
    for axes in columns[:, 1]:
        axes.spines[:].set(color=INK, linewidth=2)
    return Described(figure, "One picture under two bounds. " + "; ".join(told) + " grey levels.")
