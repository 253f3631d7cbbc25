"""k-means: K centroids that represent many vectors, each those nearest to it (Lloyd, 1957)."""

from dataclasses import dataclass

import numpy as np

from .brute_force import as_features, in_pieces, squared_distances, whole

# The least odds of a vector, as a share of the largest: it can be drawn if no other vector is left.
LEAST_ODDS, SMALLEST = 1e-290, np.finfo(float).tiny


@dataclass(frozen=True)
class KMeans:
    """What k-means found.

    centroids: (K, d) float32. labels: (N,) int64, the centroid nearest to each vector. distortions: (iterations + 1,),
    the mean squared distance of the vectors to their nearest centroid, at the start and after each iteration.
    """

    centroids: np.ndarray
    labels: np.ndarray
    distortions: np.ndarray


@np.errstate(under="ignore")
def assign(x: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of centroids (K, d) for each of x (N, d): labels (N,) int64, squared distances (N,) float32."""
    labels, distances = np.empty(len(x), np.int64), np.empty(len(x), np.float32)
    for piece in in_pieces(x, len(centroids)):
        labels[piece] = squared_distances(x[piece], centroids).argmin(1)
        # Not the smallest of the table: for long vectors its |a|^2 - 2 a.b + |b|^2 rounds more than this difference.
        distances[piece] = ((x[piece] - centroids[labels[piece]]) ** 2).sum(1)
    return labels, distances


def kmeans(
    x: np.ndarray, K: int, rng: np.random.Generator, iterations: int = 25, start: np.ndarray | None = None
) -> KMeans:
    """K centroids of x (N, d), by turns: each vector joins its nearest centroid, each centroid moves to their mean.

    Neither step can make the distortion larger, so it falls until nothing moves (to a local minimum: another start may
    end elsewhere). start: (K, d) centroids to begin with; K vectors of x drawn with rng, a numpy Generator, if left
    out. faiss does the same, but on at most 256 vectors for each centroid. ValueError unless 1 <= K <= N.
    """
    x = as_features(x)
    K = whole(K, "K", 1, len(x), ", the number of vectors: take fewer centroids, or more vectors to learn from")
    centroids = x[rng.choice(len(x), K, replace=False)] if start is None else as_features(start, x.shape[1]).copy()
    labels, distances = assign(x, centroids)
    distortions = [distances.mean()]
    for _ in range(iterations):
        centroids = means(x, labels, centroids, distances, rng)
        labels, distances = assign(x, centroids)
        distortions.append(distances.mean())
    return KMeans(centroids, labels, np.array(distortions))


@np.errstate(under="ignore")
def means(
    x: np.ndarray, labels: np.ndarray, centroids: np.ndarray, distances: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The mean of the vectors of each label: (N, d), (N,) -> (K, d).

    A centroid that nobody chose moves onto a vector, drawn with odds in proportion to the squared distance from its
    centroid (as k-means++ does to start): it is of more use there.
    """
    # for c in range(K):
    #     centroids[c] = x[labels == c].mean(0)
    sizes = np.bincount(labels, minlength=len(centroids))
    chosen, empty = np.flatnonzero(sizes), np.flatnonzero(sizes == 0)
    starts = (np.cumsum(sizes) - sizes)[chosen]
    centroids = centroids.copy()
    centroids[chosen] = np.add.reduceat(x[np.argsort(labels, kind="stable")], starts) / sizes[chosen, None]
    odds = distances.astype(float)
    odds += max(SMALLEST, LEAST_ODDS * odds.max())
    centroids[empty] = x[rng.choice(len(x), len(empty), replace=False, p=odds / odds.sum())]
    return centroids
