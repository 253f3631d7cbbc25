"""The alpha explorer as one HTML file that activates, edits and searches by itself, for pictures of the reader too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import traitlets
from PIL import Image

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.index import ready_index
from activeindex_lite.live.material import LIVE_EDITS, SEARCHED, live_material
from activeindex_lite.pictures.uris import data_uri
from activeindex_lite.sweeps.alpha import INDEXES, NPROBES
from activeindex_lite.widgets.alpha import PICTURE, AlphaExplorer
from activeindex_lite.widgets.alpha_page import METHOD, stored_results
from activeindex_lite.widgets.alpha_run import Move, finished
from activeindex_lite.widgets.alpha_state import THUMBNAIL
from activeindex_lite.widgets.page import write_page

# What a browser without WebAssembly's SIMD shows.
STORED_ALPHAS = (0.0, ALPHA)
STORED_EDITS = ("Contrast 2", "Crop 0.5")
NEIGHBOURS = 12
# Of a step, what takes most bytes.
PICTURES = ("picture", "difference")
# Of those that are shown until the page has made its own: close to lossless, at 40 % of a JPEG's size.
SMALL = {"form": "WEBP", "quality": 90, "method": 6}


class LiveExplorer(AlphaExplorer):
    """An AlphaExplorer for a page without a kernel, in which the page itself activates, edits and searches.

    picture: as for AlphaExplorer. `write_live_page` writes the page.
    """

    _live = traitlets.Dict().tag(sync=True)
    page_traits = (*AlphaExplorer.page_traits, "_live")
    title = "A picture changed a little before it is released, live"
    # The explorer itself opens with the idea.
    intro = "Everything is computed in this page, on your own computer: a picture that you choose never leaves it."

    def __init__(self, picture: int | Image.Image | str | Path = PICTURE, **settings: Any) -> None:
        super().__init__(picture, indexes={name: ready_index(INDEXES[name]) for name in SEARCHED}, **settings)

    def stored(self) -> dict:
        """What is shown at the start, and all that a browser without SIMD shows: two alphas, in few bytes."""
        stored = stored_results(self.state, STORED_ALPHAS, STORED_EDITS)
        for name, run in stored["runs"].items():
            index, alpha = name.rsplit(" ", 1)
            left_out = PICTURES[1:] if index == self.index else PICTURES
            *before, last = run["trail"]
            run["trail"] = [{k: v for k, v in stage.items() if k not in left_out} for stage in before] + [last]
            made = finished(self.state, Move(index, float(alpha), STEPS, METHOD, STORED_EDITS[0]))
            for stage in filter(lambda stage: "picture" in stage, run["trail"]):
                stage["picture"] = data_uri(made[stage["number"] - 1].picture, **SMALL)
            run["release"]["picture"] = last["picture"]
        held = self._live.get("thumbnails", {})  # the page adds these itself
        stored["thumbnails"] = {i: uri for i, uri in stored["thumbnails"].items() if i not in held}
        return stored

    def live(self) -> dict:
        """All that the page's worker opens, with small pictures of likely results."""
        return {**live_material(), "thumbnails": self._thumbnails(), "id": self.state.place}

    def _thumbnails(self) -> dict[str, str]:
        """Small pictures of likely results: what passive copies find, and the references nearest to the picture."""
        x, references = self.state.one(SEARCHED[0]).x, self.state.world.references
        likely = set((references @ x).argsort()[::-1][:NEIGHBOURS].tolist())
        for name in SEARCHED:
            one = self.state.one(name)
            for edit in LIVE_EDITS:
                likely |= set(one.search(one.picture, edit, NPROBES if one.index.nlist else (1,)).ids.tolist())
        likely = sorted(likely & set(range(len(references))))
        return {str(i): _small(picture) for i, picture in zip(likely, self.state.world.pictures(likely), strict=True)}


def _small(picture: Image.Image) -> str:
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    return data_uri(picture, **SMALL)


def write_live_page(
    path: str | Path, picture: int | Image.Image | str | Path = PICTURE, overwrite: bool = False
) -> Path:
    """Write one HTML file, 8 MB, that activates, edits and searches without a kernel or a network: its Path.

    picture: what it shows at the start. FileExistsError if the file exists, unless overwrite.
    """
    with live_explorer(picture) as explorer:
        return write_page(explorer, path, overwrite)


@contextmanager
def live_explorer(picture: int | Image.Image | str | Path = PICTURE) -> Iterator[LiveExplorer]:
    """A LiveExplorer that holds all that its page needs, closed at the end of the with statement."""
    explorer = LiveExplorer(picture)
    try:
        explorer._live = explorer.live()
        yield explorer
    finally:
        explorer.close()
