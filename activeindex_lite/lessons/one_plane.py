"""The alpha explorer: one plane that holds a picture's feature and both its edited copies, passive and activated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.path import Path

from activeindex_lite.lessons.activation import Scene, scene
from activeindex_lite.lessons.borders import NOTHING, plane_through, share_in

if TYPE_CHECKING:
    from activeindex_lite.lessons.one_picture import OnePicture

# Share of the square of borders that lies beyond the points: room for a wider drawing and for other alphas.
MARGIN = 0.9


@dataclass(frozen=True, eq=False)
class OnePlane:
    """The plane through the feature x of a picture and its two copies, and the borders of its index in it.

    scene: a Scene; x, passive and active lie in it, so which side of each border they are on is exact; the code (or,
    for LSH, its direction) and all other features fall perpendicularly onto it. kind "none": an index whose borders are
    not known. own_cells: (R,) int64, the cell of each region of an index with cells, else empty.
    """

    scene: Scene
    own_cells: np.ndarray

    def flat(self, features: np.ndarray) -> np.ndarray:
        """Where features (N, d) fall in the plane, (N, 2) float64."""
        return self.scene.plane.flat(np.atleast_2d(features))

    def inside(self, points: np.ndarray) -> np.ndarray | None:
        """Whether points (N, 2) of the plane lie in the region of the stored code, (N,) bool; None without borders."""
        if self.scene.kind == "none":
            return None
        own = self.scene.own
        return np.array([len(own) > 0 and Path(own).contains_point(point) for point in np.atleast_2d(points)])

    def ranks(self, order: np.ndarray) -> np.ndarray:
        """The place, from 1, of each region's cell in the order (P,) in which a search visits cells, or 0."""
        places = {int(cell): rank for rank, cell in enumerate(order, 1)}
        return np.array([places.get(int(cell), 0) for cell in self.own_cells], int)


def one_plane(one: OnePicture, passive: np.ndarray, active: np.ndarray) -> OnePlane:
    """The plane of a OnePicture through .x and the features (d,) of its passive and its activated copy."""
    try:
        seen = scene(one.index, one.x, np.stack([passive, active]), through=passive, margin=MARGIN)
    except ValueError:
        # Borders are known of IVF, PQ, OPQ and LSH alone.
        seen = _without_borders(one, passive, active)
    cells = np.array(seen.names if seen.kind == "cells" else [], int)
    return OnePlane(seen, cells)


def _without_borders(one: OnePicture, passive: np.ndarray, active: np.ndarray) -> Scene:
    plane = plane_through(one.x, passive, active)
    points = np.stack([one.x, one.q, passive, active])
    flat = plane.flat(points)
    centre, half = (flat.min(0) + flat.max(0)) / 2, max(np.ptp(flat, axis=0).max() * (0.5 + MARGIN), 1e-3)
    window = centre + half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    return Scene(plane, share_in(plane, points), flat[0], flat[1], flat[2:], window, "none", [], [], NOTHING)


def truly_inside(one: OnePicture, features: np.ndarray) -> np.ndarray | None:
    """Whether features (N, d) share the cell, sub-codes or bits of the original, (N,) bool; None if none are known."""
    if one.index.nlist is not None:
        return one.index.assign(np.asarray(features, np.float32)) == one.index.assign(one.x[None])[0]
    own, others = one.parts(one.x[None]), one.parts(features)
    return None if own is None else (others == own).all(1)
