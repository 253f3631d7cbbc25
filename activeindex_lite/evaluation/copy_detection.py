"""Copy detection as DISC21 scores it: micro-AP, recall at a precision and at a rank, of anybody's predictions.

Definitions: Douze et al., "The 2021 Image Similarity Dataset and Challenge" (arXiv 2106.09672). A prediction is a row
(query_id, reference_id, score), a higher score meaning more alike; the truth is a row (query_id, reference_id) for every
query, the second empty where the query has no original. Ties always count against.
"""

import numpy as np

PRECISION = 0.9


def ranked(predictions, truth):
    """Predictions in the order in which they are accepted: falling score and, at an equal score, the wrong ones first.

    predictions: DataFrame query_id, reference_id, score; truth: DataFrame query_id, reference_id (empty or missing for a
    query without an original). Returns a DataFrame query_id, reference_id, score, correct.
    ValueError for a pair that is predicted or true twice, a score that is no finite number, a truth without any original.
    """
    predictions, truth = _checked(predictions), true_pairs(truth)
    pairs = predictions[["query_id", "reference_id"]].merge(truth.assign(correct=True), how="left")
    table = predictions.assign(correct=pairs.correct.notna().to_numpy())
    return table.sort_values(["score", "correct"], ascending=[False, True], kind="stable", ignore_index=True)


def true_pairs(truth):
    """The rows of a truth whose query has an original: DataFrame query_id, reference_id; ValueError if there are none."""
    pairs = truth.loc[truth.reference_id.fillna("") != "", ["query_id", "reference_id"]]
    if not len(pairs):
        raise ValueError(
            f"the truth names no original for any of its {len(truth)} queries, so there is nothing to find: is "
            "it the file that says which query is a copy of which reference?"
        )
    _once(pairs, "the truth")
    return pairs


def _checked(predictions):
    missing = {"query_id", "reference_id", "score"} - set(predictions.columns)
    if missing:
        raise ValueError(
            f"predictions lack the column {min(missing)}: query_id, reference_id and score are expected, "
            f"got {', '.join(map(str, predictions.columns))}"
        )
    bad = ~np.isfinite(predictions.score.to_numpy(float))
    if bad.any():
        row = predictions.iloc[int(bad.argmax())]
        raise ValueError(
            f"the score of {row.query_id}, {row.reference_id} is {row.score}: a finite number is expected in "
            f"every row ({bad.sum()} of {len(bad)} are not); leave such pairs out"
        )
    _once(predictions, "the predictions")
    return predictions[["query_id", "reference_id", "score"]]


def _once(pairs, where):
    twice = pairs.duplicated(["query_id", "reference_id"])
    if twice.any():
        row = pairs.iloc[int(twice.to_numpy().argmax())]
        raise ValueError(
            f"{where} hold the pair {row.query_id}, {row.reference_id} more than once ({twice.sum()} such rows): "
            "keep one row a pair, the one with the highest score"
        )


def precision_recall(predictions, truth):
    """Precision and recall after each accepted prediction: a DataFrame score, correct, precision, recall, as `ranked`.

    precision_i = correct ones among the first i / i; recall_i = the same number / pairs in the truth.
    """
    return _curve(ranked(predictions, truth), len(true_pairs(truth)))


def _curve(table, pairs):
    found = table.correct.cumsum()
    return table[["score", "correct"]].assign(precision=found / np.arange(1, len(table) + 1), recall=found / pairs)


def micro_ap(predictions, truth):
    """Micro-average precision, the area under the precision-recall curve of all queries' predictions pooled, in [0, 1].

    sum over i of (recall_i - recall_(i-1)) precision_i, with recall_0 = 0.
    """
    return _area(precision_recall(predictions, truth))


def _area(curve):
    return float(np.sum(np.diff(curve.recall, prepend=0) * curve.precision))


def score_predictions(predictions, truth):
    """All figures of the benchmark, as a dict of plain numbers that JSON can hold.

    micro_ap; recall_at_p90: the greatest recall at a precision of at least .9, and threshold_at_p90, the lowest score that
    is accepted there (both None where no threshold has that precision); recall_at_1, recall_at_10: share of the true
    pairs that are among the query's first 1, 10 predictions, where an equal score counts as being before.
    """
    table, pairs = ranked(predictions, truth), len(true_pairs(truth))
    curve = _curve(table, pairs)
    good = curve[curve.precision >= PRECISION]
    # Of equal recalls the first: what comes after it are wrong predictions that need not be accepted.
    point = good.loc[good.recall.idxmax()] if len(good) and good.recall.max() > 0 else None
    return {
        "micro_ap": _area(curve),
        "recall_at_p90": None if point is None else float(point.recall),
        "threshold_at_p90": None if point is None else float(point.score),
        **{f"recall_at_{k}": _recall_at(table, pairs, k) for k in (1, 10)},
    }


def recall_at_rank(predictions, truth, k):
    """Share of the true pairs that are among the first k predictions of their query; ties count against.

    The rank of a pair is the number of its query's scores that are at least as high, less one (itself); it counts below k.
    """
    return _recall_at(ranked(predictions, truth), len(true_pairs(truth)), k)


def _recall_at(table, pairs, k):
    rank = table.groupby("query_id").score.rank(method="max", ascending=False) - 1
    return float((table.correct & (rank < k)).sum() / pairs)


def micro_ap_interval(predictions, truth, rng, resamples=1000, units=None):
    """The 95 % bootstrap interval of micro-AP: (low, high). The arguments are those of `micro_ap_resampled`."""
    values = micro_ap_resampled(predictions, truth, rng, resamples, units)
    return tuple(float(value) for value in np.nanquantile(values, [0.025, 0.975]))


def micro_ap_resampled(predictions, truth, rng, resamples=1000, units=None):
    """Micro-AP of bootstrap samples of the queries, (resamples,) float64.

    units: dict query_id -> what is drawn as a whole, such as the original of several copies (None: every query by itself).
    The same rng state and the same queries give the same samples, so two methods on one set of queries can be compared
    sample by sample: their difference is paired.
    """
    table, pairs = ranked(predictions, truth), true_pairs(truth)
    queries = np.unique(np.concatenate([np.asarray(truth.query_id, str), np.asarray(table.query_id, str)]))
    of_table, of_pairs = (np.searchsorted(queries, np.asarray(t.query_id, str)) for t in (table, pairs))
    names, unit_of = np.unique([q if units is None else str(units[q]) for q in queries], return_inverse=True)
    correct, values = table.correct.to_numpy(), []
    for _ in range(resamples):
        weight = rng.multinomial(len(names), np.full(len(names), 1 / len(names)))[unit_of]
        each, all_pairs = weight[of_table], weight[of_pairs].sum()
        # A query drawn w times stands w times in the list: its right prediction adds w recalls at one precision.
        found, seen = np.cumsum(each * correct), np.cumsum(each)
        values.append((each * correct * found / np.maximum(seen, 1)).sum() / all_pairs if all_pairs else np.nan)
    return np.array(values)
