"""One activation at growing alpha: the released picture, its feature and its copy's among the borders, and the
first result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.lessons.activation import Scene, scene
from activeindex_lite.lessons.one_picture import OnePicture

# From the passive picture to the published alpha, in twelve equal parts.
ALPHAS = tuple(ALPHA * part / 12 for part in range(13))


@dataclass(frozen=True, eq=False)
class Walk:
    """A picture released at each of A growing alphas, the first of them 0, and searched for by one of its edited
    copies.

    pictures: A saved pictures; psnr: (A,) in dB, infinite where nothing changed; to_code: (A,) squared distances of
    their features to the code; copies: A edited pictures; ids: (A,) the first results, and first: (A,) bool, whether
    that is the original (a tie counts against). scene: the plane through the original's feature, the first copy's and
    the last copy's, in which these three and the borders of the index are exact; all other points fall perpendicularly
    onto it. released and copied: (A, 2) float64, the features of pictures and copies in that plane.
    """

    edit: str
    nprobe: int
    alphas: tuple[float, ...]
    pictures: list
    psnr: np.ndarray
    to_code: np.ndarray
    copies: list
    ids: np.ndarray
    first: np.ndarray
    scene: Scene
    released: np.ndarray
    copied: np.ndarray


def walk(one: OnePicture, edit: str, alphas: Iterable[float] = ALPHAS, steps: int = STEPS, nprobe: int = 1) -> Walk:
    """Activate a picture at each alpha (the paper's scale, 0 first) and search for its edited copy: a Walk.

    edit: a name of EDITS. ValueError for an index whose borders are not known (see `lessons.activation.scene`).
    """
    alphas = tuple(alphas)
    if len(alphas) < 2 or alphas[0] != 0:
        raise ValueError(f"alphas={alphas}: expected 0 and at least one more, to see where the walk begins and ends")
    releases = [one.release(alpha, steps) for alpha in alphas]
    pictures = [release.picture for release in releases]
    found = [one.search(picture, edit, (nprobe,)) for picture in pictures]
    features = one.extractor(pictures)
    copies = one.extractor([seen.query for seen in found])
    points = np.concatenate([features, copies])
    plane = scene(one.index, one.x, points, through=copies[0])
    return Walk(
        edit,
        nprobe,
        alphas,
        pictures,
        np.array([release.psnr for release in releases]),
        np.square(features - one.q).sum(1),
        [seen.query for seen in found],
        np.array([seen.ids[0] for seen in found]),
        np.array([seen.first[0] for seen in found]),
        plane,
        *np.split(plane.features, 2),
    )


def won_back(one: OnePicture, edits: Iterable[str], alpha: float = ALPHA, nprobe: int = 1) -> Iterator[str]:
    """Yield the edits whose copy a search loses while the picture is passive, and finds once it is activated."""
    active = one.release(alpha).picture
    for edit in edits:
        lost = not one.search(one.picture, edit, (nprobe,)).first[0]
        if lost and one.search(active, edit, (nprobe,)).first[0]:
            yield edit
