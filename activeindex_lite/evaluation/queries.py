"""The queries of an evaluation: features of edited pictures."""

import numpy as np
from tqdm import tqdm

from activeindex_lite.edits import EDITS
from activeindex_lite.support.checks import whole_number


def edit_stream(seed, i):
    """The numpy Generator that picture i's Random edit draws from: a stream of its own, whatever else is evaluated."""
    return np.random.default_rng([seed, i])


def edited_features(pictures, extractor, *, seed=0, edits=tuple(EDITS), first=0, batch_size=32, progress=False):
    """Features of every picture under every edit: dict from the name of an edit to (N, d) float32.

    pictures: list of PIL pictures. seed: of the Random edit; picture i draws from a stream of its own, (seed, first + i), so
    a passive and an activated picture in the same place meet exactly the same edit (first: where the list begins in a
    longer one). batch_size: pictures that the extractor sees at once.
    """
    unknown = [name for name in edits if name not in EDITS]
    if unknown:
        raise ValueError(f"no edit {unknown[0]!r}: choose one of {', '.join(EDITS)}")
    whole_number(seed, "seed", least=0)
    features = {}
    for name in tqdm(edits, desc="edits", unit="edit", leave=False, disable=not progress):
        edited = (EDITS[name](picture, edit_stream(seed, i)) for i, picture in enumerate(pictures, first))
        features[name] = extractor(edited, batch_size)
    return features
