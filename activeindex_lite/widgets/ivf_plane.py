"""CellsExplorer: an inverted file in the plane, to drag: query, centroids, nprobe, k-means, and one's own search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.lessons.ivf import plane_example
from activeindex_lite.scratch import IVF
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read
from activeindex_lite.widgets.points import REACH, checked_flag, checked_points, plain

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described

# nprobe has a slider from 1 to 5; more centroids than this crowd the plane.
NPROBES, MOST = 5, 40


class CellsExplorer(Explorer):
    """An inverted file over points of the plane, each in a cell with the nearest centroid.

    search: a function (query (2,), centroids (nlist, 2), lists, vectors (N, 2), nprobe) -> id, such as the answer to
    exercise 2.3; the explorer asks it at each move and compares its id (None: not asked). points: (N, 2) from -1.2 to
    1.2 (None: those of lessons.ivf.plane_example).

    Traits, to set, link and observe from Python: query [x, y], centroids [[x, y], ...] (1 to 40), nprobe (1 to 5, at
    most the number of centroids), missed (bool: whether the places whose search misses are marked). A value out of
    range raises TraitError and changes nothing.
    """

    _esm = esm("plane", "ivf_math", "ivf_plane")
    _css = CSS + read("plane.css")
    query = Setting([0.0, 0.0]).tag(sync=True)
    centroids = Setting([[0.0, 0.0]]).tag(sync=True)
    nprobe = Setting(1).tag(sync=True)
    missed = Setting(False).tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)
    _answer = traitlets.Dict().tag(sync=True)

    page_traits = ("query", "centroids", "nprobe", "missed", "_fixed", "_error")
    title = "An inverted file in the plane"
    intro = (
        "Each vector lies in the cell of its nearest centroid, and a search looks only into the nprobe cells nearest "
        "to the query. Drag the query across a border, drag the centroids, raise nprobe, run k-means step by step."
    )

    def __init__(self, search: Callable | None = None, *, points: np.ndarray | None = None, **settings: Any) -> None:
        example = plane_example()
        self._state = example.points if points is None else checked_points("points", points, 2000)
        self._search = search
        settings = {"query": example.query, "centroids": example.centroids, **settings}
        # nprobe is checked against the centroids, so it comes last.
        nprobe = settings.pop("nprobe", 1)
        super().__init__(**settings)
        start = example.scattered if points is None else self._state[: len(self.centroids)]
        self._fixed = {"points": plain(self._state), "start": plain(start), "reach": REACH, "most": MOST}
        self.nprobe = nprobe
        self._start = self.query, self.centroids
        self._ask()
        self.observe(lambda _: self._ask(), ["query", "centroids", "nprobe"])

    @property
    def ivf(self) -> IVF:
        """The index of the figure, a scratch.IVF that holds its points."""
        ivf = IVF(np.array(self.centroids))
        ivf.add(self.state)
        return ivf

    @property
    def result(self) -> dict:
        """What the search finds: a dict found (id, -1 for none), nearest (id), compared (number), right (bool)."""
        ivf, query = self.ivf, np.array([self.query], np.float32)
        found = int(ivf.search(query, 1, self.nprobe)[1][0, 0])
        nearest = int(np.square(self.state - query).sum(1).argmin())
        compared = len(ivf.candidates(query[0], self.nprobe))
        return {"found": found, "nearest": nearest, "compared": compared, "right": found == nearest}

    @property
    def needed(self) -> int:
        """The smallest nprobe that finds the nearest vector of the query with which the explorer was made."""
        query, centroids = self._start
        ivf = IVF(np.array(centroids))
        ivf.add(self.state)
        nearest = np.square(self.state - np.array(query, np.float32)).sum(1).argmin()
        order = ivf.probe(np.array([query], np.float32), ivf.nlist)[0]
        return int(np.flatnonzero(order == ivf.cells[nearest])[0]) + 1

    @property
    def finding(self) -> str:
        """What the reader's own search returned, in one sentence; empty if there is none."""
        return self._answer.get("said", "") or (f"Your search returns {self._answer['id']}" if self._answer else "")

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.ivf import probing_in_2d

        shown = [n for n in (self.nprobe, self.nprobe + 1, self.nprobe + 2) if n <= len(self.centroids)]
        return probing_in_2d(self.ivf, np.array(self.query, np.float32), shown)

    def stored(self) -> dict:
        """Nothing: the page computes all of it."""
        return {}

    def _ask(self) -> None:
        """Ask the reader's own search for the present setting, if there is one."""
        if self._search is None:
            return
        answer = {"of": [self.query, self.nprobe, self.centroids]}
        ivf = self.ivf
        try:
            given = self._search(
                np.array(self.query, np.float32), ivf.centroids.copy(), [*ivf.lists], ivf.vectors.copy(), self.nprobe
            )
        except Exception as error:  # noqa: BLE001 - a reader's code may raise anything, and only the page can show it
            self._answer = {**answer, "said": f"✗ Your search raises {type(error).__name__}: {str(error)[:200]}"}
            return
        self._answer = {**answer, **_read(given, len(self.state))}

    @traitlets.validate("query")
    def _valid_query(self, proposal: dict) -> list:
        return plain(checked_points("query", [proposal.value], 1)[0])

    @traitlets.validate("centroids")
    def _valid_centroids(self, proposal: dict) -> list:
        return plain(checked_points("centroids", proposal.value, MOST))

    @traitlets.observe("centroids")
    def _fewer_cells(self, change: dict) -> None:
        self.nprobe = min(self.nprobe, len(change.new))

    @traitlets.validate("nprobe")
    def _valid_nprobe(self, proposal: dict) -> int:
        # The centroids are known once the explorer is made.
        most = min(NPROBES, len(self.centroids or [0] * NPROBES))
        return checked_number("nprobe", proposal.value, 1, most, f"there are {most} cells to choose from")

    @traitlets.validate("missed")
    def _valid_missed(self, proposal: dict) -> bool:
        return checked_flag("missed", proposal.value)


def _read(given: Any, N: int) -> dict:
    """A reader's answer as {"id": ...}, or as {"said": ...} if it is no id of N vectors."""
    if given is None:
        return {"said": "Your search returns None: solve exercise 2.3, run its cell and this one, and it answers here."}
    try:
        number = np.asarray(given).item()
    except ValueError:
        return {"said": f"✗ Your search returns {np.asarray(given).size} values: expected one id."}
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        return {"said": f"✗ Your search returns {str(number)[:60]}: expected a whole number, the id of a vector."}
    if not 0 <= number < N:
        return {"said": f"✗ Your search returns {int(number)}: expected an id from 0 to {N - 1}."}
    return {"id": int(number)}
