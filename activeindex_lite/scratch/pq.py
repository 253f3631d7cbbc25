"""PQ, product quantization: cut a vector into M parts, and keep the number of the nearest codeword of each."""

import numpy as np

from .brute_force import as_features, pairs_to_arrays, smallest, squared_distances, whole
from .kmeans import assign, kmeans


class PQ:
    """A product quantizer, and an index of its codes: faiss's "PQ{M}x{nbits}" (Jégou, Douze, Schmid, 2011).

    codebooks: (M, K, d/M); codebooks[m][k] is the k-th codeword for the m-th part. A vector becomes M numbers below
    K = 2^nbits: M nbits / 8 bytes in place of 4 d. To look into: `codebooks`, `codes`, `distance_tables`.
    """

    def __init__(self, codebooks: np.ndarray):
        """A quantizer with given codebooks (M, K, d/M), such as faiss's own; K is a power of two, at most 256."""
        self.codebooks = np.ascontiguousarray(codebooks, np.float32)
        if self.codebooks.ndim != 3 or self.K not in (2**b for b in range(1, 9)):
            raise ValueError(
                "expected codebooks of shape (M, K, d/M), with K = 2, 4, 8 ... 256; "
                f"these have shape {self.codebooks.shape}."
            )
        self.codes = np.empty((0, self.M), np.uint8)

    @classmethod
    def train(
        cls,
        x: np.ndarray,
        M: int,
        nbits: int,
        rng: np.random.Generator,
        iterations: int = 25,
        start: np.ndarray | None = None,
    ) -> "PQ":
        """A quantizer whose M codebooks are the k-means of the parts of x (N, d), with 2^nbits codewords each.

        start: codebooks (M, K, d/M) to begin with. ValueError if M does not divide d, or for nbits outside 1..8.
        """
        x = as_features(x)
        if x.shape[1] % whole(M, "M", 1, x.shape[1], ", the number of dimensions"):
            raise ValueError(f"M is {M}; the d = {x.shape[1]} dimensions have to fall into M equal parts.")
        nbits = whole(nbits, "nbits", 1, 8, ", so that a code number fits in a byte")
        parts = np.split(x, M, axis=1)
        start = [None] * M if start is None else start
        return cls([kmeans(part, 2**nbits, rng, iterations, s).centroids for part, s in zip(parts, start, strict=True)])

    @property
    def M(self) -> int:
        """Number of parts, of codebooks (M, K, d/M)."""
        return self.codebooks.shape[0]

    @property
    def K(self) -> int:
        """Number of codewords for a part, of codebooks (M, K, d/M): 2^nbits."""
        return self.codebooks.shape[1]

    @property
    def nbits(self) -> int:
        """Bits for each of the M numbers of a code (M,)."""
        return self.K.bit_length() - 1

    @property
    def d(self) -> int:
        """Dimensions of a vector, of codebooks (M, K, d/M): M times d/M."""
        return self.M * self.codebooks.shape[2]

    def split(self, x: np.ndarray) -> np.ndarray:
        """x (N, d) cut into its parts: (N, M, d/M)."""
        x = as_features(x, self.d)
        return x.reshape(len(x), self.M, -1)

    def encode(self, x: np.ndarray) -> np.ndarray:
        """The nearest codeword of each part of x (N, d): codes (N, M) uint8."""
        parts = self.split(x)
        # for i in range(N):
        #     for m in range(M):
        #         codes[i, m] = argmin(squared_distances(parts[i, m], codebooks[m]))
        return np.stack([assign(parts[:, m], self.codebooks[m])[0] for m in range(self.M)], axis=1).astype(np.uint8)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The vectors that codes (N, M) stand for, their codewords side by side: (N, d) float32."""
        return self.codebooks[np.arange(self.M), codes].reshape(len(codes), self.d)

    def distance_tables(self, queries: np.ndarray) -> np.ndarray:
        """Squared distances of the parts of queries (Q, d) to all codewords: (Q, M, K) float32."""
        parts = self.split(queries)
        return np.stack([squared_distances(parts[:, m], self.codebooks[m]) for m in range(self.M)], axis=1)

    def look_up(self, table: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Squared distances of one query to what codes (N, M) stand for, from its table (M, K): (N,) float32.

        |x - y|^2 is the sum over the parts, so M look-ups and additions do; no vector is touched.
        """
        # for i in range(N):
        #     distances[i] = sum(table[m, codes[i, m]] for m in range(M))
        return sum(table[m, codes[:, m]] for m in range(self.M))

    def add(self, x: np.ndarray) -> None:
        """Stores the codes of x (N, d) after those already stored; ids count in the order of adding."""
        self.codes = np.concatenate([self.codes, self.encode(x)])

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k codes nearest to each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64.

        The query stays whole and only the stored vectors are coded ("asymmetric" distances).
        """
        tables = self.distance_tables(queries)
        return pairs_to_arrays(smallest(self.look_up(table, self.codes), k) for table in tables)
