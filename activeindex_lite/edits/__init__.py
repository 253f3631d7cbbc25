"""Edits of pictures: the 14 of the evaluation, the random mixture, and strength sweeps for curves."""

from activeindex_lite.edits.mixture import apply_recipe, describe_recipe, draw_random_edit, random_edit
from activeindex_lite.edits.strengths import STRENGTHS, Sweep
from activeindex_lite.edits.table import EDITS, Edit, apply_edit

__all__ = [
    "EDITS", "STRENGTHS", "Edit", "Sweep", "apply_edit", "apply_recipe", "describe_recipe", "draw_random_edit",
    "random_edit",
]  # fmt: skip
