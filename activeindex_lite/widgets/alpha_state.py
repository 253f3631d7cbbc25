"""What the alpha explorer shows for a setting, as JSON: pictures as data URIs, the walk, quality, both searches."""

from __future__ import annotations

import os
import reprlib
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from activeindex_lite.activation.methods import METHODS
from activeindex_lite.edits import DIALS, EDITS
from activeindex_lite.extractor import Extractor, load_extractor
from activeindex_lite.index import ActiveIndex, ready_index
from activeindex_lite.lessons.one_picture import OnePicture, joined
from activeindex_lite.lessons.one_plane import OnePlane, one_plane, truly_inside
from activeindex_lite.pictures import open_pictures
from activeindex_lite.pictures.given import rgb_picture
from activeindex_lite.pictures.uris import data_uri, thumbnail
from activeindex_lite.sweeps.alpha import INDEXES as MEASURED
from activeindex_lite.sweeps.alpha import NPROBES, load_grid
from activeindex_lite.widgets.module import checked_indexes
from activeindex_lite.world import load_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from activeindex_lite.lessons.one_picture import Found
    from activeindex_lite.widgets.alpha_run import Move, Stage

Picture = int | Image.Image | np.ndarray | str | os.PathLike
LARGEST_ALPHA, MOST_STEPS = 8.0, 20
# Longest side of an own picture: the time of a step grows with the pixels.
SIDE = 288
THUMBNAIL = 112
PUBLISHED = "published"
# Name -> faiss factory string: those with stored curves, and product quantization, which has no cells.
INDEXES = {**MEASURED, "OPQ": "OPQ8_64,PQ8x8"}
# Activations whose pictures are kept, 2 MB each, and planes with the search of the passive copy: what was shown a
# moment ago comes back at once.
KEPT_RUNS, KEPT_PLANES = 6, 40


