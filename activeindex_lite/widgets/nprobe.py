"""NprobeExplorer: move nprobe and see the cells that a search visits, what it finds, and what it costs."""

import traitlets

from activeindex_lite.widgets.module import Explorer, esm
from activeindex_lite.widgets.nprobe_state import QUERIES, NprobeState


class NprobeExplorer(Explorer):
    """A search among the 50,000 references of the ready world; see NprobeState for indexes and queries.

    Traits, to be set, linked and observed from Python: nprobe (1 .. number of cells), index (IVF-PQ, IVF or IVF256),
    query (0 .. 8, the number of an edited picture). A value out of range raises TraitError and changes nothing; going
    to an index with fewer cells than nprobe visits sets nprobe to all of them.
    """

    _esm = esm("nprobe_map", "nprobe")
    nprobe = traitlets.Int(1).tag(sync=True)
    index = traitlets.Unicode().tag(sync=True)
    query = traitlets.Int(3).tag(sync=True)
    _names = traitlets.Dict().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    _view = traitlets.Dict().tag(sync=True)
    # Only filled in a page without a kernel.
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("nprobe", "index", "query", "_names", "_error")
    title = "What a search visits: an inverted file, cell by cell"
    intro = (
        "Each picture was edited, and its original is somewhere among the stored ones. The index looks only into the "
        "nprobe cells that are nearest to the query. Move nprobe, by mouse or with the arrow keys, until the "
        "original is found."
    )

    def __init__(self, *, indexes=None, queries=QUERIES, **settings):
        self.state = NprobeState(indexes, queries)
        settings = {"index": self.state.names[0], **settings}
        settings.setdefault("query", min(3, len(self.state.queries) - 1))
        # nprobe is checked against the index, so it comes last.
        nprobe = settings.pop("nprobe", 1)
        super().__init__(**settings)
        self._names = {"indexes": self.state.names, "queries": self.state.titles()}
        self._refresh()
        self.nprobe = nprobe
        self.observe(lambda _: self._refresh(), ["index", "query"])

    @property
    def phase(self):
        """What holds at the present nprobe: a dict with from (nprobe), first (bool), results and sentence."""
        return [phase for phase in self._view["phases"] if phase["from"] <= self.nprobe][-1]

    @property
    def finding(self):
        """The sentence that the explorer shows."""
        return self.phase["sentence"]

    @property
    def results(self):
        """The first results at the present nprobe: a DataFrame rank, id, distance, original."""
        import pandas as pd

        table = pd.DataFrame(self.phase["results"], columns=["id", "distance", "original"])
        return table.set_index(table.index.rename("rank") + 1)

    @property
    def curve(self):
        """R@1 with interval, vectors compared, their share and milliseconds at each nprobe of the slider: a
        DataFrame.
        """
        import pandas as pd

        return pd.DataFrame(self._about["curve"])

    def still(self):
        """The present setting as a Described figure, for readers without a kernel."""
        from activeindex_lite.figures.nprobe import search_sheet

        state, view = self.state, self._view
        i, edit = state.queries[self.query]
        pictures = [state.world.pictures(r["id"])[0] for r in self.phase["results"]]
        return search_sheet(
            view, self._about, self.phase, self.nprobe, state.stored.picture(i, edit), pictures, self.curve
        )

    def stored(self):
        """Everything a page without a kernel shows: all indexes, all queries."""
        return {
            "abouts": {name: self.state.about(name) for name in self.state.names},
            "views": {
                f"{name} {query}": self.state.view(name, query)
                for name in self.state.names
                for query in range(len(self.state.queries))
            },
        }

    def _refresh(self):
        about, view = self.state.about(self.index), self.state.view(self.index, self.query)
        with self.hold_sync():
            self._about, self._view = about, view
            self.nprobe = min(self.nprobe, about["nlist"])

    @traitlets.validate("nprobe")
    def _valid_nprobe(self, proposal):
        nlist = self._about.get("nlist")
        if nlist and not 1 <= proposal.value <= nlist:
            raise traitlets.TraitError(
                f"nprobe={proposal.value}: a value from 1 to {nlist} is expected; {self.index} has that many cells"
            )
        return proposal.value

    @traitlets.validate("index")
    def _valid_index(self, proposal):
        if proposal.value not in self.state.names:
            raise traitlets.TraitError(f"index={proposal.value!r}: choose one of {', '.join(self.state.names)}")
        return proposal.value

    @traitlets.validate("query")
    def _valid_query(self, proposal):
        if not 0 <= proposal.value < len(self.state.queries):
            raise traitlets.TraitError(
                f"query={proposal.value}: a number from 0 to {len(self.state.queries) - 1} is expected: "
                + "; ".join(f"{n} {title}" for n, title in enumerate(self.state.titles()))
            )
        return proposal.value
