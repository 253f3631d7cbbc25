"""What a search costs: bytes per vector, vectors compared, and milliseconds of many searches measured side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence

import faiss
import numpy as np

from activeindex_lite.evaluation.cells import mean_scanned
from activeindex_lite.index import ActiveIndex, faiss_threads
from activeindex_lite.index.anatomy import anatomy

TURNS, TIMED = 30, 40
# Seconds after which a search takes no further turn.
LONGEST = 2.0
# R@1 needs the second result as well, to see a tie for the first place.
RESULTS = 2


def stored_bytes(index: ActiveIndex) -> float:
    """Bytes that an index stores per vector: its code or codes, and the links of a graph; without ids."""
    return index.bytes_per_vector + bytes_of_links(index)


def bytes_of_links(index: ActiveIndex) -> float:
    """Bytes per vector of the links of an HNSW index, counted: 4 per place for a link, empty places too; else 0."""
    core = anatomy(index.faiss)[1]
    return 4 * core.hnsw.neighbors.size() / index.ntotal if isinstance(core, faiss.IndexHNSW) else 0.0


def mean_compared(index: ActiveIndex, queries: np.ndarray, settings: dict, k: int = RESULTS) -> float:
    """Mean number of stored vectors whose code a search for k compares with a query; a second stage counts nothing.

    queries: (Q, d); settings: of `ActiveIndex.search`. A walk in a graph: as faiss's own statistics count it.
    """
    if index.nlist:
        return float(mean_scanned(index, queries)[settings["nprobe"] - 1])
    if not isinstance(anatomy(index.faiss)[1], faiss.IndexHNSW):
        return float(index.ntotal)
    faiss.cvar.hnsw_stats.reset()
    with faiss_threads(1):
        index.search(queries, k=k, **settings)
    return faiss.cvar.hnsw_stats.ndis / len(queries)


def side_by_side(
    searches: Sequence[tuple[ActiveIndex, dict]], queries: np.ndarray, turns: int = TURNS, timed: int = TIMED
) -> list[float]:
    """Milliseconds of one search for two results on one thread, for each of several searches: a list of floats.

    searches: (index, settings of `ActiveIndex.search`); queries: (Q, d), of which `timed` are searched for one by one.
    All searches take turns, so that a busy moment meets all of them; slow ones (LONGEST) take fewer. Of each query the
    shortest time counts, because what else a computer does only adds time, and of these the median over the queries.
    """
    chosen = queries[:: max(1, len(queries) // timed)][:timed]
    shortest, spent = np.full((len(searches), len(chosen)), np.inf), np.zeros(len(searches))
    with faiss_threads(1):
        for _ in range(turns):
            for i, (index, settings) in enumerate(searches):
                if spent[i] > LONGEST:
                    continue
                index.search(chosen[:1], k=RESULTS, **settings)
                seconds = [_seconds(index, query, settings) for query in chosen]
                spent[i] += sum(seconds)
                shortest[i] = np.minimum(shortest[i], seconds)
    return (1000 * np.median(shortest, axis=1)).tolist()


def _seconds(index, query, settings):
    begun = time.perf_counter()
    index.search(query[None], k=RESULTS, **settings)
    return time.perf_counter() - begun
