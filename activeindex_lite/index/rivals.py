"""What a picture's stored code competes with: the other cells around its own, and the other codes that are stored nearby."""

from dataclasses import dataclass

import faiss
import numpy as np

from activeindex_lite.index.anatomy import anatomy, backward, forward
from activeindex_lite.index.targets import quantize


@dataclass(frozen=True, eq=False)
class Rivals:
    """The point that N features belong to, and K others that could be nearer after an edit: own (N, d), others (N, K, d), float32.

    Both are places among the features. Where there are fewer than K others, the farthest of them is repeated.
    """

    own: np.ndarray
    others: np.ndarray

    def __len__(self):
        return len(self.own)

    def __getitem__(self, rows):
        """The rivals of some of the features: rows is a slice or an array of positions."""
        return Rivals(self.own[rows], self.others[rows])


def cell_rivals(index, x, k=256):
    """The centroid of each feature's IVF cell and the k centroids nearest to the feature after it; None without other cells.

    index: an ActiveIndex; x: (N, d) features.
    """
    if (index.nlist or 1) < 2:
        return None
    chain, _ = anatomy(index.faiss)
    # HNSW as coarse quantizer may find fewer than it is asked for: those places hold -1.
    cells = _nearest(index, x, min(k + 1, index.nlist))
    return _among(backward(chain, index.centroids), cells[:, 0], cells[:, 1:])


def _nearest(index, x, n):
    """Numbers of the n centroids nearest to features x, (N, n), the nearest first."""
    chain, core = anatomy(index.faiss)
    return core.quantizer.search(forward(chain, np.ascontiguousarray(x, np.float32)), n)[1]


def _among(points, own, others):
    """Rivals from positions in points (n, d): own (N,), others (N, K); a -1 is filled with the last place found before it."""
    last = np.maximum.accumulate(np.where(others >= 0, np.arange(others.shape[1]), 0), axis=1)
    others = np.take_along_axis(others, last, axis=1)
    others = np.where(others < 0, own[:, None], others)
    return Rivals(points[own], points[others])


def code_rivals(index, x, k=128, nprobe=16):
    """The code that the index stores for each feature, and the k nearest other codes it holds; None where there are none to know.

    index: an ActiveIndex; x: (N, d) features; nprobe: cells to look for them in. Vectors with the very same code as the
    feature's own are no rivals: nothing done to the picture could part the two. None for an index that holds fewer than two
    vectors, that keeps vectors as they are (IVF,Flat, Flat), or whose codes faiss does not give back (4-bit PQ, "PQ4x4fs", in IVF).
    """
    _, core = anatomy(index.faiss)
    if index.ntotal < 2 or isinstance(core, (faiss.IndexIVFFlat, faiss.IndexFlat)):
        return None
    own = quantize(index.faiss, np.ascontiguousarray(x, np.float32))
    try:
        found = _reconstructed(index, x, min(k + 8, index.ntotal), min(nprobe, index.nlist or 1))
    except RuntimeError:
        return None
    distances = ((found - own[:, None]) ** 2).sum(2)
    # A place that the search left empty is reconstructed as NaN.
    usable = np.nan_to_num(distances, nan=-1) > 1e-6
    order = np.argsort(~usable, axis=1, kind="stable")[:, :k]
    others, usable = np.take_along_axis(found, order[..., None], 1), np.take_along_axis(usable, order, 1)
    if not usable[:, 0].all():
        return None
    last = np.maximum(usable.sum(1) - 1, 0)
    order = np.minimum(np.arange(others.shape[1]), last[:, None])
    return Rivals(own, np.take_along_axis(others, order[..., None], 1))


def _reconstructed(index, x, k, nprobe):
    """The k stored codes nearest to x, decoded, (N, k, d), as places among the features."""
    whole = faiss.downcast_index(index.faiss)
    while isinstance(whole, faiss.IndexRefine):
        whole = faiss.downcast_index(whole.base_index)
    ivf, before = faiss.try_extract_index_ivf(whole), None
    if ivf is not None:
        before, ivf.nprobe = ivf.nprobe, nprobe
    try:
        _, ids, found = whole.search_and_reconstruct(np.ascontiguousarray(x, np.float32), k)
    finally:
        if ivf is not None:
            ivf.nprobe = before
    found[ids < 0] = np.nan
    return found
