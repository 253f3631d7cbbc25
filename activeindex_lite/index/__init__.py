"""Any faiss index behind one thin wrapper that also knows where activation should move a feature."""

from activeindex_lite.index.active_index import ActiveIndex, build_index, faiss_threads
from activeindex_lite.index.ready import ready_index
from activeindex_lite.index.targets import NothingToActivate, Targets

__all__ = ["ActiveIndex", "NothingToActivate", "Targets", "build_index", "faiss_threads", "ready_index"]
