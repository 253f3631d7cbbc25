"""Notebook 03: what compression loses, as reconstruction error and error of distances against bytes, and what one wrong
codeword brings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite.evaluation.retrieval import first_is_original
from activeindex_lite.index import build_index
from activeindex_lite.scratch import squared_distances
from activeindex_lite.support.parallel import in_threads
from activeindex_lite.support.waiting import waiting

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex
    from activeindex_lite.scratch import IVFPQ, PQ

SETTINGS = tuple((M, nbits) for nbits in (4, 6, 8) for M in (2, 4, 8, 16))


def mean_error(index: ActiveIndex, x: np.ndarray) -> float:
    """Mean squared distance of x (N, d) to q(x), what an ActiveIndex keeps of it."""
    return float(np.square(x - index.quantize(x)).sum(1).mean())


def pq_tradeoff(
    train: np.ndarray, x: np.ndarray, settings: Sequence[tuple[int, int]] = SETTINGS, seed: int = 1234
) -> pd.DataFrame:
    """Reconstruction error of product quantizers: a DataFrame M, nbits, bytes, error, one row per setting.

    train (T, d), x (N, d): features to train with and to compress; settings: pairs (M, nbits). bytes: M nbits / 8 per
    vector; error: mean squared distance of x to its reconstruction.
    """

    def row(setting: tuple[int, int]) -> dict:
        M, nbits = setting
        error = mean_error(build_index(f"PQ{M}x{nbits}", train, seed=seed), x)
        return {"M": M, "nbits": nbits, "bytes": M * nbits / 8, "error": error}

    title = "training product quantizers"
    rows = list(waiting(in_threads(row, settings), title, lambda row: "", total=len(settings)))
    return pd.DataFrame(rows)


def at_equal_bytes(
    train: np.ndarray,
    x: np.ndarray,
    queries: np.ndarray,
    truth: Sequence[int],
    factories: Sequence[str],
    seed: int = 1234,
) -> pd.DataFrame:
    """Error and R@1 of indexes: a DataFrame index, bytes, error, r1, one row per factory string.

    train (T, d): training vectors; x (N, d): stored; queries (Q, d) and truth (Q,): searched for, at nprobe 8 in
    indexes with cells. error: of the first 2,000 of x; r1: share of queries whose first result is the original (a tie
    counts as a miss).
    """
    rows = []
    for factory in factories:
        index = build_index(factory, train, x, seed=seed)
        nprobe = min(8, index.nlist) if index.nlist else None
        rows.append(
            {
                "index": factory,
                "bytes": index.bytes_per_vector,
                "error": mean_error(index, x[:2000]),
                "r1": first_is_original(index, queries, truth, nprobe).mean(),
            }
        )
    return pd.DataFrame(rows)


def estimated_distances(index: ActiveIndex, queries: np.ndarray) -> np.ndarray:
    """Squared distances of queries (Q, d) to all stored vectors as the index computes them from codes: (Q, N)."""
    distances, ids = index.search(queries, index.ntotal, index.nlist)
    every = np.empty_like(distances)
    np.put_along_axis(every, ids, distances, axis=1)
    return every


def distances_from_codes(
    train: np.ndarray,
    references: np.ndarray,
    queries: np.ndarray,
    truth: Sequence[int],
    factories: Sequence[str],
    sample: int = 1000,
    seed: int = 1234,
) -> pd.DataFrame:
    """How far distances from codes are off, and what a search finds: a DataFrame index, bytes, bias, spread, r1.

    train (T, d): training vectors; references (N, d): stored; queries (Q, d) and truth (Q,): searched for; factories:
    faiss factory strings. bias, spread: mean and standard deviation of the computed minus the true squared distance,
    between the first 40 queries and the first `sample` references; r1: share of queries whose first result is the
    original (a tie counts as a miss).
    """
    true, rows = squared_distances(queries[:40], references[:sample]), []
    for factory in factories:
        index = build_index(factory, train, references[:sample], seed=seed)
        off = estimated_distances(index, queries[:40]) - true
        index.add(references[sample:])
        rows.append(
            {
                "index": factory,
                "bytes": index.bytes_per_vector,
                "bias": off.mean(),
                "spread": off.std(),
                "r1": first_is_original(index, queries, truth).mean(),
            }
        )
    return pd.DataFrame(rows)


def errors_with_cells(plain: PQ, ivfpq: IVFPQ, x: np.ndarray) -> dict[str, float]:
    """Mean squared error of x (N, d) as codes of the vectors, and as codes of their residuals: a dict by index."""
    cells = ivfpq.assign(x)
    kept = {
        f"PQ{plain.M}x8": plain.decode(plain.encode(x)),
        f"IVF{ivfpq.nlist},\nPQ{plain.M}x8": ivfpq.decode(cells, ivfpq.encode(x, cells)),
    }
    return {name: float(np.square(x - y).sum(1).mean()) for name, y in kept.items()}


def variance_of_parts(x: np.ndarray, M: int) -> np.ndarray:
    """Variance of each of the M parts of x (N, d), summed over its dimensions: (M,). PQ spends equal bits on each."""
    return x.var(0).reshape(M, -1).sum(1)


@dataclass(frozen=True)
class Swap:
    """What a search finds after one codeword of a stored code was swapped for another.

    code: (M,), the code after the swap; distance: of the query to what it stands for; ids (k,), distances (k,): the
    first results, the changed code among the stored ones; place: that of the changed code, 1 the first (a tie counts
    against it).
    """

    code: np.ndarray
    distance: float
    ids: np.ndarray
    distances: np.ndarray
    place: int


def swaps(
    pq: PQ, codes: np.ndarray, i: int, query: np.ndarray, ranks: Sequence[int], k: int = 3
) -> dict[tuple[int, int], Swap]:
    """What a search finds after each of many swaps in stored code i: a dict (part, rank) -> Swap.

    pq: scratch.PQ; codes (N, M): what the index stores; query: (d,), such as the feature of an edited copy of i; part:
    0 to M - 1; ranks: which codewords take the place of its own, 0 itself, 1 the nearest to it, K - 1 the farthest.
    """
    table = pq.distance_tables(query[None])[0]
    distances = pq.look_up(table, codes)
    others = np.where(np.arange(len(codes)) == i, np.inf, distances)
    rivals = np.argsort(others, kind="stable")[:k]
    found = {}
    for part in range(pq.M):
        away = np.square(pq.codebooks[part] - pq.codebooks[part, codes[i, part]]).sum(1)
        # Its own codeword first, should another be equal to it.
        away[codes[i, part]] = -1
        words = np.argsort(away, kind="stable")
        for rank in ranks:
            code = codes[i].copy()
            code[part] = words[rank]
            own = float(pq.look_up(table, code[None])[0])
            place = 1 + int((others <= own).sum())
            ids = np.insert(rivals, min(place - 1, k), i)[:k]
            found[part, rank] = Swap(code, own, ids, np.where(ids == i, own, others[ids]), place)
    return found
