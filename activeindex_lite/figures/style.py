"""What all figures share: a colour-blind-safe palette with second cues, drawing helpers, and text alternatives."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.text import Text

from activeindex_lite.figures.ink import ON_LIGHT as ON_LIGHT
from activeindex_lite.figures.ink import themed_svg

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# One meaning per colour, in all figures, explorers (widgets/drawing.js) and pages. The colours are Okabe and Ito's,
# which colour-blind eyes can tell apart; each meaning has a second cue, a marker, line style or word.
PASSIVE, PASSIVE_MARKER = "#E69F00", "o"  # what was released as it is, and its copies
ACTIVATED, ACTIVATED_MARKER = "#0072B2", "D"  # what was activated, and its copies
TARGET, TARGET_MARKER = "#009E73", "*"  # the target: what is to be found, its code and its own cell
RIGHT, RIGHT_LINE = TARGET, "-"  # a right answer, with a check mark: found
WRONG, WRONG_LINE = "#D55E00", "--"  # a wrong answer, with a cross: not found
QUERY, QUERY_MARKER = "#CC79A7", "X"  # the query, where it is neither passive nor activated
VISITED = "#56B4E9"  # cells that a search visits, and the region of one code
NEUTRAL, REFERENCE_MARKER = "#888888", "|"  # all the rest: references, borders, centroids
FAINT = "#DDDDDD"  # the ground of a bar, and points in the background
INK = "#222222"  # text, outlines and lines that need no colour; in a dark page it is light
# Text on a white ground needs darker shades of the same colours.
RIGHT_TEXT, WRONG_TEXT, QUERY_TEXT = "#006B4E", "#A34700", "#9C3D72"
PASSIVE_TEXT, ACTIVATED_TEXT = "#855C00", "#00507F"
# The settings of a search as faiss's users write them.
SETTING_NAMES = {"nprobe": "nprobe", "ef_search": "efSearch"}
# (colour, marker, line) of several things without a meaning of their own, such as extractors or parts of a vector.
SERIES = (
    ("#6E5BB5", "s", "-"),
    ("#A8405F", "^", "--"),
    ("#999933", "v", "-."),
    ("#8C6D46", "P", ":"),
    ("#5D7A8C", "X", "-"),
    ("#C2B280", "h", "--"),
    ("#9A6FB0", "<", "-."),
    ("#888888", ">", ":"),
)


@dataclass
class Described:
    """A matplotlib figure with its text alternative: the finding in words, for those who cannot see the figure.

    As the last value of a notebook cell it shows itself as an <svg> in the colours of its page, light or dark, with
    the text alternative as its label, which JupyterLab and exported pages keep.
    """

    figure: Figure
    alt: str

    def png(self, dpi: int = 100) -> bytes:
        """The figure as a PNG file."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=dpi)
        self._forget_canvas()
        return buffer.getvalue()

    def _forget_canvas(self) -> None:
        # Otherwise each text keeps the canvas it was last drawn on, 5 MB, as long as the notebook keeps the figure.
        for text in self.figure.findobj(Text):
            text._renderer = None

    def _repr_html_(self) -> str:
        shades = {
            RIGHT_TEXT: RIGHT,
            WRONG_TEXT: WRONG,
            PASSIVE_TEXT: PASSIVE,
            ACTIVATED_TEXT: ACTIVATED,
            QUERY_TEXT: QUERY,
        }
        svg = themed_svg(self.figure, self.alt, shades)
        self._forget_canvas()
        return f'<figure style="margin:0">{svg}</figure>'

    def __repr__(self) -> str:
        return f"Described({self.alt!r})"


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure of the given inches, outside pyplot's global state, and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    tidy(axes)
    return figure, axes


def tidy(axes: Axes, *hidden: str) -> None:
    """Hide the upper and right edge of axes, and those in `hidden`; tick labels of a readable size."""
    axes.spines[["top", "right", *hidden]].set_visible(False)
    axes.tick_params(labelsize=11)


def note(axes: Axes, text: str, at: tuple, shift: tuple = (0, 0), size: float = 11, **style) -> None:
    """Write text at a point of the axes, shifted by points (1/72 inch). style: further arguments of annotate."""
    axes.annotate(text, at, xytext=shift, textcoords="offset points", fontsize=size, **style)


def goes(before: float, after: float, form: str = ".2f", unit: str = "") -> str:
    """A change in words, by the rounded values: "rises from 0.10 to 0.32", "falls from ...", "stays at 0.10"."""
    first, last = f"{before:{form}}{unit}", f"{after:{form}}{unit}"
    if first == last:
        return f"stays at {last}"
    return f"{'rises' if after > before else 'falls'} from {first} to {last}"


def extremes(before: pd.Series, after: pd.Series, form: str = ".2f") -> str:
    """Where a value rises most and where least (or falls most), in words. before, after: with the same labels."""
    gain = after - before
    best, worst = gain.idxmax(), gain.idxmin()
    if best == worst:
        return f"under {best} it {goes(before[best], after[best], form)}"
    most = f"{_extreme(gain[best], 'largest')} is under {best}, where it {goes(before[best], after[best], form)}"
    least = f"{_extreme(gain[worst], 'smallest')} under {worst}, where it {goes(before[worst], after[worst], form)}"
    return f"{most}, {least}"


def _extreme(gain: float, size: str) -> str:
    if gain >= 0:
        return f"the {size} gain"
    # The largest gain of several losses is the smallest loss.
    return f"the {'smallest' if size == 'largest' else 'largest'} loss"
