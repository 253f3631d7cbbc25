"""One activation step by step: the released picture, its feature among the borders of the index, and two searches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.activation.quality import psnr
from activeindex_lite.lessons.one_picture import Found, OnePicture
from activeindex_lite.lessons.one_plane import OnePlane, one_plane


@dataclass(frozen=True, eq=False)
class Walk:
    """A picture before activation and after each of its S steps, and the searches for two copies under one edit.

    pictures: S + 1 PIL pictures, the original first; psnr: (S + 1,) in dB, infinite where nothing changed; measure:
    (S + 1,) of their features, `measured` says what (see OnePicture.measure). plane: the OnePlane of both copies; path
    (S + 1, 2), passive and active (2,): where the features and the copies fall in it. before, after: Found of the copy
    of the original and of the last release, at one nprobe.
    """

    edit: str
    alpha: float
    pictures: list[Image.Image]
    psnr: np.ndarray
    measure: np.ndarray
    measured: str
    plane: OnePlane
    path: np.ndarray
    before: Found
    after: Found

    @property
    def passive(self) -> np.ndarray:
        """Where the copy of the original falls in the plane, (2,)."""
        return self.plane.flat(self.before.feature)[0]

    @property
    def active(self) -> np.ndarray:
        """Where the copy of the last release falls in the plane, (2,)."""
        return self.plane.flat(self.after.feature)[0]

    @property
    def visited(self) -> str:
        """The nprobe of both searches in words; nothing for an index without cells."""
        return "" if self.before.cell_rank is None else f" at nprobe {self.before.nprobes[0]}"


def walk(
    one: OnePicture, edit: str, alpha: float = ALPHA, steps: int = STEPS, method: str = "published", nprobe: int = 1
) -> Walk:
    """Activate a picture step by step and search for its copy (edit: a name of EDITS) before and after: a Walk."""
    made = list(one.steps(alpha, steps, method))
    features = one.extractor([step.picture for step in made])
    pictures = [step.picture for step in made]
    return walk_of(one, edit, alpha, pictures, np.concatenate([one.x[None], features]), nprobe)


def walk_of(
    one: OnePicture,
    edit: str,
    alpha: float,
    pictures: Sequence[Image.Image],
    features: np.ndarray,
    nprobe: int = 1,
    plane: OnePlane | None = None,
) -> Walk:
    """The Walk of S pictures that were released after each step, with features (S + 1, d), the original's first.

    plane: the plane to draw in (None: the one through the original and both copies).
    """
    before, after = (one.search(picture, edit, (nprobe,)) for picture in (one.picture, pictures[-1]))
    plane = one_plane(one, before.feature, after.feature) if plane is None else plane
    return Walk(
        edit,
        alpha,
        [one.picture, *pictures],
        np.array([np.inf, *(psnr(one.picture, picture) for picture in pictures)]),
        one.measure(features),
        one.measured,
        plane,
        plane.flat(features),
        before,
        after,
    )


def won_back(one: OnePicture, edits: Iterable[str], alpha: float = ALPHA, nprobe: int = 1) -> Iterator[str]:
    """Yield the edits whose copy a search loses while the picture is passive, and finds once it is activated."""
    active = one.release(alpha).picture
    for edit in edits:
        lost = not one.search(one.picture, edit, (nprobe,)).first[0]
        if lost and one.search(active, edit, (nprobe,)).first[0]:
            yield edit
