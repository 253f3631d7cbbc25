"""Solutions of the exercises in 03_pq.ipynb."""

import numpy as np


def split(x, M):
    return x.reshape(len(x), M, -1)


def encode(x, codebooks):
    parts = x.reshape(len(x), len(codebooks), -1)
    return np.stack([((parts[:, m, None] - book) ** 2).sum(2).argmin(1) for m, book in enumerate(codebooks)], axis=1)


def decode(codes, codebooks):
    return np.concatenate([book[codes[:, m]] for m, book in enumerate(codebooks)], axis=1)


def look_up(table, codes):
    return table[np.arange(len(table)), codes].sum(1)


def bytes_of_index(N, M, nbits, d):
    return N * M * nbits / 8 + M * 2**nbits * (d / M) * 4


def estimate(query, signs, lengths, cosines):
    inner = signs @ query / np.sqrt(signs.shape[1]) / cosines
    return query @ query + lengths**2 - 2 * lengths * inner
