"""What the nprobe explorer shows for an index and a query, as JSON: the map of cells, results with pictures, curves."""

import numpy as np

from activeindex_lite.evaluation.stored_queries import load_queries
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index import ready_index
from activeindex_lite.lessons.ivf import disc_map, probing
from activeindex_lite.sweeps.nprobe import INDEXES, load_curves, nprobes_of, recall_by_nprobe
from activeindex_lite.widgets.pictures import thumbnail

# (position among the stored queries, edit): found at once, found after 3 ... 65 cells, found and then lost to a nearer
# code, lost to the code from the start, and lost to the extractor, which no index can mend.
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
TIMED = 40


class NprobeState:
    """Indexes over the ready world's references, and edited pictures to search for.

    indexes: dict name -> ActiveIndex of the IVF family that stores the references (None: those of probes.INDEXES, each
    made when it is first wanted). queries: sequence of (position among load_queries(), edit).
    """

    def __init__(self, indexes=None, queries=QUERIES):
        self.stored = load_queries()
        self.world = self.stored.world
        self.names, self.own = list(indexes or INDEXES), bool(indexes)
        self.queries = tuple(queries)
        for i, edit in self.queries:
            if edit not in self.stored.features or not 0 <= i < len(self.stored.ids):
                raise ValueError(f"query {(i, edit)!r}: give (0 .. {len(self.stored.ids) - 1}, an edit of EDITS)")
        self._indexes, self._lists, self._about, self._views, self._thumbnails = dict(indexes or {}), {}, {}, {}, {}

    def index(self, name):
        """The ActiveIndex of that name."""
        if name not in self._indexes:
            self._indexes[name] = ready_index(INDEXES[name])
        return self._indexes[name]

    def titles(self):
        """A line for each query: what was done to which picture."""
        return [f"{edit}, picture {self.stored.ids[i]}" for i, edit in self.queries]

    def about(self, name):
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

    def probing(self, name, query):
        """The Probing of query number `query`."""
        if name not in self._lists:
            self._lists[name] = self.index(name).lists
        i, edit = self.queries[query]
        return probing(self.index(name), self.stored.features[edit][i], self.stored.ids[i], SHOWN, self._lists[name])

    def view(self, name, query):
        """Everything to draw for an index and a query, whatever nprobe."""
        if (name, query) not in self._views:
            self._views[name, query] = self._view(name, query)
        return self._views[name, query]

    def _view(self, name, query):
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

    def _phase(self, index, found, truth, begin):
        """The results from nprobe `begin` on, and the sentence that goes with them."""
        s = found.at(begin)
        results = [
            {"id": int(i), "distance": round(float(d), 4), "original": bool(i == truth)}
            for i, d in zip(found.ids[s], found.distances[s], strict=True)
            if i >= 0
        ]
        number = f"cell number {found.rank} by distance"
        if found.first[s]:
            said = f"The original comes first. It is in {number}."
        elif begin < found.rank:
            said = f"The original is not found: it is in {number}, which is not visited yet."
        elif index.factory.endswith("Flat"):
            said = (
                f"The original's cell is visited ({number}), but another picture's feature really is nearer: "
                "brute force would fail as well."
            )
        else:
            said = (
                f"The original's cell is visited ({number}), but the rough code of another picture looks as "
                "near or nearer."
            )
        return {"from": int(begin), "first": bool(found.first[s]), "results": results, "sentence": said}

    def _thumbnail(self, i):
        if i not in self._thumbnails:
            self._thumbnails[i] = thumbnail(self.world.pictures(i)[0], RESULT_SIDE)
        return self._thumbnails[i]