class AlphaState:
    """One picture among the references of the ready world, and the indexes that it may be activated for.

    picture: id of a reference (0 to 49,999), or an own picture, as PIL, a uint8 array (H, W, 3) or the path of a file,
    which is scaled to 288 pixels and joins the references. indexes: dict name -> ActiveIndex (None: those of
    INDEXES, each made when first wanted); extractor: the one they were made with (None: the lite one).
    """

    def __init__(
        self, picture: Picture, indexes: dict[str, ActiveIndex] | None = None, extractor: Extractor | None = None
    ) -> None:
        self._indexes = {} if indexes is None else checked_indexes(indexes)
        # Whether indexes and extractor are those that the package brings.
        self.is_ready_world = indexes is None and extractor is None
        self.world, self.extractor = load_world(), extractor or load_extractor("lite")
        self.names = list(self._indexes or INDEXES)
        self.choose(picture)

    def choose(self, picture: Picture) -> None:
        """Take another picture; if it cannot be used, the error is raised and the old one stays."""
        if isinstance(picture, int | np.integer) and not isinstance(picture, bool):
            chosen, place = self.world.pictures(picture)[0], int(picture)
            self._refuse_unstored(place)
        else:
            chosen, place = own_picture(picture), None
        # The id of the picture among the references; an own one has none before it joins an index.
        self.picture, self.place = chosen, place
        self._ones, self._thumbnails, self._passive, self._planes = {}, {}, {}, {}
        self._runs = OrderedDict()
        # What a page without a kernel shows of this picture, once it was measured.
        self.page = None
        self.original = data_uri(chosen, "WEBP", lossless=True, method=0)

    def _refuse_unstored(self, place: int) -> None:
        for name, index in self._indexes.items():
            if place >= index.ntotal:
                raise ValueError(
                    f"picture={place}: indexes[{name!r}] stores the references 0 to {index.ntotal - 1:,}; choose one "
                    "of them, or a picture of your own"
                )

    def one(self, name: str) -> OnePicture:
        """The OnePicture for the index of that name."""
        if name not in self._ones:
            if name not in self._indexes:
                self._indexes[name] = ready_index(INDEXES[name])
            index, truth = self._indexes[name], self.place
            if truth is None:
                index, truth = joined(index, self.extractor([self.picture])), index.ntotal
            self._ones[name] = OnePicture(self.picture, index, self.extractor, truth)
        return self._ones[name]

    def run(self, move: Move) -> list[Stage] | None:
        """The stages of a move's activation if they are still kept."""
        kept = self._runs.get(move.run)
        if kept is not None:
            self._runs.move_to_end(move.run)
        return kept

    def keep(self, move: Move, made: list[Stage]) -> None:
        """Keep the stages of a move's activation for a later move; the oldest are forgotten."""
        self._runs[move.run] = made
        _forget(self._runs, KEPT_RUNS)

    def has_plane(self, move: Move) -> bool:
        """Whether the plane of a move is known."""
        return (move.index, move.method, move.edit) in self._planes

    def plane(self, move: Move) -> OnePlane:
        """The plane of a move, the same at each alpha and number of steps: its third point is the published release's
        copy, whose stages are kept when this is first asked.
        """
        key = (move.index, move.method, move.edit)
        if key not in self._planes:
            one, published = self.one(move.index), self.run(move.published)[-1].picture
            copies = [one.search(picture, move.edit).feature for picture in (self.picture, published)]
            self._planes[key] = one_plane(one, *copies)
            _forget(self._planes, KEPT_PLANES)
        return self._planes[key]

    def passive(self, move: Move) -> dict:
        """What searches for the copy of the original find."""
        key = (move.index, move.method, move.edit)
        if key not in self._passive:
            self._passive[key] = self.search(move, self.picture)
            _forget(self._passive, KEPT_PLANES)
        return self._passive[key]

    def search(self, move: Move, picture: Image.Image) -> dict:
        """What searches for the edited picture find at every nprobe of the grid that the index has."""
        one, plane = self.one(move.index), self.plane(move)
        nlist = one.index.nlist or 1
        nprobes = [nprobe for nprobe in NPROBES if nprobe <= nlist]
        found = one.search(picture, move.edit, nprobes)
        row = found.feature[None]
        place, truly, parts = plane.flat(row)[0], truly_inside(one, row), one.parts(row)
        drawn = plane.inside(place)
        return {
            "edit": move.edit,
            "truth": one.truth,
            "nprobes": nprobes,
            "ids": found.ids.tolist(),
            "first": found.first.tolist(),
            "distances": found.distances.round(4).tolist(),
            "rank": found.cell_rank,
            "compared": _compared(one.index, found, nprobes),
            "place": place.round(5).tolist(),
            # Whether the copy shares the region of the stored code, and whether it is drawn there.
            "inside": None if truly is None else bool(truly[0]),
            "drawn": None if drawn is None else bool(drawn[0]),
            "ranks": [] if found.cells is None else plane.ranks(found.cells).tolist(),
            "parts": None if parts is None else parts[0].tolist(),
            "query": thumbnail(found.query, THUMBNAIL),
            "thumbnails": {str(i): self._thumbnail(i, one.truth) for i in found.ids.tolist() if i >= 0},
        }

    def about(self) -> dict:
        """What does not depend on the setting: the original, names, limits, and the stored grid of R@1 and PSNR."""
        grid = load_grid()
        columns = ["index", "alpha", "nprobe", "psnr", "r1", "low", "high"]
        rows = grid[columns].replace({np.inf: None}).to_dict("records")
        return {
            "original": self.original,
            "own": self.place is None,
            "place": self.place,
            # A browser can compute what the ready world has.
            "isReadyWorld": self.is_ready_world,
            "indexes": {name: INDEXES.get(name, name) for name in self.names},
            "edits": list(EDITS),
            "dials": {dial.family: {"shown": dial.shown, "values": dial.values} for dial in DIALS.values()},
            "notes": {name: edit.note for name, edit in EDITS.items()},
            "limits": {"alpha": LARGEST_ALPHA, "steps": MOST_STEPS},
            "grid": rows,
            "methods": {name: METHODS[name].steps for name in sorted(METHODS, key=_published_then_quick)},
            "measured": f"{grid.attrs['queries']} pictures x 14 edits among {grid.attrs['references']:,} references",
        }

    def thumbnails(self, ids: Sequence[int]) -> dict[str, str]:
        """Small pictures of references by id, as data URIs; other ids are left out."""
        known = [i for i in ids if isinstance(i, int) and 0 <= i < len(self.world.references)]
        return {str(i): self._thumbnail(i, -1) for i in known}

    def _thumbnail(self, i: int, truth: int) -> str:
        # An own picture has another id in an index of another size.
        key = "own" if self.place is None and i == truth else i
        if key not in self._thumbnails:
            self._thumbnails[key] = thumbnail(self.picture if i == truth else self.world.pictures(i)[0], THUMBNAIL)
        return self._thumbnails[key]


def _forget(kept: dict, most: int) -> None:
    """Leave at most that many entries, the newest."""
    while len(kept) > most:
        kept.pop(next(iter(kept)))


def _compared(index: ActiveIndex, found: Found, nprobes: Sequence[int]) -> list[int]:
    """With how many stored codes a search compares its query at each nprobe: all, or those of the visited cells."""
    if found.cells is None:
        return [index.ntotal] * len(nprobes)
    sums = np.cumsum(index.sizes_of(found.cells))
    return [int(sums[nprobe - 1]) for nprobe in nprobes]


def _published_then_quick(name: str) -> tuple:
    return name != PUBLISHED, METHODS[name].steps


def own_picture(picture: Picture) -> Image.Image:
    """A picture or the path of a file as a new RGB picture, at most SIDE pixels on its longer side; or ValueError."""
    if isinstance(picture, str | os.PathLike):
        opened = open_pictures([picture], max_side=SIDE)[0]
    elif isinstance(picture, Image.Image | np.ndarray):
        opened = rgb_picture(picture)
    else:
        raise ValueError(
            f"picture={reprlib.repr(picture)}: expected an id from 0 to 49,999, a PIL picture or the path of a file"
        )
    # A copy, since thumbnail shrinks in place.
    chosen = opened.copy()
    chosen.thumbnail((SIDE, SIDE))
    return chosen
