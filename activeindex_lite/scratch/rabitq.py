"""RaBitQ: one bit per dimension, from which the distance to a vector is estimated without bias.

Gao and Long, SIGMOD 2024 (arXiv 2405.12497). A vector is its residual r = x - c from a centroid, r is a length |r| and
a direction o = r / |r|, and the code of o is the corner of a cube that lies nearest to it.
"""

import numpy as np

from .brute_force import as_features, pairs_to_arrays, smallest, whole


class RaBitQ:
    """An index of signs with two numbers per vector: faiss's "RaBitQ" behind a random rotation ("RR128,RaBitQ").

    rotation: (d, d), whose rows are at right angles and of length 1; centroid: (d,), in the vectors' own space.
    To look into: `signs` (N, d) bool, `lengths` (N,), |r|, and `cosines` (N,), <o, b> with b = (2 signs - 1) / sqrt(d).
    """

    def __init__(self, rotation: np.ndarray, centroid: np.ndarray):
        """An empty index with a given rotation (d, d) and centroid (d,), such as faiss's own."""
        self.rotation = as_features(rotation)
        if self.rotation.shape != (self.d, self.d):
            raise ValueError(f"expected a rotation of shape (d, d), this has shape {self.rotation.shape}.")
        self.centroid = as_features(np.asarray(centroid)[None], self.d)[0]
        self.signs = np.empty((0, self.d), bool)
        self.lengths, self.cosines = np.empty(0, np.float32), np.empty(0, np.float32)

    @classmethod
    def train(cls, x: np.ndarray, rng: np.random.Generator, rotate: bool = True) -> "RaBitQ":
        """An empty index with the mean of x (N, d) as centroid and a random rotation; rng: a numpy Generator.

        rotate False: no rotation, so that the bits are the signs of the residual itself.
        """
        x = as_features(x)
        if not len(x):
            raise ValueError("there is no vector to learn from: give at least one.")
        # The Q of a matrix of normal numbers, with the signs of R, is a rotation drawn evenly from all.
        q, r = np.linalg.qr(rng.normal(size=(x.shape[1], x.shape[1])))
        return cls((q * np.sign(np.diag(r))).T if rotate else np.eye(x.shape[1]), x.mean(0))

    @property
    def d(self) -> int:
        """Dimensions of a vector, the columns of rotation (d, d)."""
        return self.rotation.shape[1]

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """x (N, d) less the centroid, rotated: (N, d) float32."""
        return (as_features(x, self.d) - self.centroid) @ self.rotation.T

    def encode(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is kept of x (N, d): signs (N, d) bool, lengths (N,) and cosines (N,), float32; d / 8 + 8 bytes each."""
        r = self.residuals(x)
        lengths = np.linalg.norm(r, axis=1)
        # <o, b> is the sum of |o_j| / sqrt(d): about sqrt(2 / pi) = .8 for a random direction.
        cosines = np.abs(r).sum(1) / np.maximum(lengths, np.finfo(np.float32).tiny) / np.sqrt(self.d)
        return r > 0, lengths, np.where(lengths > 0, cosines, 1).astype(np.float32)

    def add(self, x: np.ndarray) -> None:
        """Stores the codes of x (N, d) after those already stored; ids count in the order of adding."""
        signs, lengths, cosines = self.encode(x)
        self.signs = np.concatenate([self.signs, signs])
        self.lengths = np.concatenate([self.lengths, lengths])
        self.cosines = np.concatenate([self.cosines, cosines])

    @property
    def codes(self) -> np.ndarray:
        """The signs, eight to a byte: (N, d/8) uint8; the first is the lowest bit of the first byte."""
        return np.packbits(self.signs, axis=1, bitorder="little")

    def corners(self) -> np.ndarray:
        """The unit vectors that the codes stand for, b = (2 signs - 1) / sqrt(d): (N, d) float32, rotated."""
        return (np.where(self.signs, 1, -1) / np.sqrt(self.d)).astype(np.float32)

    def estimates(self, queries: np.ndarray) -> np.ndarray:
        """Squared distances of queries (Q, d) to the stored vectors, estimated from the codes: (Q, N) float32.

        |q - x|^2 = |q|^2 + |r|^2 - 2 |r| <o, q>, both less the centroid, and <b, q> / <o, b> estimates <o, q>: over all
        rotations it is right on average, and it is off by about |q| / sqrt(d).
        """
        q = self.residuals(queries)
        inner = q @ self.corners().T / self.cosines
        return (np.square(q).sum(1)[:, None] + self.lengths**2 - 2 * self.lengths * inner).astype(np.float32)

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k smallest estimates for each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64."""
        whole(k, "k", 1)
        return pairs_to_arrays(smallest(row, k) for row in self.estimates(queries))

    def decode(self) -> np.ndarray:
        """The point of each code by which distances are estimated, c + b |r| / <o, b>: (N, d); longer than the vector.

        It is what faiss decodes. Its distance to a query is the estimate and something that does not depend on the
        query.
        """
        return self.centroid + (self.corners() * (self.lengths / self.cosines)[:, None]) @ self.rotation

    def nearest_points(self) -> np.ndarray:
        """The point nearest to each vector in the direction of its code, c + b |r| <o, b>: (N, d); shorter than it."""
        return self.centroid + (self.corners() * (self.lengths * self.cosines)[:, None]) @ self.rotation
