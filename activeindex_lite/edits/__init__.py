"""Edits of pictures: the 14 of the evaluation, the random mixture, and strengths for curves and sliders."""

from activeindex_lite.edits.dials import DIALS, Dial, edit_named
from activeindex_lite.edits.mixture import apply_recipe, describe_recipe, draw_random_edit, random_edit
from activeindex_lite.edits.strengths import STRENGTHS, Sweep
from activeindex_lite.edits.table import EDITS, Edit, apply_edit

__all__ = [
    "DIALS", "EDITS", "STRENGTHS", "Dial", "Edit", "Sweep", "apply_edit", "apply_recipe", "describe_recipe",
    "draw_random_edit", "edit_named", "random_edit",
]  # fmt: skip
