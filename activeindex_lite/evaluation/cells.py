"""What a search in an IVF index visits: whether the own cell is visited, and how many vectors are scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.index.active_index import checked_index
from activeindex_lite.support.checks import one_per_row

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex


def cell_ranks(index: ActiveIndex, features: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Rank of a given cell among all cells, by the distance of its centroid: (Q,) int64, 1 for the nearest.

    index: an ActiveIndex with cells; features: (Q, d); cells: (Q,), one cell per feature, such as `index.assign(x)`,
    the own cells of the originals x. A search with nprobe visits the cell if its rank is at most nprobe.
    """
    checked_index(index)
    cells = one_per_row(cells, len(features), "cells", "cells", "queries")
    order = index.probe(features, index.nlist)
    return (order == cells[:, None]).argmax(1) + 1


def cell_visited(index: ActiveIndex, features: np.ndarray, cells: np.ndarray, nprobe: int = 1) -> np.ndarray:
    """Whether a search at this nprobe visits a given cell: (Q,) bool. Arguments as for `cell_ranks`.

    With the own cells of the originals the mean is the paper's 1 - p_f, above which R@1 cannot lie.
    """
    checked_index(index)
    cells = one_per_row(cells, len(features), "cells", "cells", "queries")
    return (index.probe(features, nprobe) == cells[:, None]).any(1)


def scanned_by_nprobe(sizes: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Number of stored vectors that a search compares at nprobe 1, 2, ..., (nlist,) int64.

    sizes: (nlist,), the stored vectors of each cell; cells: (nlist,), all cells in the order in which the search visits
    them.
    """
    return np.cumsum(np.asarray(sizes)[cells])


def mean_scanned(index: ActiveIndex, features: np.ndarray, at_a_time: int = 256) -> np.ndarray:
    """Mean over features (Q, d) of the stored vectors that a search compares at nprobe 1 .. nlist: (nlist,) float64."""
    checked_index(index)
    sizes, total = index.list_sizes, np.zeros(index.nlist)
    # In pieces: the order of all cells for all queries would take Q x nlist numbers.
    for begin in range(0, len(features), at_a_time):
        total += sizes[index.probe(features[begin : begin + at_a_time], index.nlist)].sum(0)
    return np.cumsum(total) / len(features)
