"""Notebook 02 and its explorers: a search in the plane, one query at every nprobe, and where to draw its cells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.evaluation.cells import scanned_by_nprobe
from activeindex_lite.evaluation.retrieval import strictly_first
from activeindex_lite.scratch import IVF
from activeindex_lite.scratch.plane import clouds, plane_of, query_near_a_border

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex


@dataclass(frozen=True)
class PlaneExample:
    """An inverted file in the plane whose search misses at nprobe 1 and finds at 2.

    points: (N, 2); centroids: (nlist, 2), found by k-means; scattered: (nlist, 2), points where k-means could begin;
    query: (2,), near a border.
    """

    points: np.ndarray
    centroids: np.ndarray
    scattered: np.ndarray
    query: np.ndarray


def plane_example(nlist: int = 16, seed: int = 3) -> PlaneExample:
    """A PlaneExample with nlist cells and 400 points; the seed draws all of it."""
    rng = np.random.default_rng(seed)
    points = clouds(rng)
    ivf = IVF.train(points, nlist, rng, iterations=25)
    ivf.add(points)
    scattered = points[rng.choice(len(points), nlist, replace=False)]
    return PlaneExample(points, ivf.centroids, scattered, query_near_a_border(ivf, rng))


@dataclass(frozen=True)
class Probing:
    """What one query finds as nprobe grows from 1 to nlist.

    cells: (nlist,), the nearest centroid first; scanned: (nlist,), vectors compared at nprobe 1 .. nlist; rank: place
    of the original's cell in that order, 1 the nearest. The first results change S times: from nprobe begins[s] to
    the next entry of begins they are ids[s] (k,) at distances[s] (k,), as the index computes them (id -1, distance
    inf: no result). first[s]: whether the original comes first; a tie counts as a miss.
    """

    cells: np.ndarray
    scanned: np.ndarray
    rank: int
    begins: np.ndarray
    ids: np.ndarray
    distances: np.ndarray
    first: np.ndarray

    def at(self, nprobe: int) -> int:
        """The position s of the results at this nprobe."""
        return int(np.searchsorted(self.begins, nprobe, side="right")) - 1


def probing(index: ActiveIndex, query: np.ndarray, truth: int, k: int = 4, lists: list | None = None) -> Probing:
    """Follow one query (d,) through an ActiveIndex of the IVF family: a Probing.

    truth: id of the original; lists: `index.lists` (None: read now). One search over all cells suffices: a smaller
    nprobe computes the same distances, to fewer vectors.
    """
    lists = index.lists if lists is None else lists
    query = np.asarray(query, np.float32)[None]
    cells = index.probe(query, index.nlist)[0]
    # Rank of the cell of each stored vector.
    rank = np.empty(index.ntotal, np.int64)
    for place, cell in enumerate(cells, 1):
        rank[lists[cell]] = place
    distances, ids = (found[0] for found in index.search(query, k=index.ntotal, nprobe=index.nlist))
    kept = _ever_among_first(rank[ids], k)
    distances, ids = distances[kept], ids[kept]
    begins = np.unique(np.append(1, rank[ids]))
    shown = [np.flatnonzero(rank[ids] <= n)[:k] for n in begins]
    fill = [(0, k - len(s)) for s in shown]
    all_ids = np.stack([np.pad(ids[s], f, constant_values=-1) for s, f in zip(shown, fill, strict=True)])
    all_distances = np.stack(
        [np.pad(distances[s], f, constant_values=np.inf) for s, f in zip(shown, fill, strict=True)]
    )
    first = strictly_first(all_distances, all_ids, np.full(len(begins), truth))
    return Probing(
        cells,
        scanned_by_nprobe([len(stored) for stored in lists], cells),
        int(rank[truth]),
        begins,
        all_ids,
        all_distances,
        first,
    )


def _ever_among_first(ranks: np.ndarray, k: int) -> np.ndarray:
    """Positions in a list sorted by distance that are among the first k at some nprobe.

    A vector is never among them if k nearer vectors lie in cells that are visited no later than its own.
    """
    best, kept = [], []
    for position, rank in enumerate(ranks):
        if len(best) == k and rank >= best[-1]:
            continue
        kept.append(position)
        best = sorted([*best, rank])[:k]
        if len(best) == k and best[-1] == 1:
            break
    return np.array(kept)


def disc_map(centroids: np.ndarray, query: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Where to draw the cells around a query, so that the visited ones form a disc: (nlist, 2) in -1 .. 1.

    centroids: (nlist, d); query: (d,); cells: (nlist,), the nearest to the query first; the result is in that order.
    The query is in the middle, and the order outward is the true one; the radius grows as the cube root of the rank,
    which gives room to the first cells. The angle only puts similar directions side by side: it is the direction from
    the query in the plane in which the centroids vary most, spread evenly over each of a few rings.
    """
    _, axes, _ = plane_of(centroids)
    flat = ((centroids - query) @ axes.T)[cells]
    angle = np.arctan2(flat[:, 1], flat[:, 0])
    edges = [0]
    while edges[-1] < len(cells):
        edges.append(min(2 * edges[-1] + 3, len(cells)))
    for begin, end in pairwise(edges):
        ring = begin + np.argsort(angle[begin:end])
        even = np.linspace(-np.pi, np.pi, end - begin, endpoint=False)
        # Rotate the even ring to where it fits the true angles best.
        angle[ring] = even + np.angle(np.exp(1j * (angle[ring] - even)).sum())
    radius = (np.arange(1, len(cells) + 1) / len(cells)) ** (1 / 3)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
