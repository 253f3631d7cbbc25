"""What the alpha explorer does after a move, one piece of work at a time, and what it tells the page of each."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.activation.quality import WINDOW, linf, psnr, ssim
from activeindex_lite.lessons.borders import share_in
from activeindex_lite.lessons.one_picture import amplified_difference
from activeindex_lite.lessons.one_plane import truly_inside
from activeindex_lite.pictures.uris import data_uri

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.lessons.one_picture import OnePicture
    from activeindex_lite.widgets.alpha_state import AlphaState


@dataclass(frozen=True)
class Move:
    """The setting of the explorer that something is computed for; the fields are its traits."""

    index: str
    alpha: float
    steps: int
    method: str
    edit: str

    @property
    def run(self) -> tuple:
        """What activation depends on."""
        return self.index, self.alpha, self.steps, self.method

    @property
    def published(self) -> Move:
        """The same at the published alpha and the method's own number of steps, which the plane is fixed by."""
        return Move(self.index, ALPHA, METHODS[self.method].steps, self.method, self.edit)


@dataclass(frozen=True)
class Stage:
    """What would be released after a number of steps: an 8-bit picture, and path (number + 1, d) of features so far.

    Of the published method the last feature is missing between the first and the last step, where path is (number, d).
    seconds: of the activation so far; shown: what `shown_picture` made of it for the page.
    """

    number: int
    of: int
    picture: Image.Image
    path: np.ndarray
    seconds: float
    shown: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


def stages(one: OnePicture, move: Move) -> Iterator[Stage]:
    """Activate a picture: a Stage after each step."""
    steps, seconds, seen = one.steps(move.alpha, move.steps, move.method), 0.0, [one.x]
    while True:
        begun = time.perf_counter()
        step = next(steps, None)
        if step is None:
            return
        path = step.path
        # The steps of other methods look at random views, whose features are not those of the picture.
        if move.method != "published":
            seen.append(one.extractor([step.picture])[0])
            path = np.stack(seen)
        elif step.number in (1, step.of):
            path = np.concatenate([path, one.extractor([step.picture])])
        seconds += time.perf_counter() - begun
        yield Stage(step.number, step.of, step.picture, path, seconds)


def events(state: AlphaState, move: Move, pace: float = 0.0) -> Iterator[dict[str, Any] | None]:
    """Do all the work of a move: dicts for the page, and None after work that the page need not know of.

    Kinds, in this order: "begun" (plane, passive: where the copy of the original lies, what a search finds), "step"
    (one a step, with a search after the first), "finished" (view, all that is needed to draw), "searched" (found: what
    searches after each step find). If the pictures of the move are known from before there is no "step".

    pace: seconds between two steps that are told; of the others, the pictures come with "searched" (pictures: number ->
    files).
    """
    known = state.run(move)
    if state.run(move.published) is None and not state.has_plane(move):
        # A new plane is drawn with the published release in it: that comes first.
        yield from _computed(state, move.published)
    yield {"kind": "begun", **about_plane(state, move)}
    made = known or state.run(move)
    if made is None:
        yield from _computed(state, move, pace)
        made = state.run(move)
    yield {"kind": "finished", "view": view(state, move, made, in_full=not pace)}
    later = [stage for stage in made if not stage.shown]
    found, pictures = {}, {str(stage.number): shown_picture(state.picture, stage) for stage in later}
    for stage in made[:-1]:
        found[str(stage.number)] = state.search(move, stage.picture)
        yield None
    yield {"kind": "searched", "run": run_name(move), "edit": move.edit, "found": found, "pictures": pictures}


def _computed(state: AlphaState, move: Move, pace: float = math.inf) -> Iterator[dict[str, Any] | None]:
    """Activate and keep the stages; pace: seconds between two events of a step (infinite: none is told)."""
    made, told_at = [], -pace
    for stage in stages(state.one(move.index), move):
        made.append(stage)
        now = time.perf_counter()
        # After the last step comes all that is finished.
        is_due = pace < math.inf and (
            stage.number == 1 or (now - told_at >= pace and not (pace and stage.number == stage.of))
        )
        told_at = now if is_due else told_at
        yield told_step(state, move, stage) if is_due else None
    state.keep(move, made)


def finished(state: AlphaState, move: Move) -> list[Stage]:
    """The stages of a move's activation, made now if they are no longer kept."""
    work = events(state, move)
    while state.run(move) is None:
        next(work)
    return state.run(move)


