"""What a page of the alpha explorer without a kernel holds: the results of a grid, with nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.pictures.uris import data_uri
from activeindex_lite.widgets.alpha_run import Move, events

if TYPE_CHECKING:
    from activeindex_lite.widgets.alpha_state import AlphaState

METHOD = "published"


def stored_results(state: AlphaState, alphas: Sequence[float], edits: Sequence[str]) -> dict[str, Any]:
    """Every release and search of a grid, as storedSource in alpha_source.js reads it.

    runs: "index alpha" -> release and trail (without places); copies: "index alpha edit" -> path (places of the walk in
    the plane of the edit), active; planes: "index edit" -> plane, passive; searched: "index alpha edit" -> searches
    after each step, at the published alpha alone, where each step also has its picture; thumbnails: id -> picture.
    """
    kept = {"alphas": list(alphas), "edits": list(edits), "steps": STEPS}
    kept |= {"planes": {}, "runs": {}, "copies": {}, "searched": {}, "thumbnails": {}}
    for index in state.names:
        for alpha in alphas:
            for edit in edits:
                _keep(kept, state, Move(index, alpha, STEPS, METHOD, edit), edit == edits[0])
    return kept


def _keep(kept: dict, state: AlphaState, move: Move, is_first: bool) -> None:
    """Add the results of one move; is_first: of the first edit of a run."""
    in_full = move.alpha == ALPHA
    view = searched = None
    for event in events(state, move):
        if event and event["kind"] == "finished":
            view = event["view"]
            if not in_full:
                break
        elif event and event["kind"] == "searched":
            searched = event["found"]
    run, plane = f"{move.index} {move.alpha:g}", f"{move.index} {move.edit}"
    copy = f"{run} {move.edit}"
    if is_first:
        kept["runs"][run] = _run(view, state, move, in_full)
    active, passive = (_shared(kept, view[name]) for name in ("active", "passive"))
    kept["copies"][copy] = {"path": [stage["place"] for stage in view["trail"]], "active": active}
    kept["planes"][plane] = {"plane": view["plane"], "passive": passive}
    if in_full:
        kept["searched"][copy] = {number: _shared(kept, found, False) for number, found in searched.items()}


def _run(view: dict, state: AlphaState, move: Move, in_full: bool) -> dict:
    """The release and the trail of a view; of another than the published alpha, only the last picture."""
    trail = []
    for stage in view["trail"]:
        is_shown = in_full or stage is view["trail"][-1]
        left_out = {"place"} if is_shown else {"place", "picture", "difference"}
        trail.append({name: value for name, value in stage.items() if name not in left_out})
    release = dict(view["release"])
    if not in_full:
        # Close to lossless, at a third of the size.
        released = state.run(move)[-1].picture
        release["picture"] = data_uri(released, "WEBP", quality=90, method=4)
        trail[-1]["picture"] = release["picture"]
    return {"release": release, "trail": trail}


def _shared(kept: dict, found: dict, with_query: bool = True) -> dict:
    """A search without its thumbnails, which go to all others' in kept."""
    kept["thumbnails"] |= found["thumbnails"]
    left_out = {"thumbnails"} if with_query else {"thumbnails", "query"}
    return {name: value for name, value in found.items() if name not in left_out}
