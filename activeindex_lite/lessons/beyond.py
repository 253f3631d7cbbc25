"""Where copies are lost, and where activation ends: another index, another extractor, an attacker who blurs."""

import numpy as np

from activeindex_lite.evaluation.cells import cell_ranks
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import MEAN, first_is_original, hit_table, summarise
from activeindex_lite.index import build_index
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.sweeps.strengths import strength_curves
from activeindex_lite.world.world import TRAIN_SEED

FATES = ("found", "another code comes first", "cell not visited")


def fates(index, x, releases, truth, nprobes=(1, 16)):
    """What becomes of copies in an IVF index: a DataFrame release, nprobe, and the share of copies of each of FATES.

    x: (N, d) features of the originals, whose codes are stored; releases: dict from a name ("passive", "published") to a dict
    from the name of an edit to features (N, d) of the edited copies; truth: (N,) ids. A copy whose cell is visited may
    still be lost: another stored code is nearer to it, or as near.
    """
    import pandas as pd

    rows, cells = [], index.assign(x)
    for name, queries in releases.items():
        ranks = {edit: cell_ranks(index, features, cells) for edit, features in queries.items()}
        for nprobe in nprobes:
            found = np.stack([first_is_original(index, features, truth, nprobe) for features in queries.values()])
            visited = np.stack([ranks[edit] <= nprobe for edit in queries])
            shares = (found.mean(), (visited & ~found).mean(), (~visited & ~found).mean())
            rows.append({"release": name, "nprobe": nprobe, **dict(zip(FATES, shares))})
    return pd.DataFrame(rows)


def r1_elsewhere(indexes, releases, truth, nprobe=1, rng=None):
    """R@1 of released pictures in indexes that they were not activated for: a DataFrame index, release, r1, low, high.

    indexes: dict from a name to an ActiveIndex that stores the originals under truth; releases: as for `fates`.
    """
    import pandas as pd

    rows = []
    for where, index in indexes.items():
        for name, queries in releases.items():
            hits = hit_table(index, queries, truth, nprobe if index.nlist else None)
            mean = summarise(hits, rng or np.random.default_rng(0)).set_index("edit").loc[MEAN]
            rows.append({"index": where, "release": name, "r1": mean.r1, "low": mean.low, "high": mean.high})
    return pd.DataFrame(rows)


def small_index(extractor, originals, factory="IVF16,Flat", n=640, distractors=200):
    """An index of any extractor's features over few synthetic pictures: the originals (ids 0 .. N-1), then distractors.

    n: pictures to train it with; distractors come from the same seeds, behind those. Drawing and looking at them takes
    seconds.
    """
    features = extractor(synthetic_pictures([TRAIN_SEED + i], originals[0].width)[0] for i in range(n + distractors))
    return build_index(factory, features[:n], np.concatenate([extractor(originals), features[n:]]))


def copies(pictures, extractor, edits=("Identity", "Contrast 2", "Hue 0.2", "Blur 2", "JPEG 50", "Crop 0.5", "Meme")):
    """Features of copies by any extractor, some edits only, for `r1_elsewhere`: pictures is a dict from a name to released pictures."""
    return {name: edited_features(released, extractor, edits=edits) for name, released in pictures.items()}


def under_blur(releases, index, extractor, truth, kernels=(1, 5, 9, 15, 21, 29), nprobe=1):
    """R@1 against the strength of a blur: a DataFrame release, kernel (pixels; 1 changes nothing), r1.

    releases: dict from a name to the list of released pictures.
    """
    table = strength_curves({"Blur": kernels}, releases, truth, {"": (index, (nprobe,))}, extractor)
    return table.rename(columns={"activated": "release", "value": "kernel"})[["release", "kernel", "r1"]]
