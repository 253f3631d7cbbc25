"""R@1: the share of edited queries whose first result is the original, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np

from activeindex_lite.index.active_index import checked_index
from activeindex_lite.support.checks import one_per_row, whole_number

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")

# The name of a table's last row, the plain mean over the edits.
MEAN = "Mean"


def first_is_original(
    index: ActiveIndex, queries: np.ndarray, truth: np.ndarray, nprobe: int | None = None, **settings: float | None
) -> np.ndarray:
    """Whether the first result of each query is its original, (Q,) bool; a tie for the first place counts against.

    queries: (Q, d) features; truth: (Q,) whole numbers, the ids of the originals; nprobe: for this search only (None:
    the index's own); settings: further ones of `ActiveIndex.search`, such as ef_search. ValueError for another kind of
    index, or ids that it does not store.
    """
    checked_index(index)
    truth = one_per_row(truth, len(queries), "truth", "ids of originals", "queries")
    if len(truth) and (truth.dtype.kind not in "iu" or not 0 <= truth.min() <= truth.max() < index.ntotal):
        raise ValueError(
            f"truth holds {truth.tolist()!r:.60}: expected ids of stored vectors, whole numbers from 0 to "
            f"{index.ntotal - 1}"
        )
    return strictly_first(*index.search(queries, k=min(2, index.ntotal), nprobe=nprobe, **settings), truth)


def strictly_first(distances: np.ndarray, ids: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whether truth is the first result and nearer than the second: (Q,) bool.

    distances, ids: (Q, k) results in rising distance, k >= 1; truth: (Q,) ids.
    """
    alone = distances[:, 0] < distances[:, 1] if distances.shape[1] > 1 else True
    return (ids[:, 0] == truth) & alone


def hit_table(
    index: ActiveIndex,
    queries: Mapping[str, np.ndarray],
    truth: np.ndarray,
    nprobe: int | None = None,
    **settings: float | None,
) -> pd.DataFrame:
    """`first_is_original` for every edit: a DataFrame (Q, edits) of bool, one column per edit.

    queries: dict from the name of an edit to the features (Q, d) of Q edited pictures, the same pictures in the same
    order under every edit. nprobe, settings: of the search. ValueError for no edit, or one called "Mean".
    """
    if not isinstance(queries, Mapping) or not queries:
        raise ValueError('queries is no dict, or empty: give at least one edit, as {"Identity": features}')
    _check_names(queries)
    return pd.DataFrame(
        {edit: first_is_original(index, features, truth, nprobe, **settings) for edit, features in queries.items()}
    )


def _check_names(edits: Iterable) -> None:
    if MEAN in edits:
        raise ValueError(f'an edit is called "{MEAN}", the name of the row of means: give the edit another name')


def intervals(
    values: np.ndarray, rng: np.random.Generator, resamples: int = 2000, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile bootstrap intervals of column means over the same Q pictures: (low, high), each (columns,).

    values: (Q, columns) numbers, one row per picture. Whole rows are drawn, so all values of a picture stay together
    and columns stay comparable.
    """
    values = np.asarray(values, float)
    n = len(values)
    if not n:
        raise ValueError("cannot bootstrap an empty table: expected at least one row")
    whole_number(resamples, "resamples")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng={rng!r}: expected a numpy Generator, such as numpy.random.default_rng(0)")
    means = rng.multinomial(n, np.full(n, 1 / n), size=resamples) @ values / n
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def summarise(hits: pd.DataFrame, rng: np.random.Generator | None = None, resamples: int = 2000) -> pd.DataFrame:
    """R@1 of a hit table under each edit and, in the last row, the plain mean over the edits, as in the paper's tables.

    Returns a DataFrame: edit, r1, low, high (95 % bootstrap over pictures), queries (pictures that a row rests on).
    """
    _check_names(hits.columns)
    values = hits.astype(float).assign(**{MEAN: hits.mean(axis=1)})
    low, high = intervals(values, rng or np.random.default_rng(0), resamples)
    return pd.DataFrame(
        {"edit": values.columns, "r1": values.mean().to_numpy(), "low": low, "high": high, "queries": len(values)}
    )


def evaluate_retrieval(
    index: ActiveIndex,
    queries: Mapping[str, np.ndarray],
    truth: np.ndarray,
    *,
    nprobe: int | None = None,
    rng: np.random.Generator | None = None,
    resamples: int = 2000,
) -> pd.DataFrame:
    """R@1 of edited queries in an index: `hit_table`, then `summarise`.

    index: a filled ActiveIndex; queries: dict from the name of an edit to features (Q, d); truth: (Q,) ids of the
    originals; nprobe: number of cells that a search visits, for this evaluation only; rng: of the bootstrap.
    Returns a DataFrame with one row per edit and a last row "Mean": edit, r1, low, high, queries. A tie for the first
    place counts against.
    """
    return summarise(hit_table(index, queries, truth, nprobe), rng, resamples)


def paired_gain(before: pd.DataFrame, after: pd.DataFrame, rng: np.random.Generator | None = None) -> dict[str, float]:
    """The gain in mean R@1 over the edits from one hit table to another one of the same pictures and edits.

    Returns a dict passive, activated, gain, low, high: low and high bound the 95 % bootstrap interval of the paired
    difference. ValueError for tables of different pictures or edits.
    """
    check_paired(before, after)
    before, after = before.mean(axis=1).to_numpy(), after.mean(axis=1).to_numpy()
    low, high = intervals((after - before)[:, None], rng or np.random.default_rng(0))
    return {
        "passive": before.mean(),
        "activated": after.mean(),
        "gain": (after - before).mean(),
        "low": low[0],
        "high": high[0],
    }


def check_paired(*tables: pd.DataFrame) -> None:
    """ValueError unless all hit tables have the same number of pictures and the same edits."""
    first = tables[0]
    for table in tables[1:]:
        if len(table) != len(first) or set(table.columns) != set(first.columns):
            raise ValueError(
                f"hit tables of {len(first)} pictures and {first.shape[1]} edits, and of {len(table)} and "
                f"{table.shape[1]}: expected the same pictures under the same edits in both"
            )
