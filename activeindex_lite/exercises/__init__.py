"""Checks of the exercises, one module per notebook: each says what is wrong with an answer and how far off it is."""

from activeindex_lite.exercises.check import Verdict

__all__ = ["Verdict"]
