"""Which cells an IVF index visits: the rank of a given cell, and how many stored vectors a search compares."""

import numpy as np


def mean_scanned(index, features, at_a_time=256):
    """Mean number of stored vectors compared with one of features (Q, d) when 1 .. nlist cells are visited: (nlist,)."""
    sizes, total = index.list_sizes, np.zeros(index.nlist)
    # In pieces: the order of all cells for all queries would be Q x nlist numbers.
    for begin in range(0, len(features), at_a_time):
        total += sizes[index.probe(features[begin : begin + at_a_time], index.nlist)].sum(0)
    return np.cumsum(total) / len(features)


def cell_ranks(index, features, cells):
    """Place of a given cell (Q,) among all cells by distance from features (Q, d): (Q,) int64, 1 the nearest.

    A search with nprobe visits the cell if its rank is at most nprobe; the share of queries for which it does is the
    paper's 1 - p_f.
    """
    order = index.probe(features, index.nlist)
    return (order == np.asarray(cells)[:, None]).argmax(1) + 1
