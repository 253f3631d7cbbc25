"""Seeing in a plane: vectors of two dimensions, and the plane that keeps most of more dimensions."""

import numpy as np

from .brute_force import nearest
from .ivf import IVF


def clouds(rng: np.random.Generator, N: int = 400, clouds: int = 12) -> np.ndarray:
    """N points in the plane, crowded here and sparse there as real features are: (N, 2) float32 in about -1 .. 1."""
    middles = rng.uniform(-0.9, 0.9, size=(clouds, 2))
    spread = rng.uniform(0.08, 0.25, size=clouds)
    at = rng.integers(clouds, size=N)
    return (middles[at] + spread[at, None] * rng.normal(size=(N, 2))).clip(-1.15, 1.15).astype(np.float32)


def query_near_a_border(ivf: IVF, rng: np.random.Generator, tries: int = 2000) -> np.ndarray:
    """A query (2,) whose nearest vector lies in the cell of rank 2: one probe misses it, two find it.

    Of all tries, the one where the miss costs most: the vector that one probe finds is furthest behind the nearest.
    ValueError if there is none.
    """
    queries = rng.uniform(-0.8, 0.8, size=(tries, 2)).astype(np.float32)
    exact, ids = (found[:, 0] for found in nearest(queries, ivf.vectors, 1))
    second = ivf.probe(queries, 2)[:, 1]
    missed = np.flatnonzero(ivf.cells[ids] == second)
    if not len(missed):
        raise ValueError(
            f"none of {tries} queries has its nearest vector in the second cell: take more cells or tries."
        )
    one = ivf.search(queries[missed], 1, nprobe=1)[0][:, 0]
    gap = np.sqrt(one, where=np.isfinite(one), out=np.zeros_like(one)) - np.sqrt(exact[missed])
    return queries[missed[gap.argmax()]]


def plane_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The plane in which x (N, d) varies most: its mean (d,), two axes (2, d), and the share of the variance it keeps.

    It is spanned by the first two principal components.
    """
    mean = x.mean(0)
    _, singular, axes = np.linalg.svd(x - mean, full_matrices=False)
    return mean, axes[:2], float((singular[:2] ** 2).sum() / (singular**2).sum())
