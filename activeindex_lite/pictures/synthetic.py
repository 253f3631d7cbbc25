"""Synthetic pictures: a seed in, a picture out; the same scene at every size and on every machine."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PIL import Image

from activeindex_lite.pictures import scenes
from activeindex_lite.pictures.fields import Dice, palette
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.threads import one_blas_thread

SMALLEST, LARGEST = 96, 512
# A picture of 224 x 224 pixels takes 150 kB.
MOST = 100_000
BACKGROUNDS = (scenes.clouds, scenes.glow, scenes.tiles, scenes.landscape, scenes.landscape, scenes.city)


def draw(seed: int, size: int = 224) -> np.ndarray:
    """Draw the picture of one seed: uint8 (size, size, 3), sRGB.

    seed: whole number >= 0; size: side in pixels, 96 to 512; ValueError for other values.
    The same seed gives the same scene at every size, and the same pixels on every machine to within one grey level.
    """
    size = whole_number(size, "size", LARGEST, "pixels per side of a synthetic picture", least=SMALLEST)
    seed = whole_number(seed, "seed", least=0)
    canvas = np.empty((3, size, size), np.float32)
    with one_blas_thread():
        _paint(Dice(seed), canvas)
    np.clip(canvas, 0, 1, out=canvas)
    canvas *= 255
    canvas += 0.5
    return np.ascontiguousarray(canvas.astype(np.uint8).transpose(1, 2, 0))


def _paint(dice: Dice, canvas: np.ndarray) -> None:
    colours = palette(dice)
    background = dice.choose(BACKGROUNDS)
    background(dice, canvas, colours)
    few = background in (scenes.landscape, scenes.city)
    for _ in range(dice.below(4) + 1 if few else dice.below(8) + 3):
        scenes.shape(dice, canvas, colours)
    scenes.light(dice, canvas)
    scenes.surface(dice, canvas)


def synthetic_pictures(seeds: int | Iterable[int], size: int = 224) -> list[Image.Image]:
    """Draw the pictures of several seeds: a list of PIL RGB pictures, each size x size pixels (96 to 512).

    seeds: an iterable of whole numbers >= 0, or one number n for the seeds 0 .. n-1. `draw` says what a seed fixes.
    ValueError for other values.
    """
    if np.ndim(seeds) == 0:
        seeds = range(
            whole_number(seeds, "seeds", MOST, "the number of pictures; or give the seeds themselves in a list")
        )
    return [Image.fromarray(draw(seed, size)) for seed in seeds]
