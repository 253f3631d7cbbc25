"""What all figures share: a colour-blind-safe palette with second cues, and the text alternative that goes with a figure."""

import base64
import html
import io
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.text import Text

# Okabe and Ito's palette; each role has a marker of its own, so no finding rests on colour alone.
PASSIVE, ACTIVATED, REFERENCE, INK = "#D55E00", "#0072B2", "#999999", "#222222"
PASSIVE_MARKER, ACTIVATED_MARKER, REFERENCE_MARKER = "o", "D", "|"
GREEN, SKY, YELLOW, PURPLE, ORANGE = "#009E73", "#56B4E9", "#F0E442", "#CC79A7", "#E69F00"


@dataclass
class Described:
    """A matplotlib figure with the sentence that tells its finding to those who cannot see it.

    As the last value of a notebook cell it shows itself as an <img> with that sentence as its alt text, which JupyterLab
    and exported pages keep.
    """

    figure: Figure
    alt: str

    def png(self, dpi=100):
        """The figure as the bytes of a PNG file."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=dpi)
        # Each text keeps the canvas that it was last drawn on, 5 MB, for as long as the notebook remembers the figure.
        for text in self.figure.findobj(Text):
            text._renderer = None
        return buffer.getvalue()

    def _repr_html_(self):
        # More pixels than are shown, for sharp lettering on dense screens, shown at the figure's own width. JPEG or SVG would be
        # larger for the pictures and scatter plots of this package.
        data = base64.b64encode(self.png(dpi=150)).decode()
        width = round(100 * self.figure.get_figwidth())
        return (
            f'<figure style="margin:0"><img alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}" '
            f'style="max-width:100%;width:{width}px;background:white"></figure>'
        )

    def __repr__(self):
        return f"Described({self.alt!r})"


def new_figure(width, height):
    """An empty figure of the given inches, outside pyplot's global state, and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=11)
    return figure, axes
