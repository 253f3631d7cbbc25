"""Notebook 09, last part: pictures activated for one index, searched for in another, or through another extractor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite import activation
from activeindex_lite.evaluation.originals import stored_anew
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import hit_table, intervals
from activeindex_lite.index import build_index, ready_index
from activeindex_lite.index.ready import CODES, SEED_AGAIN, cells_alone, trained_index
from activeindex_lite.lessons.copy_detection import BATCH
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.support.parallel import in_threads
from activeindex_lite.support.waiting import waiting
from activeindex_lite.world import load_world
from activeindex_lite.world.world import REFERENCE_SEED, TRAIN_SEED

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

# Mild, middling and hard ones of the 14 edits: light, sharpness, compression, geometry.
EDITS_OF_TRANSFER = ("Contrast 2", "Blur 2", "JPEG 50", "Rotation 25", "Crop 0.5", "Random")
SIZE, DRAWN_AT_ONCE = 96, 32
UNCHANGED, AGAIN, OTHER = "not activated", "IVF-PQ,\ntrained again", "another\nextractor"
WITHOUT_CELLS = {"PQ": "PQ8x8", "PCA+LSH": "PCA64,LSH"}
# A place to search: the index, the extractor of its features, and the (P,) ids of the pictures in it.
Place = tuple["ActiveIndex", "Extractor", np.ndarray]


def ready_places(extractor: Extractor, ids: np.ndarray, again: ActiveIndex | None = None) -> dict[str, Place]:
    """Where copies of the ready world's references `ids` are searched for: dict name -> (index, extractor, ids there).

    An IVF-PQ; `again`, the same factory string trained from another seed of k-means (None: the package's); PQ8x8;
    PCA64,LSH; and a small IVF-PQ of the features of "gradients", an extractor that has nothing in common with
    `extractor` ("lite").
    """
    from activeindex_lite.extractor import load_extractor

    world, indexes = load_world(), {"IVF-PQ": ready_index(CODES), AGAIN: again or ready_again()}
    for name, factory in WITHOUT_CELLS.items():
        # A sixth of the pictures trains them well enough, in a sixth of the memory.
        indexes[name] = build_index(factory, world.train[:10_000], world.references)
    places = {name: (index, extractor, ids) for name, index in indexes.items()}
    return places | {OTHER: index_of_another("IVF32,PQ4x5", load_extractor("gradients"), ids)}


def ready_again() -> ActiveIndex:
    """The ready world's IVF-PQ trained again: the same pictures, but another seed of k-means."""
    return trained_index(CODES, SEED_AGAIN).refilled(load_world().references)


def stores_again(places: dict[str, Place], references: np.ndarray, released: Sequence[Image.Image]) -> dict[str, Place]:
    """The index that was trained again, storing features of the original or of the released pictures: two Places.

    places: from `ready_places`; references: (N, d), all features that it stores; released: P PIL pictures, released
    under the ids of that place.
    """
    again, extractor, ids = places[AGAIN]
    anew = stored_anew(again, references, ids, extractor(released))
    return {
        "trained again, stores the originals": places[AGAIN],
        "trained again, stores the activated ones": (anew, extractor, ids),
    }


def releases(
    pictures: Sequence[Image.Image], places: dict[str, Place], done: dict[str, Sequence[Image.Image]], **settings
) -> dict[str, Sequence[Image.Image] | Callable[[], list]]:
    """Unchanged pictures, and the same ones activated for several indexes: dict name -> pictures, or a function.

    pictures: P PIL pictures; places: from `ready_places` with the extractor "lite"; done: releases that exist
    already, dict name -> pictures; settings: further arguments of `activate`.
    """
    index, lite, _ = places["IVF-PQ"]
    aims = {"IVF": (cells_alone(index), lite), "PCA+LSH": places["PCA+LSH"][:2], "another extractor": places[OTHER][:2]}
    released = {UNCHANGED: pictures, **done}
    for name, (index, extractor) in aims.items():
        released[f"for {name}"] = partial(_activated, pictures, index, extractor, **{"batch_size": BATCH, **settings})
    return released


def _activated(pictures: Sequence[Image.Image], index: ActiveIndex, extractor: Extractor, **settings) -> list:
    return activation.activate(pictures, index, extractor, **settings).pictures


def transfer_table(
    released: dict[str, Sequence[Image.Image] | Callable[[], list]],
    places: dict[str, Place],
    edits: Sequence[str] = EDITS_OF_TRANSFER,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """R@1 of every release in every place: a DataFrame released, place, r1, low, high, gain, gain_low, gain_high.

    released: dict from a name to P PIL pictures, the same pictures in the same order, the unchanged ones first; or to
    a function that returns them, so that only one release is in memory. places: dict from a name to a Place. r1: mean
    over the edits; low, high: 95 % bootstrap interval over pictures (rng). gain: r1 minus that of the first release
    in the same place, with its paired interval.
    """
    rng, rows, hits = rng or np.random.default_rng(0), [], {}
    for release in waiting(list(released), "searching for copies of pictures", lambda name: name.replace("\n", " ")):
        pictures = released[release]
        shown, features = pictures() if callable(pictures) else pictures, {}
        for place, (index, extractor, ids) in places.items():
            if id(extractor) not in features:
                features[id(extractor)] = edited_features(shown, extractor, edits=edits, batch_size=BATCH)
            mean = hit_table(index, features[id(extractor)], ids).mean(axis=1).to_numpy()
            gain = mean - hits.setdefault(place, mean)
            (low, gain_low), (high, gain_high) = intervals(np.stack([mean, gain], axis=1), rng)
            rows.append(
                {
                    "released": release,
                    "place": place,
                    "r1": mean.mean(),
                    "low": low,
                    "high": high,
                    "gain": gain.mean(),
                    "gain_low": gain_low,
                    "gain_high": gain_high,
                }
            )
    return pd.DataFrame(rows)


def index_of_another(
    factory: str,
    extractor: Extractor,
    ids: Sequence[int],
    *,
    train: int = 1300,
    references: int = 800,
    seed: int = 1234,
) -> Place:
    """A small index of the ready world in the features of another extractor: a Place.

    It stores the reference pictures `ids` (P,) as 0 .. P-1, then `references` others, and is trained on the first
    `train` training pictures. All but the P pictures are drawn at 96 pixels, which takes about 2 ms each.
    """
    ids = np.asarray(ids)
    others = np.setdiff1d(np.arange(references + len(ids)), ids)[:references]

    def features(seeds: np.ndarray, size: int) -> np.ndarray:
        # Drawn where they are extracted, a few at a time, so that every core draws.
        parts = np.array_split(seeds, -(-len(seeds) // DRAWN_AT_ONCE))
        return np.concatenate(list(in_threads(lambda part: extractor(synthetic_pictures(part, size), BATCH), parts)))

    stored = [features(REFERENCE_SEED + ids, 224), features(REFERENCE_SEED + others, SIZE)]
    index = build_index(factory, features(TRAIN_SEED + np.arange(train), SIZE), np.concatenate(stored), seed=seed)
    return index, extractor, np.arange(len(ids))
