"""ThresholdExplorer: drag a threshold over the scores of true and false matches; precision and recall follow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.lessons.similarity import detections, threshold_at_precision
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described

BINS, STEPS = 60, 241
# Shares of the queries that are copies, with their words.
SHARES = {0.5: "every second query", 0.1: "1 query in 10", 0.01: "1 query in 100", 0.001: "1 query in 1,000"}


class ThresholdExplorer(Explorer):
    """A detector that raises an alarm for each score at or above a threshold.

    copies (P,), others (Q,): scores of true and of false matches, the higher the more similar; precision: the
    threshold at the start is the lowest of this precision, if half of all queries are copies; names: what copies and
    others are compared with; quantity: the name of the scores.

    Traits, to set, link and observe from Python: threshold (from the lowest score to the highest), share (of the
    queries that are copies, above 0 and up to 1; the list has .5, .1, .01 and .001). A value out of range raises
    TraitError and changes nothing.
    """

    _esm = esm("plane", "threshold")
    _css = CSS + read("plane.css")
    threshold = Setting(0.0).tag(sync=True)
    share = Setting(0.5).tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    page_traits = ("threshold", "share", "_fixed", "_error")
    title = "A threshold: precision and recall"
    intro = (
        "Copies are drawn upward, other pictures downward. Drag the line: what lies to its right raises an alarm, a "
        "right one above and a wrong one below. Then let copies be rare among the queries."
    )

    def __init__(
        self,
        copies: np.ndarray,
        others: np.ndarray,
        precision: float = 0.9,
        *,
        names: tuple[str, str] = ("its original", "the most similar other picture"),
        quantity: str = "similarity (cosine)",
        **settings: Any,
    ) -> None:
        self._state = tuple(_scores(name, scores) for name, scores in (("copies", copies), ("others", others)))
        everything = np.concatenate(self._state)
        self._limits = float(everything.min()), float(everything.max())
        if "threshold" not in settings:
            settings["threshold"] = min(threshold_at_precision(*self._state, precision)[0], self._limits[1])
        super().__init__(**settings)
        self._names, self._quantity = tuple(map(str, names)), str(quantity)
        edges = np.linspace(*self._limits, BINS + 1)
        steps = detections(*self._state, np.linspace(*self._limits, STEPS))
        self._fixed = {
            "limits": self._limits,
            "bars": [(np.histogram(scores, edges)[0] / len(scores)).round(5).tolist() for scores in self._state],
            "steps": {name: values.round(6).tolist() for name, values in steps.items()},
            "names": self._names,
            "quantity": self._quantity,
            "counts": [len(scores) for scores in self._state],
            "shares": [[share, words] for share, words in SHARES.items()],
        }

    @property
    def result(self) -> dict:
        """What passes: a dict recall, false (shares of the copies and of the others), precision (nan: no alarm)."""
        recall, false = detections(*self.state, np.array([self.threshold]))[["recall", "false"]].iloc[0]
        right, wrong = self.share * recall, (1 - self.share) * false
        return {
            "recall": float(recall),
            "false": float(false),
            "precision": float(right / (right + wrong)) if right + wrong else math.nan,
        }

    @property
    def finding(self) -> str:
        """Precision and recall at the threshold, in one sentence."""
        result = self.result
        precision = "no alarm at all" if math.isnan(result["precision"]) else f"precision {result['precision']:.1%}"
        return (
            f"At a threshold of {self.threshold:.3f}: recall {result['recall']:.1%}, and {precision}, if a share of "
            f"{self.share:g} of the queries are copies"
        )

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.similarity import similarity_histogram
        from activeindex_lite.figures.style import Described

        drawn = similarity_histogram(*self.state, self.threshold, self._names, self._quantity)
        return Described(drawn.figure, f"{drawn.alt} {self.finding}.")

    def stored(self) -> dict:
        """Nothing: all counts are in the page."""
        return {}

    @traitlets.validate("threshold")
    def _valid_threshold(self, proposal: dict) -> float:
        low, high = self._limits
        return checked_number("threshold", proposal.value, low, high, "the range of the scores", whole=False)

    @traitlets.validate("share")
    def _valid_share(self, proposal: dict) -> float:
        return checked_number("share", proposal.value, 1e-9, 1, "a share of the queries", whole=False)


def _scores(name: str, scores: np.ndarray) -> np.ndarray:
    """Scores (n,) as float64; ValueError unless they are one or more finite numbers in a row."""
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
        raise ValueError(f"{name} has shape {scores.shape}: expected one or more finite scores in a row, (n,)")
    return scores
