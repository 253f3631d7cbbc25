"""ResultsExplorer: the big table of notebook 08; a click on a cell shows copies behind it and why they were lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from activeindex_lite.evaluation import MEAN, PUBLISHED
from activeindex_lite.widgets.examples import ExampleExplorer, plain
from activeindex_lite.widgets.module import Setting, checked_name, checked_number, esm

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described
    from activeindex_lite.lessons.evaluation import Lesson

# The cell and, of its copies, one that is lost.
START, FIRST = ("IVF-PQ", 1, True), "Crop 0.5"


class ResultsExplorer(ExampleExplorer):
    """R@1 of every index, passive and activated, under every edit, with the copies behind each cell of the table.

    lesson: from lessons.evaluation.measure_lesson. Traits, to set, link and observe from Python: row (0 ..., a row of
    .rows), edit (a name), picture (0 ..., an original). A value out of range raises TraitError and changes nothing.
    .example: the copy that is shown; .rows: (index, nprobe, activated) of each row.
    """

    _esm = esm("examples", "results")
    row = Setting(0).tag(sync=True)
    edit = Setting("").tag(sync=True)
    _table = traitlets.Dict().tag(sync=True)

    page_traits = ("row", "edit", "picture", "_table", "_originals", "_error")
    title = "The big table, and the copies behind it"
    intro = (
        "Each cell is R@1 of one index under one edit, the paper's value below ours. Point at a cell, or move with the "
        "arrow keys: below you see a copy, what the search found first, and why. A click keeps the cell."
    )

    def __init__(self, lesson: Lesson, **settings: Any) -> None:
        self._begin(lesson.examples)
        self._lesson = lesson
        self._edits = list(next(iter(lesson.hits.values())).columns)
        settings.setdefault("row", self.rows.index(START) if START in self.rows else 0)
        settings.setdefault("edit", FIRST if FIRST in self._edits else self._edits[0])
        super().__init__(**settings)
        if "picture" not in settings:
            self.picture = int(lesson.hits[self.rows[self.row]][self.edit].to_numpy().argmin())
        self._table, self._originals = self._whole(), self._small()
        self._refresh()
        self.observe(lambda _: self._refresh(), ["row", "edit", "picture"])

    @property
    def rows(self) -> list[tuple]:
        """(index, nprobe, activated) of each row of the table."""
        return list(self._lesson.hits)

    def still(self) -> Described:
        """The table as a figure with a text alternative."""
        from activeindex_lite.figures.evaluation import big_table

        return big_table(self._lesson.retrieval)

    def stored(self) -> dict:
        """All that a page without a kernel shows: for each cell one copy that is found and one that is lost."""
        keys = {}
        for row, key in enumerate(self.rows):
            for edit in self._edits:
                hits = self._lesson.hits[key][edit].to_numpy()
                for i in {int(hits.argmax()), int(hits.argmin())}:
                    keys[f"{row} {edit} {i}"] = (i, *key, edit)
        return self._kept(keys)

    def _point(self) -> tuple:
        return (*self.rows[self.row], self.edit)

    def _whole(self) -> dict:
        """The table as the page draws it: one dict per row."""
        r1 = self._lesson.retrieval.set_index(["index", "nprobe", "activated", "edit"]).r1
        columns = [*self._edits, MEAN]
        return {
            "edits": self._edits,
            "mean": MEAN,
            "rows": [
                {
                    "name": name,
                    "nprobe": nprobe if "IVF" in name else None,
                    "activated": activated,
                    "ours": [plain(r1[name, nprobe, activated, edit]) for edit in columns],
                    "paper": [PUBLISHED.get((name, nprobe, activated), {}).get(edit) for edit in columns],
                    "hits": ["".join("01"[int(hit)] for hit in hits[edit]) for edit in self._edits],
                }
                for (name, nprobe, activated), hits in self._lesson.hits.items()
            ],
        }

    @traitlets.validate("row")
    def _valid_row(self, proposal: dict) -> int:
        most = len(self.rows) - 1
        return checked_number("row", proposal.value, 0, most, f"the table has {most + 1} rows")

    @traitlets.validate("edit")
    def _valid_edit(self, proposal: dict) -> str:
        return checked_name("edit", proposal.value, self._edits)
