"""Checks of the exercises on the inverted file (notebook 02)."""

from collections.abc import Callable

import numpy as np

from activeindex_lite.exercises.check import WrongAnswer, as_numbers, call, compare, one_number, verdict
from activeindex_lite.scratch import IVF, squared_distances


def _example(N: int = 60, nlist: int = 7, d: int = 4, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, d)).astype(np.float32), rng.normal(size=(nlist, d)).astype(np.float32)


@verdict
def nearest_cell(answer: Callable) -> str:
    """f(x (N, d), centroids (nlist, d)) -> the cell of each vector, (N,)."""
    for N in (60, 1):
        x, centroids = _example(N)
        table = squared_distances(x, centroids)
        compare(
            call(answer, x, centroids),
            table.argmin(1),
            "the cells",
            are_ids=True,
            hints=[
                (
                    table,
                    "These are all the distances; return the position of the smallest in each row: argmin(axis=1).",
                ),
                (table.argmin(), "This is the position in the whole table; argmin(axis=1) gives that of each row."),
                (centroids[table.argmin(1)], "These are the centroids themselves; return the number of each."),
                (table.min(1), "These are the distances; return the number of the centroid: argmin."),
                (table.argmax(1), "These are the centroids furthest away."),
                (table.argmin(0), "This is the nearest vector of each centroid: the minimum is along the other axis."),
                (
                    (x @ centroids.T).argmax(1),
                    "The largest product belongs to the nearest centroid only if all centroids have the same length.",
                ),
            ],
        )
    return "Every vector is in the cell of its nearest centroid."


@verdict
def posting_lists(answer: Callable) -> str:
    """f(cells (N,), nlist) -> a list of nlist arrays: the ids of the vectors in each cell."""
    for cells, nlist in ((np.array([2, 0, 2, 1, 2, 0]), 5), (np.random.default_rng(0).integers(9, size=200), 9)):
        lists = call(answer, cells, nlist)
        if not (isinstance(lists, list | tuple) or (isinstance(lists, np.ndarray) and lists.ndim)):
            raise WrongAnswer(f"A list of {nlist} arrays is expected, this is {type(lists).__name__}.")
        if len(lists) != nlist:
            empty = nlist - len(np.unique(cells))
            hint = (
                f" {empty} cells are empty: they need an empty list each."
                if len(lists) == nlist - empty and empty
                else ""
            )
            raise WrongAnswer(f"There are {nlist} cells, but {len(lists)} lists.{hint}")
        for cell, ids in enumerate(lists):
            inside = cells == cell
            right = np.flatnonzero(inside)
            compare(
                _sorted_ids(ids),
                right,
                f"the list of cell {cell}",
                are_ids=True,
                hints=[
                    (
                        np.sort(inside),
                        "This is True or False for every vector; np.flatnonzero gives the positions of True.",
                    ),
                    (right[None], "np.where returns a tuple: take its first entry, or use np.flatnonzero."),
                    (
                        cells[inside],
                        "These are the numbers of the cells; return the ids, which are positions in the array cells.",
                    ),
                    (right.size, "This is how many there are; return their ids."),
                ],
            )
    return "Each vector is in one list, and an empty cell has an empty one."


def _sorted_ids(ids: object) -> object:
    """The ids in ascending order, where they are numbers in a row; anything else as it is."""
    array = as_numbers(list(ids) if isinstance(ids, set) else ids)
    return np.sort(array) if array is not None and array.ndim == 1 else ids


@verdict
def search(answer: Callable) -> str:
    """f(query (d,), centroids (nlist, d), lists, vectors (N, d), nprobe) -> id of the nearest candidate."""
    x, centroids = _example(400, 12)
    ivf = IVF(centroids)
    ivf.add(x)
    queries = _example(40, 1, seed=5)[0]
    exact = squared_distances(queries, x).argmin(1)
    for nprobe in (1, 3, 12):
        expected = ivf.search(queries, 1, nprobe)[1][:, 0]
        found = np.array(
            [one_number(call(answer, query, centroids, ivf.lists, x, nprobe), "the id") for query in queries]
        )
        positions = [np.flatnonzero(ivf.candidates(q, nprobe) == i)[0] for q, i in zip(queries, expected, strict=True)]
        compare(
            found,
            expected,
            f"the ids found with nprobe {nprobe}",
            are_ids=True,
            hints=[
                (exact, "This is the exact nearest of all vectors: search only the lists of the nprobe nearest cells."),
                (positions, "These are positions among the candidates; the id of a candidate is candidates[position]."),
                (ivf.search(queries, 1, 1)[1][:, 0], "This is the answer for nprobe 1, whatever nprobe is."),
            ],
        )
    return "The same ids as from the index itself, for nprobe 1, 3 and 12, which is all cells."


@verdict
def cheapest_nlist(answer: Callable) -> str:
    """f(N, nprobe) -> the number of cells for which a search computes fewest distances."""
    for N, nprobe in ((1_000_000, 1), (1_000_000, 16), (50_000, 4)):
        best = np.sqrt(N * nprobe)
        given = one_number(call(answer, N, nprobe), "the number of cells")
        if given <= 0:
            raise WrongAnswer(f"The number of cells is expected to be above 0, this is {given:g}.")
        cost, least = given + N * nprobe / given, 2 * best
        if cost > 1.01 * least:
            hint = " That is the answer for nprobe 1." if nprobe > 1 and abs(given - np.sqrt(N)) < 2 else ""
            raise WrongAnswer(
                f"N = {N:,}, nprobe = {nprobe}: {given:,.0f} cells need {cost:,.0f} distances, the best number needs "
                f"{least:,.0f}.{hint}"
            )
    return "The two parts of the work are then equal: as many centroids as candidates."
