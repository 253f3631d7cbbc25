"""The evaluation of DISC21's kind: on the ready world, a folder of photographs, or DISC21; long, cached, resumable."""

from activeindex_lite.evaluate.collection import Collection, folder_collection, ready_collection
from activeindex_lite.evaluate.disc21 import disc21_collection
from activeindex_lite.evaluate.run import Evaluation, run_evaluation
from activeindex_lite.evaluate.settings import Settings, default_indexes

__all__ = [
    "Collection",
    "Evaluation",
    "Settings",
    "default_indexes",
    "disc21_collection",
    "folder_collection",
    "ready_collection",
    "run_evaluation",
]
