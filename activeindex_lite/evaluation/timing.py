"""The time of one search."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from activeindex_lite.index import ActiveIndex, faiss_threads
from activeindex_lite.index.active_index import checked_index

SEARCHES = 200


@contextmanager
def set_to(index: ActiveIndex, settings: Mapping[str, int]) -> Iterator[None]:
    """with set_to(index, {"nprobe": 8}): the index itself has these settings (nprobe, ef_search), afterwards its own.

    For times: faiss takes longer for a setting that comes with each search.
    """
    before = {name: getattr(index, name) for name in settings}
    try:
        for name, value in settings.items():
            setattr(index, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(index, name, value)


def search_milliseconds(index: ActiveIndex, queries: np.ndarray, nprobe: int | None = None, k: int = 1) -> np.ndarray:
    """Milliseconds of each search for the queries (Q, d), one at a time on a single thread: (Q,) float64."""
    checked_index(index)
    times = []
    with faiss_threads(1):
        index.search(queries[:1], k=k, nprobe=nprobe)
        for i in range(len(queries)):
            begun = time.perf_counter()
            index.search(queries[i : i + 1], k=k, nprobe=nprobe)
            times.append(1000 * (time.perf_counter() - begun))
    return np.array(times)


def median_milliseconds(index: ActiveIndex, queries: Mapping[str, np.ndarray], nprobe: int | None = None) -> float:
    """Median milliseconds of one search for edited copies, over at most 200 of them, spread over the edits.

    queries: dict from the name of an edit to features (Q, d).
    """
    real = np.concatenate(list(queries.values()))
    return float(np.median(search_milliseconds(index, real[:: -(-len(real) // SEARCHES)], nprobe)))
