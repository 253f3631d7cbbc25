"""Strength sweeps: one edit at many strengths, for curves of recall against strength."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from activeindex_lite.edits import basic

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image


@dataclass(frozen=True)
class Sweep:
    """One family of edits: `sweep(picture, value)` edits a PIL RGB picture at strength `value`, giving a new one.

    `values` are the strengths of the published curves. Other values in the family's range work too; one out of range is
    a ValueError. `unit` says what the numbers are (an axis label). `neutral` is the value that changes nothing, or
    None.
    """

    name: str
    unit: str
    values: tuple[float, ...]
    neutral: float | None
    function: Callable

    def __call__(self, picture: Image.Image, value: float) -> Image.Image:
        return self.function(basic.checked(picture), value)


def _tenths(first, last):
    return tuple(i / 10 for i in range(first, last + 1))


def _sweeps():
    sweeps = [
        Sweep("Rotation", "degrees", tuple(range(-90, 91, 10)), 0, basic.rotate),
        Sweep("Crop", "share of the area kept", _tenths(1, 10), 1.0, basic.centre_crop),
        Sweep("Resize", "share of the area", _tenths(1, 10), 1.0, basic.resize),
        # sigma is 0.8 pixels at kernel 3, 2 at 11 (the edit "Blur 2"), 4.7 at 29: see basic.kernel_sigma
        Sweep("Blur", "kernel size in pixels", tuple(range(3, 30, 2)), None, basic.blur),
        Sweep("JPEG", "quality", tuple(range(10, 101, 10)), None, basic.jpeg),
        Sweep("Contrast", "factor", _tenths(5, 19), 1.0, basic.contrast),
        Sweep("Brightness", "factor", _tenths(5, 19), 1.0, basic.brightness),
        Sweep("Hue", "share of the hue circle", _tenths(-5, 5), 0.0, basic.hue),
    ]
    return MappingProxyType({sweep.name: sweep for sweep in sweeps})


STRENGTHS = _sweeps()
