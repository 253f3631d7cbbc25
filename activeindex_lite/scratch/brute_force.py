"""Brute force: compare the query with every vector. It is exact, so every other index is measured against it."""

import numpy as np

# Distances that one table holds: 16 MB, whatever the number of vectors.
DISTANCES_AT_A_TIME = 4_000_000


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def as_features(x: np.ndarray, d: int | None = None) -> np.ndarray:
    """x as a float32 array (N, d), or ValueError if it is not a table of numbers below 1e15 with d columns."""
    try:
        x = np.ascontiguousarray(x, np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected features as a table of numbers (N, d), not this ({str(error)[:160]}).") from None
    if x.ndim != 2 or (d is not None and x.shape[1] != d):
        raise ValueError(
            f"expected features of shape (N, {'d' if d is None else d}), these have shape {x.shape}; "
            "for one vector write x[None]."
        )
    # Above that, a squared distance overflows; a NaN makes a comparison false.
    if not (x.min(initial=0) > -1e15 and x.max(initial=0) < 1e15):
        raise ValueError(
            "the features hold NaN, infinity or numbers above 1e15, whose distances are not finite: leave them out."
        )
    return x


def whole(value: object, name: str, least: int, most: int | None = None, why: str = "") -> int:
    """value as an int from least to most (None: no limit), or ValueError that ends in why."""
    if not isinstance(value, (int, np.integer)) or value < least or (most is not None and value > most):
        allowed = f"of at least {least}" if most is None else f"between {least} and {most}"
        raise ValueError(f"{name} is {str(value)[:60]}; it has to be a whole number {allowed}{why}.")
    return int(value)


@np.errstate(under="ignore")
def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distance from every a to every b: (A, d), (B, d) -> (A, B) float32, not below 0.

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


def in_pieces(a: np.ndarray, width: int) -> list[slice]:
    """Slices over the rows of a (A, ...), short enough that a table of slice x width distances stays small."""
    step = max(1, DISTANCES_AT_A_TIME // max(width, 1))
    return [slice(i, i + step) for i in range(0, len(a), step)]


def smallest(distances: np.ndarray, k: int, ids: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The k smallest of distances (n,), in order: (distances (k,) float32, ids (k,) int64).

    ids: (n,), the names of the entries; their positions if left out. Where n < k, the rest is distance inf and id -1
    (faiss fills up with the largest float in place of inf).
    """
    k = whole(k, "k", 1, why=", the results asked for")
    best = np.arange(len(distances))
    if k < len(distances):
        best = np.argpartition(distances, k - 1)[:k]
    # Equal distances come in the order of their ids.
    best = best[np.lexsort((best, distances[best]))]
    found, names = np.full(k, np.inf, np.float32), np.full(k, -1, np.int64)
    found[: len(best)] = distances[best]
    names[: len(best)] = best if ids is None else ids[best]
    return found, names


def pairs_to_arrays(results) -> tuple[np.ndarray, np.ndarray]:
    """[(distances (k,), ids (k,)), ...] of Q queries -> distances (Q, k), ids (Q, k)."""
    results = list(results)
    if not results:
        raise ValueError("there are no queries: at least one vector (1, d) is needed.")
    found, names = zip(*results, strict=True)
    return np.stack(found), np.stack(names)


def nearest(queries: np.ndarray, x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k vectors of x (N, d) nearest to each of queries (Q, d): distances (Q, k) float32, ids (Q, k) int64."""
    queries, x = as_features(queries), as_features(x)
    return pairs_to_arrays(
        smallest(row, k) for piece in in_pieces(queries, len(x)) for row in squared_distances(queries[piece], x)
    )
