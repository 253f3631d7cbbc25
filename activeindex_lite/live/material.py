"""All that a browser needs to activate, edit and search by itself: what storyteller in story.js opens."""

from __future__ import annotations

from typing import Any

from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.live.build import FOLDER
from activeindex_lite.live.export import binaries, caption, half_weights, index_data, network_data
from activeindex_lite.pictures.uris import data_uri
from activeindex_lite.sweeps.alpha import INDEXES, NPROBES
from activeindex_lite.world import load_world

# What a worker runs.
WORKER = ("core", "search", "edits", "plane", "story", "worker")
SEARCHED = ("IVF-PQ", "PCA+LSH")
# Methods that look at the picture itself, not at random views of it.
LIVE_METHODS = tuple(name for name, method in METHODS.items() if not method.views)
# All of the table but Random, which draws from numpy's streams; `edited` in edits.js also takes any strength.
LIVE_EDITS = (
    *("Identity", "Contrast 0.5", "Contrast 2", "Brightness 0.5", "Brightness 2", "Hue 0.2", "Blur 2", "JPEG 50"),
    *("Rotation 25", "Rotation 90", "Crop 0.5", "Resize 0.5", "Meme"),
)
# Sides of pictures above which a caption is drawn; above others, the one of the nearest shape is scaled.
CAPTIONS = ((224, 224), (288, 216), (216, 288), (288, 192), (192, 288), (288, 162), (162, 288))


def script(name: str) -> str:
    """The text of a JavaScript file of this folder, named without .js."""
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")


def live_material() -> dict[str, Any]:
    """Binaries, network, weights, indexes, methods and captions as JSON, 7 MB; without pictures of references."""
    return {
        "binaries": binaries(),
        "network": network_data(),
        "weights": half_weights(),
        "indexes": {name: index_data(INDEXES[name]) for name in SEARCHED},
        "methods": {name: _about_method(name) for name in LIVE_METHODS},
        "edits": list(LIVE_EDITS),
        "nprobes": list(NPROBES),
        "alpha": ALPHA,
        "captions": [data_uri(caption(*sides), "PNG", optimize=True) for sides in CAPTIONS],
        "thumbnails": {},
        "ownId": len(load_world().references),
        "worker": "\n".join(map(script, WORKER)),
    }


def _about_method(name: str) -> dict[str, Any]:
    method = METHODS[name]
    return {
        "lr": method.lr,
        "shares": list(method.weights),
        "isMargin": method.rivals,
        "isWhole": method.whole_picture,
        "steps": method.steps,
    }
