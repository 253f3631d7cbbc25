"""NeighboursExplorer: a picture, its feature, the pictures nearest to it, and its copies under the 14 edits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from activeindex_lite.evaluation.stored_queries import load_queries
from activeindex_lite.pictures.uris import thumbnail
from activeindex_lite.scratch import squared_distances
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_name, checked_number, esm, read

if TYPE_CHECKING:
    from activeindex_lite.figures.style import Described

# Positions among the stored queries: pictures to begin with.
STARTS = (34, 60, 124)
SHOWN, SIDE, RESULT_SIDE, SMALL = 4, 144, 96, 64
NO_EDIT = ""


class NeighboursExplorer(Explorer):
    """One picture of the ready world as the query, or a copy of it; brute force among the 50,000 references.

    Traits, to set, link and observe from Python: picture (0 to 49,999, an id), edit ("" for the picture itself, or one
    of EDITS where features of its copies are stored: for 200 of the pictures, load_queries().ids). With another
    picture, edit becomes "". A value out of range raises TraitError and changes nothing.
    """

    _esm = esm("plane", "neighbours")
    _css = CSS + read("plane.css")
    picture = Setting(0).tag(sync=True)
    edit = Setting(NO_EDIT).tag(sync=True)
    _view = traitlets.Dict().tag(sync=True)
    _copies = traitlets.List().tag(sync=True)
    _starts = traitlets.List().tag(sync=True)
    # Only filled in a page without a kernel.
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("picture", "edit", "_starts", "_error")
    title = "A picture, its feature and its neighbours"
    intro = (
        "The extractor turns the picture into 128 numbers. Click an edit to search for an edited copy, and a result to "
        "go on from there."
    )

    def __init__(self, picture: int | None = None, edit: str = NO_EDIT, **settings: Any) -> None:
        self._state = _State()
        starts = [int(self._state.queries.ids[n]) for n in STARTS]
        super().__init__(picture=starts[0] if picture is None else picture, **settings)
        self._starts = starts if self.picture in starts else [self.picture, *starts]
        self._first = self.picture
        self.edit = edit
        self._copies = self.state.copies(self.picture)
        self._view = self.state.view(self.picture, self.edit)
        self.observe(self._moved, ["picture", "edit"])

    @property
    def finding(self) -> str:
        """Where the copy lies, or how far the nearest other picture is, in one sentence."""
        return self._view["sentence"]

    @property
    def away(self) -> dict[str, float]:
        """Squared distances of the copies of the picture that the explorer began with: a dict edit -> distance."""
        return {copy["edit"]: copy["distance"] for copy in self.state.copies(self._first)}

    @property
    def results(self) -> list[dict]:
        """The nearest stored pictures: dicts id, distance, own; the picture itself only for an edited copy."""
        return [{name: result[name] for name in ("id", "distance", "own")} for result in self._view["results"]]

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.similarity import feature_and_neighbours

        state, view = self.state, self._view
        pictures = [state.picture(self.picture, self.edit)]
        pictures += state.queries.world.pictures([result["id"] for result in view["results"]])
        names = ["✓ the original" if result["own"] else "another" for result in view["results"]]
        titles = [f"{i}. {n}\n{r['distance']:.3f}" for i, (n, r) in enumerate(zip(names, view["results"]), 1)]
        titles = [f"query ({self.edit})" if self.edit else "query", *titles]
        return feature_and_neighbours(pictures, titles, np.array(view["feature"]) / 1000, self.finding)

    def stored(self) -> dict:
        """All that a page without a kernel shows: the first pictures with their copies, and their neighbours."""
        views, copies, images = {}, {}, {}
        for start in self._starts:
            copies[start] = self.state.copies(start)
            for edit in [NO_EDIT, *(copy["edit"] for copy in copies[start])]:
                views[f"{start} {edit}"] = self.state.view(start, edit)
            for result in views[f"{start} {NO_EDIT}"]["results"]:
                views.setdefault(f"{result['id']} {NO_EDIT}", self.state.view(result["id"], NO_EDIT))
        lean = {key: _without_pictures(view, images) for key, view in views.items()}
        return {"views": lean, "copies": copies, "images": images}

    def _moved(self, change: dict) -> None:
        if change.name == "picture" and self.edit != NO_EDIT:
            # Its observer then makes the view.
            self._copies = self.state.copies(self.picture)
            self.edit = NO_EDIT
            return
        copies, view = self.state.copies(self.picture), self.state.view(self.picture, self.edit)
        with self.hold_sync():
            self._copies, self._view = copies, view

    @traitlets.validate("picture")
    def _valid_picture(self, proposal: dict) -> int:
        most = len(self.state.references) - 1
        return checked_number("picture", proposal.value, 0, most, "the ids of the ready world's references")

    @traitlets.validate("edit")
    def _valid_edit(self, proposal: dict) -> str:
        known = self.state.edits(self.picture)
        return NO_EDIT if proposal.value == NO_EDIT else checked_name("edit", proposal.value, known or ['""'])


def _without_pictures(view: dict, images: dict) -> dict:
    """A view whose results name their picture by id; the pictures go to images, each once."""
    for result in view["results"]:
        images[str(result["id"])] = result["image"]
    lean = [{name: value for name, value in result.items() if name != "image"} for result in view["results"]]
    return {**view, "results": lean}


class _State:
    """Features and pictures of the ready world, and what each query shows."""

    def __init__(self) -> None:
        self.queries = load_queries()
        self.references = self.queries.world.references
        self.positions = {int(i): n for n, i in enumerate(self.queries.ids)}

    def edits(self, i: int) -> list[str]:
        """The edits under which features of copies of picture i are stored."""
        return list(self.queries.features) if i in self.positions else []

    def picture(self, i: int, edit: str) -> Any:
        if edit:
            return self.queries.picture(self.positions[i], edit)
        return self.queries.world.pictures(i)[0]

    def feature(self, i: int, edit: str) -> np.ndarray:
        return self.queries.features[edit][self.positions[i]] if edit else self.references[i]

    def copies(self, i: int) -> list[dict]:
        """The copies of picture i with their squared distances to it, as JSON, the nearest first."""
        x = self.references[i]
        found = [
            {
                "edit": edit,
                "distance": round(float(np.square(self.feature(i, edit) - x).sum()), 4),
                "image": thumbnail(self.picture(i, edit), SMALL),
            }
            for edit in self.edits(i)
        ]
        return sorted(found, key=lambda copy: copy["distance"])

    def view(self, i: int, edit: str) -> dict:
        """A query with the pictures nearest to it, as JSON."""
        feature = self.feature(i, edit)
        distances = squared_distances(feature[None], self.references)[0]
        own, rank = float(distances[i]), 1 + int((np.delete(distances, i) <= distances[i]).sum())
        if not edit:
            distances[i] = np.inf
        nearest = np.argpartition(distances, SHOWN)[:SHOWN]
        nearest = nearest[np.argsort(distances[nearest], kind="stable")]
        pictures = self.queries.world.pictures(nearest)
        return {
            "picture": int(i),
            "edit": edit,
            "image": thumbnail(self.picture(i, edit), SIDE),
            # Thousandths.
            "feature": (1000 * feature).round().astype(int).tolist(),
            "original": (1000 * self.references[i]).round().astype(int).tolist(),
            "sentence": _sentence(edit, own, rank, float(distances[nearest[0]]), len(distances)),
            "results": [
                {
                    "id": int(j),
                    "distance": round(float(distances[j]), 4),
                    "own": bool(j == i),
                    "image": thumbnail(picture, RESULT_SIDE),
                }
                for j, picture in zip(nearest, pictures, strict=True)
            ],
        }


def _sentence(edit: str, own: float, rank: int, nearest: float, N: int) -> str:
    if not edit:
        return f"The nearest of the other {N - 1:,} pictures lies at squared distance {nearest:.3f}"
    found = f"The copy under {edit} lies at squared distance {own:.3f} from its original"
    if rank == 1:
        return f"✓ {found}, which comes first among {N:,} pictures"
    return f"✗ {found}, which is only number {rank:,} among {N:,} pictures"
