"""Figure of notebook 10 that names its points: every setting of the sweep as time and R@1, under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.evaluation.retrieval import MEAN
from activeindex_lite.figures.hover import GRID_BOTH, Hovering, hover_layout
from activeindex_lite.figures.style import ACTIVATED, NEUTRAL, PASSIVE, TARGET
from activeindex_lite.figures.whatif import MS_TICKS, field, named

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
    figure.update_layout(
        hover_layout(
            xaxis=dict(title="ms per query", type="log", tickvals=MS_TICKS, ticktext=[f"{t:g}" for t in MS_TICKS]),
            yaxis=dict(title="R@1", range=[0, 1.03]),
        )
    )
    return Hovering(figure, field(sweep, target, edit=edit, references=references, shown=shown))


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
