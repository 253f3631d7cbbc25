"""IVF-PQ: cells as in IVF, and in each cell short codes of what is left after taking its centroid away."""

import numpy as np

from .brute_force import as_features
from .ivf import IVF
from .kmeans import assign, kmeans
from .pq import PQ


class IVFPQ(IVF):
    """An inverted file over product-quantized residuals: faiss's "IVF{nlist},PQ{M}x{nbits}".

    The residual x - c of a vector from its centroid c is shorter than x, so the same bytes describe it more exactly.
    centroids: (nlist, d); pq: a PQ of the residuals. To look into: `lists`, `cells`, `codes`, `distance_tables`.
    """

    def __init__(self, centroids: np.ndarray, pq: PQ):
        """An empty index with given centroids (nlist, d) and a PQ of d dimensions, such as faiss's own."""
        super().__init__(centroids)
        if pq.d != self.d:
            raise ValueError(f"the PQ has {pq.d} dimensions, the centroids have {self.d}; they have to be equal.")
        self.pq = pq
        self.codes = np.empty((0, pq.M), np.uint8)

    @classmethod
    def train(
        cls, x: np.ndarray, nlist: int, M: int, nbits: int, rng: np.random.Generator, iterations: int = 10
    ) -> "IVFPQ":
        """Centroids from x (N, d), then codebooks from the residuals of x; rng: a numpy Generator."""
        centroids = kmeans(x, nlist, rng, iterations).centroids
        residuals = x - centroids[assign(as_features(x), centroids)[0]]
        return cls(centroids, PQ.train(residuals, M, nbits, rng))

    def residuals(self, x: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """What is left of x (N, d) without the centroids of cells (N,): (N, d)."""
        return as_features(x, self.d) - self.centroids[cells]

    def encode(self, x: np.ndarray, cells: np.ndarray | None = None) -> np.ndarray:
        """Codes (N, M) uint8 of the residuals of x (N, d), in cells (N,): the nearest ones if left out."""
        return self.pq.encode(self.residuals(x, self.assign(x) if cells is None else cells))

    def decode(self, cells: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The vectors that codes (N, M) in cells (N,) stand for, q(x) = c + decoded residual: (N, d)."""
        return self.centroids[cells] + self.pq.decode(codes)

    def _store(self, x, cells):
        """What is kept of x (N, d): M numbers of nbits bits each."""
        self.codes = np.concatenate([self.codes, self.encode(x, cells)])

    def distance_tables(self, query: np.ndarray, cell: int) -> np.ndarray:
        """Squared distances of the parts of query (d,) minus the cell's centroid to all codewords: (M, K)."""
        return self.pq.distance_tables(self.residuals(query[None], [cell]))[0]

    def scan(self, query: np.ndarray, cell: int) -> np.ndarray:
        """Squared distances of query (d,) to what the cell's codes stand for: (n,), in the order of `lists[cell]`.

        |x - (c + r)|^2 = |(x - c) - r|^2: the table is made once for each probed cell.
        """
        return self.pq.look_up(self.distance_tables(query, cell), self.codes[self.lists[cell]])
