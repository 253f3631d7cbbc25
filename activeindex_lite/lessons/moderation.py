"""Notebook 09: what a moderator does with uploads at a threshold, and which uploads are worth a look."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from activeindex_lite.evaluation.ids import with_id_texts

CAUGHT, MISTAKEN, MISSED = "caught", "blocked as another picture", "missed"
BLOCKED, LEFT = "blocked by mistake", "left alone"
OF_COPIES, OF_STRANGERS = (CAUGHT, MISTAKEN, MISSED), (BLOCKED, LEFT)


def judge(predictions: pd.DataFrame, truth: pd.DataFrame, threshold: float = np.nan) -> pd.DataFrame:
    """The outcome of each upload if everything that scores at least `threshold` is blocked: one row per query.

    Columns: query_id, answer (the first result, NaN if there is none), score, copy (whether it has an original),
    right (whether the answer is its original), threshold, outcome (one of OF_COPIES or OF_STRANGERS). A threshold of
    NaN blocks nothing. ValueError if a query has more than one prediction.
    """
    predictions, truth = with_id_texts(predictions), with_id_texts(truth)
    repeated = predictions.query_id[predictions.query_id.duplicated()]
    if len(repeated):
        raise ValueError(
            f"{repeated.iloc[0]!s:.100} has several predictions: expected one per query, as predict(..., k=1) gives"
        )
    first = predictions.set_index("query_id").reindex(truth.query_id)
    copies = truth.reference_id.to_numpy() != ""
    right = first.reference_id.to_numpy() == truth.reference_id.to_numpy()
    acted = first.score.to_numpy() >= threshold
    outcome = np.select(
        [copies & acted & right, copies & acted, copies, acted], [CAUGHT, MISTAKEN, MISSED, BLOCKED], default=LEFT
    )
    return (
        first.reset_index()
        .rename(columns={"reference_id": "answer"})
        .assign(copy=copies, right=right & copies, threshold=float(threshold), outcome=outcome)
    )


def right_and_wrong(predictions: pd.DataFrame, truth: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Scores of first results that are the original (P,), and of those that are another picture (N,), strangers too."""
    judged = judge(predictions, truth).dropna(subset="score")
    return judged.score[judged.right].to_numpy(), judged.score[~judged.right].to_numpy()


def judge_releases(
    found: Mapping[str, pd.DataFrame], truth: pd.DataFrame, limits: Mapping[str, float], nprobe: int = 1
) -> dict[str, pd.DataFrame]:
    """`judge` of the passive and the activated release at one nprobe, each at its own threshold: dict by release.

    found: dict from names such as "passive, nprobe 1" to predictions; limits: the thresholds by the same names.
    """
    names = {release: f"{release}, nprobe {nprobe}" for release in ("passive", "activated")}
    return {release: judge(found[name], truth, limits[name]) for release, name in names.items()}


def actions(judged: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The number of uploads with each outcome: one row per name, one column per outcome, and precision and recall.

    judged: dict from a name to a DataFrame of `judge`. precision, recall: of what is blocked; precision is NaN where
    nothing is blocked.
    """
    table = pd.DataFrame({name: rows.outcome.value_counts() for name, rows in judged.items()}).T
    table = table.reindex(columns=[*OF_COPIES, *OF_STRANGERS]).fillna(0).astype(int)
    blocked = table[[CAUGHT, MISTAKEN, BLOCKED]].sum(axis=1)
    return table.assign(
        precision=table[CAUGHT] / blocked.where(blocked > 0), recall=table[CAUGHT] / table[[*OF_COPIES]].sum(axis=1)
    )


def telling(before: pd.DataFrame, after: pd.DataFrame, n: int = 5) -> np.ndarray:
    """The uploads to look at: (at most n,) int positions, one for each pair of outcomes, in the order below.

    before, after: DataFrames of `judge` on the same uploads. Of each pair, the upload with the highest score after.
    """
    pairs = before.outcome + " / " + after.outcome
    order = [
        (MISSED, CAUGHT),
        (CAUGHT, CAUGHT),
        (MISSED, MISSED),
        (BLOCKED, BLOCKED),
        (LEFT, BLOCKED),
        (BLOCKED, LEFT),
        (LEFT, LEFT),
        (CAUGHT, MISSED),
        (MISSED, MISTAKEN),
        (MISTAKEN, MISTAKEN),
    ]
    found = [np.flatnonzero(pairs == " / ".join(pair)) for pair in order]
    best = [rows[np.argmax(after.score.fillna(-np.inf).to_numpy()[rows])] for rows in found if len(rows)]
    return np.array(best[:n], int)
