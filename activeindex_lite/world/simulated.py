"""A world of any size: simulated features that follow a mixture fitted to the ready world's real ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

from activeindex_lite.support.checks import features_array, whole_number
from activeindex_lite.world.world import load_world

NEIGHBOURS, BANDWIDTH = 20, 0.9
BLOCK = 2000


class SimulatedFeatures:
    """Unit vectors drawn from a mixture of N Gaussians, one for each of N real features, all of equal weight.

    With c_i the mean of the K nearest neighbours t_ik of feature t_i among the features, and h the bandwidth,

        x = c_i + sqrt(1 - h^2) (t_i - c_i) + h sum_k g_k (t_ik - c_i) / sqrt(K),    g_k ~ N(0, 1),

    scaled to unit length. This is a Gaussian of the neighbours' covariance (rank K - 1), as in the manifold Parzen
    windows of Vincent and Bengio (NeurIPS 2002). Its mean is drawn in toward the neighbours, as in the smoothed
    bootstrap of Silverman and Young (Biometrika 1987), so that noise does not spread the whole. h = 0 gives the
    features themselves, h = 1 forgets t_i.

    features: (N, d) real unit vectors, N > neighbours. The rows of a seed are one endless sequence: row j comes from
    Gaussian j mod N, and the rows of block b (of 2,000) from the stream (seed, b), so any part can be made alone.
    Neighbours are searched by brute force when they are needed: about a second for 2,000 of 60,000 features on one
    core.
    """

    def __init__(self, features: np.ndarray, neighbours: int = NEIGHBOURS, bandwidth: float = BANDWIDTH):
        if not 0 <= bandwidth <= 1:
            raise ValueError(f"bandwidth={bandwidth!r:.60}: expected a number from 0 (the features themselves) to 1")
        self.features = features_array(features)
        self.neighbours = whole_number(neighbours, "neighbours", len(self.features) - 1, "fewer than the features")
        self.bandwidth = np.float32(bandwidth)
        self._near = np.full((len(self.features), self.neighbours), -1, np.int32)

    def rows(self, n: int, start: int = 0, seed: int | Sequence[int] = 0) -> np.ndarray:
        """Rows start .. start + n - 1 of the sequence of this seed, (n, d) float32 of unit norm."""
        return np.concatenate(list(self.blocks(n, start, seed)))

    def blocks(self, n: int, start: int = 0, seed: int | Sequence[int] = 0) -> Iterator[np.ndarray]:
        """The same rows in arrays of at most 2,000, one at a time, for more of them than memory should hold.

        seed: a whole number, or a sequence of them.
        """
        n = whole_number(n, "n")
        if start != int(start) or start < 0:
            raise ValueError(f"start={start!r:.60}: expected the number of a row, 0 or more")
        stop = int(start) + n
        for b in range(int(start) // BLOCK, -(-stop // BLOCK)):
            first = b * BLOCK
            yield self._block(b, seed)[max(start - first, 0) : stop - first]

    def _block(self, b: int, seed: int | Sequence[int]) -> np.ndarray:
        """Rows b * BLOCK .. (b + 1) * BLOCK - 1, (BLOCK, d)."""
        own = np.arange(b * BLOCK, (b + 1) * BLOCK) % len(self.features)
        near = self.features[self._neighbours_of(own)]
        centre = near.mean(1)
        near -= centre[:, None]
        noise = np.random.default_rng([*np.atleast_1d(seed), b]).standard_normal(
            (BLOCK, 1, self.neighbours), np.float32
        )
        h = self.bandwidth
        x = (
            centre
            + np.sqrt(1 - h**2) * (self.features[own] - centre)
            + h / np.sqrt(np.float32(self.neighbours)) * (noise @ near)[:, 0]
        )
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    def _neighbours_of(self, own: np.ndarray) -> np.ndarray:
        """Positions of the nearest neighbours of features own (B,), without themselves: (B, neighbours)."""
        import faiss  # here: the world opens without it

        missing = np.unique(own[self._near[own, 0] < 0])
        if len(missing):
            found = faiss.knn(self.features[missing], self.features, self.neighbours + 1)[1]
            self._near[missing] = found[:, 1:]
        return self._near[own]


def simulate(n: int, start: int = 0, seed: int | Sequence[int] = 0) -> np.ndarray:
    """n simulated references of the ready world, (n, 128) float32 unit vectors; rows start .. of this seed's sequence.

    They come from a `SimulatedFeatures` fitted to the 60,000 training features. `python -m benchmarks.realism` measures
    how much they resemble real ones:

    - R@1 in IVF1536,PQ4x8, with 40,000 of the 50,000 references simulated: 0.530 at nprobe 1, 0.826 at nprobe 16, and
      0.978 by brute force. Real references give 0.529, 0.822 and 0.980, and 40,000 other real features 0.528, 0.823
      and 0.978.
    - Distance of a real reference to the nearest simulated one: 0.957; to the nearest real one: 0.954.
    - Distance of a simulated one to the nearest other: 0.904 (real: 0.953); to the centroid of its cell: 0.835
      (real: 0.856).
    - In large numbers they crowd real ones a little less than more real ones would: 0.936 at 100,000 (real: 0.930),
      0.888 at a million, where the trend of real ones leads to 0.87.

    For many rows, use `ready_simulation().blocks(n, start, seed)`, which gives 2,000 at a time.
    """
    return ready_simulation().rows(n, start, seed)


@cache
def ready_simulation() -> SimulatedFeatures:
    """The SimulatedFeatures of the ready world's training features, made once; it remembers neighbours (5 MB)."""
    return SimulatedFeatures(load_world().train)
