"""How long one search takes."""

import time

import numpy as np

from activeindex_lite.index import faiss_threads

SEARCHES = 200


def search_milliseconds(index, queries, nprobe=None, k=1):
    """Milliseconds of each search, (Q,) float64: real queries (Q, d), one at a time, on a single thread."""
    times = []
    with faiss_threads(1):
        index.search(queries[:1], k=k, nprobe=nprobe)
        for i in range(len(queries)):
            begun = time.perf_counter()
            index.search(queries[i : i + 1], k=k, nprobe=nprobe)
            times.append(1000 * (time.perf_counter() - begun))
    return np.array(times)


def median_milliseconds(index, queries, nprobe=None):
    """Median milliseconds of a search for edited copies: at most 200 of them, of every edit.

    queries: dict from the name of an edit to features (Q, d).
    """
    real = np.concatenate(list(queries.values()))
    return float(np.median(search_milliseconds(index, real[:: -(-len(real) // SEARCHES)], nprobe)))
