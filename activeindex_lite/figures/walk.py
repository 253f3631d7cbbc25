"""The walk of one activation as still sheets, one per alpha, and as an animated picture."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from activeindex_lite.figures.borders import draw_borders, draw_code
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    FAINT,
    INK,
    PASSIVE,
    PASSIVE_MARKER,
    QUERY,
    QUERY_MARKER,
    RIGHT,
    RIGHT_LINE,
    RIGHT_TEXT,
    TARGET,
    TARGET_MARKER,
    WRONG,
    WRONG_LINE,
    WRONG_TEXT,
    Described,
)
from activeindex_lite.lessons.walk import Walk

# Milliseconds of each sheet; a viewer wants to read the first and the last, and to see where the result changes.
STEP_MS, CHANGE_MS, FIRST_MS, LAST_MS = 380, 1300, 2400, 3600
OWN = {"cells": "the original's cell", "sub-codes": "the original's code", "bits": "the original's bits"}


def sheet(walk: Walk, at: int, picture_of: Callable[[int], Image.Image]) -> Described:
    """The walk at its alpha number `at`: the released picture, where it and its copy lie, and the first result.

    picture_of: from the id of a result to a PIL picture. Returns a Described figure.
    """
    figure = Figure(figsize=(10, 4.2))
    # Fixed places, so that nothing jumps from one sheet to the next.
    alpha, psnr = walk.alphas[at], walk.psnr[at]
    quality = "unchanged" if np.isinf(psnr) else f"{psnr:.0f} dB"
    _picture(figure.add_axes((0.01, 0.17, 0.29, 0.69)), walk.pictures[at])
    _heading(figure, 0.01, "Released picture")
    figure.text(0.01, 0.09, f"alpha {alpha:.2f}: {quality}", fontsize=12)
    _alpha_bar(figure.add_axes((0.01, 0.035, 0.29, 0.03)), walk, at)
    _plane(figure.add_axes((0.325, 0.17, 0.3, 0.69)), walk, at)
    _heading(figure, 0.325, "Its feature, and its copy's")
    _heading(figure, 0.655, "Search for the copy")
    _picture(figure.add_axes((0.655, 0.52, 0.16, 0.355)), walk.copies[at])
    figure.text(0.83, 0.7, f"edited copy\n({walk.edit})", fontsize=12, va="center")
    _result(figure, (0.655, 0.09, 0.16, 0.355), picture_of(int(walk.ids[at])), bool(walk.first[at]))
    outcome = "the original" if walk.first[at] else "another picture"
    return Described(
        figure,
        f"At alpha {alpha:g} the picture is {quality}. The squared distance of its feature to the code is "
        f"{walk.to_code[at]:.2f}, {walk.to_code[0]:.2f} at alpha 0. For its copy ({walk.edit}), {outcome} comes first "
        f"at nprobe {walk.nprobe}.",
    )


def _heading(figure, left, text):
    figure.text(left, 0.92, text, fontsize=13, weight="bold")


def _picture(axes, picture):
    axes.imshow(np.asarray(picture))
    axes.set(xticks=[], yticks=[], anchor="NW")


def _alpha_bar(axes, walk, at):
    """A slider's picture: how far alpha has come."""
    axes.barh(0, walk.alphas[-1], color=FAINT)
    axes.barh(0, walk.alphas[at], color=ACTIVATED)
    axes.set(xlim=(0, walk.alphas[-1]))
    axes.axis("off")


def _plane(axes, walk, at):
    draw_borders(axes, walk.scene)
    for points, colour in ((walk.released, INK), (walk.copied, QUERY)):
        axes.plot(*points[: at + 1].T, "-", color=colour, lw=1.6, zorder=5)
    axes.annotate(
        "",
        walk.copied[at],
        walk.released[at],
        arrowprops=dict(arrowstyle="-", color=QUERY, lw=1.4, linestyle=":"),
        zorder=4,
    )
    axes.plot(*walk.released[0], PASSIVE_MARKER, mfc="white", mec=PASSIVE, mew=2.2, ms=9, zorder=7)
    axes.plot(*walk.released[at], ACTIVATED_MARKER, color=ACTIVATED, mec="white", ms=11, zorder=8)
    axes.plot(*walk.copied[at], QUERY_MARKER, color=QUERY, mec=INK, ms=12, zorder=9)
    draw_code(axes, walk.scene)
    for marker, label, look in (
        (ACTIVATED_MARKER, "released", dict(color=ACTIVATED)),
        (QUERY_MARKER, f"copy ({walk.edit})", dict(color=QUERY, mec=INK)),
        (TARGET_MARKER, "code", dict(color=TARGET, mec=INK)),
        ("s", OWN[walk.scene.kind], dict(color=TARGET, alpha=0.35)),
    ):
        axes.plot([], [], marker, ls="none", ms=10, label=label, **look)
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncol=2,
        frameon=False,
        fontsize=11,
        handletextpad=0.2,
        columnspacing=1,
    )


def _result(figure, place, picture, right):
    axes = figure.add_axes(place)
    _picture(axes, picture)
    axes.spines[:].set(color=RIGHT if right else WRONG, linewidth=4, linestyle=RIGHT_LINE if right else WRONG_LINE)
    said, colour = ("✓ found", RIGHT_TEXT) if right else ("✗ wrong", WRONG_TEXT)
    figure.text(0.83, 0.31, "first result", fontsize=12, va="center")
    figure.text(0.83, 0.24, said, fontsize=15, weight="bold", color=colour, va="center")


def animation(walk: Walk, picture_of: Callable[[int], Image.Image], dpi: int = 90, quality: int = 80) -> bytes:
    """The sheets of all alphas as the bytes of an animated WebP that repeats.

    The first sheet, the last, and those at which the result changes stay longer.
    """
    sheets = [sheet(walk, at, picture_of).png(dpi) for at in range(len(walk.alphas))]
    frames = [Image.open(io.BytesIO(data)).convert("RGB") for data in sheets]
    times = np.where(np.diff(walk.first, prepend=walk.first[0]), CHANGE_MS, STEP_MS)
    times[0], times[-1] = FIRST_MS, LAST_MS
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=times.tolist(),
        loop=0,
        quality=quality,
        method=6,
    )
    return buffer.getvalue()
