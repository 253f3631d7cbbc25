"""Originals: the pictures to activate, with their place among the references."""

from dataclasses import dataclass

import numpy as np

from activeindex_lite.pictures import is_blank, open_pictures, report_blank
from activeindex_lite.support.checks import whole_number
from activeindex_lite.world import load_world


@dataclass
class Originals:
    """The pictures that are activated, and the references they hide among."""

    pictures: list
    truth: np.ndarray
    train: np.ndarray
    references: np.ndarray
    picture_of: callable
    source: str


def synthetic_originals(queries, seed):
    """`queries` references of the ready world, drawn without repetition by the seed."""
    world = load_world()
    n = len(world.references)
    whole_number(queries, "queries", n, "the references of the ready world to activate", least=2)
    ids = np.sort(np.random.default_rng(seed).choice(n, queries, replace=False))
    return Originals(
        world.pictures(ids),
        ids,
        world.train,
        world.references,
        lambda i: world.pictures([i])[0],
        f"synthetic pictures of {world.size} x {world.size} pixels",
    )


def photo_originals(folder, queries, extractor):
    """The pictures of a folder, joined to the ready references; the first `queries` of them are activated."""
    whole_number(queries, "queries", why="the pictures of the folder to activate")
    world, opened = load_world(), open_pictures(folder)
    features = extractor(opened, progress=True)
    found = [path for path in opened.paths if path not in opened.skipped]
    first, chosen = len(world.references), list(open_pictures(found[:queries]).items())
    pictures = [picture for _, picture in chosen]
    report_blank([path.name for path, picture in chosen if is_blank(picture)], len(pictures), "originals")

    def picture_of(i):
        return world.pictures([i])[0] if i < first else open_pictures([found[i - first]])[0]

    return Originals(
        pictures,
        first + np.arange(len(pictures)),
        world.train,
        np.concatenate([world.references, features]),
        picture_of,
        f"the pictures of {folder} ({len(found)} joined to the ready references)",
    )


def stored_anew(index, references, ids, features):
    """The same index with other features (P, d) stored for the references `ids` (P,), such as those of released pictures.

    references: (N, d), all that it stores, in order; they are not changed.
    """
    changed = np.array(references)
    changed[ids] = features
    return index.refilled(changed)
