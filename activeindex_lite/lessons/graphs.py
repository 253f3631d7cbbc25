"""Notebook 05: graphs of neighbours: how many nodes a layer has, which links are kept, and recall against work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite.evaluation.cost import bytes_of_links as bytes_of_links
from activeindex_lite.evaluation.recall import exact_neighbours as exact_neighbours
from activeindex_lite.evaluation.recall import recall_and_work as recall_and_work
from activeindex_lite.evaluation.retrieval import strictly_first
from activeindex_lite.scratch import HNSW, nearest

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex


def nodes_per_layer(graph: HNSW) -> pd.DataFrame:
    """How many nodes each layer of a graph has: a DataFrame layer, nodes, expected (N M^-l)."""
    layers = np.arange(len(graph.links))
    nodes = [len(links) for links in graph.links]
    return pd.DataFrame({"layer": layers, "nodes": nodes, "expected": len(graph.vectors) / float(graph.M) ** layers})


@dataclass(frozen=True)
class Links:
    """Links of a new node in the plane by two rules: the M nearest ones, and those that HNSW's heuristic chooses.

    x: (2,), the new node; others: (N, 2); by_distance, chosen: (M,) positions in others, at most M.
    """

    x: np.ndarray
    others: np.ndarray
    by_distance: np.ndarray
    chosen: np.ndarray


def links_example(M: int = 4, seed: int = 6) -> Links:
    """A new node between a dense cloud on one side and a few nodes on the others: the seed draws them."""
    rng = np.random.default_rng(seed)
    cloud = rng.normal([1.0, 0.15], 0.16, (12, 2))
    around = np.array([[-1.3, 0.5], [-0.6, -1.5], [0.3, 1.6], [1.9, -1.2]]) + rng.normal(0, 0.08, (4, 2))
    x, others = np.zeros(2, np.float32), np.concatenate([cloud, around]).astype(np.float32)
    graph = HNSW(2, M, rng=rng)
    graph.vectors = others
    distances, order = nearest(x[None], others, len(others))
    chosen = graph.chosen(zip(distances[0], order[0].tolist(), strict=True), M)
    return Links(x, others, order[0][:M], np.array(chosen))


def found_by_ef(
    index: ActiveIndex, queries: np.ndarray, truth: Sequence[int], ef_searches: Sequence[int] = (16, 64, 256, 1024)
) -> pd.DataFrame:
    """R@1 of a graph index by efSearch: a DataFrame ef_search, r1. queries (Q, d), truth (Q,) ids; a tie is a miss."""
    found = [strictly_first(*index.search(queries, 2, ef_search=ef), truth).mean() for ef in ef_searches]
    return pd.DataFrame({"ef_search": ef_searches, "r1": found})
