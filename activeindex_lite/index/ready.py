"""Indexes of the ready world, made once."""

from functools import cache

from activeindex_lite.index.active_index import build_index
from activeindex_lite.world import load_world


@cache
def ready_index(factory):
    """An ActiveIndex of any faiss factory string, trained on the ready world and holding its 50,000 references.

    It is made once: every call with the same string gives the same index, which explorers use as well. So add nothing to
    it; `build_index` makes one of your own.
    """
    world = load_world()
    return build_index(factory, world.train, world.references)
