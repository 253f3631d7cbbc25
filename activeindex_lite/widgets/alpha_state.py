"""What the alpha explorer shows for a setting, as JSON: pictures as data URIs, the walk, the measures, both
searches.
"""

import numpy as np
from PIL import Image

from activeindex_lite.edits import EDITS
from activeindex_lite.extractor import load_extractor
from activeindex_lite.index import ready_index
from activeindex_lite.lessons.one_picture import OnePicture, amplified_difference, joined
from activeindex_lite.pictures import open_pictures, rgb_picture
from activeindex_lite.sweeps.alpha import INDEXES, NPROBES, load_grid
from activeindex_lite.widgets.pictures import data_uri, thumbnail
from activeindex_lite.world import load_world

# Longest side of an own picture: the time of a step grows with the pixels.
SIDE = 288
THUMBNAIL = 112


class AlphaState:
    """One picture among the references of the ready world, and the indexes it may be activated for.

    picture: id of a reference (0 .. 49999), or an own picture, as PIL or as the path of a file, which is scaled to 288
    pixels and joined to the references. indexes: dict name -> ActiveIndex (None: those of grid.INDEXES, each made when
    it is first wanted); extractor: the one they were made with (None: the lite one).
    """

    def __init__(self, picture, indexes=None, extractor=None):
        self.world, self.extractor = load_world(), extractor or load_extractor("lite")
        self.names = list(indexes or INDEXES)
        self._indexes, self._ones, self._thumbnails = dict(indexes or {}), {}, {}
        self.choose(picture)

    def choose(self, picture):
        """Take another picture; where it cannot be used, the error is raised and the old one stays."""
        if isinstance(picture, int | np.integer):
            chosen, place = self.world.pictures(picture)[0], int(picture)
        else:
            chosen, place = _own_picture(picture), None
        # The id of the picture among the references; an own one has none before it joins an index.
        self.picture, self.place = chosen, place
        self._ones, self._thumbnails, self._passive = {}, {}, {}
        self.original = data_uri(chosen, "WEBP", lossless=True, method=0)

    def one(self, name):
        """The OnePicture for the index of that name."""
        if name not in self._ones:
            if name not in self._indexes:
                self._indexes[name] = ready_index(INDEXES[name])
            index, truth = self._indexes[name], self.place
            if truth is None:
                index, truth = joined(index, self.extractor([self.picture])), index.ntotal
            self._ones[name] = OnePicture(self.picture, index, self.extractor, truth)
        return self._ones[name]

    def release(self, index, alpha, steps):
        """(the Release, what is shown of it)."""
        one = self.one(index)
        release = one.release(alpha, steps)
        return release, {
            "alpha": alpha,
            "steps": steps,
            "index": index,
            "picture": data_uri(release.picture, "WEBP", lossless=True, method=0),
            "difference": data_uri(amplified_difference(one.picture, release.picture), "JPEG", quality=90),
            # JSON knows no infinity: null stands for "nothing changed".
            "psnr": None if np.isinf(release.psnr) else release.psnr,
            "ssim": release.ssim,
            "linf": release.linf,
            "ms": 1000 * release.seconds,
            "length": float(np.linalg.norm(one.q - one.x)),
            "goal": one.goal,
            "walk": release.walk.round(4).tolist(),
        }

    def search(self, index, picture, edit):
        """What searches for the edited picture bring at every nprobe of the grid that the index has."""
        one = self.one(index)
        probes = [n for n in NPROBES if n <= (one.index.nlist or 1)]
        found = one.search(picture, edit, probes)
        return {
            "edit": edit,
            "truth": one.truth,
            "probes": probes,
            "ids": found.ids.tolist(),
            "first": found.first.tolist(),
            "distances": found.distances.round(4).tolist(),
            "rank": found.cell_rank,
            "place": found.place.round(4).tolist(),
            "query": thumbnail(found.query, THUMBNAIL),
            "thumbnails": {str(i): self._thumbnail(i, one.truth) for i in found.ids.tolist() if i >= 0},
        }

    def view(self, index, alpha, steps, edit):
        """Everything that depends on the setting, nprobe apart, which only chooses among what is here."""
        release, shown = self.release(index, alpha, steps)
        if (index, edit) not in self._passive:
            self._passive[index, edit] = self.search(index, self.picture, edit)
        return {
            "release": shown,
            "passive": self._passive[index, edit],
            "active": self.search(index, release.picture, edit),
        }

    def about(self):
        """What does not depend on the setting: the original, the names, and the stored grid of R@1 and PSNR."""
        grid = load_grid()
        columns = ["index", "alpha", "nprobe", "psnr", "r1", "low", "high"]
        rows = grid[columns].replace({np.inf: None}).to_dict("records")
        return {
            "original": self.original,
            "own": self.place is None,
            "indexes": {name: INDEXES.get(name, name) for name in self.names},
            "edits": list(EDITS),
            "grid": rows,
            "measured": f"{grid.attrs['queries']} pictures x 14 edits among {grid.attrs['references']:,} references",
        }

    def _thumbnail(self, i, truth):
        # An own picture has another id in an index of another size.
        key = "own" if self.place is None and i == truth else i
        if key not in self._thumbnails:
            self._thumbnails[key] = thumbnail(self.picture if i == truth else self.world.pictures(i)[0], THUMBNAIL)
        return self._thumbnails[key]


def _own_picture(picture):
    """A PIL picture of any mode, or the path of a file, as an RGB picture of at most SIDE pixels a side."""
    if not isinstance(picture, Image.Image):
        return open_pictures([picture], max_side=SIDE)[0]
    small = rgb_picture(picture).copy()
    small.thumbnail((SIDE, SIDE))
    return small
