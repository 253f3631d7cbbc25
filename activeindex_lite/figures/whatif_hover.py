"""Figures of notebook 10 that name their points: settings of the sweep as time and R@1, under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.evaluation.retrieval import MEAN
from activeindex_lite.figures.hover import GRID_BOTH, INK_BOTH, Hovering, hover_layout
from activeindex_lite.figures.style import ACTIVATED, NEUTRAL, PASSIVE, TARGET
from activeindex_lite.figures.whatif import (
    LONGEST_SHOWN,
    MEMORIES,
    MS_TICKS,
    field,
    front,
    glance,
    glanced,
    named,
    sizes,
)

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.sweeps.whatif import Sweep

# As LOOKS of figures/whatif.py.
MARKS = {
    "A": dict(symbol="circle-open", color=PASSIVE, size=12, line=dict(width=3)),
    "B": dict(symbol="diamond", color=ACTIVATED, size=12),
}


def hover_field(
    sweep: Sweep, target: dict, *, edit: str = MEAN, references: int | None = None, shown: dict[str, dict] | None = None
) -> Hovering:
    """`figures.whatif.field` whose points say under the mouse which setting they are; the arguments are the same."""
    import plotly.graph_objects as go

    references = references or sweep.axes["references"][-1]
    most = np.inf if target.get("bytes") is None else target["bytes"]
    rows = sweep.table(edit)
    rows = rows[rows.references == references]
    enough = (rows.r1 >= target["r1"] - 1e-9) & (rows.psnr >= target["psnr"]) & (rows.bytes <= most)
    figure = go.Figure()
    figure.add_trace(_points(sweep, rows[~enough], "not enough", dict(symbol="circle", color=NEUTRAL, size=5)))
    figure.add_trace(_points(sweep, rows[enough], "good enough", dict(symbol="square", color=TARGET, size=7)))
    best = sweep.cheapest(target["r1"], target["psnr"], edit=edit, references=references, most_bytes=most)
    marked = {letter: (setting, MARKS[letter]) for letter, setting in (shown or {}).items()}
    if best:
        marked["the cheapest"] = best, dict(symbol="star", color=TARGET, size=18, line=dict(width=1, color=GRID_BOTH))
    for name, (setting, marker) in marked.items():
        measured = sweep.measured(setting)
        figure.add_trace(
            go.Scatter(
                x=[measured["ms"]],
                y=[measured["r1"]],
                mode="markers",
                name=name,
                marker=marker,
                hovertext=[f"<b>{name}</b><br>{_told(sweep, {**sweep.settled(setting), **measured})}"],
                hoverinfo="text",
            )
        )
    figure.add_hline(target["r1"], line=dict(color=TARGET, dash="dash", width=1))
    figure.update_layout(_layout())
    return Hovering(figure, field(sweep, target, edit=edit, references=references, shown=shown))


def hover_glance(sweep: Sweep, alpha: float = ALPHA, *, edit: str = MEAN, references: int | None = None) -> Hovering:
    """`figures.whatif.glance` whose points say under the mouse which setting they are; the arguments are the same."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    panels = glanced(sweep, alpha, edit, references)
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=[p[0] for p in panels])
    for column, (name, look, rows) in enumerate(panels, 1):
        rows = rows.sort_values("bytes", ascending=False)
        symbol = "circle-open" if name == "passive" else "diamond-open"
        marker = dict(
            symbol=symbol, color=look["color"], size=1.4 * sizes(rows.bytes).round(1), opacity=0.8, line=dict(width=1.5)
        )
        figure.add_trace(_points(sweep, rows, name, marker).update(showlegend=False), 1, column)
        for limit, (line, words) in MEMORIES.items():
            best = front(rows, limit)
            dash = {"-": "solid", "--": "dash", ":": "dot"}[line]
            figure.add_trace(
                go.Scatter(
                    x=best.ms,
                    y=best.r1.round(4),
                    mode="lines",
                    name=words,
                    legendgroup=words,
                    showlegend=column == 1,
                    line=dict(color=INK_BOTH, dash=dash, shape="hv", width=1.8),
                    hoverinfo="skip",
                ),
                1,
                column,
            )
    layout = _layout() | dict(legend=dict(orientation="h", y=-0.22), height=460)
    layout["yaxis"]["range"] = [0.2, 1.02]
    span = [float(np.log10(min(rows.ms.min() for *_, rows in panels) / 1.2)), float(np.log10(LONGEST_SHOWN))]
    for axis in ("xaxis", "xaxis2"):
        layout[axis] = {**layout["xaxis"], "range": span}
    layout["yaxis2"] = {**layout["yaxis"], "title": None}
    figure.update_layout(layout)
    return Hovering(figure, glance(sweep, alpha, edit=edit, references=references))


def _layout():
    """Milliseconds on a log scale below, R@1 from 0 to 1 at the side."""
    return hover_layout(
        xaxis=dict(title="ms per query", type="log", tickvals=MS_TICKS, ticktext=[f"{t:g}" for t in MS_TICKS]),
        yaxis=dict(title="R@1", range=[0, 1.03]),
    )


def _points(sweep: Sweep, rows: pd.DataFrame, name: str, marker: dict):
    """One trace of settings."""
    import plotly.graph_objects as go

    texts = [_told(sweep, row) for row in rows.to_dict("records")]
    return go.Scatter(
        # Four digits: three are shown, and the notebook stays small.
        x=rows.ms.round(4),
        y=rows.r1.round(4),
        mode="markers",
        name=name,
        marker=marker,
        hovertext=texts,
        hoverinfo="text",
    )


def _told(sweep: Sweep, row: dict) -> str:
    """A setting and what it reaches, in lines."""
    return f"{named(sweep, row, row['psnr'])}<br>R@1 {row['r1']:.2f}, {row['ms']:.2g} ms, {row['bytes']:g} bytes"
