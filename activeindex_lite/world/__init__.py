"""The ready world: features of tens of thousands of synthetic pictures, and the pictures themselves on demand."""

from activeindex_lite.world.world import World, load_world

__all__ = ["World", "load_world"]
