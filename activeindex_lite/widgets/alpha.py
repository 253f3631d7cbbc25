"""AlphaExplorer: move alpha; see a picture activated anew, its feature walk to the code, and what a search finds."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader
import traitlets

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.edits import DIALS, EDITS, edit_named
from activeindex_lite.sweeps.alpha import ALPHAS, NPROBES
from activeindex_lite.widgets.alpha_page import stored_results
from activeindex_lite.widgets.alpha_run import Move, events, finished
from activeindex_lite.widgets.alpha_state import LARGEST_ALPHA, MOST_STEPS, AlphaState, Picture
from activeindex_lite.widgets.module import CSS, Explorer, Setting, checked_name, checked_number, esm, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.figures.style import Described
    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")

# Seconds between two pieces of work in which the kernel takes messages.
PAUSE = 0.001
# A landscape at the border of its cell: at nprobe 1 some of its copies are lost, and activation brings them back.
PICTURE = 30331
LARGEST_UPLOAD = 20_000_000
# Pictures of results that a page may ask for at once.
LARGEST_ASKED = 100
# The edits that a page without a kernel keeps, from easy to hard.
PAGE_EDITS = ("Identity", "Contrast 2", "Brightness 2", "JPEG 50", "Rotation 25", "Crop 0.5", "Meme", "Random")


class AlphaExplorer(Explorer):
    """One picture of the ready world, or your own, activated live; see AlphaState for picture, indexes and extractor.

    Traits, to set, link and observe from Python: alpha (0 to 8; the published value is 3), steps (1 to 20), method
    (a name of METHODS, such as "quick"), nprobe (1 to 128), index (IVF-PQ, IVF, PCA+LSH or OPQ), edit (a name as
    `edit_named` takes it, such as "Rotation 40"). A value out of range raises TraitError and changes nothing. Set from
    Python, a trait has all its results at once; moved in the page, the explorer activates step by step, and a new move
    ends the one before.
    """

    _esm = esm(
        *("chooser", "alpha_source", "alpha_live", "alpha_browser", "alpha_tips", "alpha_labels", "alpha_plane"),
        *("alpha_words", "alpha_parts", "alpha_curves", "alpha"),
    )
    _css = CSS + read("alpha.css")
    alpha = Setting(ALPHA).tag(sync=True)
    steps = Setting(STEPS).tag(sync=True)
    method = Setting("published").tag(sync=True)
    nprobe = Setting(1).tag(sync=True)
    index = Setting("").tag(sync=True)
    edit = Setting("Contrast 2").tag(sync=True)
    # `_stored` is only filled in a page without a kernel.
    _about = traitlets.Dict().tag(sync=True)
    _view = traitlets.Dict().tag(sync=True)
    # What searches after each step find; it comes after the view.
    _searched = traitlets.Dict().tag(sync=True)
    _stored = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    # Whether the page computes the present move by itself.
    _here = traitlets.Bool(False).tag(sync=True)
    # Whether traits change after a move in the page, its work, and whether the results are of an earlier setting.
    _moved_in_page, _task, _is_stale = False, None, False
    # Seconds between two steps that the page is told: what it draws takes time that the computation lacks.
    _pace = 0.08

    page_traits = ("alpha", "steps", "method", "nprobe", "index", "edit", "_about", "_error")
    title = "A picture changed a little before it is released"
    # The explorer itself opens with the idea.
    intro = "Move alpha, choose an edit, and see which picture a search for the edited copy finds."

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
        self.observe(lambda _: self._refresh(), ["alpha", "steps", "method", "index", "edit", "_here"])
        self.on_msg(self._received)
        self._about = self.state.about()
        self._refresh()

    def choose(self, picture: Picture) -> None:
        """Explore another picture: an id of the ready world, a PIL picture or the path of a file."""
        self.state.choose(picture)
        self._about = self.state.about()
        self._refresh()

    def _catch_up(self) -> None:
        """Compute the present results where the page has computed them for itself alone."""
        if self._is_stale:
            self._refresh()

    @property
    def results(self) -> pandas.DataFrame:
        """What both searches find at the present setting: a DataFrame, one row per copy, passive and active."""
        self._catch_up()
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
        self._catch_up()
        return {name: self._view["release"][name] for name in ("psnr", "ssim", "linf", "ms")}

    def still(self) -> Described:
        """The present setting as a figure with a text alternative, for readers without a kernel."""
        from activeindex_lite.figures.walk import sheet
        from activeindex_lite.lessons.walk import walk_of

        state, move = self.state, self._move()
        one = state.one(move.index)
        made = finished(state, move)
        nprobe = min(self.nprobe, one.index.nlist or 1)
        pictures, path = [stage.picture for stage in made], made[-1].path
        seen = walk_of(one, move.edit, move.alpha, pictures, path, nprobe, state.plane(move))
        return sheet(seen, lambda i: state.picture if i == one.truth else state.world.pictures(i)[0])

    def stored(self) -> dict:
        """All that a page without a kernel shows: each alpha of the stored grid and eight edits, as published; at the
        published alpha also each step's picture and searches.
        """
        if self.state.page is None:
            self.state.page = stored_results(self.state, ALPHAS, PAGE_EDITS)
        return self.state.page

    def set_state(self, sync_data: dict) -> None:
        """Take what a browser sends, and answer step by step if an event loop runs here."""
        self._moved_in_page = True
        try:
            super().set_state(sync_data)
        finally:
            self._moved_in_page = False

    def close(self) -> None:
        """Take the explorer out of its page, end its work and free its memory; its last results stay readable."""
        self._cancel()
        super().close()

    def _move(self) -> Move:
        return Move(self.index, self.alpha, self.steps, self.method, self.edit)

    def _refresh(self) -> None:
        """Compute what the present setting shows: now, or after a move in the page step by step."""
        self._cancel()
        if self._here and not self._moved_in_page:
            # Its observer comes back to this.
            self._here = False
            return
        self._is_stale = self._here
        if self._is_stale:
            return
        if self._moved_in_page and _loop_runs():
            work = events(self.state, self._move(), self._pace)
            self._task = asyncio.get_running_loop().create_task(self._work(work))
            return
        told = {event["kind"]: event for event in events(self.state, self._move()) if event}
        with self.hold_sync():
            self._view, self._searched, self._error = told["finished"]["view"], told["searched"], ""

    async def _work(self, work: Iterator[dict | None]) -> None:
        """Do the work of a move between other messages. Only the page can show an error."""
        try:
            for event in work:
                if event:
                    self._tell(event)
                # Not 0: the kernel reads messages of the page when its loop would otherwise wait.
                await asyncio.sleep(PAUSE)
        except Exception as error:  # noqa: BLE001
            self._error = f"This did not work: {type(error).__name__}: {error}"

    def _tell(self, event: dict) -> None:
        """Send the page an event; what stays valid becomes a trait."""
        if event["kind"] == "finished":
            self._view = event["view"]
        elif event["kind"] == "searched":
            self._searched = event
        else:
            self.send(event)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _received(self, _: Any, content: Any, buffers: list) -> None:
        """A message of the page. Only the page can show an error."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if kind == "picture":
            name = str(content.get("name", "picture"))[:80]
            try:
                self._choose_upload(buffers)
            except (ValueError, OSError) as error:
                self._error = f"{name} was not used: {getattr(error, 'reason', error)}"
        elif kind == "browser" and self.state.is_ready_world:
            from activeindex_lite.live.material import live_material

            self.send({"kind": "browser", "live": live_material()})
        elif kind == "thumbnails" and isinstance(content.get("ids"), list):
            self.send({"kind": "thumbnails", "thumbnails": self.state.thumbnails(content["ids"][:LARGEST_ASKED])})

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

    @traitlets.validate("method")
    def _valid_method(self, proposal: dict) -> str:
        return checked_name("method", proposal.value, METHODS)

    @traitlets.validate("nprobe")
    def _valid_nprobe(self, proposal: dict) -> int:
        return checked_number("nprobe", proposal.value, 1, max(NPROBES), "the most that is measured here")

    @traitlets.validate("index")
    def _valid_index(self, proposal: dict) -> str:
        return checked_name("index", proposal.value, self.state.names)

    @traitlets.validate("edit")
    def _valid_edit(self, proposal: dict) -> str:
        name = proposal.value
        if not isinstance(name, str) or name.partition(" ")[0] not in DIALS:
            return checked_name("edit", name, EDITS)
        try:
            return edit_named(name).name
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
