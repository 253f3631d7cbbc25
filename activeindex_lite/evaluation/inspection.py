"""Looking into an index of one's own vectors: searches at several settings beside brute force, and what cells hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import faiss
import numpy as np

from activeindex_lite.evaluation.cells import cell_ranks
from activeindex_lite.evaluation.cost import stored_bytes
from activeindex_lite.evaluation.recall import recall_and_work
from activeindex_lite.index.active_index import checked_index
from activeindex_lite.support.checks import features_array, whole_number

if TYPE_CHECKING:
    import pandas

    from activeindex_lite.index import ActiveIndex

NPROBES, EF_SEARCHES = (1, 2, 4, 8, 16, 32, 64), (16, 32, 64, 128, 256)


@dataclass(frozen=True, eq=False)
class Inspection:
    """Searches for Q queries in an index of N vectors at S settings, beside brute force.

    settings: S dicts of `ActiveIndex.search`; exact, exact_distances: (Q, k) ids and distances by brute force, in the
    metric of the index; found, distances: (S, Q, k), of the searches, ids -1 where fewer were met; table: of
    `recall_and_work`, S rows; bytes: per vector, with the links of a graph; cells: (Q, C) in the order in which a
    search visits them, and ranks: (Q, k), the place in this order of the cell of each of the exact nearest, from 1;
    both None without cells.
    """

    index: ActiveIndex
    settings: list[dict[str, int]]
    exact: np.ndarray
    exact_distances: np.ndarray
    found: np.ndarray
    distances: np.ndarray
    table: pandas.DataFrame
    bytes: float
    cells: np.ndarray | None
    ranks: np.ndarray | None


def settings_of(
    index: ActiveIndex, nprobes: Sequence[int] = NPROBES, ef_searches: Sequence[int] = EF_SEARCHES
) -> list[dict[str, int]]:
    """The settings at which a search in an index is measured: nprobes up to nlist, ef_search of a graph, or one, {}."""
    if index.nlist:
        return [{"nprobe": n} for n in nprobes if n <= index.nlist]
    return [{}] if index.ef_search is None else [{"ef_search": n} for n in ef_searches]


def inspect(index: ActiveIndex, vectors: np.ndarray, queries: np.ndarray, k: int = 10) -> Inspection:
    """Search for queries (Q, d) in an index that stores vectors (N, d), at every setting of `settings_of`.

    ValueError for vectors or queries of another d, for another number of vectors than the index stores, for ids that
    are no places of vectors, and for k above N.
    """
    checked_index(index)
    vectors = features_array(vectors, index.d, "vectors")
    queries = features_array(queries, index.d, "queries")
    if len(vectors) != index.ntotal:
        raise ValueError(
            f"{len(vectors):,} vectors beside an index that stores {index.ntotal:,}: expected the very vectors that it "
            "stores, in the order in which they were added"
        )
    k = whole_number(k, "k", index.ntotal, "the number of stored vectors")
    exact_distances, exact = faiss.knn(queries, vectors, k, metric=index.faiss.metric_type)
    settings = settings_of(index)
    searched = [index.search(queries, k, **setting) for setting in settings]
    distances, found = (np.stack(parts) for parts in zip(*searched, strict=True))
    if found.max() >= len(vectors):
        raise ValueError(
            f"a search finds the id {found.max()}, and there are {len(vectors):,} vectors: the index keeps ids of its "
            "own (add_with_ids), which no row of vectors belongs to"
        )
    table = recall_and_work(index, queries, exact, settings)
    cells = ranks = None
    if index.nlist:
        cells = index.probe(queries, min(index.nlist, max(NPROBES)))
        own = index.assign(vectors[exact.ravel()])
        ranks = cell_ranks(index, np.repeat(queries, k, axis=0), own).reshape(exact.shape)
    size = stored_bytes(index)
    return Inspection(index, settings, exact, exact_distances, found, distances, table, size, cells, ranks)
