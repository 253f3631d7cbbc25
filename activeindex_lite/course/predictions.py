"""`predict`: what a reader commits to before a cell runs, the truth that the cell measured, and both as a table."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader

from activeindex_lite.course.glossary import glossary
from activeindex_lite.course.lesson_questions import lesson
from activeindex_lite.support.files import told
from activeindex_lite.support.locks import alone

if TYPE_CHECKING:
    import pandas

    from activeindex_lite.widgets.prediction import Prediction

pd = lazy_loader.load("pandas")
COLUMNS = ("who", "name", "question", "prediction", "truth", "time", "in_time")


class Predictions:
    """The predictions of one kernel: predict("02-border") asks, predict.reveal("02-border", truth) answers.

    `number`, `choice` and `curve` ask questions of your own. `table` holds all of them, and `save` appends them to a
    CSV file. Nothing has to be predicted: a notebook runs to its end without.
    """

    def __init__(self) -> None:
        self._asked: dict[str, Prediction] = {}

    def __call__(self, name: str) -> Prediction:
        """The prediction `name` of a lesson, such as "02-border"; ValueError if the lesson has no such prediction."""
        number, _, short = str(name).partition("-")
        asked = lesson(number).predictions
        if short not in asked:
            names = ", ".join(f"{number}-{known}" for known in asked)
            raise ValueError(f"{name!r} is not among the predictions of notebook {number}: {names}")
        return self._ask(name, asked[short].kind, asked[short].text, **asked[short].form)

    def choice(self, name: str, question: str, options: Sequence[str]) -> Prediction:
        """Ask which of the options is right; the truth will be one of them."""
        return self._ask(name, "choice", question, options=list(options))

    def number(
        self, name: str, question: str, unit: str = "", low: float | None = None, high: float | None = None
    ) -> Prediction:
        """Ask for a number; low and high: its range, which also gives the reader a slider."""
        return self._ask(name, "number", question, unit=unit, low=low, high=high)

    def curve(
        self, name: str, question: str, across: str, at: Sequence, up: str, low: float = 0.0, high: float = 1.0
    ) -> Prediction:
        """Ask for a drawn curve: one value from low to high of `up` at each value in `at` of `across`."""
        return self._ask(name, "curve", question, across=across, at=[*map(str, at)], up=up, low=low, high=high)

    def _ask(self, name: str, kind: str, question: str, **form: Any) -> Prediction:
        from activeindex_lite.widgets.prediction import Prediction

        made = Prediction(name, kind, question, **form)
        # By which the notebook's bold words show their lines of the glossary.
        made.terms = glossary()
        if (old := self._asked.get(name)) is not None and old.form == made.form:
            made.take(old)
        self._asked[name] = made
        return made

    def reveal(self, name: str, truth: Any) -> Revealed:
        """The prediction beside the truth, which the cell before has measured.

        truth: one of the options, or its position from 0; a number; or the values of a curve. ValueError for another
        form of truth, and for a name that was not asked.
        """
        if name not in self._asked:
            known = ", ".join(self._asked) or "none so far"
            raise ValueError(f"{name!r} was not asked: run its predict cell first. Asked: {known}")
        self._asked[name].reveal(truth)
        return Revealed(self._asked[name])

    def table(self) -> pandas.DataFrame:
        """One row per question: name, question, prediction, truth, time (UTC) and in_time.

        A prediction that was not made and a truth that was not shown are None. in_time: whether the prediction was made
        before the truth was shown. A curve is a list of numbers.
        """
        return pd.DataFrame([card.row() for card in self._asked.values()], columns=COLUMNS[1:])

    def save(self, path: str | Path, who: str = "") -> int:
        """Append the predictions made so far to a CSV file, which is made if it does not exist; returns how many.

        who: a name for the rows, where a class shares the file. Rows that the file holds already are not written again.
        ValueError if the file is another kind of table: it stays as it is.
        """
        path = Path(path)
        rows = [{"who": who, **card.row()} for card in self._asked.values() if card.row()["time"]]
        try:
            with alone(f"{path}.lock"):
                return _append(
                    path, [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
                )
        except OSError as refused:
            raise told(refused, path) from refused


def _append(path: Path, rows: list[dict]) -> int:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    reader = csv.DictReader(io.StringIO(text))
    if text and tuple(reader.fieldnames or ()) != COLUMNS:
        raise ValueError(f"{path} is not a table of predictions, and stays as it is: name another file")
    there = [*reader]
    new = [row for row in rows if row not in there]
    added = io.StringIO()
    writer = csv.DictWriter(added, COLUMNS, lineterminator="\n")
    if not text:
        writer.writeheader()
    elif not text.endswith("\n"):
        added.write("\n")
    writer.writerows(new)
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(added.getvalue())
    return len(new)


class Revealed:
    """A prediction beside the truth, as HTML, and as text."""

    def __init__(self, card: Prediction):
        self.card, self.text, self.sign = card, card.verdict(), card.sign()

    def __repr__(self) -> str:
        return f"{self.sign} {self.text}".strip()

    def _repr_html_(self) -> str:
        colour = {"✓": "#009E73", "✗": "#D55E00"}.get(self.sign, "#888888")
        drawing = self.card.drawing() if self.card.kind == "curve" else ""
        # Pages without a kernel leave out .ai-said: nobody could predict there.
        said, truth = ("", self.text) if self.card.value is not None else self.card.said_nothing()
        said = f'<span class="ai-said">{said}</span>' if said else self.sign
        line = "double" if self.sign == "✓" else "solid"
        box = f"border-left:6px {line} {colour};padding:.3em .8em;margin:.3em 0;max-width:46em"
        return (
            f'<div class="ai-revealed" role="status" style="{box}">'
            f'<p style="margin:.2em 0;opacity:.85">{html.escape(self.card.question)}</p>'
            f'<p style="margin:.2em 0"><strong>{said} {html.escape(truth)}</strong></p>{drawing}</div>'
        )


predict = Predictions()
