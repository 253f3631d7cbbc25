"""Originals: the pictures to activate, with their places among the references."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.evaluation.duplicates import first_with_feature
from activeindex_lite.pictures import is_blank, open_pictures, report_blank
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.names import readable
from activeindex_lite.world import load_world

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

MOST_SEED = 2**31 - 1


class DuplicatePictures(UserWarning):
    """Pictures of a folder were left out because it holds them more than once; the message counts and names them."""


@dataclass
class Originals:
    """Originals among references.

    pictures: list of P PIL pictures; truth: (P,) int64, their ids; train: (n, d) float32, features that train the
    index; references: (N, d) float32, what the index stores, in the order of ids; picture_of: function from an id to
    its picture; source: where the pictures come from, in words.
    """

    pictures: list[Image.Image]
    truth: np.ndarray
    train: np.ndarray
    references: np.ndarray
    picture_of: Callable[[int], Image.Image] | None
    source: str


def check_originals(n: int, seed: int, folder: str | Path | None = None) -> None:
    """ValueError, or an OSError about the folder, for arguments that `originals_of` would refuse later."""
    most, least = (None, 1) if folder else (len(load_world().references), 2)
    whole_number(n, "originals", most, "the pictures to activate", least)
    whole_number(seed, "seed", MOST_SEED, least=0)
    if folder:
        open_pictures(folder)


def originals_of(n: int, seed: int, folder: str | Path | None, extractor: Extractor) -> Originals:
    """n originals, drawn by the seed: from a folder of pictures, or from the ready world (folder=None)."""
    return photo_originals(folder, n, extractor, seed) if folder else synthetic_originals(n, seed)


def synthetic_originals(n: int, seed: int) -> Originals:
    """n references of the ready world, drawn without repetition by the seed."""
    world = load_world()
    most = len(world.references)
    whole_number(n, "originals", most, "the references of the ready world to activate", least=2)
    ids = np.sort(np.random.default_rng(seed).choice(most, n, replace=False))
    return Originals(
        world.pictures(ids),
        ids,
        world.train,
        world.references,
        lambda i: world.pictures([i])[0],
        f"synthetic pictures of {world.size} x {world.size} pixels",
    )


def photo_originals(folder: str | Path, n: int, extractor: Extractor, seed: int = 0) -> Originals:
    """n pictures of a folder, drawn by the seed (all if it holds fewer); the whole folder joins the ready references.

    One of each duplicate joins, see `read_once`.
    """
    whole_number(n, "originals", why="the pictures of the folder to activate")
    world = load_world()
    paths, features = read_once(folder, extractor)
    first, chosen = len(world.references), drawn(len(paths), n, seed)
    pictures = list(open_pictures([paths[i] for i in chosen]))
    blank = [paths[i].name for i, picture in zip(chosen, pictures, strict=True) if is_blank(picture)]
    report_blank(blank, len(pictures), "originals")

    def picture_of(i: int) -> Image.Image:
        return world.pictures([i])[0] if i < first else open_pictures([paths[i - first]])[0]

    return Originals(
        pictures,
        first + chosen,
        world.train,
        np.concatenate([world.references, features]),
        picture_of,
        f"the pictures of {readable(folder)} ({len(paths)} joined to the ready references)",
    )


def drawn(n: int, wanted: int, seed: int) -> np.ndarray:
    """`wanted` of n positions, drawn by the seed, ascending; all of them where there are fewer: int64."""
    return np.sort(np.random.default_rng(seed).choice(n, min(n, wanted), replace=False))


def read_once(
    folder: str | Path, extractor: Extractor, *, keep_duplicates: bool = False, progress: bool = True
) -> tuple[list[Path], np.ndarray]:
    """The readable pictures of a folder and their features: (N paths, (N, d) float32).

    A picture that the folder holds more than once, by its feature, is kept once, with a DuplicatePictures warning: a
    reference and its duplicate tie for the first place, which R@1 counts as a miss. keep_duplicates: keep them all.
    """
    opened = open_pictures(folder)
    features = extractor(opened, progress=progress)
    paths = [path for path in opened.paths if path not in opened.skipped]
    first = first_with_feature(features)
    kept = np.flatnonzero(first == np.arange(len(first)))
    if keep_duplicates or len(kept) == len(paths):
        return paths, features
    one = int(np.flatnonzero(first != np.arange(len(first)))[0])
    warnings.warn(
        DuplicatePictures(
            f"{folder}: {len(paths) - len(kept)} of {len(paths)} pictures are duplicates, such as {paths[one].name} of "
            f"{paths[first[one]].name}; one of each is kept"
        ),
        stacklevel=3,
    )
    return [paths[i] for i in kept], features[kept]


def stored_anew(index: ActiveIndex, references: np.ndarray, ids: np.ndarray, features: np.ndarray) -> ActiveIndex:
    """The same index with other features (P, d) stored for the references `ids` (P,), such as of released pictures.

    references: (N, d), all features that the index stores, in the order of ids; they are not changed.
    """
    changed = np.array(references)
    changed[ids] = features
    return index.refilled(changed)
