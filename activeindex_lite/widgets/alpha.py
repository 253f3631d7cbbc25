"""AlphaExplorer: move alpha; see a picture activated anew, its feature walk to the code, and what a search finds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader
import traitlets

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits import EDITS
from activeindex_lite.sweeps.alpha import ALPHAS, NPROBES
from activeindex_lite.widgets.alpha_state import LARGEST_ALPHA, MOST_STEPS, AlphaState, Picture
from activeindex_lite.widgets.module import Explorer, Setting, checked_name, checked_number, esm

if TYPE_CHECKING:
    import pandas

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.figures.style import Described
    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")

# An original whose copies nprobe 1 misses under several edits, and activation brings back.
PICTURE = 9228
LARGEST_UPLOAD = 20_000_000
# The edits that a page without a kernel keeps, from easy to hard.
PAGE_EDITS = ("Identity", "Contrast 2", "Brightness 2", "JPEG 50", "Rotation 25", "Crop 0.5", "Meme", "Random")


class AlphaExplorer(Explorer):
    """One picture of the ready world, or your own, activated live; see AlphaState for picture, indexes and extractor.

    Traits, to set, link and observe from Python: alpha (0 to 8 on the paper's scale; the published value is 3), steps
    (1 to 20, of lr 1), nprobe (1 to 128), index (IVF-PQ, IVF or PCA+LSH), edit (a name of EDITS). A value out of range
    raises TraitError and changes nothing.
    """

    _esm = esm("alpha_walk", "alpha")
    alpha = Setting(ALPHA).tag(sync=True)
    steps = Setting(STEPS).tag(sync=True)
    nprobe = Setting(1).tag(sync=True)
    index = Setting("").tag(sync=True)
    edit = Setting("Contrast 2").tag(sync=True)
    # What the page draws; `_stored` is only filled in a page without a kernel.
    _about = traitlets.Dict().tag(sync=True)
    _view = traitlets.Dict().tag(sync=True)
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("alpha", "steps", "nprobe", "index", "edit", "_about", "_error")
    title = "A picture changed a little before it is released"
    intro = (
        "alpha sets how far the pixels may move, within what people do not see. The feature of the released picture "
        "then walks toward the code that the index keeps, and a search finds its edited copies more often, at a lower "
        "nprobe."
    )

    def __init__(
        self,
        picture: Picture = PICTURE,
        *,
        indexes: dict[str, ActiveIndex] | None = None,
        extractor: Extractor | None = None,
        **settings: Any,
    ) -> None:
        self._state = AlphaState(picture, indexes, extractor)
        super().__init__(**{"index": self.state.names[0], **settings})
        self.observe(lambda _: self._refresh(), ["alpha", "steps", "index", "edit"])
        self.on_msg(self._received)
        self._about = self.state.about()
        self._refresh()

    def choose(self, picture: Picture) -> None:
        """Explore another picture: an id of the ready world, a PIL picture or the path of a file."""
        self.state.choose(picture)
        self._about = self.state.about()
        self._refresh()

    @property
    def results(self) -> pandas.DataFrame:
        """What both searches find at the present setting: a DataFrame, one row per copy, passive and active."""
        rows = []
        for name in ("passive", "active"):
            found = self._view[name]
            at = sum(nprobe <= self.nprobe for nprobe in found["nprobes"]) - 1
            rows.append(
                {
                    "copy": name,
                    "nprobe": found["nprobes"][at],
                    "first": found["ids"][at],
                    "is_original": found["first"][at],
                    "distance": found["distances"][at],
                    "cell_rank": found["rank"],
                }
            )
        return pd.DataFrame(rows).set_index("copy")

    @property
    def quality(self) -> dict[str, float | None]:
        """PSNR (dB, None: nothing changed), SSIM, L-infinity (grey levels) and milliseconds of the present release."""
        return {name: self._view["release"][name] for name in ("psnr", "ssim", "linf", "ms")}

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.one_picture import release_and_search

        one = self.state.one(self.index)
        nprobe = min(self.nprobe, one.index.nlist or 1)
        release = one.release(self.alpha, self.steps)
        passive, active = (one.search(picture, self.edit, (nprobe,)) for picture in (one.picture, release.picture))

        def picture_of(i):
            return self.state.picture if i == one.truth else self.state.world.pictures(i)[0]

        return release_and_search(one, release, passive, active, picture_of, self.alpha, self.edit)

    def stored(self) -> dict:
        """All that a page without a kernel shows: each alpha of the stored grid, eight edits, the published steps."""
        state = self.state
        kept = {"alphas": list(ALPHAS), "edits": list(PAGE_EDITS), "steps": STEPS}
        kept |= {"releases": {}, "passive": {}, "active": {}}
        for index in state.names:
            kept["passive"][index] = {edit: state.search(index, state.picture, edit) for edit in PAGE_EDITS}
            for alpha in ALPHAS:
                release, shown = state.release(index, alpha, STEPS)
                found = {edit: state.search(index, release.picture, edit) for edit in PAGE_EDITS}
                kept["releases"][f"{index} {alpha:g}"] = shown
                kept["active"][f"{index} {alpha:g}"] = found
        return kept

    def _refresh(self) -> None:
        view = self.state.view(self.index, self.alpha, self.steps, self.edit)
        with self.hold_sync():
            self._view, self._error = view, ""

    def _received(self, _: Any, content: Any, buffers: list) -> None:
        """A picture file from the browser. Only the page can show an error."""
        if not isinstance(content, dict) or content.get("kind") != "picture":
            return
        name = str(content.get("name", "picture"))[:80]
        try:
            self._choose_upload(buffers)
        except (ValueError, OSError) as error:
            self._error = f"{name} was not used: {getattr(error, 'reason', error)}"

    def _choose_upload(self, buffers: list) -> None:
        if not buffers:
            raise ValueError("the message held no file: choose the file again")
        data = memoryview(buffers[0]).cast("B")
        if data.nbytes > LARGEST_UPLOAD:
            raise ValueError(f"it has more than {LARGEST_UPLOAD / 1e6:.0f} MB: take a smaller file")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "upload"
            path.write_bytes(data)
            self.choose(path)

    @traitlets.validate("alpha")
    def _valid_alpha(self, proposal: dict) -> float:
        return checked_number("alpha", proposal.value, 0, LARGEST_ALPHA, "the paper uses 3", whole=False)

    @traitlets.validate("steps")
    def _valid_steps(self, proposal: dict) -> int:
        return checked_number("steps", proposal.value, 1, MOST_STEPS, "the paper uses 10")

    @traitlets.validate("nprobe")
    def _valid_nprobe(self, proposal: dict) -> int:
        return checked_number("nprobe", proposal.value, 1, max(NPROBES), "the most that is measured here")

    @traitlets.validate("index")
    def _valid_index(self, proposal: dict) -> str:
        return checked_name("index", proposal.value, self.state.names)

    @traitlets.validate("edit")
    def _valid_edit(self, proposal: dict) -> str:
        return checked_name("edit", proposal.value, EDITS)
