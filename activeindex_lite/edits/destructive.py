"""Edits that only the mixture uses: pixels (palette, pixelate, shuffle ...) and shapes (crop, perspective ...)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter, ImageOps

if TYPE_CHECKING:
    from collections.abc import Sequence

PALETTE_SAMPLE = 64  # pixels, longer side of the sample that a palette is chosen from
REFERENCE_SIDE = 500  # pixels, shorter side of the photographs that the blur radii were tuned for


def soft_blur(picture: Image.Image, radius: float) -> Image.Image:
    """Blur by a standard deviation of `radius` * (shorter side) / 500 pixels.

    Pillow stacks box filters. Their cost does not grow with the radius, and here the radius is random anyway.
    """
    return picture.filter(ImageFilter.GaussianBlur(radius * min(picture.size) / REFERENCE_SIDE))


def palette(picture: Image.Image, colours: int) -> Image.Image:
    """Reduce to at most `colours` colours (2-256), chosen by median cut on a sample of the pixels, without dither."""
    # A sample, because median cut on all pixels takes ten times as long and chooses no better colours.
    sample = picture.copy()
    sample.thumbnail((PALETTE_SAMPLE, PALETTE_SAMPLE), Image.Resampling.NEAREST)
    return picture.quantize(palette=sample.quantize(colours), dither=Image.Dither.NONE).convert("RGB")


def edge_enhance(picture: Image.Image) -> Image.Image:
    """Pillow's 3 x 3 edge enhancement."""
    return picture.filter(ImageFilter.EDGE_ENHANCE)


def pixelate(picture: Image.Image, ratio: float) -> Image.Image:
    """Average down to `ratio` of each side, in (0, 1], and enlarge again in blocks."""
    small = [max(1, round(side * ratio)) for side in picture.size]
    return picture.resize(small, Image.Resampling.BOX).resize(picture.size, Image.Resampling.NEAREST)


def shuffle(picture: Image.Image, share: float, seed: int) -> Image.Image:
    """Exchange the places of the share `share` (0-1) of the pixels, chosen at random by `seed`."""
    pixels = np.array(picture)
    flat = pixels.reshape(-1, 3)
    count = round(share * len(flat))
    chosen = np.random.default_rng(seed).choice(len(flat), count, replace=False)
    # One cycle through a random set in random order: every chosen pixel gets the colour of another.
    flat[chosen] = flat[np.roll(chosen, 1)]
    return Image.fromarray(pixels)


def crop(picture: Image.Image, width: float, height: float, x: float, y: float) -> Image.Image:
    """Keep the shares `width` and `height` of the sides; x, y in [0, 1]: where (0 left or top)."""
    w, h = max(1, round(picture.width * width)), max(1, round(picture.height * height))
    left, top = round((picture.width - w) * x), round((picture.height - h) * y)
    return picture.crop((left, top, left + w, top + h))


def flip(picture: Image.Image) -> Image.Image:
    """Mirror left and right."""
    return ImageOps.mirror(picture)


def aspect_ratio(picture: Image.Image, ratio: float) -> Image.Image:
    """Stretch until width / height = `ratio`, at equal area."""
    area = picture.width * picture.height
    size = max(1, round(math.sqrt(area * ratio))), max(1, round(math.sqrt(area / ratio)))
    return picture.resize(size, Image.Resampling.BILINEAR)


def pad_square(picture: Image.Image) -> Image.Image:
    """Black bars on two sides make the picture square."""
    side = max(picture.size)
    padded = Image.new("RGB", (side, side))
    padded.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return padded


def perspective(picture: Image.Image, corners: Sequence[Sequence[float]]) -> Image.Image:
    """Move the four corners and warp (bilinear, black surround, same size).

    corners: four (dx, dy), as shares of the width and the height, for the corners top left, top right, bottom right and
    bottom left.
    """
    unit = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
    size = np.array(picture.size, dtype=float)
    coefficients = _homography((unit + np.asarray(corners)) * size, unit * size)
    return picture.transform(picture.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)


def _homography(source: np.ndarray, target: np.ndarray) -> list[float]:
    """The 8 coefficients (a..h) with target x = (a x + b y + c) / (g x + h y + 1), y likewise, from 4 points (4, 2)."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).tolist()
