"""BlinkExplorer: two or more pictures of one size, blinked in one place, and the same part of each under a loupe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from activeindex_lite.pictures.uris import data_uri
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_name, checked_number, esm, read

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.figures.style import Described

SMALLEST = 8
DIFFERENCE = "difference × 10"


class BlinkExplorer(Explorer):
    """Pictures to compare with the first one, such as {"original": ..., "released": ...}.

    pictures: dict from a name to a PIL picture, two or more of one size, at least 8 pixels wide and high. box: (left,
    top, right, bottom) in pixels, the part under the loupe; without it, the middle. Traits, to set, link and observe
    from Python: shown (a name, or "difference × 10"; of more than two pictures, "NAME: difference × 10"), x and y (the
    middle of the loupe, in pixels), side (the width of the part under the loupe, in pixels). A value out of range
    raises TraitError and changes nothing.
    """

    _esm = esm("blink")
    _css = CSS + read("blink.css")
    shown = Setting("").tag(sync=True)
    x = Setting(0).tag(sync=True)
    y = Setting(0).tag(sync=True)
    side = Setting(32).tag(sync=True)
    _all = traitlets.Dict().tag(sync=True)

    page_traits = ("shown", "x", "y", "side", "_all", "_error")
    title = "Blink and loupe: what changed in a picture"
    intro = (
        "Hold the button, or press Space on it: the two pictures take turns in one place, and what differs seems to "
        "move. Drag the frame, or move it with the arrow keys: the loupe enlarges the same part of each picture."
    )

    def __init__(
        self, pictures: Mapping[str, Image.Image], *, box: tuple[int, int, int, int] | None = None, **settings: Any
    ) -> None:
        self._state = checked_pictures(pictures)
        (first, *others), size = self._state, next(iter(self._state.values())).size
        changes = [DIFFERENCE if len(others) == 1 else f"{name}: {DIFFERENCE}" for name in others]
        self._views = [first, *others, *changes]
        left, top, right, bottom = (0, 0, *size) if box is None else box
        settings.setdefault("shown", first)
        settings.setdefault("x", (left + right) // 2)
        settings.setdefault("y", (top + bottom) // 2)
        settings.setdefault("side", min(32 if box is None else right - left, *size))
        # Without loss, since a change of one grey level counts.
        coded = [data_uri(picture, "WEBP", lossless=True, exact=True) for picture in self._state.values()]
        super().__init__(**settings)
        self._all = {"names": self._views, "pictures": coded, "size": list(size)}

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The part under the loupe: (left, top, right, bottom) in pixels, always inside the picture."""
        wide, high = next(iter(self.state.values())).size
        left, top = (
            min(max(round(middle - self.side / 2), 0), length - self.side)
            for middle, length in ((self.x, wide), (self.y, high))
        )
        return left, top, left + self.side, top + self.side

    def still(self) -> Described:
        """The pictures, their differences and what the loupe shows as a figure with a text alternative."""
        from activeindex_lite.figures.blink import pictures_and_loupe

        return pictures_and_loupe(self.state, self.box)

    def stored(self) -> dict:
        """A page without a kernel needs nothing but the pictures, which it has."""
        return {}

    @traitlets.validate("shown")
    def _valid_shown(self, proposal: dict) -> str:
        return checked_name("shown", proposal.value, self._views)

    @traitlets.validate("x", "y", "side")
    def _valid_place(self, proposal: dict) -> int:
        wide, high = next(iter(self.state.values())).size
        name = proposal.trait.name
        least, most = {"x": (0, wide), "y": (0, high), "side": (SMALLEST, min(wide, high))}[name]
        return checked_number(name, proposal.value, least, most, f"the pictures have {wide} x {high} pixels")


def checked_pictures(pictures: Any) -> dict[str, Image.Image]:
    """Two or more named RGB pictures of one size; ValueError for anything else."""
    from activeindex_lite.pictures import rgb_picture

    if not isinstance(pictures, Mapping) or len(pictures) < 2:
        raise ValueError(
            f"pictures is {str(pictures)[:60]}: expected a dict of two or more, such as "
            '{"original": picture, "released": run.pictures[0]}'
        )
    checked = {str(name): rgb_picture(picture) for name, picture in pictures.items()}
    sizes = {name: picture.size for name, picture in checked.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{name} {wide} x {high}" for name, (wide, high) in sizes.items())
        raise ValueError(f"the pictures have different sizes ({told}): expected one size, resize them first")
    if min(next(iter(sizes.values()))) < SMALLEST:
        raise ValueError(f"the pictures have {sizes} pixels: expected at least {SMALLEST} x {SMALLEST}")
    return checked
