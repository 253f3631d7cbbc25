"""Checks of inputs that several stages share; each error names the value seen, what is allowed and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ROWS = 65_536
# Beyond, squared distances overflow float32, and faiss's k-means ends the process.
LARGEST = 1e15


def features_array(features, d=None, name="features"):
    """The features as a C-contiguous float32 array (N, d), N >= 1, real, none missing, below 1e15 in size; ValueError otherwise.

    d: the dimension that is needed (None: any). Vectors of zeros are let through: they are a point like any other.
    """
    if getattr(getattr(features, "dtype", None), "kind", "f") == "c" or np.ma.is_masked(features):
        raise ValueError(
            f"{name}: complex numbers, or a masked array with missing ones, were given; an extractor returns real numbers, all of "
            "them, (N, d) float32"
        )
    try:
        array = np.asarray(features, dtype=np.float32, order="C")
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{name}: cannot be read as an array of numbers ({error}); an extractor returns (N, d) float32"
        ) from None
    if array.ndim != 2 or array.shape[1] < 1:
        hint = "; one vector is written x[None]" if array.ndim == 1 else ""
        raise ValueError(f"{name} has shape {array.shape}, expected (N, d){hint}")
    if not len(array):
        raise ValueError(f"{name} is empty: at least one vector is needed")
    if d is not None and array.shape[1] != d:
        raise ValueError(
            f"{name} has d = {array.shape[1]}, the index was made for d = {d}: use the extractor it was made with"
        )
    # NaN makes a comparison false, and neither min nor max needs memory, be they a million vectors mapped from a disk.
    if not (array.min() > -LARGEST and array.max() < LARGEST):
        _tell_bad(array, name)
    return array


def _tell_bad(array, name):
    """Raise the ValueError about vectors with NaN, infinity or numbers that are too large."""
    finite = np.concatenate([np.isfinite(array[start : start + ROWS]).all(1) for start in range(0, len(array), ROWS)])
    if finite.all():
        raise ValueError(
            f"{name}: the largest number is {max(array.max(), -array.min()):g}, above {LARGEST:g}, where distances are no longer "
            "finite; divide each vector by its length, as an extractor does"
        )
    raise ValueError(
        f"{name}: {(~finite).sum()} of {len(array)} vectors hold NaN or infinity, the first is number "
        f"{int(np.argmin(finite))}; leave them out"
    )


def whole_number(value, name, most=None, why="", least=1):
    """The value as an int from least to most (None: no limit); otherwise a ValueError that ends in why, a reason."""
    try:
        number = int(value) if value == int(value) else least - 1
    except (TypeError, ValueError, OverflowError):
        number = least - 1
    if number < least or (most is not None and number > most):
        allowed = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name}={value!r}: a whole number {allowed} is expected{why and ', '}{why}")
    return number


def real_number(value, name, least, most, why):
    """The value as a float from least to most; otherwise a ValueError that ends in why, a reason."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        number = float("nan")
    if isinstance(value, str) or not least <= number <= most:
        raise ValueError(f"{name}={value!r}: a number from {least:g} to {most:g} is expected; {why}")
    return number


def one_per_row(values: ArrayLike, rows: int, name: str, what: str, of: str) -> np.ndarray:
    """The values as an array (rows,), one per row; ValueError otherwise. what: the values; of: the rows, in words.

    A column of shape (rows, 1) is refused: compared with (rows,) numpy makes a square table of it, and a wrong mean.
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(
            f"{name} has shape {array.shape}: expected ({rows},), one per row; .ravel() turns a column into that"
        )
    if len(array) != rows:
        raise ValueError(f"{name} has shape {array.shape}, {rows} {of} but {len(array)} {what}: expected one for each")
    return array
