"""Checks of feature arrays that several stages share; each error names the value seen, what is allowed and the way out."""

import numpy as np


def features_array(features, d=None, name="features"):
    """The features as a C-contiguous float32 array (N, d), N >= 1, without NaN or infinity; ValueError otherwise."""
    try:
        array = np.ascontiguousarray(features, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: cannot be read as an array of numbers ({error}); an extractor returns (N, d) float32") from None
    if array.ndim != 2 or array.shape[1] < 1:
        hint = "; one vector is written x[None]" if array.ndim == 1 else ""
        raise ValueError(f"{name} has shape {array.shape}, expected (N, d){hint}")
    if not len(array):
        raise ValueError(f"{name} is empty: at least one vector is needed")
    if d is not None and array.shape[1] != d:
        raise ValueError(f"{name} has d = {array.shape[1]}, the index was made for d = {d}: use the extractor it was made with")
    bad = ~np.isfinite(array).all(1)
    if bad.any():
        raise ValueError(f"{name}: {bad.sum()} of {len(array)} vectors hold NaN or infinity, the first is number "
                         f"{int(np.argmax(bad))}; leave them out")
    return array
