"""Duplicates among the references and strangers of an evaluation: counted, noted, and by default left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.evaluate.features import Features
from activeindex_lite.evaluation.duplicates import first_with_feature

if TYPE_CHECKING:
    from activeindex_lite.evaluate.material import Remarks


class Duplicates:
    """Which references and strangers are the same picture as an earlier one.

    references: one Features per source, the originals in the first; strangers: as they are, before an edit (None:
    synthetic ones, which are all different). A stranger counts before the distractors, the later sources, so that of a
    picture that is both it is the distractor that goes.
    """

    def __init__(self, references: list[Features], strangers: Features | None):
        if strangers is None:
            strangers = Features(references[0].features[:0], np.empty(0, np.int64), [], [])
        self.references, self.strangers = references, strangers
        parts = [references[0], strangers, *references[1:]]
        self.names = [name for part in parts for name in part.names]
        self.first = first_with_feature(*(part.features for part in parts))
        self.ends = np.cumsum([len(part) for part in parts])[:-1]
        self.alone = self.first == np.arange(len(self.first))
        self.is_stranger = np.zeros(len(self.first), bool)
        self.is_stranger[self.ends[0] : self.ends[0] + len(strangers)] = True

    def left_out(self, remarks: Remarks) -> tuple[list[Features], set[str]]:
        """The references without duplicates, and the names of the strangers that are left out with them; both noted."""
        twice, denied = self._twice(), np.flatnonzero(self.is_stranger & (self.first < self.ends[0]))
        if len(twice):
            remarks.say(f"{self._about(twice)}: one of each is indexed (--keep-duplicates indexes all)")
        if len(denied):
            many = f"{len(denied):,} of {len(self.strangers):,} strangers are duplicates of a reference"
            remarks.say(f"{many}, such as {self._example(denied[0])}: they are left out")
        for where, rows in (("references", twice), ("strangers", denied)):
            named = [(self.names[i], f"a duplicate of {self.names[self.first[i]]}") for i in rows]
            remarks.leave_out(where, named)
        own, _, *others = np.split(self.alone, self.ends)
        kept = [part.kept(keep) for part, keep in zip(self.references, [own, *others], strict=True)]
        return kept, {self.names[i] for i in denied}

    def noted(self, remarks: Remarks) -> None:
        """Note the duplicates, all of which stay."""
        twice = self._twice()
        if len(twice):
            remarks.say(f"{self._about(twice)}: all are indexed, and a tie for the first place counts against R@1")
        # A stranger may be the same as a reference before it or behind it.
        behind = np.unique(self.first[twice])
        found = np.union1d(
            np.flatnonzero(self.is_stranger & (self.first < self.ends[0])), behind[self.is_stranger[behind]]
        )
        if len(found):
            remarks.say(
                f"{len(found):,} of {len(self.strangers):,} strangers are references too, such as "
                f"{self.names[found[0]]}: finding them counts as a false alarm"
            )

    def _twice(self) -> np.ndarray:
        """Positions of the references that are the same as an earlier picture."""
        return np.flatnonzero(~self.alone & ~self.is_stranger)

    def _about(self, twice: np.ndarray) -> str:
        many = f"{len(twice):,} of {(~self.is_stranger).sum():,} references are duplicates of another picture"
        return f"{many}, such as {self._example(twice[0])}"

    def _example(self, i: int) -> str:
        return f"{self.names[i]} of {self.names[self.first[i]]}"
