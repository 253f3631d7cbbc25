"""What a synthetic picture is made of: backgrounds, landscapes, cities, textured shapes and the finish of the surface.

A canvas is a planar float32 array (3, size, size) in [0, 1]. Every painter changes it in place, and each shape changes
only its own box, which keeps a picture under three milliseconds.
"""

from __future__ import annotations

from math import cos, sin

import numpy as np

from activeindex_lite.pictures.fields import TAU, Dice, axis, noise, polar_outline, profile


def mix(a: np.ndarray, b: np.ndarray, t: np.ndarray | float) -> np.ndarray:
    """a + t (b - a) for two colours (3,) and a mask or field (H, W): planar (3, H, W)."""
    blend = (b - a)[:, None, None] * t
    blend += a[:, None, None]
    return blend


def ramp(colours: np.ndarray, t: np.ndarray | float) -> np.ndarray:
    """A smooth colour scale: colours (n, 3), positions t (H, W) clipped to [0, 1]; planar (3, H, W)."""
    # 512 steps looked up by position: half a grey level at most, and far quicker than interpolating each pixel.
    stops = np.linspace(0, 1, len(colours))
    table = np.stack([np.interp(np.linspace(0, 1, 512), stops, c) for c in colours.T]).astype(np.float32)
    return np.take(table, (t * 511 + 0.5).astype(np.intp), axis=1, mode="clip")


def over(canvas: np.ndarray, box: tuple[slice, slice], colour: np.ndarray, mask: np.ndarray) -> None:
    """Lay a colour (3,) or planar texture over the canvas inside box = (slice of rows, slice of columns)."""
    view = canvas[:, box[0], box[1]]
    change = (colour[:, None, None] if colour.ndim == 1 else colour) - view
    change *= mask
    view += change


def fraction(u: np.ndarray) -> np.ndarray:
    """u - floor(u), in [0, 1): what u % 1 is, several times quicker."""
    return u - np.floor(u)


def stripes(u: np.ndarray, softness: float) -> np.ndarray:
    """A soft square wave of period 1 in [0, 1]; softness is the width of an edge in periods."""
    return np.clip((np.abs(fraction(u) * 4 - 2) - 1) / max(softness, 1e-3) + 0.5, 0, 1)


# Backgrounds ------------------------------------------------------------------------------------------------------


def clouds(dice: Dice, canvas: np.ndarray, colours: np.ndarray) -> None:
    """Two or three colours blended through 1/f noise, from fog to marble."""
    size = canvas.shape[1]
    t = noise(dice, size, 2 + dice.below(4), 5, dice.uniform(0.4, 0.65), dice.uniform(0.6, 3.0)) * 0.5 + 0.5
    if dice.chance(0.4):
        x, y = axis(size), axis(size)[:, None]
        turn = dice.uniform(0, TAU)
        t = np.sin((cos(turn) * x + sin(turn) * y + 0.35 * t) * dice.uniform(8, 30)) * 0.5 + 0.5
    canvas[:] = ramp(colours[:3], t)


def glow(dice: Dice, canvas: np.ndarray, colours: np.ndarray) -> None:
    """A linear or radial gradient, with rays or rings now and then."""
    size = canvas.shape[1]
    x, y = axis(size) - dice.uniform(0.1, 0.9), axis(size)[:, None] - dice.uniform(0.1, 0.9)
    if dice.chance(0.5):
        turn = dice.uniform(0, TAU)
        t = 0.5 + 0.6 * (cos(turn) * x + sin(turn) * y)
    else:
        t = np.sqrt(x * x + y * y) * dice.uniform(0.8, 1.4)
        if dice.chance(0.5):
            rays = np.cos(np.arctan2(y, x) * (3 + dice.below(8)) + dice.uniform(0, TAU))
            t = t + dice.uniform(0.05, 0.25) * np.clip(rays * 3, -1, 1)
        elif dice.chance(0.4):
            t = t + 0.12 * np.sin(t * dice.uniform(15, 50))
    canvas[:] = ramp(colours[:4], t + 0.06 * noise(dice, size, 4, 3))


