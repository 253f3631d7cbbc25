"""What a search in a graph did, written down step by step."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Walk:
    """What one search did, in its order.

    compared: (n,) ids whose distance to the query was computed; distances: (n,), squared, of the same; layers: (n,) of
    the graph; origins: (n,) ids of the nodes that led to them (-1 for the entry, where the search begins); path: the
    nodes that the search stood on, as pairs (layer, id). A node can be compared again in another layer.
    """

    compared: list[int] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    layers: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    path: list[tuple[int, int]] = field(default_factory=list)

    def note(self, layer: int, origin: int, ids: list[int], distances: np.ndarray) -> None:
        """Write down that the links of node `origin` (-1: none) led to these ids (n,) at these distances (n,)."""
        self.compared += [int(i) for i in ids]
        self.distances += [float(distance) for distance in distances]
        self.layers += [layer] * len(ids)
        self.origins += [origin] * len(ids)
        self.path += [(layer, origin)] if origin >= 0 else []
