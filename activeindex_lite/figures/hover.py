"""Plotly figures that show their values under the mouse, or turn: what they share, and how a notebook shows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from activeindex_lite.figures.style import Described

# Grey that can be read on white and on the ground of dark themes.
INK_BOTH, GRID_BOTH = "#767676", "rgba(128,128,128,0.3)"


@dataclass
class Hovering:
    """A plotly figure and its still, a Described with the same finding.

    figure: a go.Figure, or a dict of data and layout as plotly.js takes them, which spares the kernel plotly's 20 MB.

    As the last value of a notebook cell it shows itself in JupyterLab through the plotly extension there, which is
    loaded once and without a network; where that extension is missing, and in exported pages, it shows the still.
    """

    figure: go.Figure | dict
    still: Described

    @property
    def alt(self) -> str:
        """The text alternative: the finding in words."""
        return self.still.alt

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        figure = self.figure if isinstance(self.figure, dict) else json.loads(self.figure.to_json())
        # Templates have names in Python alone.
        layout = {
            name: value for name, value in figure["layout"].items() if not (name == "template" and value == "none")
        }
        return {
            "application/vnd.plotly.v1+json": {**figure, "layout": layout, "config": {"displaylogo": False}},
            "text/html": self.still._repr_html_(),
        }

    def __repr__(self) -> str:
        return f"Hovering({self.alt!r})"


def hover_layout(**more: Any) -> dict:
    """The layout that plotly figures share, for light and dark themes; more: further entries, such as xaxis."""
    axis = dict(gridcolor=GRID_BOTH, zerolinecolor=GRID_BOTH, linecolor=INK_BOTH)
    layout = dict(
        template="none",
        autosize=True,
        height=430,
        font=dict(size=14, color=INK_BOTH, family="system-ui, sans-serif"),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin=dict(l=60, r=20, t=40, b=50),
        legend=dict(orientation="h", y=1.12),
    )
    for name in ("xaxis", "yaxis"):
        if name in more:
            more[name] = {**axis, **more[name]}
    return {**layout, **more}
