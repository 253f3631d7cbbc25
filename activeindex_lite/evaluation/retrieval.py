"""R@1: the share of edited queries whose first result is the original, with bootstrap intervals."""

from collections.abc import Mapping

import numpy as np

from activeindex_lite.support.checks import whole_number

MEAN = "Mean"


def first_is_original(index, queries, truth, nprobe=None):
    """Whether the first result of each query is its original, (Q,) bool; a tie for the first place counts against.

    index: an ActiveIndex; queries: (Q, d) features; truth: (Q,) ids of the originals; nprobe: for this search only.
    """
    truth = np.asarray(truth)
    if len(truth) != len(queries):
        raise ValueError(f"{len(queries)} queries but {len(truth)} ids of originals: one id a query is expected")
    if len(truth) and (truth.dtype.kind not in "iu" or not 0 <= truth.min() <= truth.max() < index.ntotal):
        raise ValueError(
            f"truth holds {truth.tolist()!r:.60}: ids of stored vectors are expected, whole numbers from 0 to {index.ntotal - 1}"
        )
    return strictly_first(*index.search(queries, k=min(2, index.ntotal), nprobe=nprobe), truth)


def strictly_first(distances, ids, truth):
    """Whether truth (Q,) is the first of the results (distances and ids (Q, k), k >= 1) and nearer than the second, (Q,)."""
    alone = distances[:, 0] < distances[:, 1] if distances.shape[1] > 1 else True
    return (ids[:, 0] == truth) & alone


def hit_table(index, queries, truth, nprobe=None):
    """`first_is_original` for every edit: a DataFrame (Q, edits) of bool, a column an edit.

    queries: dict from the name of an edit to the features (Q, d) of the Q edited pictures, the same pictures in the same
    order under every edit.
    """
    import pandas as pd

    if not isinstance(queries, Mapping) or not queries:
        raise ValueError('queries is no dict, or empty: give at least one edit, as {"Identity": features}')
    return pd.DataFrame({edit: first_is_original(index, features, truth, nprobe) for edit, features in queries.items()})


def intervals(values, rng, resamples=2000, level=0.95):
    """Percentile bootstrap intervals of column means over the same Q pictures: (low, high), each (columns,).

    values: (Q, columns) numbers, one row a picture. Whole rows are drawn, so everything known of a picture stays
    together and columns stay comparable.
    """
    values = np.asarray(values, float)
    n = len(values)
    if not n:
        raise ValueError("an interval of nothing was asked for: at least one row is needed")
    whole_number(resamples, "resamples")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng={rng!r}: a numpy Generator is expected, such as numpy.random.default_rng(0)")
    means = rng.multinomial(n, np.full(n, 1 / n), size=resamples) @ values / n
    return np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)


def summarise(hits, rng=None, resamples=2000):
    """R@1 of a hit table under each edit and, last, the plain mean over the edits, as the paper's tables give it.

    Returns a DataFrame: edit, r1, low, high (95 % bootstrap over pictures), queries (pictures a row rests on).
    """
    import pandas as pd

    values = hits.astype(float).assign(**{MEAN: hits.mean(axis=1)})
    low, high = intervals(values, rng or np.random.default_rng(0), resamples)
    return pd.DataFrame(
        {"edit": values.columns, "r1": values.mean().to_numpy(), "low": low, "high": high, "queries": len(values)}
    )


def evaluate_retrieval(index, queries, truth, *, nprobe=None, rng=None, resamples=2000):
    """R@1 of edited queries in an index: `hit_table`, then `summarise`.

    index: a built ActiveIndex; queries: dict from the name of an edit to features (Q, d); truth: (Q,) ids of the
    originals; nprobe: cells to visit (IVF), for this evaluation only; rng: numpy Generator of the bootstrap.
    Returns a DataFrame, a row an edit and a last row "Mean": edit, r1, low, high, queries. Ties for the first place count
    against.
    """
    return summarise(hit_table(index, queries, truth, nprobe), rng, resamples)


def paired_gain(before, after, rng=None):
    """What the mean R@1 over the edits gains from one hit table to another of the same pictures and edits.

    Returns a dict passive, activated, gain, low, high: low and high are the 95 % bootstrap interval of the paired difference.
    """
    before, after = before.mean(axis=1).to_numpy(), after.mean(axis=1).to_numpy()
    low, high = intervals((after - before)[:, None], rng or np.random.default_rng(0))
    return {
        "passive": before.mean(),
        "activated": after.mean(),
        "gain": (after - before).mean(),
        "low": low[0],
        "high": high[0],
    }
