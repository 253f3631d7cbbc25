"""One activation in one view: pictures, the plane with its walk and both copies, both searches; still or animated."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke
from PIL import Image

from activeindex_lite.figures.borders import draw_borders
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    ACTIVATED_TEXT,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    PASSIVE_TEXT,
    QUERY_MARKER,
    RIGHT,
    RIGHT_LINE,
    RIGHT_TEXT,
    TARGET,
    TARGET_MARKER,
    VISITED,
    WRONG,
    WRONG_LINE,
    WRONG_TEXT,
    Described,
)
from activeindex_lite.lessons.one_picture import Found, amplified_difference
from activeindex_lite.lessons.walk import Walk

# Milliseconds of a sheet while an arrow flies and while the feature walks, and where a viewer wants to look.
FLY_MS, STEP_MS, LOOK_MS, LAST_MS = 60, 260, 1600, 4200
FLIGHT = (0.2, 0.4, 0.6, 0.8, 1.0)
WIDTH, HEIGHT = 10.0, 4.8
PLANE = (0.37, 0.09, 0.625, 0.9)
OWN = {"cells": "its cell", "sub-codes": "the same code", "bits": "the same bits"}


def sheet(
    walk: Walk, picture_of: Callable[[int], Image.Image], step: int | None = None, flown: tuple[float, float] = (1, 1)
) -> Described:
    """A Walk after a number of steps (None: the last), a Described figure.

    picture_of: from the id of a result to a PIL picture; flown: from 0 to 1, how far the edit has moved the copy of the
    original and that of the last release. A result is shown once its copy has arrived.
    """
    step = len(walk.pictures) - 1 if step is None else step
    figure = Figure(figsize=(WIDTH, HEIGHT))
    original, released = walk.pictures[0], walk.pictures[step]
    # Fixed places, so that nothing jumps from one sheet to the next.
    for left, picture, title in (
        (0.005, original, "original"),
        (0.125, released, "released"),
        (0.245, amplified_difference(original, released), "difference × 10"),
    ):
        _picture(figure, (left, 0.705, 0.115, 0.24), picture)
        figure.text(left, 0.96, title, fontsize=10.5)
    figure.text(0.005, 0.645, _said(walk, step), fontsize=10.5, va="center")
    results = (
        (0.31, walk.before, flown[0], "copy of the original", PASSIVE_TEXT),
        (0.015, walk.after, flown[1], "copy of the release", ACTIVATED_TEXT),
    )
    for bottom, found, done, name, colour in results:
        if done >= 1:
            _search(figure, bottom, found, f"{name} ({walk.edit})", colour, picture_of)
    axes = figure.add_axes(PLANE)
    _plane(axes, walk, step, flown)
    figure.text(PLANE[0], 0.035, _note(walk), fontsize=9.5, va="center")
    return Described(figure, _alt(walk, step))


def _said(walk: Walk, step: int) -> str:
    quality = "unchanged" if np.isinf(walk.psnr[step]) else f"PSNR {walk.psnr[step]:.1f} dB"
    return (
        f"alpha {walk.alpha:g}, step {step} of {len(walk.pictures) - 1}: {quality}\n"
        f"{walk.measured}: {walk.measure[0]:.2f} → {walk.measure[step]:.2f}"
    )


def _note(walk: Walk) -> str:
    if walk.plane.scene.kind == "none":
        return "The plane through x and both copies; all other points are dropped onto it."
    return "Borders are exact. x and both copies lie in this plane; all other points are dropped onto it."


def _alt(walk: Walk, step: int) -> str:
    quality = "unchanged" if np.isinf(walk.psnr[step]) else f"{walk.psnr[step]:.1f} dB from the original"
    outcomes = ["the original" if found.first[0] else "another picture" for found in (walk.before, walk.after)]
    return (
        f"One picture activated at alpha {walk.alpha:g}, after step {step} of {len(walk.pictures) - 1}: {quality}. "
        f"The {walk.measured} goes from {walk.measure[0]:.2f} to {walk.measure[step]:.2f}. The same edit, {walk.edit}, "
        f"is applied to the original and to the release. A search{walk.visited} for the passive copy finds "
        f"{outcomes[0]} first, one for the activated copy finds {outcomes[1]} first."
    )


def _picture(figure: Figure, place: tuple, picture: Image.Image) -> Axes:
    axes = figure.add_axes(place)
    axes.imshow(np.asarray(picture))
    axes.set(xticks=[], yticks=[], anchor="NW")
    axes.spines[:].set_visible(False)
    return axes


def _search(figure: Figure, bottom: float, found: Found, title: str, colour: str, picture_of: Callable) -> None:
    """A row: the copy that is searched for, and the first result with its verdict."""
    figure.text(0.005, bottom + 0.235, title, fontsize=10.5, weight="bold", color=colour)
    _picture(figure, (0.005, bottom, 0.1, 0.22), found.query)
    figure.text(0.117, bottom + 0.11, "→", fontsize=13, ha="center", va="center")
    right, i = bool(found.first[0]), int(found.ids[0])
    blank = Image.new("RGB", found.query.size, "white")
    axes = _picture(figure, (0.13, bottom, 0.1, 0.22), blank if i < 0 else picture_of(i))
    axes.spines[:].set(visible=True, color=RIGHT if right else WRONG, lw=3, ls=RIGHT_LINE if right else WRONG_LINE)
    said, shade = ("✓ finds the\noriginal", RIGHT_TEXT) if right else ("✗ finds\nanother", WRONG_TEXT)
    figure.text(0.242, bottom + 0.11, said, fontsize=12, weight="bold", color=shade, va="center")


# ---- the plane -----------------------------------------------------------------------------------------------------


def _plane(axes: Axes, walk: Walk, step: int, flown: tuple[float, float]) -> None:
    scene = walk.plane.scene
    draw_borders(axes, scene)
    _light_up(axes, walk, flown)
    axes.plot(*walk.path[: step + 1].T, "o-", color=INK, ms=3, lw=2, zorder=5)
    flights = (
        (walk.path[0], walk.passive, flown[0], PASSIVE, "--"),
        (walk.path[-1], walk.active, flown[1], ACTIVATED, "-"),
    )
    for start, end, done, colour, line in flights:
        if done:
            head = start + done * (end - start)
            axes.plot(*np.array([start, head]).T, line, color=colour, lw=2.2, zorder=6)
            axes.plot(*head, QUERY_MARKER, color=colour, mec="white", ms=12, zorder=9)
    axes.plot(*walk.path[0], PASSIVE_MARKER, mfc="white", mec=INK, mew=2, ms=9, zorder=8)
    if step:
        axes.plot(*walk.path[step], ACTIVATED_MARKER, color=ACTIVATED, mec="white", ms=10, zorder=8)
    if scene.code_known:
        axes.plot(*scene.code, TARGET_MARKER, color=TARGET, mec="white", ms=16, zorder=7)
    _frame(axes, walk)
    _names(axes, walk, step, flown)


def _light_up(axes: Axes, walk: Walk, flown: tuple[float, float]) -> None:
    """Fill the cells that a search visits whose copy has arrived."""
    plane, lit = walk.plane, set()
    for found, done in ((walk.before, flown[0]), (walk.after, flown[1])):
        if done >= 1 and found.cells is not None:
            lit |= set(np.flatnonzero(plane.ranks(found.cells)).tolist())
    for i in lit:
        if len(plane.scene.regions[i]):
            axes.add_patch(Polygon(plane.scene.regions[i], fc=(VISITED, 0.28), ec="none", zorder=0.5))


def _frame(axes: Axes, walk: Walk) -> None:
    """Look at the points, not at all that is known of the borders; the frame keeps the shape of the axes."""
    scene = walk.plane.scene
    points = np.stack([scene.start, scene.code, walk.passive, walk.active, *walk.path])
    low, high = points.min(0), points.max(0)
    shape = np.array([PLANE[2] * WIDTH, PLANE[3] * HEIGHT])
    scale = max(((high - low) / (shape * (0.66, 0.68))).max(), 1e-6)
    centre = (low + high) / 2
    axes.set_xlim(centre[0] - scale * shape[0] / 2, centre[0] + scale * shape[0] / 2)
    axes.set_ylim(centre[1] - scale * shape[1] / 2, centre[1] + scale * shape[1] / 2)
    axes.spines[:].set(visible=True, color=NEUTRAL, linewidth=1)


def _names(axes: Axes, walk: Walk, step: int, flown: tuple[float, float]) -> None:
    scene = walk.plane.scene
    named = [(walk.path[0], "original x", INK, (-8, -18), "right")]
    if scene.code_known:
        named.append((scene.code, "its code q(x)", RIGHT_TEXT, (0, 12), "center"))
    if step:
        named.append((walk.path[step], "released", INK, (-11, -4), "right"))
    for point, found, done, name, colour, below in (
        (walk.passive, walk.before, flown[0], "copy of the original", PASSIVE_TEXT, -22),
        (walk.active, walk.after, flown[1], "copy of the release", ACTIVATED_TEXT, 12),
    ):
        if done >= 1:
            named.append((point, f"{name} {'✓' if found.first[0] else '✗'}", colour, (0, below), "center"))
    for point, text, colour, shift, align in named:
        _name(axes, text, point, shift, color=colour, ha=align)
    own = scene.own
    if len(own):
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        seen = np.clip(own, (left, low), (right, high))
        _name(axes, OWN[scene.kind], seen.mean(0), (0, 0), color=RIGHT_TEXT, ha="center")


def _name(axes: Axes, text: str, point: np.ndarray, shift: tuple, **style) -> None:
    halo = [withStroke(linewidth=3, foreground="white")]
    axes.annotate(
        text,
        point,
        xytext=shift,
        textcoords="offset points",
        fontsize=10.5,
        weight="bold",
        path_effects=halo,
        zorder=10,
        **style,
    )


# ---- the animation -------------------------------------------------------------------------------------------------


def scenes(steps: int) -> Iterator[tuple[int, tuple[float, float], int]]:
    """What an animation of S steps shows: (step, flown, milliseconds), as `sheet` takes them.

    The original, the edit that moves its copy over the border, the walk, the same edit on the release.
    """
    yield 0, (0, 0), LOOK_MS
    yield from ((0, (done, 0), FLY_MS if done < 1 else 2 * LOOK_MS) for done in FLIGHT)
    yield from ((step, (1, 0), STEP_MS if step < steps else LOOK_MS) for step in range(1, steps + 1))
    yield from ((steps, (1, done), FLY_MS if done < 1 else LAST_MS) for done in FLIGHT)


def animation(walk: Walk, picture_of: Callable[[int], Image.Image], dpi: int = 90, quality: int = 80) -> bytes:
    """All `scenes` of a Walk as the bytes of an animated WebP that repeats."""
    shown = list(scenes(len(walk.pictures) - 1))
    sheets = (sheet(walk, picture_of, step, flown).png(dpi) for step, flown, _ in shown)
    frames = [Image.open(io.BytesIO(data)).convert("RGB") for data in sheets]
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=[milliseconds for *_, milliseconds in shown],
        loop=0,
        quality=quality,
        method=6,
    )
    return buffer.getvalue()
