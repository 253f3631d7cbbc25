"""Solutions of the exercises in 06_active_indexing.ipynb."""

import numpy as np


def target(x, centroids):
    distances = np.square(x[:, None] - centroids).sum(2)
    return centroids[distances.argmin(1)]


def change(delta, bound):
    return bound * np.tanh(delta)


def bits_loss(x, signs, hyperplanes):
    return -(signs * (hyperplanes @ x)).mean()


def three_terms(f, x, q):
    return np.array([np.square(f - x).sum(), np.square(x - q).sum(), 2 * (f - x) @ (x - q)])


def stays(x, copies, centroids):
    own, new = (np.square(a[:, None] - centroids).sum(2).argmin(1) for a in (x, copies))
    return (own == new).mean()
