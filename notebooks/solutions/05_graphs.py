"""Solutions of the exercises in 05_graphs.ipynb."""

import numpy as np


def greedy_search(query, vectors, links, entry):
    at = entry
    while True:
        near = min(links[at], key=lambda i: np.square(vectors[i] - query).sum())
        if np.square(vectors[near] - query).sum() >= np.square(vectors[at] - query).sum():
            return at
        at = near


def choose_links(x, candidates, M):
    chosen = []
    for i, candidate in enumerate(candidates):
        own = np.square(candidate - x).sum()
        if all(own < np.square(candidate - candidates[j]).sum() for j in chosen):
            chosen.append(i)
        if len(chosen) == M:
            break
    return chosen


def bytes_of_graph(N, d, M):
    # A node is in layer l with probability M^-l; the sum of these for l = 1, 2, ... is 1 / (M - 1).
    return N * (4 * d + 4 * 2 * M + 4 * M / (M - 1))
