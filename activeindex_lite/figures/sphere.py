"""A sphere to turn: unit vectors of three dimensions on it, their codes inside, and hyperplanes through it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.hover import INK_BOTH, Hovering, hover_layout
from activeindex_lite.figures.style import ACTIVATED, NEUTRAL, PASSIVE, TARGET, TARGET_MARKER, VISITED, Described

CIRCLE = np.linspace(0, 2 * np.pi, 73)


def sphere(
    x: np.ndarray,
    codes: np.ndarray,
    chosen: int = 0,
    path: np.ndarray | None = None,
    hyperplanes: np.ndarray | None = None,
) -> Hovering:
    """The unit sphere, vectors on it, and their codes inside; of one vector, the way to its code.

    x: (N, 3) unit vectors; codes: (N, 3), what an index keeps of each, such as centroids or decoded codes; chosen: the
    vector whose code is joined to it; path: (T, 3), features on the way of activation, or None; hyperplanes:
    (nbits, 3) normals of hyperplanes through the origin, which cut the sphere in great circles, or None.
    ValueError for vectors of another dimension or length.
    """
    x, codes = np.asarray(x, float), np.asarray(codes, float)
    if x.ndim != 2 or x.shape[1] != 3 or codes.shape != x.shape:
        raise ValueError(f"x has shape {x.shape}, codes {codes.shape}: expected (N, 3) twice; this figure has 3 axes")
    lengths = np.linalg.norm(x, axis=1)
    if np.abs(lengths - 1).max() > 1e-3:
        raise ValueError(f"a vector of x has length {lengths[np.abs(lengths - 1).argmax()]:.3f}: expected unit vectors")
    same = np.flatnonzero((codes == codes[chosen]).all(1))
    inside, error = np.linalg.norm(codes[chosen]), np.linalg.norm(x[chosen] - codes[chosen])
    parts = _Parts(x, codes, chosen, same, path, [] if hyperplanes is None else _great_circles(hyperplanes))
    alt = (
        f"A unit sphere with {len(x)} vectors on it. Their {len(np.unique(codes, axis=0))} codes lie inside, at "
        f"{_span(np.linalg.norm(codes, axis=1))} from the centre. The chosen vector shares its code with "
        f"{len(same) - 1} others; the code is {inside:.2f} from the centre and {error:.2f} from the vector."
    )
    if path is not None:
        away = np.linalg.norm(np.asarray(path) - codes[chosen], axis=1)
        alt += f" Along the sphere, activation brings the distance to the code from {away[0]:.2f} to {away[-1]:.2f}."
    return Hovering(_turning(parts), Described(_still(parts), alt))


class _Parts:
    """What both drawings show: sets of points (n, 3) and lines, each with its looks."""

    def __init__(self, x, codes, chosen, same, path, circles):
        others = np.setdiff1d(np.arange(len(x)), same)
        c, own = codes[chosen], x[chosen]
        # (name, points, colour, plotly symbol, matplotlib marker, size)
        self.points = [
            ("vectors", x[others], NEUTRAL, "circle", "o", 3),
            ("vectors with the same code", x[np.setdiff1d(same, [chosen])], VISITED, "circle", "o", 5),
            ("codes: inside the sphere", np.unique(codes, axis=0), TARGET, "cross", "+", 5),
            ("the vector x", own[None], PASSIVE, "circle", "o", 8),
            ("its code q(x)", c[None], TARGET, "diamond", TARGET_MARKER, 9),
        ]
        # (name, points, colour, width, dash)
        self.lines = [("from x to its code", np.stack([own, c]), TARGET, 4, "dash")]
        # The nearest place that a unit vector can reach.
        reached = c / np.linalg.norm(c) if np.linalg.norm(c) > 0 else own
        self.lines.append(("from the centre through the code", np.stack([0 * c, reached]), NEUTRAL, 2, "dot"))
        if path is not None:
            path = np.asarray(path, float)
            self.points.append(("after activation", path[-1:], ACTIVATED, "diamond", "D", 7))
            self.lines.append(("the way of activation", path, ACTIVATED, 5, "solid"))
        self.circles = circles


def _great_circles(hyperplanes):
    """The circles (73, 3) in which hyperplanes through the origin cut the unit sphere, with their normals."""
    circles = []
    for normal in np.asarray(hyperplanes, float):
        # The last two rows of Vt span what is at right angles to the normal.
        across = np.linalg.svd(normal[None])[2][1:]
        circles.append(np.stack([np.cos(CIRCLE), np.sin(CIRCLE)], axis=1) @ across)
    return circles


def _grid():
    """Meridians and parallels of the unit sphere as lines (73, 3)."""
    right, up = np.cos(CIRCLE), np.sin(CIRCLE)
    lines = [np.stack([np.cos(t) * right, np.sin(t) * right, up], axis=1) for t in CIRCLE[:36:6]]
    for height in (-0.75, -0.4, 0, 0.4, 0.75):
        radius = np.sqrt(1 - height**2)
        lines.append(np.stack([radius * right, radius * up, np.full(len(CIRCLE), height)], axis=1))
    return lines


def _turning(parts: _Parts) -> dict:
    """The drawing for plotly.js, as a dict of data and layout."""
    hidden = dict(visible=False, range=[-1.1, 1.1])
    camera = dict(eye=dict(x=1.15, y=0.75, z=0.55))
    scene = dict(xaxis=hidden, yaxis=hidden, zaxis=hidden, aspectmode="cube", camera=camera)
    layout = hover_layout(height=520, scene=scene, margin=dict(l=0, r=0, t=0, b=0), legend=dict(x=0, y=1))
    lines = dict(type="scatter3d", mode="lines")
    # One trace for the whole grid: null lifts the pen.
    grid = {
        axis: [v for line in _grid() for v in [*line[:, i].round(3).tolist(), None]] for i, axis in enumerate("xyz")
    }
    data = [{**lines, **grid, "line": dict(color="#8a8a8a", width=1), "hoverinfo": "skip", "showlegend": False}]
    for i, circle in enumerate(parts.circles):
        looks = dict(line=dict(color=INK_BOTH, width=5), name="hyperplanes", hoverinfo="name")
        data.append({**lines, **_xyz(circle), **looks, "legendgroup": "hyperplanes", "showlegend": not i})
    for name, points, colour, width, dash in parts.lines:
        looks = dict(line=dict(color=colour, width=width, dash=dash), name=name, hoverinfo="name")
        data.append({**lines, **_xyz(points), **looks})
    for name, points, colour, symbol, _, size in parts.points:
        looks = dict(
            marker=dict(color=colour, symbol=symbol, size=size),
            name=name,
            customdata=np.linalg.norm(points, axis=1).round(3).tolist(),
            hovertemplate="length %{customdata:.2f}<extra>" + name + "</extra>",
        )
        data.append({"type": "scatter3d", "mode": "markers", **_xyz(points), **looks})
    return {"data": data, "layout": layout}


def _xyz(points):
    # Three decimals: the figure travels as text.
    return dict(zip("xyz", np.asarray(points).round(3).T.tolist(), strict=True))


def _still(parts: _Parts) -> Figure:
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.add_subplot(projection="3d")
    for line in _grid():
        axes.plot(*line.T, color=NEUTRAL, lw=0.4, alpha=0.5)
    for i, circle in enumerate(parts.circles):
        axes.plot(*circle.T, color=INK_BOTH, lw=2, label=None if i else "hyperplanes")
    for name, points, colour, width, dash in parts.lines:
        axes.plot(*points.T, {"solid": "-", "dash": "--", "dot": ":"}[dash], color=colour, lw=width / 2, label=name)
    for name, points, colour, _, marker, size in parts.points:
        axes.plot(*points.T, marker, color=colour, ms=size, label=name)
    axes.set(xlim=(-0.8, 0.8), ylim=(-0.8, 0.8), zlim=(-0.8, 0.8))
    axes.set_box_aspect((1, 1, 1))
    axes.view_init(22, 33)
    axes.set_axis_off()
    figure.legend(loc="outside right center", frameon=False, fontsize=11)
    return figure


def _span(values: np.ndarray) -> str:
    return f"{values.min():.2f} to {values.max():.2f}"
