"""Points and flags that come from a browser or from Python: checked, and as plain numbers that JSON knows."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
import traitlets

# Planes show -REACH .. REACH in both directions.
REACH = 1.2


def checked_points(name: str, value: Any, most: int) -> np.ndarray:
    """1 to `most` points of the plane as float32 (n, 2), four decimals; TraitError for anything else."""
    try:
        points = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    within = points.ndim == 2 and points.shape[1:] == (2,) and (np.abs(points) <= REACH).all()
    if not within or not 1 <= len(points) <= most:
        expected = "a point [x, y]" if most == 1 else f"1 to {most} points [[x, y], ...]"
        raise traitlets.TraitError(
            f"{name}={reprlib.repr(value)}: expected {expected} with numbers from -{REACH} to {REACH}"
        )
    return points.round(4).astype(np.float32)


def checked_flag(name: str, value: Any) -> bool:
    """True or False; TraitError for anything else."""
    if not isinstance(value, bool | np.bool_):
        raise traitlets.TraitError(f"{name}={reprlib.repr(value)}: expected True or False")
    return bool(value)


def plain(array: np.ndarray) -> Any:
    """An array as nested lists of numbers with four decimals."""
    # Through float64, so that 0.1 does not become 0.10000000149.
    return np.asarray(array, np.float64).round(4).tolist()
