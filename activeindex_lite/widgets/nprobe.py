"""NprobeExplorer: move nprobe and see the cells that a search visits, what it finds, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import lazy_loader
import traitlets

from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_name, checked_number, esm, read
from activeindex_lite.widgets.nprobe_state import QUERIES, NprobeState

if TYPE_CHECKING:
    import pandas

    from activeindex_lite.figures.style import Described
    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")


class NprobeExplorer(Explorer):
    """A search among the 50,000 references of the ready world; see NprobeState for indexes and queries.

    Traits, to set, link and observe from Python: nprobe (1 to the number of cells), index (IVF-PQ, IVF or IVF256),
    query (0 to 8, the number of an edited picture), cell (the rank of the cell whose pictures are shown). A value out
    of range raises TraitError and changes nothing. An index with fewer cells lowers nprobe and cell to their number.
    """

    _esm = esm("nprobe_map", "nprobe")
    _css = CSS + read("nprobe.css")
    nprobe = Setting(1).tag(sync=True)
    index = Setting("").tag(sync=True)
    query = Setting(3).tag(sync=True)
    cell = Setting(1).tag(sync=True)
    _names = traitlets.Dict().tag(sync=True)
    _about = traitlets.Dict().tag(sync=True)
    _view = traitlets.Dict().tag(sync=True)
    _cell = traitlets.Dict().tag(sync=True)
    # Only filled in a page without a kernel.
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("nprobe", "index", "query", "cell", "_names", "_error")
    title = "What a search visits: an inverted file, cell by cell"
    intro = (
        "Each picture was edited, and its original is one of the stored pictures. The index searches only the nprobe "
        "cells nearest to the query. Move nprobe, by mouse or with the arrow keys, until the search finds the original."
    )

    def __init__(
        self,
        *,
        indexes: dict[str, ActiveIndex] | None = None,
        queries: Sequence[tuple[int, str]] = QUERIES,
        **settings: Any,
    ) -> None:
        self._state = NprobeState(indexes, queries)
        settings = {"index": self.state.names[0], **settings}
        settings.setdefault("query", min(3, len(self.state.queries) - 1))
        # nprobe and cell are checked against the index, so they come last.
        checked_later = {name: settings.pop(name, 1) for name in ("nprobe", "cell")}
        super().__init__(**settings)
        self._names = {"indexes": self.state.names, "queries": self.state.titles()}
        self._refresh()
        self.observe(lambda _: self._refresh(), ["index", "query"])
        self.observe(lambda _: self._look_into(), ["cell"])
        for name, value in checked_later.items():
            setattr(self, name, value)

    @property
    def phase(self) -> dict:
        """What holds at the present nprobe: a dict with from (nprobe), first (bool), results and sentence."""
        return [phase for phase in self._view["phases"] if phase["from"] <= self.nprobe][-1]

    @property
    def finding(self) -> str:
        """The sentence that the explorer shows."""
        return self.phase["sentence"]

    @property
    def results(self) -> pandas.DataFrame:
        """The first results at the present nprobe: a DataFrame rank, id, distance, original."""
        table = pd.DataFrame(self.phase["results"], columns=["id", "distance", "original"])
        return table.set_index(table.index.rename("rank") + 1)

    @property
    def curve(self) -> pandas.DataFrame:
        """One row per nprobe of the slider: R@1 with its interval, vectors compared, their share, milliseconds."""
        return pd.DataFrame(self._about["curve"])

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.nprobe import search_sheet

        state, view = self.state, self._view
        i, edit = state.queries[self.query]
        pictures = [state.world.pictures(r["id"])[0] for r in self.phase["results"]]
        return search_sheet(
            view, self._about, self.phase, self.nprobe, state.stored.picture(i, edit), pictures, self.curve
        )

    def stored(self) -> dict:
        """All that a page without a kernel shows: each index and each query, and the pictures of the first cells."""
        state = self.state
        both = {f"{name} {query}": (name, query) for name in state.names for query in range(len(state.queries))}
        cells = {key: state.first_cells(*place) for key, place in both.items()}
        shown = {i for kept in cells.values() for ids in kept for i in ids}
        return {
            "abouts": {name: state.about(name) for name in state.names},
            "views": {key: state.view(*place) for key, place in both.items()},
            "cells": cells,
            "pictures": {str(i): state.small(i) for i in sorted(shown)},
        }

    def _refresh(self) -> None:
        about, view = self.state.about(self.index), self.state.view(self.index, self.query)
        with self.hold_sync():
            self._about, self._view = about, view
            self.nprobe, self.cell = (min(value, about["nlist"]) for value in (self.nprobe, self.cell))
            self._look_into()

    def _look_into(self) -> None:
        self._cell = self.state.cell(self.index, self.query, self.cell)

    @traitlets.validate("nprobe", "cell")
    def _valid_number_of_cells(self, proposal: dict) -> int:
        # The number of cells is known once the first index is there.
        nlist = self._about.get("nlist")
        if not nlist:
            return proposal.value
        return checked_number(proposal.trait.name, proposal.value, 1, nlist, f"{self.index} has {nlist:,} cells")

    @traitlets.validate("index")
    def _valid_index(self, proposal: dict) -> str:
        return checked_name("index", proposal.value, self.state.names)

    @traitlets.validate("query")
    def _valid_query(self, proposal: dict) -> int:
        titles = self.state.titles()
        listed = "; ".join(f"{number} {title}" for number, title in enumerate(titles))
        return checked_number("query", proposal.value, 0, len(titles) - 1, f"the number of a picture: {listed}")
