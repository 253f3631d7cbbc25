"""GraphExplorer: HNSW in the plane: drag the query, and follow the walk of its search from layer to layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.lessons.graph_walk import EF_CONSTRUCTION, LEAST_M, MOST_M, WalkResult, first_example, walk_result
from activeindex_lite.support.checks import whole_number
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_number, esm, read
from activeindex_lite.widgets.points import REACH, checked_points, plain

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described
    from activeindex_lite.scratch.hnsw import HNSW, Walk

MOST_EF, LEAST_NODES, MOST_NODES = 64, 20, 200
# A step beyond every walk, as WHOLE in graph_plane.js.
WHOLE = 999


class GraphExplorer(Explorer):
    """An HNSW graph over points of the plane, and the walk of one search through its layers.

    N: 20 to 200 nodes; seed: draws the nodes, their top layers and the 200 queries that the curve averages over.

    Traits, to set, link and observe from Python: query [x, y], M (2 to 16), ef_search (1 to 64), layer ("all", or the
    number of one), step (0 to 999: how many stops of the walk are shown; a walk with fewer is shown whole). A value out
    of range raises TraitError and changes nothing.
    """

    _esm = esm("plane", "hnsw_math", "graph_stage", "graph_layers", "graph_chart", "graph_plane")
    _css = CSS + read("plane.css")
    query = Setting([0.0, 0.0]).tag(sync=True)
    M = Setting(3).tag(sync=True)
    ef_search = Setting(1).tag(sync=True)
    layer = Setting("all").tag(sync=True)
    step = Setting(WHOLE).tag(sync=True)
    _fixed = traitlets.Dict().tag(sync=True)

    page_traits = ("query", "M", "ef_search", "layer", "step", "_fixed", "_error")
    title = "A graph of neighbours in layers"
    intro = (
        "A search begins at the entry in the top layer, walks along links to ever nearer nodes, and goes down a layer "
        "where no link leads nearer. Drag the query, play the walk, and raise efSearch where it misses the nearest."
    )

    def __init__(self, N: int = 150, seed: int = 3, **settings: Any) -> None:
        N = whole_number(N, "N", MOST_NODES, f"the plane has room for {LEAST_NODES} to {MOST_NODES} nodes", LEAST_NODES)
        seed = whole_number(seed, "seed", 2**32 - 1, "the seed of a numpy Generator", 0)
        self._state, query = first_example(N, seed)
        self._tops = {M: self._state.tops(M).tolist() for M in range(LEAST_M, MOST_M + 1)}
        self._graphs: dict[int, HNSW] = {}
        # layer is checked against the layers of M, so it comes last.
        layer = settings.pop("layer", "all")
        super().__init__(**{"query": query, **settings})
        self._fixed = {
            "points": plain(self._state.points),
            "queries": plain(self._state.queries),
            "tops": {str(M): tops for M, tops in self._tops.items()},
            "efConstruction": EF_CONSTRUCTION,
            "reach": REACH,
        }
        self.layer = layer

    @property
    def graph(self) -> HNSW:
        """The graph of the figure, a scratch.HNSW of d = 2."""
        example = self.state
        if self.M not in self._graphs:
            self._graphs[self.M] = example.graph(self.M)
        return self._graphs[self.M]

    @property
    def result(self) -> WalkResult:
        """What the search finds: found, nearest (ids), rank, compared, N, right, sentence, and its walk."""
        return walk_result(self.graph, np.array(self.query, np.float32), self.ef_search)

    @property
    def walk(self) -> Walk:
        """What the search did, in its order: a scratch Walk; compared, distances, layers, origins, path."""
        return self.result.walk

    @property
    def steps(self) -> int:
        """The number of stops of the walk."""
        return len(self.walk.path)

    @property
    def finding(self) -> str:
        """How many vectors the search compares, and whether it finds the nearest, in one sentence."""
        return self.result.sentence

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.graph_walk import walk_in_layers

        return walk_in_layers(self.graph, np.array(self.query, np.float32), self.ef_search)

    def stored(self) -> dict:
        """Nothing: the page computes all of it."""
        return {}

    @traitlets.validate("query")
    def _valid_query(self, proposal: dict) -> list:
        return plain(checked_points("query", [proposal.value], 1)[0])

    @traitlets.validate("M")
    def _valid_M(self, proposal: dict) -> int:
        return checked_number("M", proposal.value, LEAST_M, MOST_M, "links that a node has at most per layer")

    @traitlets.observe("M")
    def _fewer_layers(self, change: dict) -> None:
        if self.layer != "all":
            self.layer = min(self.layer, max(self._tops[change.new]))

    @traitlets.validate("ef_search")
    def _valid_ef_search(self, proposal: dict) -> int:
        return checked_number("ef_search", proposal.value, 1, MOST_EF, "nodes that the search keeps in layer 0")

    @traitlets.validate("layer")
    def _valid_layer(self, proposal: dict) -> int | str:
        if isinstance(proposal.value, str) and proposal.value == "all":
            return "all"
        highest = max(self._tops[self.M])
        return checked_number("layer", proposal.value, 0, highest, f'"all", or a layer of the graph at M {self.M}')

    @traitlets.validate("step")
    def _valid_step(self, proposal: dict) -> int:
        return checked_number("step", proposal.value, 0, WHOLE, "stops of the walk that are shown")
