"""CodewordsExplorer: drag a vector of the plane, and watch the code that a product quantizer gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.scratch import PQ
from activeindex_lite.scratch.plane import clouds
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read
from activeindex_lite.widgets.points import REACH, checked_points, plain

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described

# {M: the nbits that one can choose}; six bits in the plane are as many points as two parts of three bits.
NBITS = {1: (1, 2, 3, 4, 5, 6), 2: (1, 2, 3, 4)}


class CodewordsExplorer(Explorer):
    """Product quantizers of the plane, with one part (whole vectors) or two (the coordinates).

    points: (N, 2) from -1.2 to 1.2 that the codebooks are learnt from, 64 or more (None: 400 of
    scratch.plane.clouds).

    Traits, to set, link and observe from Python: x [x, y], the vector; M (1 or 2); nbits (1 to 6 for M = 1, 1 to 4 for
    M = 2; with another M, a value that is too large becomes the largest). A value out of range raises TraitError and
    changes nothing.
    """

    _esm = esm("plane", "ivf_math", "pq_math", "pq_plane")
    _css = CSS + read("plane.css")
    x = Setting([0.15, -0.1]).tag(sync=True)
    M = Setting(2).tag(sync=True)
    nbits = Setting(3).tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    page_traits = ("x", "M", "nbits", "_fixed", "_error")
    title = "Codes of a product quantizer in the plane"
    intro = (
        "With two parts, each coordinate has a small codebook of its own, and a code is one number for each. Drag the "
        "vector, and it snaps to the point that its code stands for. One part needs a codeword for each of the points."
    )

    def __init__(self, points: np.ndarray | None = None, **settings: Any) -> None:
        most = 2 ** max(NBITS[1])
        points = clouds(np.random.default_rng(3)) if points is None else checked_points("points", points, 2000)
        if len(points) < most:
            raise ValueError(f"points has {len(points)} rows: expected {most} or more, to learn {most} codewords from")
        rng = np.random.default_rng(0)
        self._state = {(M, nbits): _trained(points, M, nbits, rng) for M, choices in NBITS.items() for nbits in choices}
        self._points = points
        # nbits is checked against M, so it comes last.
        nbits = settings.pop("nbits", self.nbits)
        super().__init__(**settings)
        self.nbits = nbits
        self._fixed = {
            "points": plain(points),
            "reach": REACH,
            "settings": [
                {"M": M, "nbits": nbits, "books": plain(pq.codebooks), "error": self._mean_error(pq)}
                for (M, nbits), pq in self._state.items()
            ],
        }

    @property
    def pq(self) -> PQ:
        """The quantizer of the figure, a scratch.PQ of d = 2."""
        return self.state[self.M, self.nbits]

    @property
    def code(self) -> list[int]:
        """The code of x: M numbers."""
        return self.pq.encode(np.array([self.x]))[0].tolist()

    @property
    def reconstruction(self) -> list[float]:
        """q(x), the point that the code stands for."""
        return plain(self.pq.decode(np.array([self.code]))[0])

    @property
    def finding(self) -> str:
        """The code of x, what it can tell apart, and what it loses."""
        x = f"({', '.join(f'{value:.2f}' for value in self.x)})"
        bits, points = self.M * self.nbits, self.pq.K**self.M
        return (
            f"x = {x} becomes {' and '.join(map(str, self.code))}: {bits} bits, which tell {points} points apart. "
            f"The mean squared error is {self._mean_error(self.pq):.4f}"
        )

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.pq import codes_in_2d

        return codes_in_2d(self.pq, self._points, np.array(self.x, np.float32), self.finding)

    def stored(self) -> dict:
        """Nothing: the page computes all of it."""
        return {}

    def _mean_error(self, pq: PQ) -> float:
        return float(np.square(self._points - pq.decode(pq.encode(self._points))).sum(1).mean())

    @traitlets.validate("x")
    def _valid_x(self, proposal: dict) -> list:
        return plain(checked_points("x", [proposal.value], 1)[0])

    @traitlets.validate("M")
    def _valid_M(self, proposal: dict) -> int:
        return checked_number("M", proposal.value, 1, 2, "a plane has two coordinates")

    @traitlets.observe("M")
    def _fewer_bits(self, change: dict) -> None:
        self.nbits = min(self.nbits, NBITS[change.new][-1])

    @traitlets.validate("nbits")
    def _valid_nbits(self, proposal: dict) -> int:
        most = NBITS[self.M][-1]
        return checked_number("nbits", proposal.value, 1, most, f"codewords for M = {self.M} are learnt up to there")


def _trained(points: np.ndarray, M: int, nbits: int, rng: np.random.Generator) -> PQ:
    pq = PQ.train(points, M, nbits, rng)
    # Codewords of one number are counted from left to right, or from below.
    return PQ(np.sort(pq.codebooks, axis=1)) if M == 2 else pq
