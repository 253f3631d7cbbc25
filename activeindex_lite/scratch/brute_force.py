"""Brute force: compare the query with every vector. Exact, and the measure of all that follows."""

import numpy as np

# So many distances are worked on at a time: 16 MB, whatever the number of vectors.
DISTANCES_AT_A_TIME = 4_000_000


def as_features(x, d=None):
    """x as a float32 array (N, d), or ValueError if it is not a table of numbers with d columns."""
    x = np.ascontiguousarray(x, np.float32)
    if x.ndim != 2 or (d is not None and x.shape[1] != d):
        raise ValueError(f"features of shape (N, {'d' if d is None else d}) are expected, these have shape {x.shape}; "
                         "for one vector write x[None].")
    return x


def squared_distances(a, b):
    """Squared distance of every a to every b: (A, d), (B, d) -> (A, B) float32, not below 0.

    |a - b|^2 = |a|^2 - 2 a.b + |b|^2: one matrix product in place of A x B subtractions.
    """
    a, b = as_features(a), as_features(b)
    as_features(b, d=a.shape[1])
    # for i in range(A):
    #     for j in range(B):
    #         distances[i, j] = sum((a[i] - b[j]) ** 2)
    distances = a @ b.T
    distances *= -2
    distances += (a**2).sum(1)[:, None]
    distances += (b**2).sum(1)
    # Rounding can bring the distance of two equal vectors a little below 0.
    return np.maximum(distances, 0, out=distances)


def in_pieces(a, width):
    """Slices over the rows of a (A, ...), so short that a table of slice x width distances stays small."""
    step = max(1, DISTANCES_AT_A_TIME // max(width, 1))
    return [slice(i, i + step) for i in range(0, len(a), step)]


def smallest(distances, k, ids=None):
    """The k smallest of distances (n,), in order: (distances (k,) float32, ids (k,) int64).

    ids: (n,), the names of the entries; their positions if left out. Where n < k, the rest is distance inf and id -1
    (faiss fills up with the largest float in place of inf).
    """
    if k < 1:
        raise ValueError(f"k is {k}; at least 1 result has to be asked for.")
    best = np.arange(len(distances))
    if k < len(distances):
        best = np.argpartition(distances, k - 1)[:k]
    # Equal distances stand in the order of their ids.
    best = best[np.lexsort((best, distances[best]))]
    found, names = np.full(k, np.inf, np.float32), np.full(k, -1, np.int64)
    found[: len(best)] = distances[best]
    names[: len(best)] = best if ids is None else ids[best]
    return found, names


def pairs_to_arrays(results):
    """[(distances (k,), ids (k,)), ...] of Q queries -> distances (Q, k), ids (Q, k)."""
    found, names = zip(*results, strict=True)
    return np.stack(found), np.stack(names)


def nearest(queries, x, k):
    """The k vectors of x (N, d) nearest to each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64."""
    queries, x = as_features(queries), as_features(x)
    return pairs_to_arrays(smallest(row, k) for piece in in_pieces(queries, len(x))
                           for row in squared_distances(queries[piece], x))
