"""Filling an index by shards that are made side by side and merged by faiss, and searching it by chunks of queries."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from activeindex_lite.index.anatomy import is_graph
from activeindex_lite.support.chunks import on_one_thread

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex
    from activeindex_lite.support.chunks import Runner

# Vectors of a shard: a whole number of the pieces in which an index takes them (ADDED_AT_ONCE), so that every piece,
# and with it every code, is the one that adding all at once would make.
SHARD = 8 * 2048
QUERIES = 256


def fill_chunk(features: np.ndarray, index: ActiveIndex) -> ActiveIndex:
    """A shard: an index with the training of the shared one that stores features (n, d) and nothing else."""
    shard = index.emptied()
    shard.add(features)
    return shard


def filled(index: ActiveIndex, parts: list[np.ndarray], runner: Runner) -> ActiveIndex:
    """A new index with the training of the given one, which stores the parts, [(n, d)], in this order.

    Shards are merged in order (faiss's merge_from). So each list of an IVF, and each row of a flat list of codes, lies
    where adding one part after the other would have put it, and searches return the same, ties included. An index that
    cannot be merged (a graph, one that re-ranks, 4-bit lists) is filled in this process.
    """
    whole = index.emptied()
    if not whole.can_merge:
        # A graph is built in one go.
        for features in [np.concatenate(parts)] if is_graph(whole.faiss) else parts:
            on_one_thread(whole.add, features)
        return whole
    tasks = (
        (np.asarray(features[start : start + SHARD]),) for features in parts for start in range(0, len(features), SHARD)
    )
    early, turn = {}, 0
    with runner.sharing(index=index) as sharing, closing(sharing.run(fill_chunk, tasks, ("index",))) as shards:
        for number, shard in shards:
            early[number] = shard
            while turn in early:
                whole.merge(early.pop(turn))
                turn += 1
    return whole


def search_chunk(queries: np.ndarray, k: int, nprobe: int | None, index: ActiveIndex) -> tuple[np.ndarray, np.ndarray]:
    """Results of some queries: (distances, ids), see `ActiveIndex.search`."""
    return index.search(queries, k, nprobe)


class Searched:
    """A filled index whose searches run in chunks of queries; runner shares it as "index". The rest is the index's."""

    def __init__(self, index: ActiveIndex, runner: Runner):
        self.index, self.runner = index, runner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)

    def search(self, queries: np.ndarray, k: int = 1, nprobe: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """As `ActiveIndex.search`. A query's results depend on its chunk of at most QUERIES, not on who searches."""
        tasks = ((queries[start : start + QUERIES], k, nprobe) for start in range(0, len(queries), QUERIES))
        found = dict(self.runner.run(search_chunk, tasks, ("index",)))
        return tuple(np.concatenate([found[number][i] for number in range(len(found))]) for i in (0, 1))
