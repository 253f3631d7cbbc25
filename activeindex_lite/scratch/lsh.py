"""LSH, locality-sensitive hashing: one bit per hyperplane, which says on what side of it a vector lies."""

import numpy as np

from .brute_force import as_features, pairs_to_arrays, smallest, whole

# Number of ones in each byte 0 ... 255 (numpy 2 has bitwise_count).
ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(1).astype(np.uint8)


class LSH:
    """An index of bits, compared by the number in which they differ: faiss's IndexLSH.

    hyperplanes: (nbits, d), one normal vector per row; thresholds: (nbits,), how far each plane lies along it.
    To look into: `hyperplanes`, `bits`, `codes`, `hamming`.
    """

    def __init__(self, hyperplanes: np.ndarray, thresholds: np.ndarray | None = None):
        """An empty index with given hyperplanes (nbits, d), such as faiss's own; thresholds (nbits,), 0 if left out."""
        self.hyperplanes = as_features(hyperplanes)
        self.thresholds = np.zeros(self.nbits, np.float32) if thresholds is None else np.asarray(thresholds, np.float32)
        if self.thresholds.shape != (self.nbits,):
            raise ValueError(
                f"expected thresholds of shape ({self.nbits},), one per hyperplane; "
                f"these have shape {self.thresholds.shape}."
            )
        self.codes = np.empty((0, -(-self.nbits // 8)), np.uint8)

    @classmethod
    def random(cls, d: int, nbits: int, rng: np.random.Generator) -> "LSH":
        """nbits hyperplanes (nbits, d) through the origin, in random directions: they need no training.

        Two vectors at an angle theta differ in a bit with probability theta / pi (Goemans and Williamson, 1995;
        Charikar, 2002). rng: a numpy Generator.
        """
        nbits, d = whole(nbits, "nbits", 1), whole(d, "d", 1)
        normals = rng.normal(size=(nbits, d))
        return cls(normals / np.linalg.norm(normals, axis=1, keepdims=True))

    @classmethod
    @np.errstate(under="ignore")
    def pca(cls, x: np.ndarray, nbits: int) -> "LSH":
        """nbits hyperplanes (nbits, d) across the directions in which x (N, d) varies most, through its mean.

        They are the eigenvectors of the covariance of x with the largest eigenvalues; at most d of them.
        """
        x = as_features(x)
        nbits = whole(
            nbits,
            "nbits",
            1,
            x.shape[1],
            f", the d = {x.shape[1]} principal directions; LSH.random makes any number of hyperplanes",
        )
        if not len(x):
            raise ValueError("there is no vector to learn from: give at least one.")
        mean = x.mean(0)
        centred = x - mean
        _, vectors = np.linalg.eigh(centred.T @ centred / len(x))
        hyperplanes = vectors.T[::-1][:nbits]
        return cls(hyperplanes, hyperplanes @ mean)

    @property
    def nbits(self) -> int:
        """Number of bits, of hyperplanes (nbits, d)."""
        return len(self.hyperplanes)

    @property
    def d(self) -> int:
        """Dimensions of a vector, of hyperplanes (nbits, d)."""
        return self.hyperplanes.shape[1]

    @np.errstate(under="ignore")
    def project(self, x: np.ndarray) -> np.ndarray:
        """How far x (N, d) lies beyond each hyperplane, in the direction of its normal: (N, nbits), signed."""
        return as_features(x, self.d) @ self.hyperplanes.T - self.thresholds

    def bits(self, x: np.ndarray) -> np.ndarray:
        """On which side x (N, d) lies: (N, nbits) bool, True beyond the hyperplane or on it."""
        return self.project(x) >= 0

    def encode(self, x: np.ndarray) -> np.ndarray:
        """The bits of x (N, d), eight to a byte: (N, nbits/8) uint8; the first bit is the lowest of the first byte."""
        return np.packbits(self.bits(x), axis=1, bitorder="little")

    def hamming(self, queries: np.ndarray) -> np.ndarray:
        """Number of bits in which queries (Q, d) differ from each stored code: (Q, N) int32."""
        # for i in range(Q):
        #     for j in range(N):
        #         distances[i, j] = count of ones in (query_codes[i] XOR codes[j])
        distances = np.empty((len(queries), len(self.codes)), np.int32)
        for row, code in zip(distances, self.encode(queries), strict=True):
            row[:] = ONES[code ^ self.codes].sum(1)
        return distances

    def add(self, x: np.ndarray) -> None:
        """Stores the codes of x (N, d) after those already stored; ids count in the order of adding."""
        self.codes = np.concatenate([self.codes, self.encode(x)])

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k codes that differ least from each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64.

        Distances are Hamming distances. Many codes can be at the same distance; they come in the order of their ids.
        """
        return pairs_to_arrays(smallest(row, k) for row in self.hamming(queries))
