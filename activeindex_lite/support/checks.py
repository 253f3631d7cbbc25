"""Checks of inputs that several rooms share; each error names the value seen, what is expected and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ROWS = 65_536
# Beyond, squared distances overflow float32, and faiss's k-means ends the process.
LARGEST = 1e15
SHOWN = 60  # characters of a value in a message


def features_array(features: Any, d: int | None = None, name: str = "features") -> np.ndarray:
    """The features as a C-contiguous float32 array (N, d): N >= 1, real, finite, none missing, below 1e15 in size.

    d: the dimension that is needed (None: any). Vectors of zeros are accepted: they are a point like any other.
    ValueError for anything else; the message calls the features `name`.
    """
    if getattr(getattr(features, "dtype", None), "kind", "f") == "c" or np.ma.is_masked(features):
        raise ValueError(
            f"{name}: complex numbers, or a masked array with missing ones; an extractor returns real numbers, none "
            "missing, (N, d) float32"
        )
    try:
        array = np.asarray(features, dtype=np.float32, order="C")
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise ValueError(
            f"{name}: cannot be read as an array of numbers ({reason}); an extractor returns (N, d) float32"
        ) from None
    if array.ndim != 2 or array.shape[1] < 1:
        hint = "; one vector is written x[None]" if array.ndim == 1 else ""
        raise ValueError(f"{name} has shape {array.shape}, expected (N, d){hint}")
    if not len(array):
        raise ValueError(f"{name} is empty: expected at least one vector")
    if d is not None and array.shape[1] != d:
        raise ValueError(
            f"{name} has d = {array.shape[1]}, the index was made for d = {d}: use the extractor it was made with"
        )
    # NaN makes a comparison false. Neither min nor max needs memory, even for a million vectors mapped from disk.
    if not (array.min() > -LARGEST and array.max() < LARGEST):
        _report_bad(array, name)
    return array


def _report_bad(array: np.ndarray, name: str) -> NoReturn:
    """Raise the ValueError about vectors with NaN, infinity or numbers that are too large."""
    finite = np.concatenate([np.isfinite(array[start : start + ROWS]).all(1) for start in range(0, len(array), ROWS)])
    if finite.all():
        raise ValueError(
            f"{name}: the largest number is {max(array.max(), -array.min()):g}, above {LARGEST:g}, where distances are "
            "no longer finite; divide each vector by its length, as an extractor does"
        )
    raise ValueError(
        f"{name}: {(~finite).sum()} of {len(array)} vectors hold NaN or infinity, the first is number "
        f"{int(np.argmin(finite))}; leave them out"
    )


def whole_number(value: Any, name: str, most: int | None = None, why: str = "", least: int = 1) -> int:
    """The value as an int from least to most (None: no limit); otherwise a ValueError that ends in why, a reason."""
    try:
        number = int(value)
        fits = bool(number == value) and number >= least and (most is None or number <= most)
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        allowed = f"of at least {least:,}" if most is None else f"from {least:,} to {most:,}"
        raise ValueError(_expected(value, name, f"a whole number {allowed}", why))
    return number


def real_number(value: Any, name: str, least: float, most: float, why: str = "") -> float:
    """The value as a float from least to most; otherwise a ValueError that ends in why, a reason."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        number = float("nan")
    if isinstance(value, str) or not least <= number <= most:
        raise ValueError(_expected(value, name, f"a number from {least:g} to {most:g}", why))
    return number


def _expected(value: Any, name: str, what: str, why: str) -> str:
    seen = repr(value)
    if len(seen) > SHOWN:
        seen = f"{seen[:SHOWN]}..."
    return f"{name}={seen}: expected {what}" + (f" ({why})" if why else "")


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
