"""A graph of the plane for the explorer of notebook 05: its nodes and queries, and what one search in it finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from activeindex_lite.scratch.hnsw import HNSW, Walk
from activeindex_lite.scratch.plane import clouds

# faiss's efConstruction, the range of M in the explorer, and the number of queries that its curve averages over.
EF_CONSTRUCTION, LEAST_M, MOST_M, QUERIES = 40, 2, 16, 200


@dataclass(frozen=True)
class GraphExample:
    """Nodes and queries that lie in the plane as features do in theirs: points (N, 2), queries (200, 2), float32."""

    points: np.ndarray
    queries: np.ndarray
    seed: int

    def graph(self, M: int) -> HNSW:
        """A scratch.HNSW over the points, with at most M links per node and layer; the seed draws its top layers."""
        graph = HNSW(2, M, EF_CONSTRUCTION, np.random.default_rng(self.seed))
        graph.add(self.points)
        return graph

    def tops(self, M: int) -> np.ndarray:
        """The top layer of each node of graph(M), (N,) int64, without building it."""
        levels = _Levels(2, M, EF_CONSTRUCTION, np.random.default_rng(self.seed))
        levels.add(self.points)
        return levels.top


class _Levels(HNSW):
    """An HNSW that draws the top layers of its nodes and links none."""

    def _insert(self, i):
        pass


def graph_example(N: int = 150, seed: int = 3) -> GraphExample:
    """A GraphExample of N nodes; the seed draws all of it. Coordinates have four decimals, as in an explorer's page."""
    places = clouds(np.random.default_rng(seed), N=N + QUERIES).astype(np.float64).round(4).astype(np.float32)
    return GraphExample(places[:N], places[N:], seed)


@lru_cache(maxsize=8)
def first_example(N: int = 150, seed: int = 3) -> tuple[GraphExample, np.ndarray]:
    """The example that the explorer begins with, and a query (2,) of it whose search misses at M 3, efSearch 1.

    Of all queries that miss the nearest vector there and find it at efSearch 4, the one with the longest walk: most is
    seen of it. The first query, where none does.
    """
    example = graph_example(N, seed)
    graph = example.graph(3)
    return example, max(example.queries, key=lambda query: _stops_of_a_miss(graph, query))


def _stops_of_a_miss(graph, query):
    narrow, wide = (walk_result(graph, query, efSearch) for efSearch in (1, 4))
    return (len(narrow.walk.path), narrow.rank) if wide.right and not narrow.right else (0, 0)


@dataclass(frozen=True)
class WalkResult:
    """What one search finds: its walk, the id found, the id of the nearest, and the rank of what is found (1: nearest).

    compared: the number of vectors that the search compares, each counted once; N: of how many.
    """

    walk: Walk
    found: int
    nearest: int
    rank: int
    compared: int
    N: int
    efSearch: int

    @property
    def right(self) -> bool:
        """Whether the nearest is found."""
        return self.found == self.nearest

    @property
    def sentence(self) -> str:
        """The finding, without a full stop."""
        work = f"With efSearch {self.efSearch} the search compares {self.compared} of {self.N} vectors"
        if self.right:
            return f"✓ {work} and finds the nearest"
        return f"✗ {work} and finds the {ordinal(self.rank)} nearest; it never met the nearest"


def walk_result(graph: HNSW, query: np.ndarray, efSearch: int) -> WalkResult:
    """A WalkResult of one search for query (2,) or (d,) in a graph."""
    walk, near = graph.walk(query, efSearch)
    distances = np.square(graph.vectors - np.asarray(query, np.float32)).sum(1)
    order = np.lexsort((np.arange(len(distances)), distances)).tolist()
    found = near[0][1]
    return WalkResult(
        walk, found, order[0], order.index(found) + 1, len(set(walk.compared)), len(graph.vectors), efSearch
    )


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st and so on."""
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"