def tiles(dice: Dice, canvas: np.ndarray, colours: np.ndarray) -> None:
    """Stripes, checks, bricks or a weave, turned and slightly warped."""
    size = canvas.shape[1]
    turn = dice.choose((0.0, TAU / 8, dice.uniform(0, TAU)))
    warp = noise(dice, size, 2, 2) * dice.uniform(0, 0.06)
    x, y = axis(size) + warp, axis(size)[:, None] + warp
    period = dice.uniform(4, 14)
    u = (cos(turn) * x + sin(turn) * y) * period
    v = (cos(turn) * y - sin(turn) * x) * period
    soft = 4 * period / size
    kind = dice.below(3)
    if kind == 0:
        t = stripes(u, soft) * 0.7 + 0.3 * stripes(u * 0.5 + 0.2, soft)
    elif kind == 1:
        a, b = stripes(u, soft), stripes(v, soft)
        t = a + b - 2 * a * b
    else:
        a, b = np.square(fraction(u) - 0.5), np.square(fraction(v) - 0.5)
        t = np.clip(3.4 - 47.6 * (a * a + b * b), 0, 1)
    canvas[:] = ramp(colours[:2] if dice.chance(0.6) else colours[:3], t * 0.9 + 0.08 * noise(dice, size, 5, 3))


def landscape(dice: Dice, canvas: np.ndarray, colours: np.ndarray) -> None:
    """A sky with a sun and clouds, two to four ridges one behind the other, sometimes water in front."""
    size = canvas.shape[1]
    x, y = axis(size), axis(size)[:, None]
    sky = colours[np.argsort(-colours.sum(1), kind="stable")]
    t = y * dice.uniform(0.9, 1.5) + 0.18 * noise(dice, size, 3, 4, 0.55, 2.5)
    canvas[:] = ramp(sky[:3][:: dice.choose((1, -1))], t)
    cx, cy, r = dice.uniform(0.1, 0.9), dice.uniform(0.08, 0.4), dice.uniform(0.04, 0.13)
    d = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)
    over(
        canvas,
        np.s_[:, :],
        np.clip(sky[0] + 0.25, 0, 1),
        np.clip((r - d) * size, 0, 1) + 0.3 * np.exp(-d / r) * (d > r),
    )
    level, n = dice.uniform(0.35, 0.6), 2 + dice.below(3)
    for k in range(n):
        ridge(dice, canvas, sky[2 + k] * (1 - 0.12 * k), level, dice.uniform(0.04, 0.16))
        level += (0.95 - level) * dice.uniform(0.2, 0.5)
    if dice.chance(0.35):
        water(dice, canvas, dice.uniform(0.6, 0.85))


def ridge(dice: Dice, canvas: np.ndarray, colour: np.ndarray, level: float, height: float) -> None:
    """One range of hills: everything below a noisy line, textured and lit from above."""
    size = canvas.shape[1]
    line = level + height * profile(dice, size, 2 + dice.below(4), 5, dice.uniform(0.35, 0.6))
    top = int(np.clip((line.min() - 2 / size) * size, 0, size - 2))
    y = axis(size)[top:, None]
    depth = y - line
    texture = noise(dice, size, 10, 3, 0.6, dice.uniform(0.5, 3))[top:]
    light = 1.0 + 0.22 * texture - 0.5 * np.clip(depth, 0, 0.6)
    over(canvas, np.s_[top:, :], colour[:, None, None] * light, np.clip(depth * size + 0.5, 0, 1))


