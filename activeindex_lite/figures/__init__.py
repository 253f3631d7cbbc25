"""Figures: functions from measured tables to matplotlib figures with a text alternative."""

from activeindex_lite.figures.retrieval import gains_by_index, passive_against_activated
from activeindex_lite.figures.style import Described

__all__ = ["Described", "gains_by_index", "passive_against_activated"]
