"""From an index to predictions (query_id, reference_id, score), as copy detection scores them, normalised or not."""

from __future__ import annotations

from collections.abc import Sequence

import lazy_loader
import numpy as np

from activeindex_lite.index import ActiveIndex
from activeindex_lite.index.active_index import checked_index
from activeindex_lite.support.checks import one_per_row, whole_number

pd = lazy_loader.load("pandas")

K = 10
NEIGHBOURS = 3
BLOCK = 4096


def predict(
    index: ActiveIndex,
    queries: np.ndarray,
    query_ids: Sequence,
    reference_ids: Sequence | None = None,
    *,
    k: int = K,
    nprobe: int | None = None,
    typical: np.ndarray | None = None,
    **settings: float | None,
) -> pd.DataFrame:
    """The first k results of each query as predictions: a DataFrame query_id, reference_id, score.

    queries: (Q, d) features; query_ids: Q names; reference_ids: N names of the stored vectors in order (None: their
    numbers). score: minus the index's distance (squared L2, for LSH the number of differing bits). typical: (Q,) from
    `typical_distances`, for SSCD's score normalisation, which adds it to the scores of a query: a query that is near to
    everything then scores lower. settings: further ones of `ActiveIndex.search`, such as ef_search.
    """
    checked_index(index)
    _refuse_raw(index)
    queries, k = np.asarray(queries), min(whole_number(k, "k"), index.ntotal)
    if not len(queries):
        raise ValueError("queries is empty: expected at least one vector")
    query_ids = one_per_row(query_ids, len(queries), "query_ids", "names", "queries")
    if reference_ids is not None:
        reference_ids = one_per_row(
            reference_ids, index.ntotal, "reference_ids", "names of references", "stored vectors"
        )
    if typical is not None:
        typical = one_per_row(typical, len(queries), "typical", "typical distances", "queries")
    parts = []
    for start in range(0, len(queries), BLOCK):
        rows = slice(start, start + BLOCK)
        distances, ids = index.search(queries[rows], k, nprobe, **settings)
        found = ids >= 0
        scores = -distances.astype(np.float32)
        if typical is not None:
            scores = scores + typical[rows, None]
        names = ids[found] if reference_ids is None else reference_ids[ids[found]]
        columns = {"query_id": np.repeat(query_ids[rows], found.sum(1)), "reference_id": names, "score": scores[found]}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _refuse_raw(index: object) -> None:
    """ValueError for an index that does not search as an ActiveIndex does."""
    if type(index).__module__.startswith("faiss") or not (hasattr(index, "search") and hasattr(index, "ntotal")):
        raise ValueError(
            f"index is a {type(index).__name__}: expected an ActiveIndex, as build_index(factory, train_features, "
            "reference_features) makes it"
        )


def typical_distances(background: ActiveIndex, queries: np.ndarray, nprobe: int | None = None) -> np.ndarray:
    """Mean distance of each query (Q, d) to its first 3 neighbours in a background index, (Q,) float32.

    background: an index with the same training as the searched one, so that distances have the same units and come from
    the same codes; it stores pictures that are no references, such as the training pictures. A query whose visited
    cells are empty there is near to nothing: it gets the largest distance of the others.
    """
    checked_index(background)
    _refuse_raw(background)
    distances, ids = background.search(queries, min(NEIGHBOURS, background.ntotal), nprobe)
    known = ids >= 0
    means = np.where(known, distances, 0).sum(1) / np.maximum(known.sum(1), 1)
    empty = ~known.any(1)
    means[empty] = means[~empty].max(initial=0)
    return means.astype(np.float32)
