"""Notebook 08: single copies behind its results: the copy, the first result of a search, and why a copy was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation.cells import cell_ranks
from activeindex_lite.evaluation.queries import edit_stream
from activeindex_lite.evaluation.retrieval import strictly_first

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

NO_INDEX = "No index"


@dataclass(frozen=True)
class Example:
    """One copy and its search: the copy (PIL), the id of the first result, whether it is the original (a tie counts as
    a miss), and a sentence that says why.
    """

    copy: Image.Image
    first: int
    found: bool
    why: str


class Examples:
    """The copies of N originals, each searched for when somebody asks.

    ids: (N,) ids of the originals in every index; x: (N, d), their features as the indexes store them; released: dict
    from the name of an index to the N pictures activated for it, and from None to the N originals; indexes: dict from a
    name to an ActiveIndex; seed: of the Random edit, which makes the same copies as `edited_features` with this seed.
    """

    def __init__(
        self,
        ids: Sequence[int],
        x: np.ndarray,
        released: Mapping[str | None, Sequence[Image.Image]],
        indexes: Mapping[str, ActiveIndex],
        extractor: Extractor,
        seed: int = 0,
    ) -> None:
        self.ids, self.x, self.released, self.indexes = np.asarray(ids), x, dict(released), dict(indexes)
        self._extractor, self._seed, self._own = extractor, seed, {}

    def __len__(self) -> int:
        return len(self.ids)

    def copy(self, i: int, name: str, activated: bool, edit: str | tuple[str, float]) -> Image.Image:
        """The copy of original i. name: of the index that it is activated for; edit: a name in EDITS, or a name in
        STRENGTHS and a strength.
        """
        picture = self.released[name if activated else None][i]
        if isinstance(edit, str):
            return EDITS[edit](picture, edit_stream(self._seed, i))
        sweep, value = edit
        return STRENGTHS[sweep](picture, value)

    def of(self, i: int, name: str, nprobe: int, activated: bool, edit: str | tuple[str, float]) -> Example:
        """What a search in an index finds for one copy; the arguments are those of `copy`, and nprobe."""
        index, copy = self.indexes[name], self.copy(i, name, activated, edit)
        feature = self._extractor([copy])
        distances, ids = index.search(feature, 2, nprobe)
        found = bool(strictly_first(distances, ids, self.ids[[i]])[0])
        own, rank = self._own_distance(name, feature, i), self._rank(name, feature, i)
        return Example(copy, int(ids[0, 0]), found, why(name, index, nprobe, found, rank, float(distances[0, 0]), own))

    def _originals(self, name: str) -> tuple[ActiveIndex, np.ndarray | None]:
        """An index of the originals alone, in the same cells and codes, and their own cells."""
        if name not in self._own:
            index = self.indexes[name]
            self._own[name] = index.refilled(self.x), None if index.nlist is None else index.assign(self.x)
        return self._own[name]

    def _own_distance(self, name: str, feature: np.ndarray, i: int) -> float:
        """The distance of a feature (1, d) to what the index stores of original i."""
        index, _ = self._originals(name)
        distances, ids = index.search(feature, len(self), index.nlist)
        return float(distances[0, (ids[0] == i).argmax()])

    def _rank(self, name: str, feature: np.ndarray, i: int) -> int | None:
        """The place of the own cell of original i among all cells, seen from a feature (1, d); None without cells."""
        index, cells = self._originals(name)
        return None if cells is None else int(cell_ranks(index, feature, cells[[i]])[0])


def why(name: str, index: ActiveIndex, nprobe: int, found: bool, rank: int | None, first: float, own: float) -> str:
    """Why a search found the original or not, in a sentence.

    rank: place of its own cell, or None; first, own: distances to the first result and to the own code.
    """
    cells = "" if rank is None else f"Its own cell is the {ordinal(rank)} nearest of {index.nlist:,}"
    visits = f"the search visits {nprobe}"
    if found:
        return "Found: no other stored code is as near." if rank is None else f"Found: {cells[0].lower()}{cells[1:]}."
    if rank is not None and rank > nprobe:
        return f"Lost at the border: {cells[0].lower()}{cells[1:]}, and {visits}."
    if first == own:
        return "Lost by a tie: another picture is exactly as near, and a tie counts as a miss."
    unit = "bits differ" if index.factory.endswith("LSH") else "squared distance"
    form = ".0f" if unit == "bits differ" else ".2f"
    told = f"({unit}: {first:{form}}, against {own:{form}} for its own)"
    if name == NO_INDEX:
        return f"Lost by the extractor: the feature of another picture is nearer {told}."
    return f"Lost by the code: {'its cell is visited, but ' if cells else ''}another code is nearer {told}."


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th ... 11th ... 21st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
