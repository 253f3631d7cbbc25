"""StrengthExplorer: R@1 against the strength of an edit; a point shows copies of that strength and their search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.pictures.uris import thumbnail
from activeindex_lite.widgets.examples import SMALL, ExampleExplorer, plain
from activeindex_lite.widgets.module import Setting, checked_name, checked_number, esm

if TYPE_CHECKING:
    import pandas

    from activeindex_lite.figures.style import Described
    from activeindex_lite.lessons.evaluation import Lesson


class StrengthExplorer(ExampleExplorer):
    """R@1 against the strength of an edit, with a strip of copies and the search for one of them.

    lesson: from lessons.evaluation.measure_lesson, whose pictures the copies show; curves: a table as
    sweeps.strengths.load_strengths returns it (None: that of the lesson). Traits, to set, link and observe from Python:
    edit (a name in STRENGTHS), curve (0 ..., a line of .lines), point (0 ..., a strength), picture (0 ..., an
    original). A value out of range raises TraitError and changes nothing. .example: the copy that is shown; .lines:
    (index, nprobe, activated) of each curve.
    """

    _esm = esm("examples", "strength")
    edit = Setting("").tag(sync=True)
    curve = Setting(0).tag(sync=True)
    point = Setting(0).tag(sync=True)
    _curves = traitlets.Dict().tag(sync=True)
    _strip = traitlets.List().tag(sync=True)

    page_traits = ("edit", "curve", "point", "picture", "_curves", "_originals", "_error")
    title = "Strength of an edit"
    intro = (
        "R@1 against the strength of an edit; under the curves, one original at each strength. Point at a mark, or "
        "move with the arrow keys: you see the copy, what the search found first, and why. A click keeps the mark."
    )

    def __init__(self, lesson: Lesson, curves: pandas.DataFrame | None = None, **settings: Any) -> None:
        from activeindex_lite.figures.evaluation import CURVES

        self._begin(lesson.examples)
        self._rows = lesson.curves if curves is None else curves
        self._looks = CURVES
        self._values = {name: sorted(set(own.value)) for name, own in self._rows.groupby("sweep", sort=False)}
        first = next(iter(self._values))
        settings = {"edit": first, "curve": len(CURVES) - 1, **settings}
        settings.setdefault("point", len(self._values[checked_name("edit", settings["edit"], self._values)]) // 3)
        super().__init__(**settings)
        self._curves, self._originals = self._whole(), self._small()
        self._refresh()
        self.observe(lambda _: self._refresh(), ["edit", "curve", "point", "picture"])

    @property
    def lines(self) -> list[tuple]:
        """(index, nprobe, activated) of each curve."""
        return list(self._looks)

    def still(self) -> Described:
        """The curves of all edits as a figure with a text alternative."""
        from activeindex_lite.figures.evaluation import strengths

        return strengths(self._rows)

    def stored(self) -> dict:
        """All that a page without a kernel shows: every point, for the present original."""
        keys = {
            f"{edit} {curve} {point}": (self.picture, *line, (edit, value))
            for edit, values in self._values.items()
            for point, value in enumerate(values)
            for curve, line in enumerate(self.lines)
        }
        strips = {edit: self._copies(edit) for edit in self._values}
        return {**self._kept(keys), "strips": strips, "picture": self.picture}

    def _point(self) -> tuple:
        return (*self.lines[self.curve], (self.edit, self._values[self.edit][self.point]))

    def _copies(self, edit: str) -> list[str]:
        """The passive copies of the present original at each strength."""
        examples, name = self.state, self.lines[0][0]
        return [
            thumbnail(examples.copy(self.picture, name, False, (edit, value)), SMALL) for value in self._values[edit]
        ]

    def _refresh(self) -> None:
        # An edit with fewer strengths may come before the point that suits it.
        if self.point >= len(self._values[self.edit]):
            self.point = len(self._values[self.edit]) - 1
        with self.hold_sync():
            self._strip = self._copies(self.edit)
            super()._refresh()

    def _whole(self) -> dict:
        """The curves as the page draws them, by edit."""
        table = self._rows.set_index(["sweep", "index", "nprobe", "activated", "value"]).sort_index()

        def curve(edit: str, line: tuple) -> list[list]:
            points = [table.loc[(edit, *line, value)] for value in self._values[edit]]
            return [[plain(point[what]) for what in ("r1", "low", "high")] for point in points]

        return {
            "labels": [label for label, *_ in self._looks.values()],
            "edits": {
                edit: {
                    "unit": STRENGTHS[edit].unit,
                    "values": values,
                    "curves": [curve(edit, line) for line in self.lines],
                }
                for edit, values in self._values.items()
            },
        }

    @traitlets.validate("edit")
    def _valid_edit(self, proposal: dict) -> str:
        return checked_name("edit", proposal.value, self._values)

    @traitlets.validate("curve", "point")
    def _valid_number(self, proposal: dict) -> int:
        name = proposal.trait.name
        known = len(self._looks) if name == "curve" else max(map(len, self._values.values()))
        return checked_number(name, proposal.value, 0, known - 1, f"there are {known} of them")
