"""OPQ, optimised product quantization: rotate the space first, so that the parts share the error evenly."""

import numpy as np

from .brute_force import as_features
from .pq import PQ


class OPQ:
    """A rotation followed by a product quantizer: faiss's "OPQ{M},PQ{M}x{nbits}" (Ge, He, Ke, Sun, 2013).

    rotation: (d, d) orthogonal, so that distances stay what they are. To look into: `rotation`, `pq`, `errors`
    (mean squared distance to the reconstruction after each iteration of the training).
    """

    def __init__(self, rotation: np.ndarray, pq: PQ):
        """Given rotation (d, d), such as faiss's own, and a PQ of d dimensions. ValueError if it is not orthogonal."""
        self.rotation, self.pq, self.errors = as_features(rotation, pq.d), pq, []
        away = np.abs(self.rotation @ self.rotation.T - np.eye(pq.d)).max() if len(rotation) == pq.d else np.inf
        if away > 1e-3:
            raise ValueError(
                f"the rotation is {away:.2g} away from an orthogonal (d, d) matrix, with d = {pq.d}; "
                "up to 0.001 can be rounding."
            )

    @classmethod
    @np.errstate(under="ignore")
    def train(cls, x: np.ndarray, M: int, nbits: int, rng: np.random.Generator, iterations: int = 20) -> "OPQ":
        """Rotation and codebooks learnt from x (N, d), by turns: codebooks for this rotation, rotation for these codes.

        The best rotation R takes x as near as can be to its reconstructions y: min |R x - y|^2. Its solution is that of
        the "orthogonal Procrustes problem" (Schönemann, 1966), R = V U^T where U S V^T is the SVD of x^T y.
        """
        x = as_features(x)
        rotation, pq, errors = np.linalg.qr(rng.normal(size=(x.shape[1],) * 2))[0].astype(np.float32), None, []
        for i in range(iterations + 1):
            turned = x @ rotation.T
            pq = PQ.train(
                turned,
                M,
                nbits,
                rng,
                iterations=25 if i == iterations else 4,
                start=None if pq is None else pq.codebooks,
            )
            y = pq.decode(pq.encode(turned))
            errors.append(float(((turned - y) ** 2).sum(1).mean()))
            if i < iterations:
                U, _, Vt = np.linalg.svd(x.T @ y)
                rotation = Vt.T @ U.T
        opq = cls(rotation, pq)
        opq.errors = errors
        return opq

    @property
    def codes(self) -> np.ndarray:
        """The stored codes (N, M) uint8."""
        return self.pq.codes

    @np.errstate(under="ignore")
    def rotate(self, x: np.ndarray) -> np.ndarray:
        """x (N, d) in the turned space: (N, d), same distances, same norms."""
        return as_features(x, self.pq.d) @ self.rotation.T

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Codes (N, M) uint8 of x (N, d), in the turned space."""
        return self.pq.encode(self.rotate(x))

    @np.errstate(under="ignore")
    def decode(self, codes: np.ndarray) -> np.ndarray:
        """The vectors that codes (N, M) stand for, turned back: (N, d)."""
        return self.pq.decode(codes) @ self.rotation

    def add(self, x: np.ndarray) -> None:
        """Stores the codes of x (N, d) after those already stored."""
        self.pq.add(self.rotate(x))

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k codes nearest to each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64."""
        return self.pq.search(self.rotate(queries), k)
