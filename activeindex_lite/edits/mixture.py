"""The edit "Random": one to four edits from different families, like the automatic part of the DISC21 data set.

A recipe is a list of (name, parameters) in the order of application. Its parameters are plain numbers and words
(shares of the sides, not pixels), so one recipe can be printed, stored as JSON and applied to pictures of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from activeindex_lite.edits import basic, destructive
from activeindex_lite.edits.emoji import DRAWINGS, overlay_emoji
from activeindex_lite.edits.screenshot import ACCENTS, LAYOUTS, THEMES, screenshot
from activeindex_lite.edits.text import overlay_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image

EDIT_COUNTS = {1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4}
CORNER_SPREAD = 0.1  # perspective: standard deviation of a corner's move, as a share of the side
CORNER_LIMIT = 0.2  # and the largest move: four corners so near their places stay convex
PHRASES = (
    "so cute", "wow!!", "copy that", "not my cat", "look at this", "hello there", "seen before?", "best day ever",
    "found it", "who did this", "100% real", "no filter", "original?", "mine now", "weekend mood", "true story",
)  # fmt: skip
TEXT_COLOURS = ((255, 255, 255), (20, 20, 20), (255, 221, 51), (230, 50, 60), (40, 110, 235), (60, 190, 100))


Recipe = list[tuple[str, dict[str, Any]]]


class Step(NamedTuple):
    """One edit of the mixture: `draw(rng)` gives its parameters, `apply(picture, **parameters)` the edited picture."""

    apply: Callable
    draw: Callable = lambda rng: {}


def _uniform(name, low, high):
    return lambda rng: {name: float(rng.uniform(low, high))}


def _integer(name, low, high):
    return lambda rng: {name: int(rng.integers(low, high, endpoint=True))}


def _pick(rng, choices):
    return list(choices)[int(rng.integers(len(choices)))]


def _place(rng):
    return {"x": float(rng.random()), "y": float(rng.random())}


def _draw_emoji(rng):
    drawn = {"name": _pick(rng, DRAWINGS), "size": float(rng.uniform(0.4, 0.8)), "opacity": float(rng.uniform(0.5, 1))}
    return drawn | _place(rng)


def _draw_text(rng):
    drawn = {"text": _pick(rng, PHRASES), "height": float(rng.uniform(0.1, 0.3))}
    return drawn | _place(rng) | {"colour": list(_pick(rng, TEXT_COLOURS))}


def _draw_shuffle(rng):
    return {"share": float(rng.uniform(0.1, 0.3)), "seed": int(rng.integers(2**31))}


def _draw_crop(rng):
    return {"width": float(rng.uniform(0.3, 0.6)), "height": float(rng.uniform(0.3, 0.6))} | _place(rng)


def _draw_screenshot(rng):
    return {"layout": _pick(rng, LAYOUTS), "theme": _pick(rng, THEMES), "accent": _pick(rng, ACCENTS)}


def _draw_perspective(rng):
    moves = rng.normal(0, CORNER_SPREAD, (4, 2)).clip(-CORNER_LIMIT, CORNER_LIMIT)
    return {"corners": moves.tolist()}


FAMILIES = {
    "colour": {
        "brightness": Step(basic.brightness, _uniform("factor", 0.1, 1.9)),
        "greyscale": Step(basic.greyscale),
        "saturation": Step(basic.saturation, _uniform("factor", 2, 5)),
    },
    "overlay": {"emoji": Step(overlay_emoji, _draw_emoji), "text": Step(overlay_text, _draw_text)},
    "pixel": {
        "blur": Step(destructive.soft_blur, _uniform("radius", 5, 10)),
        "palette": Step(destructive.palette, _integer("colours", 2, 16)),
        "JPEG": Step(basic.jpeg, _integer("quality", 5, 25)),
        "edge enhance": Step(destructive.edge_enhance),
        "pixelate": Step(destructive.pixelate, _uniform("ratio", 0.2, 0.5)),
        "shuffle": Step(destructive.shuffle, _draw_shuffle),
    },
    "spatial": {
        "crop": Step(destructive.crop, _draw_crop),
        "flip": Step(destructive.flip),
        "aspect ratio": Step(destructive.aspect_ratio, _uniform("ratio", 0.5, 2)),
        "screenshot": Step(screenshot, _draw_screenshot),
        "pad to square": Step(destructive.pad_square),
        "perspective": Step(destructive.perspective, _draw_perspective),
        "rotate": Step(basic.rotate, _uniform("angle", -90, 90)),
    },
}
STEPS = {name: step for family in FAMILIES.values() for name, step in family.items()}


def draw_random_edit(rng: np.random.Generator) -> Recipe:
    """Draw a recipe: 1, 2, 3 or 4 edits with probability 0.1, 0.2, 0.3, 0.4, each from another of the four FAMILIES.

    rng: numpy Generator. Returns [(name, parameters), ...] for `apply_recipe`. Within a family all edits are equally
    likely, the order is random, but a crop goes first and a palette last. Families and ranges follow the automatic
    transformations of DISC21 (Douze et al., arXiv 2106.09672) as Active Image Indexing (ICLR 2023) uses them.
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng={rng!r:.60}: expected a numpy Generator, such as numpy.random.default_rng(seed)")
    counts = list(EDIT_COUNTS)
    n = counts[int(rng.choice(len(counts), p=list(EDIT_COUNTS.values())))]
    names = []
    for family in rng.permutation(len(FAMILIES))[:n]:
        names.append(_pick(rng, list(FAMILIES.values())[family]))
    names.sort(key=lambda name: {"crop": 0, "palette": 2}.get(name, 1))
    return [(name, STEPS[name].draw(rng)) for name in names]


def apply_recipe(picture: Image.Image, recipe: Sequence[tuple[str, dict[str, Any]]]) -> Image.Image:
    """Apply a recipe [(name, parameters), ...] to a PIL RGB picture: a new picture. ValueError for an unknown name.

    Positions and sizes are shares of the sides, not pixels. The blur radius (5-10, tuned for photographs of 500 pixels)
    is scaled by (shorter side) / 500.
    """
    edited = basic.checked(picture).copy()
    for name, parameters in recipe:
        if name not in STEPS:
            raise ValueError(f"no edit {name!r:.60} in the mixture: choose one of {', '.join(STEPS)}")
        edited = STEPS[name].apply(edited, **parameters)
    return edited


def random_edit(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The edit "Random": draw a recipe from the numpy Generator `rng` and apply it to the PIL RGB picture."""
    return apply_recipe(picture, draw_random_edit(rng))


def describe_recipe(recipe: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """A recipe in words, for a title: "crop (width 0.45, height 0.38), greyscale, emoji (heart, size 0.52, ...)"."""
    return ", ".join(name + _parameters_in_words(parameters) for name, parameters in recipe)


def _parameters_in_words(parameters):
    words = []
    for key, value in parameters.items():
        if isinstance(value, str):
            words.append(value)
        elif isinstance(value, (int, float)) and key not in ("x", "y", "seed"):
            words.append(f"{key} {value:.2g}" if isinstance(value, float) else f"{key} {value}")
    return f" ({', '.join(words)})" if words else ""
