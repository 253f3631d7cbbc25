"""What the nprobe explorer shows for an index and a query, as JSON: the map of cells, results with pictures, curves."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence

import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.stored_queries import load_queries
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index import ActiveIndex, ready_index
from activeindex_lite.lessons.ivf import Probing, disc_map, probing
from activeindex_lite.pictures.synthetic import synthetic_pictures
from activeindex_lite.pictures.uris import thumbnail
from activeindex_lite.sweeps.nprobe import INDEXES, load_curves, nprobes_of, recall_by_nprobe
from activeindex_lite.widgets.module import checked_indexes
from activeindex_lite.world.world import REFERENCE_SEED

# (position among the stored queries, edit): found at once, found after 3 ... 65 cells, found and then lost to a nearer
# code, lost to the code from the start, and lost to the extractor, which no index can fix.
QUERIES = (
    (0, "Identity"),
    (60, "JPEG 50"),
    (16, "Meme"),
    (72, "Contrast 2"),
    (188, "Crop 0.5"),
    (104, "Crop 0.5"),
    (48, "Rotation 25"),
    (148, "Rotation 25"),
    (96, "Brightness 2"),
)
SHOWN = 4
SIDE, RESULT_SIDE = 160, 104
# Pictures of a cell: how many, the side at which they are drawn and shown, and of how many cells a page keeps them.
IN_CELL, DRAWN_SIDE, CELL_SIDE, CELLS_KEPT = 4, 112, 64, 16
TIMED = 40


class NprobeState:
    """Indexes over the ready world's references, and edited pictures to search for.

    indexes: dict name -> ActiveIndex of the IVF family that stores the references (None: those of
    sweeps.nprobe.INDEXES, each made when first wanted). queries: sequence of (position among load_queries(), edit).
    ValueError for an index without cells, and for one that stores other vectors than the references.
    """

    def __init__(
        self, indexes: dict[str, ActiveIndex] | None = None, queries: Sequence[tuple[int, str]] = QUERIES
    ) -> None:
        self.stored = load_queries()
        self.world = self.stored.world
        self._indexes = {} if indexes is None else checked_indexes(indexes)
        for name, index in self._indexes.items():
            self._refuse_unfit(name, index)
        self.names, self.own = list(self._indexes or INDEXES), bool(self._indexes)
        self.queries = self._checked(queries)
        self._lists, self._about, self._views, self._thumbnails, self._probings = {}, {}, {}, {}, {}

    def _refuse_unfit(self, name: str, index: ActiveIndex) -> None:
        if not index.nlist:
            raise ValueError(
                f"indexes[{name!r}] is {index.factory}, which has no cells: expected an index of the IVF family, such "
                "as IVF256,Flat"
            )
        n, d = self.world.references.shape
        if (index.ntotal, index.d) != (n, d):
            raise ValueError(
                f"indexes[{name!r}] stores {index.ntotal:,} vectors of {index.d} dimensions: expected the {n:,} "
                f"references of the ready world, d = {d}, as build_index({index.factory!r}, world.train, "
                "world.references) stores them"
            )

    def _checked(self, queries: Sequence[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
        most, checked = len(self.stored.ids) - 1, []
        try:
            pairs = [(position, edit) for position, edit in queries]
        except (TypeError, ValueError):
            pairs = []
        if not pairs:
            raise ValueError(
                f"queries={reprlib.repr(queries)}: expected one or more pairs of position and edit, such as "
                "[(0, 'Meme')]"
            )
        for position, edit in pairs:
            is_number = isinstance(position, int | np.integer) and not isinstance(position, bool)
            if not is_number or not 0 <= position <= most or not isinstance(edit, str) or edit not in EDITS:
                raise ValueError(
                    f"query {reprlib.repr((position, edit))}: expected a position from 0 to {most} and an edit of "
                    f"EDITS: {', '.join(EDITS)}"
                )
            checked.append((int(position), str(edit)))
        return tuple(checked)

    def index(self, name: str) -> ActiveIndex:
        """The ActiveIndex of that name."""
        if name not in self._indexes:
            self._indexes[name] = ready_index(INDEXES[name])
        return self._indexes[name]

    def titles(self) -> list[str]:
        """One line per query: the edit, and the picture."""
        return [f"{edit}, picture {self.stored.ids[i]}" for i, edit in self.queries]

    def about(self, name: str) -> dict:
        """What does not depend on the query: size, slider positions, and the curves over nprobe as rows."""
        if name not in self._about:
            index, features = self.index(name), self.stored.features
            if self.own:
                table = recall_by_nprobe(index, features, self.stored.ids, timed=None)
            else:
                curves = load_curves()
                table = curves[curves["index"] == name].drop(columns="index")
            # The time is this machine's, so it is measured here, on the edits in turn.
            queries = np.concatenate([f[: -(-TIMED // len(features))] for f in features.values()])[:TIMED]
            table = table.assign(ms=[np.median(search_milliseconds(index, queries, int(n))) for n in table.nprobe])
            self._about[name] = {
                "factory": index.factory,
                "nlist": index.nlist,
                "ntotal": index.ntotal,
                "nprobes": list(nprobes_of(index)),
                "curve": table.round(5).to_dict("records"),
                "bytes": index.bytes_per_vector,
                "queries": len(self.stored.ids),
                "edits": len(features),
            }
        return self._about[name]

    def probing(self, name: str, query: int) -> Probing:
        """The Probing of query number `query`."""
        if name not in self._lists:
            self._lists[name] = self.index(name).lists
        if (name, query) not in self._probings:
            (i, edit), lists = self.queries[query], self._lists[name]
            feature = self.stored.features[edit][i]
            self._probings[name, query] = probing(self.index(name), feature, self.stored.ids[i], SHOWN, lists)
        return self._probings[name, query]

    def view(self, name: str, query: int) -> dict:
        """All there is to draw for an index and a query, at any nprobe."""
        if (name, query) not in self._views:
            self._views[name, query] = self._view(name, query)
        return self._views[name, query]

    def _view(self, name: str, query: int) -> dict:
        index, found = self.index(name), self.probing(name, query)
        i, edit = self.queries[query]
        truth = int(self.stored.ids[i])
        begins = np.union1d(found.begins, found.rank).tolist()
        phases = [self._phase(index, found, truth, begin) for begin in begins]
        ids = {result["id"] for phase in phases for result in phase["results"]}
        if ("query", query) not in self._thumbnails:
            self._thumbnails["query", query] = thumbnail(self.stored.picture(i, edit), SIDE)
            self._thumbnails["original", truth] = thumbnail(self.world.pictures(truth)[0], SIDE)
        return {
            "index": name,
            "query": query,
            "edit": edit,
            "truth": truth,
            "rank": found.rank,
            "phases": phases,
            "picture": self._thumbnails["query", query],
            "original": self._thumbnails["original", truth],
            "thumbnails": {str(i): self._thumbnail(i) for i in sorted(ids)},
            "scanned": found.scanned.tolist(),
            # Thousandths of the map's radius, x and y in turn, the nearest cell first.
            "places": (1000 * disc_map(index.centroids, self.stored.features[edit][i], found.cells))
            .round()
            .astype(int)
            .ravel()
            .tolist(),
        }

    def _phase(self, index: ActiveIndex, found: Probing, truth: int, begin: int) -> dict:
        """The results from nprobe `begin` on, and their sentence."""
        s = found.at(begin)
        results = [
            {"id": int(i), "distance": round(float(d), 4), "original": bool(i == truth)}
            for i, d in zip(found.ids[s], found.distances[s], strict=True)
            if i >= 0
        ]
        first = bool(found.first[s])
        sentence = _sentence(index.factory, found.rank, begin, first)
        return {"from": int(begin), "first": first, "results": results, "sentence": sentence}

    def members(self, name: str, query: int, rank: int) -> tuple[int, np.ndarray]:
        """(how many vectors the cell of that rank holds, the ids of the few that are nearest to the query)."""
        found = self.probing(name, query)
        ids = np.asarray(self._lists[name][found.cells[rank - 1]])
        i, edit = self.queries[query]
        near = self.world.references[ids] @ self.stored.features[edit][i]
        return len(ids), ids[np.argsort(-near, kind="stable")[:IN_CELL]]

    def cell(self, name: str, query: int, rank: int) -> dict:
        """What lies in the cell of that rank: dict rank, count, and pictures, those nearest to the query."""
        count, ids = self.members(name, query, rank)
        truth = int(self.stored.ids[self.queries[query][0]])
        shown = [{"id": int(i), "src": self.small(int(i)), "original": int(i) == truth} for i in ids]
        return {"rank": rank, "count": count, "pictures": shown}

    def first_cells(self, name: str, query: int) -> list[list[int]]:
        """For each of the first cells the ids of its vectors that are nearest to the query."""
        kept = min(CELLS_KEPT, self.index(name).nlist)
        return [self.members(name, query, rank)[1].tolist() for rank in range(1, kept + 1)]

    def small(self, i: int) -> str:
        """Reference i as a small thumbnail: drawn small at once, which takes a third of the time."""
        return thumbnail(synthetic_pictures([REFERENCE_SEED + i], DRAWN_SIDE)[0], CELL_SIDE)

    def _thumbnail(self, i: int) -> str:
        if i not in self._thumbnails:
            self._thumbnails[i] = thumbnail(self.world.pictures(i)[0], RESULT_SIDE)
        return self._thumbnails[i]


def _sentence(factory: str, rank: int, nprobe: int, first: bool) -> str:
    """What a search with this nprobe finds, when the original lies in the cell of that rank."""
    cell = f"cell number {rank} by distance"
    if first:
        return f"The original comes first. It is in {cell}."
    if nprobe < rank:
        return f"The search misses the original: it is in {cell}, which is not visited yet."
    if factory.endswith(",Flat"):
        return (
            f"The original's cell is visited ({cell}), but the feature of another picture is as near or nearer: brute "
            "force would fail as well."
        )
    return f"The original's cell is visited ({cell}), but the rough code of another picture looks as near or nearer."
