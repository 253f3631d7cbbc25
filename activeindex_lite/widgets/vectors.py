"""VectorsExplorer: an index of one's own vectors, its searches beside brute force, and what its cells hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.evaluation.inspection import inspect
from activeindex_lite.index import ActiveIndex
from activeindex_lite.index.active_index import checked_index
from activeindex_lite.index.from_disk import read_or_build
from activeindex_lite.index.vectors import read_vectors
from activeindex_lite.index.which_index import cells_for
from activeindex_lite.pictures.uris import thumbnail
from activeindex_lite.support.checks import features_array, one_per_row
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.figures.style import Described

QUERIES, MOST_QUERIES, MOST_READ = 12, 64, 200_000
# Cells that are listed, and names of vectors in one.
CELLS, MEMBERS, SIDE = 12, 6, 72


class VectorsExplorer(Explorer):
    """Searches for queries among vectors of your own, at every nprobe or efSearch, beside brute force.

    vectors: (N, d) numbers, or a file that `read_vectors` reads; index: a faiss factory string, an ActiveIndex that
    stores these vectors, or a file of one (`read_index`); None: cells with whole vectors. queries: (Q, d), up to 64, or
    a file; None: 12 of the vectors, each of which finds itself first. names, query_names: a text per vector and per
    query; pictures, query_pictures: a function from a list of places to that many PIL pictures. k: how many nearest.

    Traits, to set, link and observe from Python: query (0 to Q - 1) and search (0 to the last of `searches`). A value
    out of range raises TraitError and changes nothing.
    """

    _esm = esm("plane", "vectors")
    _css = CSS + read("plane.css") + read("vectors.css")
    query = Setting(0).tag(sync=True)
    search = Setting(0).tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    page_traits = ("query", "search", "_fixed", "_error")
    title = "An index of your own vectors"
    intro = (
        "Choose a query, and how much of the index its search visits. The lists say which of the nearest vectors the "
        "search found, and the curve what it finds on the average."
    )

    def __init__(
        self,
        vectors: np.ndarray | str | Path,
        index: str | Path | ActiveIndex | None = None,
        *,
        queries: np.ndarray | str | Path | None = None,
        names: Sequence[str] | None = None,
        query_names: Sequence[str] | None = None,
        pictures: Callable[[list[int]], Sequence[Image.Image]] | None = None,
        query_pictures: Callable[[list[int]], Sequence[Image.Image]] | None = None,
        k: int = 10,
        **settings: Any,
    ) -> None:
        x = _vectors(vectors, "vectors", MOST_READ)
        own = queries is None
        places = np.linspace(0, len(x) - 1, min(QUERIES, len(x))).astype(int)
        asked = x[places] if own else _vectors(queries, "queries", MOST_QUERIES)
        if len(asked) > MOST_QUERIES:
            raise ValueError(f"{len(asked):,} queries: expected at most {MOST_QUERIES}, which a page can hold")
        self._state = inspect(_index(index, x), x, asked, min(k, len(x)))
        named = _names(names, len(x), "names", "vector")
        if own:
            query_names = query_names or [named(place) for place in places]
            query_pictures = query_pictures or (pictures and (lambda rows: pictures([int(places[i]) for i in rows])))
        super().__init__(**settings)
        queried = _names(query_names, len(asked), "query_names", "query")
        self._fixed = {
            **_fixed(self._state, named),
            "queries": [queried(i) for i in range(len(asked))],
            "own": own,
            "pictures": {} if pictures is None else _thumbnails(pictures, _shown(self._state)),
            "query_pictures": {} if query_pictures is None else _thumbnails(query_pictures, range(len(asked))),
        }

    @property
    def searches(self) -> list[dict[str, int]]:
        """The settings of the searches, as `ActiveIndex.search` takes them: nprobe, ef_search, or {} for one alone."""
        return self.state.settings

    @property
    def results(self) -> Any:
        """Recall, share of vectors compared and milliseconds of each search: a DataFrame, see `recall_and_work`."""
        return self.state.table.assign(bytes=round(self.state.bytes))

    @property
    def finding(self) -> str:
        """How many of the nearest the present search found, in one sentence."""
        exact, found = self.state.exact[self.query], self.state.found[self.search, self.query]
        n, k = int(np.isin(exact, found).sum()), len(exact)
        row = self.state.table.iloc[self.search]
        mark = "✓" if n == k else "✗"
        return (
            f"{mark} {self._fixed['searches'][self.search]}: {n} of the {k} nearest found. Average of "
            f"{len(self.state.exact)} queries: recall {row.recall:.2f}, {row.compared:.1%} of the vectors compared"
        )

    def still(self) -> Described:
        """Recall over work and time as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.graphs import recall_against_work
        from activeindex_lite.figures.style import Described

        drawn = recall_against_work(self.state.table, self.state.exact.shape[1])
        return Described(drawn.figure, f"{drawn.alt} {self.finding}.")

    def stored(self) -> dict:
        """Nothing: all searches are in the page."""
        return {}

    @traitlets.validate("query")
    def _valid_query(self, proposal: dict) -> int:
        return checked_number("query", proposal.value, 0, len(self.state.exact) - 1, "the place of a query")

    @traitlets.validate("search")
    def _valid_search(self, proposal: dict) -> int:
        most = len(self.state.settings) - 1
        return checked_number("search", proposal.value, 0, most, "a place in .searches")