def run_name(move: Move) -> str:
    """A name for the run of a move, under which the page files what it hears."""
    return " ".join(f"{value}" for value in move.run)


def told_step(state: AlphaState, move: Move, stage: Stage) -> dict[str, Any]:
    """The event of a step."""
    told = {
        "kind": "step",
        "run": run_name(move),
        "alpha": move.alpha,
        "number": stage.number,
        "of": stage.of,
        "path": walked(state, move, stage.path),
        **shown_picture(state.picture, stage),
    }
    if stage.number == 1:
        told["found"] = state.search(move, stage.picture)
    return told


def walked(state: AlphaState, move: Move, path: np.ndarray) -> list[dict]:
    """Where features (T, d) of a walk fall in the plane, how far they have come, and whether they are in the region of
    the stored code: a dict of each.
    """
    one, plane = state.one(move.index), state.plane(move)
    flat, measures = plane.flat(path).round(5).tolist(), one.measure(path).round(4).tolist()
    truly = truly_inside(one, path)
    inside = [None] * len(path) if truly is None else truly.tolist()
    rows = zip(flat, measures, inside, strict=True)
    return [{"place": place, "measure": measure, "inside": is_in} for place, measure, is_in in rows]


def shown_picture(original: Image.Image, stage: Stage) -> dict[str, Any]:
    """A picture on the way: small files of it and of its difference, and its PSNR (null: nothing changed)."""
    if not stage.shown:
        picture = stage.picture
        stage.shown.update(
            picture=data_uri(picture, "JPEG", quality=90, subsampling=0),
            difference=data_uri(amplified_difference(original, picture), "JPEG", quality=75),
            psnr=decibels(original, picture),
        )
    return stage.shown


def decibels(original: Image.Image, picture: Image.Image) -> float | None:
    """PSNR for JSON, which has no infinity: None if nothing changed."""
    quality = psnr(original, picture)
    return None if np.isinf(quality) else quality


def about_plane(state: AlphaState, move: Move) -> dict[str, Any]:
    """The plane with its borders, and the copy of the original in it."""
    plane, one = state.plane(move), state.one(move.index)
    seen = plane.scene
    rounded = [[np.round(region, 5).tolist() for region in regions] for regions in (seen.regions, [seen.own])]
    return {
        "plane": {
            "name": f"{move.index} {move.method} {move.edit}",
            "kind": seen.kind,
            "window": [seen.window.min(0).tolist(), seen.window.max(0).tolist()],
            "regions": rounded[0],
            "own": rounded[1][0],
            "x": seen.start.tolist(),
            "code": seen.code.round(5).tolist(),
            # The code of LSH is a direction, not a point.
            "codeInside": bool(truly_inside(one, one.q[None])[0]) if seen.kind in ("cells", "sub-codes") else None,
            "passive": seen.features[0].round(5).tolist(),
            "active": seen.features[1].round(5).tolist(),
            "measured": one.measured,
            "stored": one.index.ntotal,
            "dimensions": len(one.x),
            "parts": _listed(one.parts(one.x[None])),
        },
        "passive": state.passive(move),
    }


def _listed(parts: np.ndarray | None) -> list | None:
    return None if parts is None else parts[0].tolist()


def view(state: AlphaState, move: Move, made: list[Stage], in_full: bool = True) -> dict[str, Any]:
    """All that depends on the move except nprobe, which only chooses among what is here.

    in_full: with the picture of each step, otherwise with those of the last and of steps that were told.
    """
    one, last = state.one(move.index), made[-1]
    original, released = state.picture, last.picture
    path = walked(state, move, last.path)
    trail = [{"number": 0, "psnr": None, **path[0]}]
    for stage in made:
        is_shown = in_full or stage is last or stage.shown
        about = shown_picture(original, stage) if is_shown else {"psnr": decibels(original, stage.picture)}
        trail.append({"number": stage.number, **about, **path[stage.number]})
    release = {
        **{name: value for name, value in asdict(move).items() if name != "edit"},
        "run": run_name(move),
        "goal": one.goal,
        "picture": data_uri(released, "WEBP", lossless=True, method=0),
        "psnr": trail[-1]["psnr"],
        "ssim": ssim(original, released) if min(original.size) >= WINDOW else None,
        "linf": linf(original, released),
        "ms": 1000 * last.seconds,
        # The share of the spread of the walk that lies in the plane.
        "kept": share_in(state.plane(move).scene.plane, last.path),
    }
    return {"release": release, "trail": trail, "active": state.search(move, released), **about_plane(state, move)}
