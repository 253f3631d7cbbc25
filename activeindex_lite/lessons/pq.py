"""Notebook 03: what compression loses, as reconstruction error against bytes for PQ, OPQ and IVF-PQ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite.evaluation.retrieval import first_is_original
from activeindex_lite.index import build_index

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex

SETTINGS = tuple((M, nbits) for nbits in (4, 6, 8) for M in (2, 4, 8, 16, 32))


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
    rows = [
        {
            "M": M,
            "nbits": nbits,
            "bytes": M * nbits / 8,
            "error": mean_error(build_index(f"PQ{M}x{nbits}", train, seed=seed), x),
        }
        for M, nbits in settings
    ]
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


def variance_of_parts(x: np.ndarray, M: int) -> np.ndarray:
    """Variance of each of the M parts of x (N, d), summed over its dimensions: (M,). PQ spends equal bits on each."""
    return x.var(0).reshape(M, -1).sum(1)