def _vectors(given, name, most):
    return read_vectors(given, most) if isinstance(given, str | Path) else features_array(given, name=name)


def _index(given, x):
    """The ActiveIndex that is meant: itself, read from a file, or made and filled with vectors x."""
    if given is not None and not isinstance(given, str | Path):
        return checked_index(given)
    return read_or_build(f"IVF{cells_for(len(x))},Flat" if given is None else given, x)


def _names(names, n, what, kind):
    """A function from a place to its name. ValueError unless there is a name per row."""
    if names is None:
        return lambda place: f"{kind} {int(place):,}"
    names = [str(name) for name in one_per_row(names, n, what, "names", f"{kind}s")]
    return lambda place: names[int(place)]


def _shown(state):
    """The places of all vectors that lists show."""
    return sorted({int(i) for i in np.concatenate([state.exact.ravel(), state.found.ravel()]) if i >= 0})


def _thumbnails(pictures, places):
    """Small pictures as data URIs: a dict place -> address."""
    places = list(places)
    return {str(place): thumbnail(one, SIDE) for place, one in zip(places, pictures(places), strict=True)}


def _fixed(state, named):
    """All searches as JSON."""
    index, table = state.index, state.table
    visited = [[] for _ in state.exact] if state.cells is None else state.cells[:, :CELLS].tolist()
    lists = {} if state.cells is None else _lists(index, np.unique(state.cells[:, :CELLS]))
    return {
        "index": index.factory,
        "stored": index.ntotal,
        "d": index.d,
        "bytes": round(state.bytes),
        "nlist": index.nlist or 0,
        "setting": table.setting.iloc[0],
        "searches": [_said(setting, index) for setting in state.settings],
        "values": table.value.tolist(),
        "recall": table.recall.round(4).tolist(),
        "compared": table.compared.round(5).tolist(),
        "ms": table.ms.round(4).tolist(),
        "exact": state.exact.tolist(),
        "exact_distances": _plain(state.exact_distances),
        "found": state.found.tolist(),
        "distances": _plain(state.distances),
        "names": {str(i): named(i) for i in _shown(state)},
        "ranks": [] if state.ranks is None else state.ranks.tolist(),
        "visited": visited,
        # Of a cell: how many vectors it holds, the names of the first, and which of the nearest vectors lie in it.
        "cells": {
            str(cell): [len(ids), [named(i) for i in ids[:MEMBERS]], np.intersect1d(ids, state.exact).tolist()]
            for cell, ids in lists.items()
        },
    }


def _lists(index, cells):
    lists = index.lists
    return {int(cell): lists[cell] for cell in cells}


def _plain(distances):
    """Distances with four digits, None where nothing was met."""
    return [
        _plain(part) if np.ndim(part) else (float(f"{part:.4g}") if abs(part) < 1e30 else None) for part in distances
    ]


def _said(setting, index):
    """A search in words."""
    if "nprobe" in setting:
        return f"{setting['nprobe']} of {index.nlist:,} cells visited"
    return f"{setting['ef_search']} candidates kept" if setting else "all vectors compared"
