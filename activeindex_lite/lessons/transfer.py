"""How far activation carries: pictures activated for one index, searched for in another, or through another extractor."""

from functools import partial

import numpy as np

from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import hit_table, intervals
from activeindex_lite.index import build_index, ready_index
from activeindex_lite.index.ready import cells_alone
from activeindex_lite.lessons.copy_detection import BATCH
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.world import load_world
from activeindex_lite.world.world import REFERENCE_SEED, TRAIN_SEED

# A mild, some middling and two hard ones of the 14: light, sharpness, compression, place.
EDITS_OF_TRANSFER = ("Contrast 2", "Blur 2", "JPEG 50", "Rotation 25", "Crop 0.5", "Random")
SIZE = 96
UNCHANGED, AGAIN, OTHER = "not activated", "IVF-PQ,\ntrained again", "another\nextractor"
IVF_PQ, WITHOUT_CELLS = "IVF1536,PQ4x8", {"PQ": "PQ8x8", "PCA+LSH": "PCA64,LSH"}


def ready_places(extractor, ids, again=None):
    """Where copies of the ready world's references `ids` are searched for: dict name -> (index, extractor, ids there).

    An IVF-PQ; `again`, the same factory string with k-means from another seed, as after a new training (None: it is built);
    PQ8x8; PCA64,LSH; and a small IVF-PQ over the features of "gradients", an extractor that has nothing in common with
    `extractor` ("lite").
    """
    from activeindex_lite.extractor import load_extractor

    world, indexes = load_world(), {"IVF-PQ": ready_index(IVF_PQ), AGAIN: again or ready_again()}
    for name, factory in WITHOUT_CELLS.items():
        # Trained well enough on a sixth of the pictures, in a sixth of the memory.
        indexes[name] = build_index(factory, world.train[:10_000], world.references)
    places = {name: (index, extractor, ids) for name, index in indexes.items()}
    return places | {OTHER: index_of_another("IVF32,PQ4x5", load_extractor("gradients"), ids)}


def ready_again():
    """The ready world's IVF-PQ after a new training: the same pictures, but k-means begins with other numbers."""
    world = load_world()
    return build_index(IVF_PQ, world.train, world.references, seed=1)


def releases(pictures, places, done, **settings):
    """Pictures as they are and activated for several indexes: dict from a name to P PIL pictures or a function that makes them.

    pictures: P PIL pictures; places: of `ready_places` with the extractor "lite"; done: what is there already, dict name ->
    pictures; settings: further arguments of `activate`.
    """
    index, lite, _ = places["IVF-PQ"]
    aims = {"IVF": (cells_alone(index), lite), "PCA+LSH": places["PCA+LSH"][:2], "another extractor": places[OTHER][:2]}
    return {
        UNCHANGED: pictures,
        **done,
        **{f"for {name}": partial(_activated, pictures, *aim, **settings) for name, aim in aims.items()},
    }


def _activated(pictures, index, extractor, **settings):
    from activeindex_lite.activation import activate

    return activate(pictures, index, extractor, **{"batch_size": BATCH, **settings}).pictures


def transfer_table(released, places, edits=EDITS_OF_TRANSFER, rng=None):
    """R@1 of every release in every place: a DataFrame released, place, r1, low, high, gain, gain_low, gain_high.

    released: dict from a name to P PIL pictures, the same pictures in the same order, first those that are not activated (or
    to a function that returns them, called in its turn, so that one release at a time is in memory);
    places: dict from a name to (index, extractor, ids (P,) of the pictures there). r1: mean over the edits; low, high: 95 %
    bootstrap over pictures (rng: numpy Generator). gain: against the first release in the same place, with its paired interval.
    """
    import pandas as pd

    rng, rows, hits = rng or np.random.default_rng(0), [], {}
    for release, pictures in released.items():
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


def index_of_another(factory, extractor, ids, *, train=1300, references=800, seed=1234):
    """A small index of the ready world as another extractor sees it; (index, extractor, ids (P,) in it), a place.

    The reference pictures `ids` (P,) are stored first, as 0 .. P-1, then `references` others (never the same ones); it is
    trained on the first `train` training pictures. These are drawn at 96 pixels, about 2 ms each.
    """
    ids = np.asarray(ids)
    others = np.setdiff1d(np.arange(references + len(ids)), ids)[:references]

    def features(seeds, size):
        return extractor((synthetic_pictures([int(s)], size)[0] for s in seeds), BATCH)

    stored = [features(REFERENCE_SEED + ids, 224), features(REFERENCE_SEED + others, SIZE)]
    index = build_index(factory, features(TRAIN_SEED + np.arange(train), SIZE), np.concatenate(stored), seed=seed)
    return index, extractor, np.arange(len(ids))
