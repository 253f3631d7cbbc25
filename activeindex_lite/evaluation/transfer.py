"""How far activation carries: pictures activated for one index, searched for in another, or through another extractor."""

import numpy as np

from activeindex_lite.evaluation.moderation import refilled
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import hit_table, intervals
from activeindex_lite.index import build_index
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.world.world import REFERENCE_SEED, TRAIN_SEED

# A mild, some middling and two hard ones of the 14: light, sharpness, compression, place.
EDITS_OF_TRANSFER = ("Contrast 2", "Blur 2", "JPEG 50", "Rotation 25", "Crop 0.5", "Random")
SIZE = 96


def transfer_table(released, places, edits=EDITS_OF_TRANSFER, rng=None):
    """R@1 of every release in every place: a DataFrame released, place, r1, low, high, gain, gain_low, gain_high.

    released: dict from a name to P PIL pictures, the same pictures in the same order, first those that are not activated;
    places: dict from a name to (index, extractor, ids (P,) of the pictures there). r1: mean over the edits; low, high: 95 %
    bootstrap over pictures (rng: numpy Generator). gain: against the first release in the same place, with its paired interval.
    """
    import pandas as pd

    rng, rows, hits = rng or np.random.default_rng(0), [], {}
    for release, pictures in released.items():
        features = {}
        for place, (index, extractor, ids) in places.items():
            if id(extractor) not in features:
                features[id(extractor)] = edited_features(pictures, extractor, edits=edits)
            mean = hit_table(index, features[id(extractor)], ids).mean(axis=1).to_numpy()
            gain = mean - hits.setdefault(place, mean)
            (low, gain_low), (high, gain_high) = intervals(np.stack([mean, gain], axis=1), rng)
            rows.append({"released": release, "place": place, "r1": mean.mean(), "low": low, "high": high,
                         "gain": gain.mean(), "gain_low": gain_low, "gain_high": gain_high})
    return pd.DataFrame(rows)


def index_of_another(factory, extractor, ids, *, train=1300, references=800, seed=1234):
    """A small index of the ready world as another extractor sees it; (index, extractor, ids (P,) in it), a place.

    The reference pictures `ids` (P,) are stored first, as 0 .. P-1, then `references` others (never the same ones); it is
    trained on the first `train` training pictures. These are drawn at 96 pixels, about 2 ms each.
    """
    ids = np.asarray(ids)
    others = np.setdiff1d(np.arange(references + len(ids)), ids)[:references]

    def features(seeds, size):
        return extractor(synthetic_pictures([int(s)], size)[0] for s in seeds)

    stored = [features(REFERENCE_SEED + ids, 224), features(REFERENCE_SEED + others, SIZE)]
    index = build_index(factory, features(TRAIN_SEED + np.arange(train), SIZE), np.concatenate(stored), seed=seed)
    return index, extractor, np.arange(len(ids))


def stored_anew(index, references, ids, features):
    """The same index with other features (P, d) stored for the references `ids` (P,), such as those of released pictures.

    references: (N, d), all that it stores, in order; they are not changed.
    """
    references = references.copy()
    references[ids] = features
    return refilled(index, references)
