"""Edits of any strength by name: "Rotation 25" is in the table of 14, and "Rotation 40" is the same edit, turned up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from activeindex_lite.edits import basic
from activeindex_lite.edits.table import EDITS, Edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Dial:
    """The strengths of one family of edits that a slider offers, weak or strong at either end.

    values: in rising order; unit: what they are; shown: a value beside the slider; note: what
    `function(picture, value)` does; both with {} for the value.
    """

    family: str
    unit: str
    shown: str
    note: str
    values: tuple[float, ...]
    function: Callable[[Image.Image, float], Image.Image]

    def edit(self, value: float) -> Edit:
        """The Edit at a strength between the first and the last of the values; ValueError beyond them."""
        low, high = self.values[0], self.values[-1]
        if not low <= value <= high:
            raise ValueError(
                f"{self.family} {value:g}: its {self.unit} go from {low:g} to {high:g}; choose one of these"
            )
        # Encoders know whole qualities alone: another would be cut off in silence.
        if self.function is basic.jpeg and value % 1:
            raise ValueError(f"{self.family} {value:g}: a quality is a whole number, such as {value // 1:g}")
        name = f"{self.family} {value:g}"
        return Edit(name, self.note.format(f"{value:g}"), lambda picture: self.function(picture, value))


def _steps(low: int, high: int, step: int, scale: int = 1) -> tuple[float, ...]:
    """Low / scale, ..., high / scale, each rounded once."""
    return tuple(i / scale if scale > 1 else i for i in range(low, high + 1, step))


def _blur(picture: Image.Image, sigma: float) -> Image.Image:
    # The radius of the kernel whose `kernel_sigma` is nearest.
    return basic.gaussian(picture, sigma, round((sigma - 0.8) / 0.3) + 1)


DIALS = MappingProxyType(
    {
        dial.family: dial
        for dial in (
            Dial("Contrast", "factors", "× {}", "contrast times {}", _steps(3, 30, 1, 10), basic.contrast),
            Dial("Brightness", "factors", "× {}", "brightness times {}", _steps(3, 30, 1, 10), basic.brightness),
            Dial(
                "Hue",
                "shares of the circle",
                "{} of the circle",
                "hue turned by {} of the circle",
                _steps(-50, 50, 5, 100),
                basic.hue,
            ),
            Dial("Blur", "pixels (sigma)", "sigma {}", "Gaussian blur, sigma {} pixels", _steps(8, 50, 3, 10), _blur),
            Dial("JPEG", "qualities", "quality {}", "saved as JPEG of quality {}", _steps(5, 100, 5), basic.jpeg),
            Dial("Rotation", "degrees", "{}°", "rotated by {} degrees, canvas grown", _steps(-90, 90, 5), basic.rotate),
            Dial(
                "Crop",
                "shares of the area",
                "{} of the area",
                "centre crop keeping {} of the area",
                _steps(2, 20, 1, 20),
                basic.centre_crop,
            ),
            Dial(
                "Resize",
                "shares of the area",
                "{} of the area",
                "resized to {} of the area",
                _steps(2, 20, 1, 20),
                basic.resize,
            ),
        )
    }
)


def edit_named(name: str) -> Edit:
    """The Edit of a name in EDITS, or of a family in DIALS and a strength, such as "Rotation 40".

    ValueError for another name, or a strength beyond the family's ends; the message names what there is.
    """
    if isinstance(name, str):
        if name in EDITS:
            return EDITS[name]
        family, _, strength = name.partition(" ")
        if family in DIALS and NUMBER.fullmatch(strength):
            return DIALS[family].edit(float(strength))
    raise ValueError(
        f"no edit {name!r:.60}: choose one of {', '.join(EDITS)}, or a strength of your own, such as 'Rotation 40' "
        f"({', '.join(DIALS)})"
    )
