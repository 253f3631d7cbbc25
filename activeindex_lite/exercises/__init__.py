"""Checks of the notebooks' exercises, a module a topic: each says what is wrong with an answer and how far off it is."""

from activeindex_lite.exercises.check import Verdict

__all__ = ["Verdict"]
