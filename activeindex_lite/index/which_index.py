"""Which index should I take? A short list from the number of vectors, their dimensions, the memory and the recall wish.

The rules are those of faiss ("Guidelines to choose an index", in the faiss wiki on GitHub) and say where to begin. Only
a measurement on one's own vectors says what is found: `evaluate` for pictures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from activeindex_lite.index.active_index import WANTED
from activeindex_lite.support.checks import real_number, whole_number

# Bytes of an id in a list, and of a link.
ID, LINK = 8, 4
# Links per node, and the most vectors that a search may compare one by one without a thought.
M, FEW = 32, 20_000
MOST_N, MOST_D = 10**12, 2**14
# Up to which recall wish, the share of the cells to visit, and efSearch: places to begin with.
EFFORTS = ((0.8, 0.01, 32), (0.95, 0.03, 64), (np.inf, 0.1, 256))


@dataclass(frozen=True)
class Choice:
    """An index to begin with: its factory string, a setting of its search, bytes per vector, and the reason."""

    factory: str
    setting: str
    code: float
    why: str
    links: float = 0.0
    cells: int = 0

    def gigabytes(self, N: int, d: int) -> float:
        """Memory in GB (10^9 bytes): N (code + links + id in a list) + cells of d float32 numbers."""
        return (N * (self.code + self.links + (ID if self.cells else 0)) + 4 * d * self.cells) / 1e9


def which_index(N: int, d: int, gigabytes: float | None = None, recall: float = 0.9) -> pd.DataFrame:
    """Indexes to begin with for N vectors of d dimensions: a DataFrame, the one to try first in the first row.

    gigabytes: memory at most, in 10^9 bytes (None: any). recall: of the nearest neighbour, the wish from 0 to 1.
    Columns: factory, setting (of the search, to begin with), bytes (per vector: code and links), gigabytes, train
    (vectors that k-means wants; 0: none), why. ValueError for numbers out of range, and where not even the smallest
    index fits.
    """
    N = whole_number(N, "N", MOST_N, "the number of vectors")
    d = whole_number(d, "d", MOST_D, "the dimensions of a vector")
    real_number(recall, "recall", 0, 1, "the share of nearest neighbours that are found")
    if gigabytes is not None:
        real_number(gigabytes, "gigabytes", 1e-9, 1e9, "memory for the index")
    choices = _choices(N, d, recall)
    fitting = [each for each in choices if gigabytes is None or each.gigabytes(N, d) <= gigabytes]
    if not fitting:
        least = min(each.gigabytes(N, d) for each in choices)
        raise ValueError(
            f"gigabytes={gigabytes:g}: the smallest of these indexes takes {least:.3g} GB for {N:,} vectors; keep "
            "fewer vectors, or split them among machines"
        )
    rows = [
        {
            "factory": each.factory,
            "setting": each.setting,
            "bytes": each.code + each.links,
            "gigabytes": each.gigabytes(N, d),
            "train": WANTED * each.cells,
            "why": each.why,
        }
        for each in fitting
    ]
    return pd.DataFrame(rows)


def cells_for(N: int) -> int:
    """A number of cells for N vectors: 4 sqrt(N), rounded to a power of 2, and as many as N can train."""
    wanted = 2 ** round(math.log2(max(4 * math.sqrt(N), 1)))
    return max(1, min(wanted, 2 ** int(math.log2(max(N // WANTED, 1)))))


def _choices(N, d, recall):
    """The choices in the order of what they find: exact, graph, cells with whole vectors, then ever shorter codes."""
    nlist = cells_for(N)
    share, ef_search = next(effort for below, *effort in EFFORTS if recall < below)
    nprobe, ef = f"nprobe {max(1, round(nlist * share))}", f"efSearch {ef_search}"
    coarse = f"IVF{nlist}" if nlist < 2**16 else f"IVF{nlist}_HNSW32"
    exact = Choice("Flat", "", 4.0 * d, "exact: every vector is compared, which is quick enough for so few vectors")
    late = Choice("Flat", "", 4.0 * d, "exact, and slow: every search compares all vectors")
    links = LINK * (2 * M + M / (M - 1))
    graph = Choice(f"HNSW{M},Flat", ef, 4.0 * d, "finds most in little time, and takes the most memory", links)
    cells = Choice(f"{coarse},Flat", nprobe, 4.0 * d, "whole vectors in cells: built quickly, easy to filter", 0, nlist)
    scalar = Choice(f"{coarse},SQ8", nprobe, d, "a quarter of the memory, and hardly a loss", 0, nlist)
    bits = -(-d // 8) + 8
    rabitq = Choice(f"{coarse},RaBitQ", nprobe, bits, "one bit per dimension, without training of codes", 0, nlist)
    codes = [
        Choice(f"{coarse},PQ{m}x8", nprobe, m, f"codes of {m} bytes: the fewer bytes, the more is lost", 0, nlist)
        for m in (64, 32, 16, 8, 4)
        if d % m == 0 and m <= d / 2
    ]
    found = [graph, cells, scalar, *sorted([rabitq, *codes], key=lambda choice: -choice.code)]
    if nlist < 2:
        return [exact]
    if N <= FEW:
        return [exact, *found]
    return [*found, late] if recall < 1 else [late, *found]
