"""HyperplanesExplorer: turn hyperplanes in the plane, and watch the bits of a picture, of its copy and of another."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.evaluation.stored_queries import load_queries
from activeindex_lite.lessons.lsh import angles_to, directions, room_around
from activeindex_lite.pictures.uris import thumbnail
from activeindex_lite.scratch import LSH
from activeindex_lite.support.checks import whole_number
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read
from activeindex_lite.widgets.points import REACH

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
# Where the stored picture lies (as STORED_AT in lsh_plane.js), the other picture's id, and the side of the thumbnails.
STORED_AT, ANOTHER, SIDE = 30, 7, 96
# One border lies between the original and its copy, and the region has room for both.
FIRST = (80.0, 137.0, 12.0)


class HyperplanesExplorer(Explorer):
    """Hyperplanes through the origin of a plane, a stored picture, its copy, and another picture as directions.

    original: 0 to 199, the position of the picture among load_queries(). The copies' angles to it, and the other
    picture's, are those of their stored features.

    Traits, to set, link and observe from Python: normals (degrees, the directions of 1 to 64 normals), copy (degrees,
    -180 to 180, from the picture that was released), activation (0 to 30, the degrees that activation may turn the
    picture by). A value out of range raises TraitError and changes nothing.
    """

    _esm = esm("plane", "lsh_math", "lsh_plane")
    _css = CSS + read("plane.css")
    normals = Setting([0.0]).tag(sync=True)
    copy = Setting(0.0).tag(sync=True)
    activation = Setting(0).tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    page_traits = ("normals", "copy", "activation", "_fixed", "_error")
    title = "Hyperplanes and bits"
    intro = (
        "Each line through the middle is a hyperplane and gives one bit: 1 on the side of its arrow. Turn the lines by "
        "their numbered rings, drag the copy away from the original, and compare the bits that flip with the angle."
    )

    def __init__(self, original: int = 124, **settings: Any) -> None:
        queries = load_queries()
        most = len(queries.ids) - 1
        n = whole_number(original, "original", most, f"the stored originals are 0 to {most}", 0)
        x = queries.world.references[queries.ids[n]]
        edits = {edit: float(angles_to(x, rows[n][None])[0]) for edit, rows in queries.features.items()}
        self._state = edits
        self._another = float(angles_to(x, queries.world.references[[ANOTHER]])[0])
        super().__init__(**{"normals": FIRST, "copy": edits["Meme"], **settings})
        self._fixed = {
            "pool": np.random.default_rng(4).uniform(-180, 180, COUNTS[-1]).round(1).tolist(),
            "counts": COUNTS,
            "reach": REACH,
            "original": thumbnail(queries.picture(n, "Identity"), SIDE),
            "another": {"image": thumbnail(queries.world.pictures(ANOTHER)[0], SIDE), "angle": round(self._another, 1)},
            "edits": [
                {"name": edit, "angle": round(angle, 1), "image": thumbnail(queries.picture(n, edit), SIDE)}
                for edit, angle in edits.items()
            ],
        }

    @property
    def lsh(self) -> LSH:
        """The hyperplanes of the figure, a scratch.LSH of d = 2."""
        return LSH(directions(self.normals))

    @property
    def released(self) -> float:
        """The direction of what is released, in degrees: the stored one, turned by activation where that is allowed."""
        stored = directions([STORED_AT])[0]
        # Turned by a hair, one border comes nearer and the other one goes farther away.
        rooms = [room_around(self.lsh, directions([STORED_AT + turn])[0]) for turn in (0.01, -0.01)]
        room = room_around(self.lsh, stored)
        below, above = (room[later < room].min(initial=180) for later in (rooms[1], rooms[0]))
        return STORED_AT + float(np.clip((above - below) / 2, -self.activation, self.activation))

    @property
    def bits(self) -> np.ndarray:
        """Bits (3, nbits) bool of the stored original, of the copy and of the other picture."""
        return self.lsh.bits(directions([STORED_AT, self.released + self.copy, STORED_AT - self._another]))

    @property
    def finding(self) -> str:
        """How many bits of the copy and of the other picture differ from the stored ones, beside the angles."""
        stored, *others = self.bits
        copy, another = ((bits != stored).sum() for bits in others)
        theta = abs((self.released + self.copy - STORED_AT + 180) % 360 - 180)
        n = len(stored)
        return (
            f"Of {n} bits, {copy} of the copy differ ({copy / n:.0%}; θ / π = {theta / 180:.0%}), and {another} of "
            f"another picture ({another / n:.0%}; θ / π = {self._another / 180:.0%})"
        )

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.lsh import hyperplanes_and_pictures

        places = [STORED_AT, self.released, self.released + self.copy, STORED_AT - self._another]
        return hyperplanes_and_pictures(self.lsh, directions(places), self.finding)

    def stored(self) -> dict:
        """Nothing: the page computes all of it."""
        return {}

    @traitlets.validate("normals")
    def _valid_normals(self, proposal: dict) -> list:
        try:
            normals = np.asarray(proposal.value, np.float64)
        except (TypeError, ValueError):
            normals = np.empty(0)
        if normals.ndim != 1 or not 1 <= len(normals) <= COUNTS[-1] or not (np.abs(normals) <= 360).all():
            raise traitlets.TraitError(
                f"normals={reprlib.repr(proposal.value)}: expected 1 to {COUNTS[-1]} directions from -360 to 360 "
                "degrees, such as [90, 30]"
            )
        return normals.round(1).tolist()

    @traitlets.validate("copy")
    def _valid_copy(self, proposal: dict) -> float:
        copy = checked_number("copy", proposal.value, -180, 180, "degrees from what was released", whole=False)
        return round(copy, 1)

    @traitlets.validate("activation")
    def _valid_activation(self, proposal: dict) -> int:
        return checked_number("activation", proposal.value, 0, 30, "degrees that activation may turn the picture by")
