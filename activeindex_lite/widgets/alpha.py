"""AlphaExplorer: move alpha and see one picture activated anew, its feature walk toward the code, and what a search
finds.
"""

import tempfile
from pathlib import Path

import traitlets

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits import EDITS
from activeindex_lite.sweeps.alpha import ALPHAS, NPROBES
from activeindex_lite.widgets.alpha_state import AlphaState
from activeindex_lite.widgets.module import Explorer, esm

# An original whose copies one probe loses under several edits, and activation brings back.
PICTURE = 9228
LARGEST_ALPHA, MOST_STEPS, LARGEST_UPLOAD = 8.0, 20, 20_000_000
# The edits that a page without a kernel keeps, from easy to hard.
PAGE_EDITS = ("Identity", "Contrast 2", "Brightness 2", "JPEG 50", "Rotation 25", "Crop 0.5", "Meme", "Random")


class AlphaExplorer(Explorer):
    """One picture of the ready world, or your own, activated live; see AlphaState for picture, indexes and extractor.

    Traits, to be set, linked and observed from Python: alpha (0 .. 8 on the paper's scale, 3 is the published point),
    steps (1 .. 20, of lr 1), nprobe (1 .. 128, cells a search visits), index (IVF-PQ, IVF or PCA+LSH), edit (a name of
    EDITS). A value out of range raises TraitError and changes nothing.
    """

    _esm = esm("alpha_walk", "alpha")
    alpha = traitlets.Float(ALPHA).tag(sync=True)
    steps = traitlets.Int(STEPS).tag(sync=True)
    nprobe = traitlets.Int(1).tag(sync=True)
    index = traitlets.Unicode().tag(sync=True)
    edit = traitlets.Unicode("Contrast 2").tag(sync=True)
    # What the page draws; `_stored` is only filled in a page without a kernel.
    _about = traitlets.Dict().tag(sync=True)
    _view = traitlets.Dict().tag(sync=True)
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)

    page_traits = ("alpha", "steps", "nprobe", "index", "edit", "_about", "_error")
    title = "A picture changed a little before it is released"
    intro = (
        "alpha sets how far the pixels may move, within what people do not see. The feature of the released "
        "picture then "
        "walks toward the code that the index keeps, and its edited copies are found more often, with fewer "
        "cells visited."
    )

    def __init__(self, picture=PICTURE, *, indexes=None, extractor=None, **settings):
        self.state = AlphaState(picture, indexes, extractor)
        super().__init__(**{"index": self.state.names[0], **settings})
        self.observe(lambda _: self._refresh(), ["alpha", "steps", "index", "edit"])
        self.on_msg(self._received)
        self._about = self.state.about()
        self._refresh()

    def choose(self, picture):
        """Explore another picture: an id of the ready world, a PIL picture or the path of a file."""
        self.state.choose(picture)
        self._about = self.state.about()
        self._refresh()

    @property
    def results(self):
        """What the two searches bring at the present setting: a DataFrame, a row for the passive copy, one for the
        active.
        """
        import pandas as pd

        rows = []
        for name in ("passive", "active"):
            found = self._view[name]
            at = sum(n <= self.nprobe for n in found["probes"]) - 1
            rows.append(
                {
                    "copy": name,
                    "nprobe": found["probes"][at],
                    "first": found["ids"][at],
                    "is_original": found["first"][at],
                    "distance": found["distances"][at],
                    "cell_rank": found["rank"],
                }
            )
        return pd.DataFrame(rows).set_index("copy")

    @property
    def quality(self):
        """PSNR (dB, None: nothing changed), SSIM, L-infinity (grey levels) and milliseconds of the present release."""
        return {name: self._view["release"][name] for name in ("psnr", "ssim", "linf", "ms")}

    def still(self):
        """The present setting as a Described figure, for readers without a kernel."""
        from activeindex_lite.figures.one_picture import release_and_search

        one = self.state.one(self.index)
        nprobe = min(self.nprobe, one.index.nlist or 1)
        release = one.release(self.alpha, self.steps)
        passive, active = (one.search(picture, self.edit, (nprobe,)) for picture in (one.picture, release.picture))

        def picture_of(i):
            return self.state.picture if i == one.truth else self.state.world.pictures(i)[0]

        return release_and_search(one, release, passive, active, picture_of, self.alpha, self.edit)

    def stored(self):
        """Everything a page without a kernel shows: every alpha of the stored grid and eight edits, at 10 steps."""
        kept = {
            "alphas": list(ALPHAS),
            "edits": list(PAGE_EDITS),
            "steps": 10,
            "releases": {},
            "passive": {},
            "active": {},
        }
        for index in self.state.names:
            kept["passive"][index] = {e: self.state.search(index, self.state.picture, e) for e in PAGE_EDITS}
            for alpha in ALPHAS:
                release, shown = self.state.release(index, alpha, 10)
                kept["releases"][f"{index} {alpha:g}"] = shown
                kept["active"][f"{index} {alpha:g}"] = {
                    e: self.state.search(index, release.picture, e) for e in PAGE_EDITS
                }
        return kept

    def _refresh(self):
        view = self.state.view(self.index, self.alpha, self.steps, self.edit)
        with self.hold_sync():
            self._view, self._error = view, ""

    def _received(self, _, content, buffers):
        """A picture file from the browser. An error goes to the page: here nobody would see it."""
        if not isinstance(content, dict) or content.get("kind") != "picture":
            return
        name = str(content.get("name", "picture"))[:80]
        try:
            if not buffers:
                raise ValueError("nothing came with it: choose the file again")
            data = memoryview(buffers[0]).cast("B")
            if data.nbytes > LARGEST_UPLOAD:
                raise ValueError(
                    f"{data.nbytes / 1e6:.0f} MB are more than {LARGEST_UPLOAD / 1e6:.0f} MB: take a smaller file"
                )
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "upload"
                path.write_bytes(data)
                self.choose(path)
        except (ValueError, OSError) as error:
            self._error = f"{name} was not used: {getattr(error, 'reason', error)}"

    @traitlets.validate("alpha", "steps", "nprobe")
    def _valid_number(self, proposal):
        name, value = proposal.trait.name, proposal.value
        least, most, why = {
            "alpha": (0, LARGEST_ALPHA, "the paper uses 3"),
            "steps": (1, MOST_STEPS, "the paper uses 10"),
            "nprobe": (1, max(NPROBES), "the cells that a search visits"),
        }[name]
        if not least <= value <= most:
            raise traitlets.TraitError(f"{name}={value!r}: a value from {least} to {most} is expected; {why}")
        return value

    @traitlets.validate("index", "edit")
    def _valid_name(self, proposal):
        names = self.state.names if proposal.trait.name == "index" else EDITS
        if proposal.value not in names:
            raise traitlets.TraitError(f"{proposal.trait.name}={proposal.value!r}: choose one of {', '.join(names)}")
        return proposal.value
