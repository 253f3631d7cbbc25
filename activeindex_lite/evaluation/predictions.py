"""From an index to predictions (query_id, reference_id, score), as copy detection scores them, normalised or not."""

import numpy as np

from activeindex_lite.support.checks import whole_number

K = 10
NEIGHBOURS = 3
BLOCK = 4096


def predict(index, queries, query_ids, reference_ids=None, *, k=K, nprobe=None, typical=None):
    """The first k results of each query as predictions: a DataFrame query_id, reference_id, score.

    index: an ActiveIndex; queries: (Q, d) features; query_ids: Q names. reference_ids: N names, of the stored vectors in
    order (None: their numbers). score: minus the index's distance (squared L2, for LSH differing bits).
    typical: (Q,) from `typical_distances`, for SSCD's score normalisation: it is added to a query's scores, so that a
    query which is near to everything scores lower.
    """
    import pandas as pd

    queries, query_ids = np.asarray(queries), np.asarray(query_ids)
    if len(query_ids) != len(queries):
        raise ValueError(f"{len(queries)} queries but {len(query_ids)} names: one name a query is expected")
    if reference_ids is not None and len(reference_ids) != index.ntotal:
        raise ValueError(
            f"{len(reference_ids)} names of references but {index.ntotal} stored vectors: one name each is expected"
        )
    if not len(queries):
        raise ValueError("queries is empty: at least one vector is needed")
    if typical is not None and np.shape(typical) != (len(queries),):
        raise ValueError(
            f"typical has shape {np.shape(typical)}: one number a query is expected, ({len(queries)},), from typical_distances"
        )
    k = min(whole_number(k, "k"), index.ntotal)
    parts = []
    for start in range(0, len(queries), BLOCK):
        rows = slice(start, start + BLOCK)
        distances, ids = index.search(queries[rows], k, nprobe)
        found = ids >= 0
        scores = -distances.astype(np.float32)
        if typical is not None:
            scores = scores + typical[rows, None]
        names = ids[found] if reference_ids is None else np.asarray(reference_ids)[ids[found]]
        parts.append(
            pd.DataFrame(
                {"query_id": np.repeat(query_ids[rows], found.sum(1)), "reference_id": names, "score": scores[found]}
            )
        )
    return pd.concat(parts, ignore_index=True)


def typical_distances(background, queries, nprobe=None):
    """Mean distance of each query (Q, d) to its first 3 neighbours in a background index, (Q,) float32.

    background: an index with the same training as the one that is searched, which stores pictures that are no references,
    such as those that trained it: so distances are in the same units and made with the same codes. A query whose visited
    cells are all but empty there is near to nothing: it gets the largest distance of the others.
    """
    distances, ids = background.search(queries, min(NEIGHBOURS, background.ntotal), nprobe)
    known = ids >= 0
    means = np.where(known, distances, 0).sum(1) / np.maximum(known.sum(1), 1)
    empty = ~known.any(1)
    means[empty] = means[~empty].max(initial=0)
    return means.astype(np.float32)
