"""What a picture's stored code competes with: the cells around its own, and the other codes stored nearby."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import faiss
import numpy as np

from activeindex_lite.index.anatomy import anatomy, backward, forward, storage
from activeindex_lite.index.stored import stored_near
from activeindex_lite.index.targets import quantize

if TYPE_CHECKING:
    from activeindex_lite.index.active_index import ActiveIndex

# Codes by which faiss estimates a squared distance that is not the one to the decoded point.
ESTIMATES = tuple(
    getattr(faiss, name)
    for name in ("IndexRaBitQ", "IndexIVFRaBitQ", "IndexRaBitQFastScan", "IndexIVFRaBitQFastScan")
    if hasattr(faiss, name)
)


@dataclass(frozen=True, eq=False)
class Rivals:
    """The point of each of N features, and K others that could be nearer after an edit.

    own (N, d), others (N, K, d), float32, both in the space of the features. Missing others repeat the farthest one.
    beyond: (N, K), how much larger an index takes the squared distance to a rival than that to its point, less the same
    of the own one (RaBitQ, whose estimates are not distances to a point); None where distances are plain.
    """

    own: np.ndarray
    others: np.ndarray
    beyond: np.ndarray | None = None

    def __len__(self):
        return len(self.own)

    def __getitem__(self, rows: slice | np.ndarray) -> Rivals:
        """The rivals of some of the features: rows is a slice or an array of positions."""
        return Rivals(self.own[rows], self.others[rows], None if self.beyond is None else self.beyond[rows])


def cell_rivals(index: ActiveIndex, x: np.ndarray, k: int = 256) -> Rivals | None:
    """The centroid of each feature's IVF cell and the k centroids nearest to the feature after it.

    x: (N, d) features. None for an index with fewer than two cells.
    """
    if (index.nlist or 1) < 2:
        return None
    chain, _ = anatomy(index.faiss)
    # HNSW as coarse quantizer may find fewer than k + 1: the missing ones are -1.
    cells = _nearest(index, x, min(k + 1, index.nlist))
    return _among(backward(chain, index.centroids), cells[:, 0], cells[:, 1:])


def _nearest(index, x, n):
    """Numbers of the n centroids nearest to features x, (N, n), the nearest first."""
    chain, core = anatomy(index.faiss)
    return core.quantizer.search(forward(chain, np.ascontiguousarray(x, np.float32)), n)[1]


def _among(points, own, others):
    """Rivals from positions in points (n, d): own (N,), others (N, K). A -1 repeats the last position before it."""
    last = np.maximum.accumulate(np.where(others >= 0, np.arange(others.shape[1]), 0), axis=1)
    others = np.take_along_axis(others, last, axis=1)
    others = np.where(others < 0, own[:, None], others)
    return Rivals(points[own], points[others])


def code_rivals(index: ActiveIndex, x: np.ndarray, k: int = 128, nprobe: int = 16) -> Rivals | None:
    """The code that the index stores for each feature, and the k nearest other codes it stores.

    x: (N, d) features; nprobe: cells to search for them. Vectors with the same code as the feature's own are no rivals:
    no change of the picture could separate the two. None for an index that stores fewer than two vectors, or stores
    them exactly or nearly so (IVF,Flat, Flat, IVF,RaBitQ4), and for codes that faiss does not decode.
    """
    _, core = anatomy(index.faiss)
    # More than one bit of RaBitQ is nearly exact, and faiss decodes but the first.
    nearly_exact = getattr(getattr(core, "rabitq", None), "nb_bits", 1) > 1 and isinstance(core, faiss.IndexIVF)
    if index.ntotal < 2 or nearly_exact or isinstance(core, (faiss.IndexIVFFlat, faiss.IndexFlat)):
        return None
    x = np.ascontiguousarray(x, np.float32)
    try:
        own = quantize(index.faiss, x)
    except ValueError:
        return None
    # Whatever goes wrong here is told: a margin without these rivals would quietly gain less.
    estimates, _, found = stored_near(index.faiss, x, min(k + 8, index.ntotal), min(nprobe, index.nlist or 1))
    distances = ((found - own[:, None]) ** 2).sum(2)
    # What the search did not find is NaN.
    usable = np.nan_to_num(distances, nan=-1) > 1e-6
    order = np.argsort(~usable, axis=1, kind="stable")[:, :k]
    usable = np.take_along_axis(usable, order, 1)
    if not usable[:, 0].all():
        return None
    # A rival too few repeats the last one.
    last = np.maximum(usable.sum(1) - 1, 0)
    order = np.take_along_axis(order, np.minimum(np.arange(order.shape[1]), last[:, None]), 1)
    others = np.take_along_axis(found, order[..., None], 1)
    if not isinstance(storage(core), ESTIMATES):
        return Rivals(own, others)
    larger = estimates - np.square(found - x[:, None]).sum(2)
    return Rivals(own, others, np.take_along_axis(larger, order, 1) - _of_own(larger, distances)[:, None])


def _of_own(larger, distances):
    """By how much the estimate of the own code exceeds the distance to its point, (N,): a mean where none was met."""
    larger = np.where(np.isfinite(distances), larger, np.nan)
    own = np.where(distances <= 1e-6, larger, np.nan)
    known = np.isfinite(own).any(1)
    own[~known] = larger[~known]
    return np.nanmean(own, 1)
