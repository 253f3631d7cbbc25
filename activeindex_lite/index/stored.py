"""The codes that a faiss index stores near a feature, decoded, also from lists that faiss does not decode itself."""

from __future__ import annotations

import faiss
import numpy as np

from activeindex_lite.index.anatomy import anatomy, backward, forward
from activeindex_lite.index.searching import set_for_now

# Cells of 4-bit codes, which lie interleaved: faiss decodes one by its place in the list alone.
FAST_SCAN = tuple(getattr(faiss, name) for name in ("IndexIVFFastScan",) if hasattr(faiss, name))


def stored_near(index: faiss.Index, x: np.ndarray, k: int, nprobe: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The k codes nearest to each of x (N, d) float32: (distances (N, k), ids (N, k), points (N, k, d)).

    distances: squared, as the index estimates them; points: the codes decoded, in the space of the features; both NaN
    and the id -1 where the nprobe visited cells hold fewer than k. Of an index that re-ranks: its first stage.
    RuntimeError for codes that faiss does not decode.
    """
    chain, core = anatomy(index)
    # With parameters and not set on the index, which other threads search at the same time: a search whose nprobe
    # changes under it reads cells that are not there.
    given = {"nprobe": nprobe} if isinstance(core, faiss.IndexIVF) else {}
    x = forward(chain, x)
    with set_for_now(core, given) as params:
        if isinstance(core, FAST_SCAN):
            distances, ids = core.search(x, k, params=params)
            points = _by_place(core, x, ids, nprobe)
        else:
            distances, ids, points = core.search_and_reconstruct(x, k, params=params)
    points = backward(chain, points.reshape(-1, core.d)).reshape(*ids.shape, -1)
    points[ids < 0], distances[ids < 0] = np.nan, np.nan
    return distances, ids, points


def _by_place(core, x, ids, nprobe):
    """The stored codes of ids (N, k), all in the nprobe cells that a search for x (N, d) visits, decoded: (N, k, d)."""
    found = np.zeros((*ids.shape, core.d), np.float32)
    cells = core.quantizer.search(x, nprobe)[1]
    for row, visited, wanted in zip(found, cells.tolist(), ids.tolist(), strict=True):
        places = {i: (cell, place) for cell in visited for place, i in enumerate(_ids_in(core.invlists, cell))}
        for point, i in zip(row, wanted, strict=True):
            if i >= 0:
                core.reconstruct_from_offset(*places[i], faiss.swig_ptr(point))
    return found


def _ids_in(lists, cell):
    n = lists.list_size(cell)
    return faiss.rev_swig_ptr(lists.get_ids(cell), n).tolist() if n else []
