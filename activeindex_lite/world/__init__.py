"""The ready world: features of tens of thousands of synthetic pictures, and the pictures themselves on demand."""

from activeindex_lite.world.simulated import SimulatedFeatures, simulate
from activeindex_lite.world.world import World, load_world

__all__ = ["SimulatedFeatures", "World", "load_world", "simulate"]
