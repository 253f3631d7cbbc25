"""What all figures share: a colour-blind-safe palette with second cues, and the text alternative that goes with a figure."""

from dataclasses import dataclass

from matplotlib.figure import Figure

# Okabe and Ito's palette; each role has a marker of its own, so no finding rests on colour alone.
PASSIVE, ACTIVATED, REFERENCE, INK = "#D55E00", "#0072B2", "#999999", "#222222"
PASSIVE_MARKER, ACTIVATED_MARKER, REFERENCE_MARKER = "o", "D", "|"


@dataclass
class Described:
    """A matplotlib figure with the sentence that tells its finding to those who cannot see it."""

    figure: Figure
    alt: str


def new_figure(width, height):
    """An empty figure of the given inches, outside pyplot's global state, and its axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=11)
    return figure, axes
