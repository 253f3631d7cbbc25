"""How much of the nearest neighbours a search finds, against the work and the time that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np

from activeindex_lite.evaluation.cost import mean_compared
from activeindex_lite.evaluation.timing import search_milliseconds, set_to
from activeindex_lite.index import build_index

if TYPE_CHECKING:
    import pandas

    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")
TIMED = 60


def exact_neighbours(references: np.ndarray, queries: np.ndarray, k: int = 10) -> np.ndarray:
    """Ids of the k nearest of references (N, d) to each of queries (Q, d), by brute force: (Q, k) int64."""
    return build_index("Flat", references[:1], references).search(queries, k)[1]


def recall_and_work(
    index: ActiveIndex, queries: np.ndarray, exact: np.ndarray, settings: Sequence[dict[str, int]]
) -> pandas.DataFrame:
    """Recall, work and time of searches at several settings: a DataFrame index, setting, value, recall, compared, ms.

    queries: (Q, d); exact: (Q, k) ids from `exact_neighbours`; settings: dicts with nprobe or ef_search, or {} for an
    index that compares everything. recall: mean share of the exact k that the search returns; compared: mean share of
    the stored vectors, and of the centroids beside them, whose distance to the query is computed; ms: median of single
    searches on one thread.
    """
    return pd.DataFrame([_row(index, queries, exact, given) for given in settings])


def _row(index, queries, exact, given):
    k = exact.shape[1]
    with set_to(index, given):
        ids = index.search(queries, k)[1]
        ms = np.median(search_milliseconds(index, queries[:TIMED]))
    setting, value = next(iter(given.items()), ("", 1))
    return {
        "index": index.factory,
        "setting": setting,
        "value": value,
        "recall": np.mean([np.isin(found, true).mean() for found, true in zip(ids, exact, strict=True)]),
        "compared": (mean_compared(index, queries, given, k) + (index.nlist or 0)) / index.ntotal,
        "ms": ms,
    }
