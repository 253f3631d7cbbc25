"""Mistakes that any exercise may meet: no return, a missing last step, percent for a share, vectors of length 1."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable

import numpy as np


def nothing_returned(function: Callable) -> str:
    """Why a function has returned nothing: it is still the stub, it prints, or it lacks a return."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP")] if code else []
    if all(step.opname.startswith(("LOAD_CONST", "RETURN_")) for step in steps):
        return "returns nothing so far. Replace the ... by your code, and end with return."
    if "print" in code.co_names:
        return "prints, but returns nothing. print only shows a value: end with return and the value."
    # What stands before the None that Python returns of its own accord.
    last = next(step for step in reversed(steps) if not step.opname.startswith(("LOAD_CONST", "RETURN_")))
    name = f": return {last.argval}" if last.opname == "STORE_FAST" else " and your result"
    return f"has code, but returns nothing. End it with return{name}."


def last_step(array: np.ndarray, expected: np.ndarray, tolerance: float) -> str:
    """What to say of values whose sum or mean along one axis is the answer; nothing if they are something else."""
    if array.ndim != expected.ndim + 1 or not array.size:
        return ""
    for axis in reversed(range(array.ndim)):
        along = f" along axis {axis}" if array.ndim > 1 else ""
        for name in ("sum", "mean"):
            if equal(np.asarray(getattr(array, name)(axis)), expected, tolerance):
                return f" The last step is missing: the {name}{along}."
    return ""


def scaled(array: np.ndarray, expected: np.ndarray, tolerance: float) -> str:
    """What to say of shares in percent, and of vectors that were divided by their lengths; nothing otherwise."""
    if array.shape != expected.shape or not expected.size or expected.dtype.kind != "f":
        return ""
    if expected.min() >= 0 and 0.01 < expected.max() <= 1 and equal(array / 100, expected, tolerance):
        return " This is in percent; return a share, from 0 to 1."
    if expected.ndim and expected.shape[-1] > 1:
        lengths = np.linalg.norm(expected, axis=-1, keepdims=True)
        if lengths.min() > 0 and equal(array, expected / lengths, tolerance):
            return " These vectors were divided by their lengths; return them as they are."
    return ""


def equal(array: np.ndarray, expected: np.ndarray, tolerance: float) -> bool:
    """Whether two arrays agree: whole numbers and truth values exactly, fractions within the tolerance."""
    if array.shape != expected.shape:
        return False
    if expected.dtype.kind == "f":
        return bool(np.allclose(array, expected, rtol=0, atol=tolerance))
    return bool(np.array_equal(array, expected))
