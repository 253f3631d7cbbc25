"""What the alpha explorer shows for a setting, as JSON: pictures as data URIs, the walk, quality, both searches."""

from __future__ import annotations

import os
import reprlib

import numpy as np
from PIL import Image

from activeindex_lite.edits import EDITS
from activeindex_lite.extractor import Extractor, load_extractor
from activeindex_lite.index import ActiveIndex, ready_index
from activeindex_lite.lessons.one_picture import OnePicture, Release, amplified_difference, joined
from activeindex_lite.pictures import open_pictures
from activeindex_lite.pictures.given import rgb_picture
from activeindex_lite.sweeps.alpha import INDEXES, NPROBES, load_grid
from activeindex_lite.widgets.module import checked_indexes
from activeindex_lite.widgets.pictures import data_uri, thumbnail
from activeindex_lite.world import load_world

Picture = int | Image.Image | np.ndarray | str | os.PathLike
LARGEST_ALPHA, MOST_STEPS = 8.0, 20
# Longest side of an own picture: the time of a step grows with the pixels.
SIDE = 288
THUMBNAIL = 112


class AlphaState:
    """One picture among the references of the ready world, and the indexes that it may be activated for.

    picture: id of a reference (0 to 49,999), or an own picture, as PIL, a uint8 array (H, W, 3) or the path of a file,
    which is scaled to 288 pixels and joins the references. indexes: dict name -> ActiveIndex (None: those of
    sweeps.alpha.INDEXES, each made when first wanted); extractor: the one they were made with (None: the lite one).
    """

    def __init__(
        self, picture: Picture, indexes: dict[str, ActiveIndex] | None = None, extractor: Extractor | None = None
    ) -> None:
        self._indexes = {} if indexes is None else checked_indexes(indexes)
        self.world, self.extractor = load_world(), extractor or load_extractor("lite")
        self.names = list(self._indexes or INDEXES)
        self._ones, self._thumbnails, self._passive = {}, {}, {}
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
        self._ones, self._thumbnails, self._passive = {}, {}, {}
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

    def release(self, index: str, alpha: float, steps: int) -> tuple[Release, dict]:
        """(the Release, what the page shows of it)."""
        one = self.one(index)
        release = one.release(alpha, steps)
        return release, {
            "alpha": alpha,
            "steps": steps,
            "index": index,
            "picture": data_uri(release.picture, "WEBP", lossless=True, method=0),
            "difference": data_uri(amplified_difference(one.picture, release.picture), "JPEG", quality=90),
            # JSON has no infinity: null means that nothing changed.
            "psnr": None if np.isinf(release.psnr) else release.psnr,
            "ssim": release.ssim,
            "linf": release.linf,
            "ms": 1000 * release.seconds,
            "length": float(np.linalg.norm(one.q - one.x)),
            "goal": one.goal,
            "walk": release.walk.round(4).tolist(),
        }

    def search(self, index: str, picture: Image.Image, edit: str) -> dict:
        """What searches for the edited picture find at every nprobe of the grid that the index has."""
        one = self.one(index)
        nprobes = [nprobe for nprobe in NPROBES if nprobe <= (one.index.nlist or 1)]
        found = one.search(picture, edit, nprobes)
        return {
            "edit": edit,
            "truth": one.truth,
            "nprobes": nprobes,
            "ids": found.ids.tolist(),
            "first": found.first.tolist(),
            "distances": found.distances.round(4).tolist(),
            "rank": found.cell_rank,
            "place": found.place.round(4).tolist(),
            "query": thumbnail(found.query, THUMBNAIL),
            "thumbnails": {str(i): self._thumbnail(i, one.truth) for i in found.ids.tolist() if i >= 0},
        }

    def view(self, index: str, alpha: float, steps: int, edit: str) -> dict:
        """All that depends on the setting except nprobe, which only chooses among what is here."""
        release, shown = self.release(index, alpha, steps)
        if (index, edit) not in self._passive:
            self._passive[index, edit] = self.search(index, self.picture, edit)
        return {
            "release": shown,
            "passive": self._passive[index, edit],
            "active": self.search(index, release.picture, edit),
        }

    def about(self) -> dict:
        """What does not depend on the setting: the original, names, limits, and the stored grid of R@1 and PSNR."""
        grid = load_grid()
        columns = ["index", "alpha", "nprobe", "psnr", "r1", "low", "high"]
        rows = grid[columns].replace({np.inf: None}).to_dict("records")
        return {
            "original": self.original,
            "own": self.place is None,
            "indexes": {name: INDEXES.get(name, name) for name in self.names},
            "edits": list(EDITS),
            "limits": {"alpha": LARGEST_ALPHA, "steps": MOST_STEPS},
            "grid": rows,
            "measured": f"{grid.attrs['queries']} pictures x 14 edits among {grid.attrs['references']:,} references",
        }

    def _thumbnail(self, i: int, truth: int) -> str:
        # An own picture has another id in an index of another size.
        key = "own" if self.place is None and i == truth else i
        if key not in self._thumbnails:
            self._thumbnails[key] = thumbnail(self.picture if i == truth else self.world.pictures(i)[0], THUMBNAIL)
        return self._thumbnails[key]


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
