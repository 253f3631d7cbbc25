"""The evaluation of DISC21's kind on the ready world, a folder of photographs, or DISC21 itself; long, cached, resumable."""

from activeindex_lite.evaluate.collection import Collection, disc21_collection, folder_collection, ready_collection
from activeindex_lite.evaluate.run import Evaluation, Settings, checked_settings, default_indexes, run_evaluation

__all__ = [
    "Collection",
    "Evaluation",
    "Settings",
    "checked_settings",
    "default_indexes",
    "disc21_collection",
    "folder_collection",
    "ready_collection",
    "run_evaluation",
]
