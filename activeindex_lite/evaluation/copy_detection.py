"""Copy detection as DISC21 scores it: micro-AP, recall at a precision and at a rank, of anybody's predictions.

Definitions: Douze et al., "The 2021 Image Similarity Dataset and Challenge" (arXiv 2106.09672). A prediction is a row
(query_id, reference_id, score); a higher score means a surer copy. The truth has a row (query_id, reference_id) per
query, the second empty where the query has no original. Ties always count against. Ids may be text or whole numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import lazy_loader
import numpy as np

from activeindex_lite.evaluation.ids import LONGEST, IdsDoNotMatch, id_texts, mismatch

pd = lazy_loader.load("pandas")

PRECISION = 0.9
PAIR = ["query_id", "reference_id"]


def ranked(predictions: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Predictions in the order in which they are accepted: falling score and, at an equal score, the wrong ones first.

    predictions: DataFrame query_id, reference_id, score; truth: DataFrame query_id, reference_id (empty or missing for
    a query without an original). Returns a DataFrame query_id, reference_id (str), score (float64), correct. ValueError
    for a pair that is predicted or true twice, a score that is no finite number, a truth without any original.
    """
    return _ranked(_checked(predictions), true_pairs(truth))


def _ranked(predictions: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    found = predictions[PAIR].merge(pairs.assign(correct=True), how="left")
    table = predictions.assign(correct=found.correct.notna().to_numpy())
    return table.sort_values(["score", "correct"], ascending=[False, True], kind="stable", ignore_index=True)


def true_pairs(truth: pd.DataFrame) -> pd.DataFrame:
    """The rows of a truth whose query has an original: DataFrame query_id, reference_id of str.

    ValueError where no query has one. None, NaN, "nan", "None" and -1 are read as no original, the last three with a
    warning.
    """
    table = _texts(truth, "the truth")
    _tell_words(truth.reference_id, table.reference_id)
    pairs = table[table.reference_id != ""].reset_index(drop=True)
    if not len(pairs):
        raise ValueError(
            f"the truth names no original for any of its {len(truth)} queries: expected a row query_id,reference_id "
            "for each copy; check that this is the file of the truth"
        )
    _once(pairs, "the truth")
    return pairs


def _tell_words(given: pd.Series, texts: pd.Series) -> None:
    """Warn of originals that a program wrote as a word or number where it had none."""
    words = given.reset_index(drop=True)[(texts == "") & given.notna().to_numpy()].astype(str)
    words = words[words.str.strip() != ""]
    if len(words):
        warnings.warn(
            f"{len(words)} rows of the truth have {', '.join(sorted(set(words))[:4])} as reference_id: read as queries "
            "without an original",
            stacklevel=4,
        )


def _texts(table: pd.DataFrame, where: str, columns: tuple[str, ...] = ("query_id", "reference_id")) -> pd.DataFrame:
    """The columns of a table with its ids as text, a missing reference as ""."""
    lacking = [name for name in columns if name not in getattr(table, "columns", ())]
    if lacking:
        seen = ", ".join(map(str, getattr(table, "columns", [type(table).__name__])))
        raise ValueError(f"{where} lack the column {lacking[0]}: expected {', '.join(columns)}, got {seen[:LONGEST]}")
    texts = (
        table[list(columns)].reset_index(drop=True).assign(**{c: id_texts(table[c], f"{c} of {where}") for c in PAIR})
    )
    if (texts.query_id == "").any():
        row = int((texts.query_id == "").to_numpy().argmax())
        raise ValueError(f"row {row + 1} of {where} has no query_id: expected one in every row")
    return texts


def _checked(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions with ids as text and scores as float64."""
    table = _texts(predictions, "the predictions", ("query_id", "reference_id", "score"))
    scores = pd.to_numeric(table.score, errors="coerce").to_numpy(float, na_value=np.nan)
    bad = ~np.isfinite(scores)
    if bad.any():
        row = table.iloc[int(bad.argmax())]
        raise ValueError(
            f"the score of {row.query_id}, {row.reference_id} is {str(row.score)[:LONGEST]}: expected a finite number "
            f"in every row ({bad.sum()} of {len(bad)} rows have none); leave such pairs out"
        )
    if (table.reference_id == "").any():
        row = table[table.reference_id == ""].iloc[0]
        raise ValueError(
            f"a prediction of query {row.query_id} names no reference: leave the row out where nothing was found"
        )
    _once(table, "the predictions")
    return table.assign(score=scores)


def _once(pairs: pd.DataFrame, where: str) -> None:
    twice = pairs.duplicated(PAIR)
    if twice.any():
        row = pairs.iloc[int(twice.to_numpy().argmax())]
        raise ValueError(
            f"{where} hold the pair {row.query_id}, {row.reference_id} more than once ({twice.sum()} such rows): "
            "keep one row per pair, the one with the highest score"
        )


def precision_recall(predictions: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall after each accepted prediction: a DataFrame score, correct, precision, recall, as `ranked`.

    precision_i = number of correct predictions among the first i / i; recall_i = the same number / pairs in the truth.
    """
    pairs = true_pairs(truth)
    return _curve(_ranked(_checked(predictions), pairs), len(pairs))


def _curve(table: pd.DataFrame, pairs: int) -> pd.DataFrame:
    found = table.correct.cumsum()
    return table[["score", "correct"]].assign(precision=found / np.arange(1, len(table) + 1), recall=found / pairs)


def micro_ap(predictions: pd.DataFrame, truth: pd.DataFrame) -> float:
    """Micro-average precision, the area under the precision-recall curve of all queries' predictions pooled, in [0, 1].

    sum over i of (recall_i - recall_(i-1)) precision_i, with recall_0 = 0.
    """
    return _area(precision_recall(predictions, truth))


def _area(curve: pd.DataFrame) -> float:
    return float(np.sum(np.diff(curve.recall, prepend=0) * curve.precision))


def check_ids(predictions: pd.DataFrame, truth: pd.DataFrame) -> None:
    """ValueError where predictions and truth have no ids in common, for they are written in different ways."""
    said, nothing = mismatch(_checked(predictions), _texts(truth, "the truth"))
    if nothing:
        raise ValueError(said)


def score_predictions(
    predictions: pd.DataFrame, truth: pd.DataFrame, compare_ids: bool = True
) -> dict[str, float | None]:
    """All figures of the benchmark, as a dict of plain numbers that JSON can hold.

    micro_ap; recall_at_p90: the greatest recall at a precision of at least .9, and threshold_at_p90, the lowest score
    that is accepted there (both None where no threshold has that precision); recall_at_1, recall_at_10: share of the
    true pairs among the query's first 1, 10 predictions, where an equal score counts as being before. Warns with
    IdsDoNotMatch where the ids of both tables seem to be written in different ways; compare_ids=False leaves that out,
    for tables whose ids have one source.
    """
    checked, pairs = _checked(predictions), true_pairs(truth)
    said = mismatch(checked, _texts(truth, "the truth"))[0] if compare_ids else ""
    if said:
        warnings.warn(IdsDoNotMatch(said), stacklevel=2)
    table = _ranked(checked, pairs)
    curve = _curve(table, len(pairs))
    good = curve[curve.precision >= PRECISION]
    # Of equal recalls the first: what follows are wrong predictions that need not be accepted.
    point = good.loc[good.recall.idxmax()] if len(good) and good.recall.max() > 0 else None
    return {
        "micro_ap": _area(curve),
        "recall_at_p90": None if point is None else float(point.recall),
        "threshold_at_p90": None if point is None else float(point.score),
        **{f"recall_at_{k}": _recall_at(table, len(pairs), k) for k in (1, 10)},
    }


def recall_at_rank(predictions: pd.DataFrame, truth: pd.DataFrame, k: int) -> float:
    """Share of the true pairs that are among the first k predictions of their query; ties count against.

    The rank of a pair is the number of its query's scores that are at least as high, less one (itself); it counts below
    k.
    """
    pairs = true_pairs(truth)
    return _recall_at(_ranked(_checked(predictions), pairs), len(pairs), k)


def _recall_at(table: pd.DataFrame, pairs: int, k: int) -> float:
    rank = table.groupby("query_id").score.rank(method="max", ascending=False) - 1
    return float((table.correct & (rank < k)).sum() / pairs)


def micro_ap_interval(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    rng: np.random.Generator,
    resamples: int = 1000,
    units: Mapping | None = None,
) -> tuple[float, float]:
    """The 95 % bootstrap interval of micro-AP: (low, high). The arguments are those of `micro_ap_resampled`."""
    values = micro_ap_resampled(predictions, truth, rng, resamples, units)
    return tuple(float(value) for value in np.nanquantile(values, [0.025, 0.975]))


def micro_ap_resampled(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    rng: np.random.Generator,
    resamples: int = 1000,
    units: Mapping | None = None,
) -> np.ndarray:
    """Micro-AP of bootstrap samples of the queries, (resamples,) float64 in [0, 1], NaN for a sample without a copy.

    units: dict query_id -> what is drawn as a whole, such as the original of several copies (None: every query by
    itself). The same rng state and the same queries give the same samples, so two methods on one set of queries can be
    compared sample by sample: their difference is paired.
    """
    pairs = true_pairs(truth)
    table = _ranked(_checked(predictions), pairs)
    queries = np.unique(np.concatenate([_texts(truth, "the truth").query_id, table.query_id]).astype(str))
    of_table, of_pairs = (np.searchsorted(queries, t.query_id.to_numpy(str)) for t in (table, pairs))
    names, unit_of = np.unique(_units(queries, units), return_inverse=True)
    correct, values = table.correct.to_numpy(), []
    for _ in range(resamples):
        weight = rng.multinomial(len(names), np.full(len(names), 1 / len(names)))[unit_of]
        each, all_pairs = weight[of_table], weight[of_pairs].sum()
        # A query drawn w times counts w times in the list: its right prediction adds w recalls at one precision.
        found, seen = np.cumsum(each * correct), np.cumsum(each)
        values.append((each * correct * found / np.maximum(seen, 1)).sum() / all_pairs if all_pairs else np.nan)
    return np.array(values)


def _units(queries: np.ndarray, units: Mapping | None) -> np.ndarray:
    """What each query is drawn with, as text."""
    if units is None:
        return queries
    known = dict(zip(id_texts(list(units), "units"), map(str, units.values()), strict=True))
    lacking = [query for query in queries if query not in known]
    if lacking:
        raise ValueError(
            f"units lacks the query {lacking[0][:LONGEST]!r} and {len(lacking) - 1} more: expected every query"
        )
    return np.array([known[query] for query in queries])