def water(dice: Dice, canvas: np.ndarray, level: float) -> None:
    """A mirror of what is above the shore, rippled and darkened."""
    size = canvas.shape[1]
    top = int(level * size)
    rows = np.arange(size - top)
    source = np.clip(top - 1 - rows * (top - 1) // max(size - top, 1), 0, size - 1)
    ripple = 0.82 + 0.18 * noise(dice, size, 24, 2, 0.6, 6)[top:]
    canvas[:, top:] = canvas[:, source] * ripple


def city(dice: Dice, canvas: np.ndarray, colours: np.ndarray) -> None:
    """A skyline of houses with lit windows in front of an evening sky."""
    glow(dice, canvas, colours)
    size = canvas.shape[1]
    left = dice.uniform(-0.05, 0.05)
    while left < 1:
        width, top = dice.uniform(0.07, 0.2), dice.uniform(0.25, 0.75)
        house(dice, canvas, colours, (left, top, left + width, 1.0), size)
        left += width * dice.uniform(0.75, 1.3)


def house(
    dice: Dice, canvas: np.ndarray, colours: np.ndarray, frame: tuple[float, float, float, float], size: int
) -> None:
    """One house front with a grid of windows, its edges between pixels blended."""
    x0, y0, x1, y1 = frame
    rows, cols = box_of(x0, y0, x1, y1, size)
    x, y = axis(size)[cols], axis(size)[rows, None]
    wall, pane = dice.choose(colours), dice.choose(colours)
    nx, ny = 2 + dice.below(4), 3 + dice.below(9)
    u, v = (x - x0) / (x1 - x0) * nx, (y - y0) / max(y1 - y0, 1e-3) * ny
    window = np.clip((0.34 - np.abs(fraction(u) - 0.5)) * size * (x1 - x0) / nx, 0, 1)
    window = window * np.clip((0.3 - np.abs(fraction(v) - 0.5)) * size * (y1 - y0) / ny, 0, 1)
    lit = dice.uniform(0.2, 1.0, (ny + 1, nx + 1))
    lit = lit[np.clip(v[:, 0].astype(int), 0, ny)][:, np.clip(u.astype(int), 0, nx)]
    inside = np.clip((x - x0) * size, 0, 1) * np.clip((x1 - x) * size, 0, 1) * np.clip((y - y0) * size, 0, 1)
    over(canvas, (rows, cols), mix(wall * 0.8, pane, window * lit), inside)


# Shapes -----------------------------------------------------------------------------------------------------------


def box_of(x0: float, y0: float, x1: float, y1: float, size: int) -> tuple[slice, slice]:
    """The rows and columns of a picture that a frame in [0, 1] touches, with a pixel to spare."""

    def span(a, b):
        return slice(max(int(a * size) - 1, 0), min(int(np.ceil(b * size)) + 2, size))

    return span(y0, y1), span(x0, x1)


def shape(dice: Dice, canvas: np.ndarray, colours: np.ndarray) -> None:
    """One object: an outline anywhere on the canvas, with a fill, an optional rim and an optional soft shadow."""
    size = canvas.shape[1]
    cx, cy = dice.uniform(0.05, 0.95), dice.uniform(0.05, 0.95)
    radius = dice.uniform(0.06, 0.14) if dice.chance(0.5) else dice.uniform(0.12, 0.32)
    turn, squeeze = dice.uniform(0, TAU), dice.choose((1.0, 1.0, dice.uniform(0.3, 1.0)))
    rows, cols = box_of(cx - radius, cy - radius, cx + radius, cy + radius, size)
    x, y = (axis(size)[cols] - cx) / radius, (axis(size)[rows, None] - cy) / radius
    u, v = cos(turn) * x + sin(turn) * y, (cos(turn) * y - sin(turn) * x) / squeeze
    inside = outline(dice, u, v)
    edge = size * radius * squeeze**0.5
    colour, second = dice.choose(colours), dice.choose(colours)
    if dice.chance(0.3):
        shadow = np.clip(inside * 3 + 0.6, 0, 1) * dice.uniform(0.2, 0.5)
        over(canvas, (rows, cols), np.zeros(3, np.float32), shadow)
    mask = np.clip(inside * edge + 0.5, 0, 1) * dice.choose((1.0, 1.0, dice.uniform(0.6, 1.0)))
    over(canvas, (rows, cols), fill(dice, colour, second, u, v, edge), mask)
    if dice.chance(0.3):
        width = dice.uniform(0.03, 0.1)
        rim = np.clip((width - np.abs(inside - width)) * edge + 0.5, 0, 1)
        over(
            canvas, (rows, cols), second if dice.chance(0.6) else np.full(3, dice.choose((0.05, 0.95)), np.float32), rim
        )


def outline(dice: Dice, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """How far inside its outline a point is, in units of the radius (negative outside), (h, w)."""
    kind = dice.below(8)
    if kind == 0:
        return np.minimum(0.8 - np.abs(u), 0.8 - np.abs(v))
    if kind == 1:
        return np.minimum(0.97 - np.abs(u), dice.uniform(0.08, 0.3) - np.abs(v))
    r = np.sqrt(u * u + v * v)
    if kind == 2:
        return 0.97 - r
    if kind == 3:
        width = dice.uniform(0.08, 0.22)
        return width - np.abs(r - 0.95 + width)
    if kind == 4:
        return np.minimum(0.97 - r, np.sqrt((u - dice.uniform(0.3, 0.6)) ** 2 + v * v) - 0.75)
    table = polar_outline(dice)
    theta = np.arctan2(v, u) * (256 / TAU)
    low = np.floor(theta)
    i = low.astype(np.int32)
    part = theta - low
    return 0.97 * (table[i & 255] * (1 - part) + table[(i + 1) & 255] * part) - r


def fill(dice: Dice, colour: np.ndarray, second: np.ndarray, u: np.ndarray, v: np.ndarray, edge: float) -> np.ndarray:
    """The surface of a shape: flat, graded, ball-shaped, striped, dotted, checked or mottled; (3,) or (3, h, w)."""
    kind = dice.below(7)
    if kind == 0:
        return colour
    if kind == 1:
        return mix(colour, second, np.clip(0.5 + 0.5 * u, 0, 1) + 0 * v)
    if kind == 2:
        d = (u + 0.35) ** 2 + (v + 0.35) ** 2
        return mix(np.clip(colour + 0.3, 0, 1), colour * 0.35, np.clip(0.42 * d, 0, 1))
    n = dice.uniform(1.5, 5)
    soft = 4 * n / edge
    if kind == 3:
        return mix(colour, second, stripes(u * n, soft) + 0 * v)
    if kind == 4:
        r = np.sqrt((fraction(u * n) - 0.5) ** 2 + (fraction(v * n) - 0.5) ** 2)
        return mix(colour, second, np.clip((dice.uniform(0.18, 0.4) - r) * edge / n + 0.5, 0, 1))
    if kind == 5:
        a, b = stripes(u * n, soft), stripes(v * n, soft)
        return mix(colour, second, a + b - 2 * a * b)
    waves = np.sin(u * dice.uniform(2, 7) + 2 * np.sin(v * dice.uniform(1, 6) + dice.uniform(0, TAU)))
    waves = waves + np.sin(v * dice.uniform(3, 9) + 2 * np.sin(u * dice.uniform(2, 8)))
    return mix(colour, second, np.clip(0.5 + 0.3 * waves, 0, 1))


# Finish -----------------------------------------------------------------------------------------------------------


def light(dice: Dice, canvas: np.ndarray) -> None:
    """Uneven light over the whole picture: a slow field, darker towards the corners now and then."""
    size = canvas.shape[1]
    field = 1.0 + dice.uniform(0.05, 0.3) * noise(dice, size, 2, 2)
    if dice.chance(0.4):
        x, y = axis(size) - 0.5, axis(size)[:, None] - 0.5
        field *= 1.0 - dice.uniform(0.3, 1.0) * (x * x + y * y)
    canvas *= field


def surface(dice: Dice, canvas: np.ndarray) -> None:
    """A fine 1/f texture and grain as of a sensor or paper, (up to about five grey levels)."""
    size = canvas.shape[1]
    canvas += noise(dice, size, 16, 3, 0.8) * dice.uniform(0.0, 0.035)
    grain = dice.bytes((size, size)).astype(np.float32)
    grain += dice.bytes((size, size))
    canvas += (grain - 255) * np.float32(dice.uniform(0.0, 0.02) / 255)
