"""What compression loses: reconstruction error against bytes for PQ, OPQ and IVF-PQ, part by part."""

import numpy as np

from activeindex_lite.index import build_index

SETTINGS = tuple((M, nbits) for nbits in (4, 6, 8) for M in (2, 4, 8, 16, 32))


def mean_error(index, x):
    """Mean squared distance of x (N, d) to what an ActiveIndex keeps of it, q(x)."""
    return float(np.square(x - index.quantize(x)).sum(1).mean())


def pq_tradeoff(train, x, settings=SETTINGS, seed=1234):
    """Reconstruction error of product quantizers: a DataFrame M, nbits, bytes, error, a row a setting.

    train (T, d), x (N, d): features to learn from and to compress; settings: pairs (M, nbits). bytes: M nbits / 8 a vector;
    error: mean squared distance of x to its reconstruction.
    """
    import pandas as pd

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


def at_equal_bytes(train, x, queries, truth, factories, seed=1234):
    """Error and R@1 of indexes: a DataFrame index, bytes, error, r1, a row a factory string.

    train (T, d): to train with; x (N, d): stored; queries (Q, d) and truth (Q,): to search with, nprobe 8 where there are
    cells. r1: share of queries whose first result is the original, ties counting against.
    """
    import pandas as pd

    from activeindex_lite.evaluation.retrieval import first_is_original

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


def variance_of_parts(x, M):
    """Variance of each of the M parts of x (N, d), summed over its dimensions: (M,). PQ spends the same bits on each."""
    return x.var(0).reshape(M, -1).sum(1)
