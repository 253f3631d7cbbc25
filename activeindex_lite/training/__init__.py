"""Training of the lite extractor: its material, its views, its loop."""

from activeindex_lite.training.material import copies, originals
from activeindex_lite.training.trainer import Trainer, train

__all__ = ["Trainer", "copies", "originals", "train"]
