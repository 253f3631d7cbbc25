"""Checks of inputs that several stages share; each error names the value seen, what is allowed and the way out."""

import numpy as np

ROWS = 65_536


def features_array(features, d=None, name="features"):
    """The features as a C-contiguous float32 array (N, d), N >= 1, without NaN or infinity; ValueError otherwise.

    d: the dimension that is needed (None: any).
    """
    try:
        array = np.asarray(features, dtype=np.float32, order="C")
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{name}: cannot be read as an array of numbers ({error}); an extractor returns (N, d) float32"
                         ) from None
    if array.ndim != 2 or array.shape[1] < 1:
        hint = "; one vector is written x[None]" if array.ndim == 1 else ""
        raise ValueError(f"{name} has shape {array.shape}, expected (N, d){hint}")
    if not len(array):
        raise ValueError(f"{name} is empty: at least one vector is needed")
    if d is not None and array.shape[1] != d:
        raise ValueError(f"{name} has d = {array.shape[1]}, the index was made for d = {d}: use the extractor it "
                         "was made with")
    # In pieces: for a million vectors that are mapped from a disk, one array of all answers would be half a gigabyte.
    bad = np.concatenate([~np.isfinite(array[start : start + ROWS]).all(1) for start in range(0, len(array), ROWS)])
    if bad.any():
        raise ValueError(f"{name}: {bad.sum()} of {len(array)} vectors hold NaN or infinity, the first is number "
                         f"{int(np.argmax(bad))}; leave them out")
    return array


def whole_number(value, name, most=None, why=""):
    """The value as an int from 1 to most (None: no limit); otherwise a ValueError that ends in why, a reason."""
    try:
        number = int(value) if value == int(value) else 0
    except (TypeError, ValueError, OverflowError):
        number = 0
    if number < 1 or (most is not None and number > most):
        allowed = "of at least 1" if most is None else f"from 1 to {most}"
        raise ValueError(f"{name}={value!r}: a whole number {allowed} is expected{why and ', '}{why}")
    return number
