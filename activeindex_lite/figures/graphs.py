"""Figures of notebook 05: layers, chosen links, recall against work and time, and a graph of rough codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import (
    INK,
    NEUTRAL,
    QUERY,
    QUERY_MARKER,
    RIGHT,
    RIGHT_LINE,
    SERIES,
    SETTING_NAMES,
    TARGET,
    TARGET_MARKER,
    VISITED,
    WRONG,
    WRONG_LINE,
    Described,
    new_figure,
    note,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.lessons.graphs import Links
    from activeindex_lite.scratch import HNSW


def greedy_walk(graph: HNSW, query: np.ndarray, names: tuple[str, ...], efs: tuple[int, ...]) -> Described:
    """Searches in layer 0 of a graph of the plane, side by side: the nodes compared, the way, and the result.

    graph: scratch.HNSW with vectors of d = 2; query: (2,); names, efs: titles and efSearch of the panels.
    """
    figure = Figure(figsize=(9, 9 / len(efs) + 1.1), layout="constrained")
    exact, told = int(np.square(graph.vectors - query).sum(1).argmin()), []
    for axes, name, ef in zip(figure.subplots(1, len(efs), squeeze=False)[0], names, efs, strict=True):
        walk, near = graph.walk(query, ef)
        found, compared = near[0][1], len(set(walk.compared))
        _links(axes, graph)
        _way(axes, graph, walk)
        right = found == exact
        style = dict(color=RIGHT if right else WRONG, ls=RIGHT_LINE if right else WRONG_LINE, lw=2.5, zorder=7)
        axes.plot(*np.stack([query, graph.vectors[found]]).T, **style)
        axes.plot(*query, QUERY_MARKER, color=QUERY, ms=12, mec="white", ls="none", zorder=8, label="query")
        star = dict(color=TARGET, ms=15, mec="white", ls="none", zorder=8, label="true nearest")
        axes.plot(*graph.vectors[exact], TARGET_MARKER, **star)
        said = "✓ the nearest is found" if right else "✗ the nearest is missed"
        axes.set_title(f"{name}: {compared} of {len(graph.vectors)} compared\n{said}", fontsize=11)
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.spines[:].set_visible(False)
        told.append(f"{name} compares {compared} vectors and {'finds' if right else 'misses'} the nearest")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncol=4, frameon=False, fontsize=11)
    return Described(figure, f"A graph of {len(graph.vectors)} nodes in the plane and one query. {'; '.join(told)}.")


def _links(axes, graph):
    for pair in graph.edges(0):
        axes.plot(*graph.vectors[pair].T, color=NEUTRAL, lw=0.5, zorder=1)
    axes.plot(*graph.vectors.T, ".", color=NEUTRAL, ms=4, zorder=2)


def _way(axes, graph, walk):
    """The nodes compared in layer 0, and the stops of the walk in their order, larger and joined."""
    own = [i for i, layer in zip(walk.compared, walk.layers, strict=True) if layer == 0]
    stops = [i for layer, i in walk.path if layer == 0]
    axes.plot(*graph.vectors[own].T, "o", color=INK, mfc="white", ms=5, ls="none", zorder=3, label="compared")
    origin = dict(zip(own, [o for o, layer in zip(walk.origins, walk.layers, strict=True) if layer == 0], strict=True))
    for stop in stops:
        if origin.get(stop, -1) >= 0:
            axes.plot(*graph.vectors[[origin[stop], stop]].T, color=INK, lw=1.8, zorder=4)
    axes.plot(*graph.vectors[stops].T, "o", color=VISITED, mec=INK, ms=8, ls="none", zorder=5, label="links followed")


def nodes_by_layer(table: pd.DataFrame) -> Described:
    """Nodes of each layer of a graph beside the number expected. table: from lessons.graphs.nodes_per_layer."""
    figure, axes = new_figure(9, 0.6 * len(table) + 1.1)
    bars = axes.barh(table.layer, table.nodes, color=VISITED, edgecolor=INK, height=0.6, label="nodes")
    axes.plot(table.expected, table.layer, "|", color=INK, ms=24, mew=2.5, ls="none", label="expected: N / M$^l$")
    axes.bar_label(bars, [f"{n:,}" for n in table.nodes], fontsize=12, padding=14)
    axes.set_xscale("log")
    axes.set(yticks=table.layer, yticklabels=[f"layer {n}" for n in table.layer], xlim=(0.5, 6 * table.nodes.max()))
    axes.legend(loc="upper right", frameon=False, fontsize=11)
    tidy(axes)
    told = ", ".join(f"layer {r.layer}: {r.nodes:,} (expected {r.expected:,.0f})" for r in table.itertuples())
    return Described(figure, f"Nodes per layer of a graph, on a logarithmic axis: {told}.")


def links_of_a_new_node(links: Links) -> Described:
    """The links of a new node by two rules, side by side: to its nearest nodes, and as the heuristic of HNSW chooses.

    links: from lessons.graphs.links_example.
    """
    figure, told = Figure(figsize=(9, 4.4), layout="constrained"), []
    pairs = (("to the nearest nodes", links.by_distance), ("chosen by the heuristic", links.chosen))
    for axes, (name, ends), (colour, marker, line) in zip(figure.subplots(1, 2), pairs, SERIES):
        for end in links.others[ends]:
            axes.plot(*np.stack([links.x, end]).T, line, color=colour, lw=2.5, zorder=2)
        axes.plot(*links.others.T, "o", color=NEUTRAL, ms=7, mec="white", ls="none", zorder=3)
        axes.plot(*links.others[ends].T, marker, color=colour, ms=10, mec="white", ls="none", zorder=4)
        axes.plot(*links.x, "s", color=INK, ms=11, zorder=5)
        note(axes, "new node", tuple(links.x), (-8, -20), ha="right")
        ways = np.degrees(np.arctan2(*(links.others[ends] - links.x).T[::-1]))
        gap = _widest_gap(ways)
        axes.set_title(f"{len(ends)} links {name}:\nno way out for {gap:.0f} degrees", fontsize=12, loc="left")
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.margins(0.12)
        axes.spines[:].set_visible(False)
        told.append(f"{len(ends)} links {name} leave {gap:.0f} degrees without a link")
    return Described(figure, f"A new node beside a dense cloud, and its links by two rules. {'; '.join(told)}.")


def _widest_gap(degrees):
    """The widest angle between neighbouring directions, in degrees."""
    turned = np.sort(degrees)
    return float(np.diff(np.append(turned, turned[0] + 360)).max())


def recall_against_work(table: pd.DataFrame, k: int) -> Described:
    """Recall of the k nearest against the share of vectors compared, and against milliseconds, a curve per index.

    table: from lessons.graphs.recall_and_work, several indexes below each other; each point is a setting.
    """
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes_pair, told = figure.subplots(1, 2, sharey=True), []
    for (name, rows), (colour, marker, line) in zip(table.groupby("index", sort=False), SERIES):
        setting = SETTING_NAMES.get(rows.setting.iloc[0], "all vectors")
        for axes, column in zip(axes_pair, ("compared", "ms"), strict=True):
            axes.plot(rows[column], rows.recall, marker + line, color=colour, ms=7, label=f"{name}, {setting}")
            for value, x, y in zip(rows.value, rows[column], rows.recall, strict=True):
                note(axes, str(value), (x, y), (5, -11), size=9, color=colour)
        enough = rows[rows.recall >= 0.9]
        if len(enough):
            least = enough.iloc[0]
            told.append(f"{name} reaches {least.recall:.2f} at {setting} {least.value} in {least.ms:.2g} ms")
        else:
            told.append(f"{name} reaches {rows.recall.max():.2f} at most")
    labels = {"compared": "share of the vectors compared", "ms": "milliseconds per search"}
    for axes, (column, label) in zip(axes_pair, labels.items(), strict=True):
        axes.set_xscale("log")
        steps = np.outer(10.0 ** np.arange(-6, 4), [1, 2, 5]).ravel()
        ticks = steps[(steps > table[column].min() / 2) & (steps < table[column].max() * 2)]
        axes.set(xticks=ticks, xticklabels=[f"{tick:.0%}" if column == "compared" else f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel(label, fontsize=11)
        axes.grid(alpha=0.25)
        tidy(axes)
    axes_pair[0].set_ylabel(f"recall of the {k} nearest", fontsize=11)
    axes_pair[0].legend(loc="lower right", frameon=False, fontsize=11)
    return Described(figure, f"Recall against work and time. {'; '.join(told)}.")


def found_in_rough_codes(table: pd.DataFrame, codes_alone: float, names: tuple[str, str]) -> Described:
    """R@1 of a graph over codes by efSearch, and that of the same codes without a graph as a line.

    table: from lessons.graphs.found_by_ef; codes_alone: R@1 of the codes; names: of the graph and of the codes.
    """
    figure, axes = new_figure(9, 3.4)
    colour, marker, line = SERIES[0]
    axes.plot(table.ef_search, table.r1, marker + line, color=colour, ms=8)
    note(axes, names[0], (table.ef_search.iloc[-1], table.r1.iloc[-1]), (-8, -22), size=12, color=colour, ha="right")
    axes.axhline(codes_alone, color=INK, ls=":", lw=1.5)
    note(axes, f"{names[1]}, every code compared", (table.ef_search.min(), codes_alone), (0, 5))
    axes.set_xscale("log", base=2)
    axes.set(xticks=table.ef_search, xticklabels=[f"{n:,}" for n in table.ef_search], ylim=(0, 1.1))
    axes.minorticks_off()
    axes.set_xlabel("efSearch (faiss begins with 16)", fontsize=11)
    axes.set_ylabel("R@1", fontsize=11)
    axes.grid(alpha=0.25)
    told = "; ".join(f"{r.r1:.2f} at efSearch {r.ef_search}" for r in table.itertuples())
    return Described(figure, f"R@1 of {names[0]}: {told}. {names[1]} without a graph: {codes_alone:.2f}.")
