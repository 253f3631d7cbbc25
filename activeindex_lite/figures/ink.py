"""A figure as SVG in the colours of its page: ink follows the page's text, paper its ground, light or dark."""

from __future__ import annotations

import html
import io
import re
from functools import cache

import matplotlib as mpl
import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

# JupyterLab, VS Code and plain pages each name their ground in their own way.
PAPER = "var(--jp-layout-color0,var(--vscode-editor-background,Canvas))"
# (ink, ground) of the two themes that text must be readable in, as grey levels; JupyterLab's are stronger.
THEMES = ((0x22, 0xFF), (0xE0, 0x11))
READABLE = 4.5
# A series of more points than this is drawn as a picture, which is smaller.
MANY_POINTS = 500
# Text on a light colour, which stays light in a dark page: almost the ink of figures/style.py, but never translated.
ON_LIGHT = "#222221"
FONTS = "DejaVu Sans,Verdana,sans-serif"


def themed_svg(figure: Figure, alt: str, shades: dict[str, str]) -> str:
    """A matplotlib figure as an inline <svg> with real text, on a transparent ground.

    alt: its text alternative; shades: a hex colour that text is drawn in -> the hex colour that it is a shade of.
    Greys, from black to white, become mixes of the page's text colour and its ground. White text stays white: it lies
    on something dark. Coloured text is mixed with the page's text colour until it is readable in both THEMES; marks
    keep their colour.
    """
    for artist in figure.findobj(lambda a: isinstance(a, Line2D | PathCollection)):
        points = artist.get_xdata() if isinstance(artist, Line2D) else artist.get_offsets()
        has_marks = isinstance(artist, PathCollection) or artist.get_marker() not in ("", " ", "None", None)
        if has_marks and len(points) > MANY_POINTS:
            artist.set_rasterized(True)
    file = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": alt}):
        # The resolution is that of the pictures inside.
        figure.savefig(file, format="svg", dpi=150, transparent=True, metadata={"Date": None})
    shades = {shade.lower(): colour.lower() for shade, colour in shades.items()}
    return _inline(file.getvalue(), alt, round(100 * figure.get_figwidth()), shades)


def _inline(svg: str, alt: str, width: int, shades: dict[str, str]) -> str:
    """An SVG file as a part of a page: its own colours, and nothing that would reach into the page."""
    box = re.search(r'viewBox="([^"]*)"', svg)[1]
    body = svg[re.search(r"</style>\s*</defs>", svg).end() :]
    body = re.sub(r' id="[A-Za-z.0-9]*_[0-9]+"', "", body)
    body = re.sub(r"'DejaVu Sans', [^;\"]*", FONTS, body)
    body = re.sub(r' (?:d|x|y|transform)="[^"]*"', lambda m: re.sub(r"(\.\d\d)\d+|\n", r"\1", m[0]), body)
    body = re.sub(r">\s+<", "><", body)

    def paint(match: re.Match) -> str:
        is_text = match[1] in ("text", "tspan", "g")
        return re.sub(r"(?<=: )#[0-9a-f]{6}", lambda m: themed(shades.get(m[0], m[0]), is_text), match[0])

    body = re.sub(r'<(\w+)(?: [a-z:-]+="[^"]*")*? style="[^"]*"', paint, body)
    # The ground of hatched areas.
    body = re.sub(r'fill="(#[0-9a-f]{6})"', lambda m: f'style="fill: {themed(m[1], False)}"', body)
    return (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="{box}" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" style="display:block;width:{width}px;max-width:100%;height:auto;'
        f'--paper:{PAPER};fill:currentColor;stroke-linejoin:round;stroke-linecap:butt">{body}'
    )


@cache
def themed(colour: str, is_text: bool) -> str:
    """A hex colour of a figure as CSS that follows the theme; see `themed_svg`."""
    levels = _levels(colour)
    if colour == ON_LIGHT:
        return colour
    if len(set(levels)) > 1:
        return _with_ink(colour, is_text)
    (ink, ground), _ = THEMES
    share = int(np.clip(round(100 * (ground - levels[0]) / (ground - ink)), 0, 100))
    if is_text:
        # Greys lighter than this one are hard to read.
        share = max(share, 68) if share else None
    if share is None:
        return colour
    named = {0: "var(--paper)", 100: "currentColor"}
    return named.get(share, f"color-mix(in srgb,currentColor {share}%,var(--paper))")


def _with_ink(colour: str, is_text: bool) -> str:
    """A colour as it is, or for text mixed with as little ink as makes it readable in both themes."""
    for share in range(100, 0, -5) if is_text else ():
        if min(mixed_contrast(colour, share)) >= READABLE:
            return colour if share == 100 else f"color-mix(in srgb,{colour} {share}%,currentColor)"
    return colour


def mixed_contrast(colour: str, share: float) -> tuple[float, ...]:
    """Contrast (WCAG 2) to the ground of `share` percent of a hex colour mixed with ink, in each of THEMES."""
    part = share / 100
    return tuple(
        _contrast([part * level + (1 - part) * ink for level in _levels(colour)], [ground] * 3)
        for ink, ground in THEMES
    )


def _levels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _contrast(one: list[float], other: list[float]) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(levels: list[float]) -> float:
    share = np.asarray(levels) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))
