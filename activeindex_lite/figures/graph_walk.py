"""Figure of one search in a graph of the plane: its layers as a stack of planes, and the walk through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection

from activeindex_lite.figures.style import (
    INK,
    NEUTRAL,
    QUERY,
    QUERY_MARKER,
    RIGHT,
    RIGHT_LINE,
    TARGET,
    TARGET_MARKER,
    VISITED,
    WRONG,
    WRONG_LINE,
    Described,
    new_figure,
)
from activeindex_lite.lessons.graph_walk import WalkResult, walk_result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from activeindex_lite.scratch.hnsw import HNSW

# Heights of layer 0 and of each layer above it, between two layers, and how far planes lean, in widths of a plane.
GROUND, UPPER, BETWEEN, LEAN = 0.5, 0.2, 0.03, 0.18


def walk_in_layers(graph: HNSW, query: np.ndarray, efSearch: int = 16) -> Described:
    """One search in a graph of the plane: its layers as planes in a stack, the stops of the walk, and the result.

    graph: scratch.HNSW with vectors of d = 2; query: (2,); efSearch: at least 1.
    """
    if graph.d != 2:
        raise ValueError(f"graph: the vectors have {graph.d} dimensions; this figure draws 2: take points of the plane")
    result = walk_result(graph, query, efSearch)
    planes = _planes(graph)
    figure, axes = new_figure(9, 2.6 + 1.1 * len(planes))
    for layer, place in enumerate(planes):
        _nodes(axes, graph, layer, place)
    _walk(axes, graph, result, planes)
    _result(axes, graph, np.asarray(query), result, planes[0])
    # The names of the layers lie to the left of the planes.
    axes.set(xticks=[], yticks=[], xlim=(-0.22, 1.05 + LEAN))
    axes.spines[:].set_visible(False)
    axes.set_title(result.sentence.replace("vectors and", "vectors\nand"), fontsize=12, loc="left")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=11)
    stops = [sum(layer == other for other, _ in result.walk.path) for layer in range(len(planes))]
    way = ", ".join(f"{count} in layer {layer}" for layer, count in reversed([*enumerate(stops)]))
    sizes = ", ".join(f"{len(graph.links[layer])} in layer {layer}" for layer in reversed(range(len(planes))))
    return Described(figure, f"A graph of nodes: {sizes}. {result.sentence}. Stops of the search: {way}.")


def _planes(graph):
    """For each layer, a function from points (n, 2) of the data to places (n, 2) of the figure."""
    low, span = graph.vectors.min(0), np.ptp(graph.vectors, axis=0)
    span = np.where(span > 0, span, 1)

    def plane(bottom, height):
        def place(points):
            right, up = ((np.reshape(points, (-1, 2)) - low) / span).T
            return np.stack([right + LEAN * up, bottom + height * up], axis=1)

        return place

    bottoms = GROUND + BETWEEN + (UPPER + BETWEEN) * np.arange(len(graph.links) - 1)
    return [plane(0, GROUND), *(plane(bottom, UPPER) for bottom in bottoms)]


def _nodes(axes: Axes, graph, layer, place):
    nodes, pairs = [*graph.links[layer]], graph.edges(layer)
    low, high = graph.vectors.min(0), graph.vectors.max(0)
    axes.fill(*place([low, [high[0], low[1]], high, [low[0], high[1]]]).T, color=INK, alpha=0.05, lw=0)
    axes.add_collection(LineCollection([place(graph.vectors[pair]) for pair in pairs], colors=NEUTRAL, lw=0.6))
    axes.plot(*place(graph.vectors[nodes]).T, ".", color=NEUTRAL, ms=4, label="never compared" if not layer else None)
    count = "1 node" if len(nodes) == 1 else f"{len(nodes)} nodes"
    axes.text(*(place([low[0], high[1]])[0] - (0.02, 0)), f"layer {layer}: {count}", ha="right", va="top", fontsize=11)


def _walk(axes: Axes, graph, result: WalkResult, planes):
    walk = result.walk
    named = set()

    def once(name):
        return None if name in named else named.add(name) or name

    for layer, place in enumerate(planes):
        own = [i for i, other in zip(walk.compared, walk.layers, strict=True) if other == layer]
        stops = [i for other, i in walk.path if other == layer]
        came = {i: o for i, o, at in zip(walk.compared, walk.origins, walk.layers, strict=True) if at == layer}
        at = place(graph.vectors[own])
        axes.plot(*at.T, "o", color=INK, mfc="white", ms=5, label=once("compared"), zorder=3)
        for node in stops:
            if came.get(node, -1) >= 0:
                ways = place(graph.vectors[[came[node], node]])
                axes.plot(*ways.T, "-", color=INK, lw=2, label=once("way of the search"), zorder=4)
        at = place(graph.vectors[stops])
        axes.plot(*at.T, "o", color=VISITED, mec=INK, ms=9, label=once("stop: its links are followed"), zorder=5)
        if layer + 1 < len(planes):
            down = np.concatenate([planes[layer + 1](graph.vectors[stops[0]]), place(graph.vectors[stops[0]])])
            axes.plot(*down.T, ":", color=INK, lw=1.5, label=once("down one layer"), zorder=4)
    entry = planes[-1](graph.vectors[graph.entry])
    axes.plot(*entry.T, "s", color=INK, mfc="none", ms=14, mew=1.6, ls="none", label="entry", zorder=6)


def _result(axes: Axes, graph, query, result: WalkResult, place):
    colour, line = (RIGHT, RIGHT_LINE) if result.right else (WRONG, WRONG_LINE)
    ends = np.concatenate([place(query), place(graph.vectors[result.found])])
    label = "found: " + ("the nearest" if result.right else "not the nearest")
    axes.plot(*ends.T, line, color=colour, lw=2.5, label=label, zorder=7)
    style = dict(ls="none", mec="white", zorder=8)
    axes.plot(*place(query).T, QUERY_MARKER, color=QUERY, ms=13, label="query", **style)
    axes.plot(
        *place(graph.vectors[result.nearest]).T, TARGET_MARKER, color=TARGET, ms=16, label="true nearest", **style
    )
