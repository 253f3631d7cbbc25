"""Notebook 06: a plane through a space of many dimensions, and the borders of cells exactly where it cuts them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NOTHING = np.empty((0, 2))


@dataclass(frozen=True, eq=False)
class Plane:
    """The points origin + u[0] axes[0] + u[1] axes[1] of the feature space: origin (d,), orthonormal axes (2, d)."""

    origin: np.ndarray
    axes: np.ndarray

    def flat(self, features: np.ndarray) -> np.ndarray:
        """The orthogonal projection of features (N, d) onto the plane, (N, 2)."""
        return (np.asarray(features, float) - self.origin) @ self.axes.T


def plane_through(start: np.ndarray, code: np.ndarray, end: np.ndarray) -> Plane:
    """The plane through three points (d,): the origin is start, the first axis leads to code, and end lies above it."""
    start, code, end = (np.asarray(a, float) for a in (start, code, end))
    # QR gives orthonormal axes even where two points coincide.
    q, r = np.linalg.qr(np.stack([code - start, end - start], axis=1))
    return Plane(start, q.T * np.where(np.diag(r) < 0, -1, 1)[:, None])


def share_in(plane: Plane, cloud: np.ndarray) -> float:
    """The share of the variance of cloud (N, d) that lies in a Plane, from 0 to 1."""
    variance = np.asarray(cloud, float).var(0).sum()
    return float(plane.flat(cloud).var(0).sum() / variance) if variance else 1.0


def half_planes(plane: Plane, centroids: np.ndarray, own: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a plane is nearest to centroid `own` of centroids (n, d): normals (n, 2) @ u <= offsets (n,)."""
    centroids = np.asarray(centroids, float)
    away = centroids - centroids[own]
    # |p - c_own|^2 <= |p - c_j|^2 is linear in p, hence in its coordinates u in the plane.
    return 2 * away @ plane.axes.T, (centroids**2).sum(1) - (centroids[own] ** 2).sum() - 2 * away @ plane.origin


def clip(corners: np.ndarray, normals: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What half-planes normals (n, 2) @ u <= offsets (n,) leave of a convex polygon (corners, 2): (corners, edges).

    edges: (corners,), the half-plane whose border leads from each corner to the next, -1 for an edge of the polygon.
    """
    corners, edges = np.asarray(corners, float), np.full(len(corners), -1)
    length = np.linalg.norm(normals, axis=1)
    scale = np.where(length > 0, length, 1)
    normals, offsets = normals / scale[:, None], offsets / scale
    tolerance = 1e-9 * np.ptp(corners, axis=0).max()
    while len(corners):
        beyond = corners @ normals.T - offsets
        worst = int(beyond.max(0).argmax())
        if beyond[:, worst].max() <= tolerance:
            break
        corners, edges = _clip_once(corners, edges, beyond[:, worst], worst)
    return (corners, edges) if len(corners) > 2 else (NOTHING, np.empty(0, int))


def _clip_once(corners: np.ndarray, edges: np.ndarray, beyond: np.ndarray, name: int) -> tuple[np.ndarray, np.ndarray]:
    """One step of Sutherland and Hodgman: keep what is not beyond, with new corners where the border cuts an edge."""
    kept, labels = [], []
    for i, edge in enumerate(edges):
        j = (i + 1) % len(corners)
        if beyond[i] <= 0:
            kept.append(corners[i])
            labels.append(edge)
        if (beyond[i] <= 0) != (beyond[j] <= 0):
            kept.append(corners[i] + beyond[i] / (beyond[i] - beyond[j]) * (corners[j] - corners[i]))
            labels.append(name if beyond[i] <= 0 else edge)
    return np.array(kept).reshape(-1, 2), np.array(labels, int)


def cells_seen(plane: Plane, centroids: np.ndarray, window: np.ndarray, begin: int) -> dict[int, np.ndarray]:
    """The cells of centroids (nlist, d) in a window (corners, 2) of a plane: dict from a cell to its polygon.

    begin: a cell to start from. The search goes on across the edges of each cell found, until the window is full.
    """
    centre = window.mean(0) @ plane.axes + plane.origin
    seen, waiting = {}, {int(begin), int(np.square(centroids - centre).sum(1).argmin())}
    while waiting:
        cell = waiting.pop()
        corners, edges = clip(window, *half_planes(plane, centroids, cell))
        seen[cell] = corners
        waiting |= set(edges[edges >= 0].tolist()) - set(seen)
    return {cell: corners for cell, corners in seen.items() if len(corners)}
