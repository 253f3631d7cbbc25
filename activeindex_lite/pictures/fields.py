"""Building blocks of the synthetic pictures: pixel grids, smooth noise, palettes and outlines as numpy arrays.

Everything is a function of coordinates in [0, 1], so that one seed gives the same scene at every size. Only uniform
numbers and raw bytes are drawn, whose streams are the same in every numpy. Every edge is soft, so a rounding difference
between two machines moves a pixel by no more than one grey level.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

TAU = 2 * np.pi


class Dice:
    """Uniform draws from one PCG64 stream, with the few distributions the scenes need."""

    def __init__(self, seed: int):
        self.rng = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, low: float = 0.0, high: float = 1.0, size: int | tuple | None = None) -> float | np.ndarray:
        """Uniform numbers in [low, high): a float, or a float32 array of the given size."""
        value = low + (high - low) * self.rng.random(size)
        return value if size is None else value.astype(np.float32)

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return int(self.rng.random() * n)

    def choose(self, options: Sequence) -> Any:
        """One element of a sequence."""
        return options[self.below(len(options))]

    def chance(self, p: float) -> bool:
        """True with probability p."""
        return self.rng.random() < p

    def bytes(self, shape: tuple) -> np.ndarray:
        """A uniform uint8 array."""
        return np.frombuffer(self.rng.bytes(int(np.prod(shape))), np.uint8).reshape(shape)


@lru_cache(maxsize=8)
def axis(size: int) -> np.ndarray:
    """Pixel centres of one axis, (size,) float32 in (0, 1)."""
    return ((np.arange(size) + 0.5) / size).astype(np.float32)


@lru_cache(maxsize=256)
def _interpolation(size: int, cells: int) -> np.ndarray:
    """(size, cells + 3) weights of uniform cubic B-splines over `cells` intervals, which smooth a coarse grid."""
    u = axis(size).astype(np.float64) * cells
    i = np.minimum(u.astype(int), cells - 1)
    t = u - i
    weights = np.zeros((size, cells + 3))
    basis = ((1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6, t**3 / 6)
    for k, b in enumerate(basis):
        weights[np.arange(size), i + k] = b
    return weights.astype(np.float32)


def noise(
    dice: Dice, size: int, cells: int = 4, octaves: int = 4, persistence: float = 0.5, stretch: float = 1.0
) -> np.ndarray:
    """Smooth 1/f-like noise, (size, size) float32, about zero mean and within about [-1, 1].

    cells: intervals of the coarsest octave; each further octave doubles them and is scaled by `persistence`.
    stretch > 1 stretches the noise along x (water, wood, strata).
    """
    down, across, amplitude = [], [], 1.8
    for _ in range(octaves):
        columns = max(1, round(cells / stretch))
        down.append(_interpolation(size, cells) @ dice.uniform(-amplitude, amplitude, (cells + 3, columns + 3)))
        across.append(_interpolation(size, columns))
        amplitude *= persistence
        cells *= 2
    # The octaves side by side in one product: their sum, without a pass over the picture for each.
    return np.hstack(down) @ np.hstack(across).T


def profile(dice: Dice, size: int, cells: int, octaves: int = 4, persistence: float = 0.5) -> np.ndarray:
    """The same noise in one dimension, (size,) float32: a ridge line or a shore."""
    line = np.zeros(size, np.float32)
    amplitude = 1.8
    for _ in range(octaves):
        line += _interpolation(size, cells) @ dice.uniform(-amplitude, amplitude, cells + 3)
        amplitude *= persistence
        cells *= 2
    return line


def hsv(h: np.ndarray | float, s: np.ndarray | float, v: np.ndarray | float) -> np.ndarray:
    """HSV in [0, 1] (hue is cyclic) to RGB, arrays broadcast, (..., 3) float32."""
    h, s, v = np.broadcast_arrays(h, s, v)
    k = (np.array([5.0, 3.0, 1.0]) + 6.0 * h[..., None]) % 6.0
    ramp = np.clip(np.minimum(k, 4.0 - k), 0.0, 1.0)
    return (v[..., None] * (1.0 - s[..., None] * ramp)).astype(np.float32)


SCHEMES = (
    (0.0, 0.04, 0.08, -0.05),
    (0.0, 0.5, 0.04, 0.54),
    (0.0, 0.33, 0.67, 0.05),
    (0.0, 0.42, 0.58, 0.03),
    (0.0, 0.12, 0.25, 0.5),
    (0.0, 0.25, 0.5, 0.75),
)


def palette(dice: Dice, n: int = 8) -> np.ndarray:
    """n colours of one harmony (neighbouring, opposite, three or four hues), (n, 3) float32 in [0, 1]."""
    base = dice.uniform()
    hues = (
        base
        + np.array(
            [dice.choose(dice.choose(SCHEMES)) if dice.chance(0.15) else h for h in np.resize(dice.choose(SCHEMES), n)]
        )
        + dice.uniform(-0.03, 0.03, n)
    )
    vivid = dice.uniform(0.25, 1.0)
    saturation = np.clip(vivid * dice.uniform(0.35, 1.15, n), 0.02, 1.0)
    # Values are spread evenly before they are shuffled: every palette has light and dark colours to contrast.
    value = (dice.uniform(0.1, 0.35) + np.linspace(0.0, 0.65, n))[np.argsort(dice.uniform(0, 1, n), kind="stable")]
    return hsv(hues, saturation, value)


def polar_outline(dice: Dice) -> np.ndarray:
    """A closed outline r(theta) <= 1 as a table over one turn, (256,) float32: polygon, star, flower, blob or leaf."""
    theta = np.arange(256) * (TAU / 256)
    kind = dice.below(5)
    n = 3 + dice.below(6)
    if kind == 0:
        turn = TAU / n
        r = np.cos(turn / 2) / np.cos((theta % turn) - turn / 2)
    elif kind == 1:
        r = 1.0 - dice.uniform(0.35, 0.65) * np.abs(((theta * n / TAU) % 1.0) * 2 - 1)
    elif kind == 2:
        r = 0.72 + 0.28 * np.abs(np.cos(n * theta / 2)) ** dice.uniform(0.4, 1.2)
    elif kind == 3:
        r = np.ones(256)
        for k in range(1, 5):
            r += dice.uniform(-0.35, 0.35) / k**0.5 * np.cos(k * theta + dice.uniform(0, TAU))
        r = np.maximum(r, 0.25)
    else:
        r = np.abs(np.cos(theta)) ** dice.uniform(0.6, 2.5) * 0.9 + 0.1
    return (r / r.max()).astype(np.float32)
