"""Solutions of the exercises in 02_ivf.ipynb."""

import numpy as np


def nearest_cell(x, centroids):
    return ((x[:, None] - centroids) ** 2).sum(2).argmin(1)


def posting_lists(cells, nlist):
    return [np.flatnonzero(cells == cell) for cell in range(nlist)]


def search(query, centroids, lists, vectors, nprobe):
    probed = ((centroids - query) ** 2).sum(1).argsort()[:nprobe]
    candidates = np.concatenate([lists[cell] for cell in probed])
    return candidates[((vectors[candidates] - query) ** 2).sum(1).argmin()]


def cheapest_nlist(N, nprobe):
    # nlist + nprobe N / nlist is smallest where its derivative 1 - nprobe N / nlist^2 is 0.
    return np.sqrt(nprobe * N)
