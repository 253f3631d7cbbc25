"""IVF, the inverted file: cut the space into cells, and look only into those next to the query."""

import numpy as np

from .brute_force import as_features, in_pieces, pairs_to_arrays, smallest, squared_distances, whole
from .kmeans import assign, kmeans


class IVF:
    """An inverted file over whole vectors: faiss's "IVF{nlist},Flat".

    centroids: (nlist, d); the cell of a centroid holds the vectors nearer to it than to any other.
    To look into: `lists`, `cells`, `vectors`.
    """

    def __init__(self, centroids: np.ndarray):
        """An empty index with given centroids (nlist, d), such as faiss's own."""
        self.centroids = as_features(centroids)
        self.vectors = np.empty((0, self.d), np.float32)
        self.cells = np.empty(0, np.int64)
        self.lists = [np.empty(0, np.int64)] * self.nlist

    @classmethod
    def train(cls, x: np.ndarray, nlist: int, rng: np.random.Generator, iterations: int = 10) -> "IVF":
        """An empty index with nlist cells whose centroids are the k-means of x (N, d); rng: a numpy Generator."""
        return cls(kmeans(x, nlist, rng, iterations).centroids)

    @property
    def nlist(self) -> int:
        """Number of cells, the rows of centroids (nlist, d)."""
        return len(self.centroids)

    @property
    def d(self) -> int:
        """Dimensions of a vector, the columns of centroids (nlist, d)."""
        return self.centroids.shape[1]

    def assign(self, x: np.ndarray) -> np.ndarray:
        """The cell of each of x (N, d): (N,) int64."""
        return assign(as_features(x, self.d), self.centroids)[0]

    def add(self, x: np.ndarray) -> None:
        """Stores x (N, d) after what is already stored; ids count in the order of adding."""
        x = as_features(x, self.d)
        cells = self.assign(x)
        self._store(x, cells)
        self.cells = np.concatenate([self.cells, cells])
        # for i, c in enumerate(self.cells):
        #     self.lists[c].append(i)
        ends = np.cumsum(np.bincount(self.cells, minlength=self.nlist))
        self.lists = np.split(np.argsort(self.cells, kind="stable"), ends[:-1])

    def _store(self, x, cells):
        """What is kept of x (N, d) in cells (N,): here the vectors themselves, 4 d bytes each."""
        self.vectors = np.concatenate([self.vectors, x])

    def probe(self, queries: np.ndarray, nprobe: int = 1) -> np.ndarray:
        """The nprobe cells whose centroids are nearest to each of queries (Q, d): (Q, nprobe) int64, nearest first."""
        queries = as_features(queries, self.d)
        nprobe = whole(nprobe, "nprobe", 1, self.nlist, ", the number of cells")
        if not len(queries):
            return np.empty((0, nprobe), np.int64)
        return np.concatenate(
            [
                smallest_columns(squared_distances(queries[piece], self.centroids), nprobe)
                for piece in in_pieces(queries, self.nlist)
            ]
        )

    def candidates(self, query: np.ndarray, nprobe: int = 1) -> np.ndarray:
        """The ids that a search for query (d,) compares: (n,) int64, cell after cell, the nearest cell first."""
        (cells,) = self.probe(np.asarray(query)[None], nprobe)
        return np.concatenate([self.lists[c] for c in cells])

    def scan(self, query: np.ndarray, cell: int) -> np.ndarray:
        """Squared distances of query (d,) to what one cell holds: (n,) float32, in the order of `lists[cell]`."""
        return squared_distances(query[None], self.vectors[self.lists[cell]])[0]

    def search(self, queries: np.ndarray, k: int, nprobe: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest among the candidates of each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64.

        Where the probed cells hold fewer than k vectors, the rest is distance inf and id -1.
        """
        queries = as_features(queries, self.d)
        results = []
        for query, cells in zip(queries, self.probe(queries, nprobe), strict=True):
            distances = np.concatenate([self.scan(query, c) for c in cells])
            results.append(smallest(distances, k, np.concatenate([self.lists[c] for c in cells])))
        return pairs_to_arrays(results)


def smallest_columns(table: np.ndarray, k: int) -> np.ndarray:
    """Columns of the k smallest values of each row of table (Q, n): (Q, k) int64, the smallest first."""
    best = np.argpartition(table, k - 1, axis=1)[:, :k] if k < table.shape[1] else np.arange(table.shape[1])[None]
    best = np.broadcast_to(best, (len(table), k))
    return np.take_along_axis(best, np.argsort(np.take_along_axis(table, best, 1), axis=1, kind="stable"), 1)
