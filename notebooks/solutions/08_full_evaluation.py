"""Solutions of the exercises in 08_full_evaluation.ipynb."""

import numpy as np


def recall_at_1(distances, ids, truth):
    alone = distances[:, 0] < distances[:, 1]
    return ((ids[:, 0] == truth) & alone).mean()


def interval(hits, rng):
    Q = len(hits)
    means = [hits[rng.integers(0, Q, Q)].mean() for _ in range(2000)]
    return np.quantile(means, [0.025, 0.975])


def pictures_needed(p, width):
    return np.ceil(p * (1 - p) * (2 * 1.96 / width) ** 2)


def paired_gain(before, after, rng):
    difference, Q = after - before, len(before)
    means = [difference[rng.integers(0, Q, Q)].mean() for _ in range(2000)]
    return (difference.mean(), *np.quantile(means, [0.025, 0.975]))
