"""Writing on pictures: text fitted into a box, text laid over a picture, and the caption of a meme."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CAPTION = "when the index still finds you"
MEASURE = 64  # font size at which texts are measured before they are scaled
STROKE = 0.05  # outline of the overlaid text, as a share of the font size
BOLDNESS = 0.03  # the caption's letters are thickened by this share of the font size
SPACING = 0.15  # room between lines, as a share of the font size


@lru_cache(maxsize=64)
def _font(size):
    return ImageFont.load_default(size=size)


def _stroke(size):
    return max(1, round(size * STROKE)) if size >= 10 else 0


def _bounds(text, size):
    """(left, top, right, bottom) in pixels of the ink of `text` drawn at the origin."""
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    return draw.multiline_textbbox(
        (0, 0), text, font=_font(size), align="center", stroke_width=_stroke(size), spacing=size * SPACING
    )


def _breakings(text: str) -> Iterator[str]:
    """The text on one line, on two lines of about equal length, and so on, up to one word per line."""
    words = text.split()
    for n in range(1, len(words) + 1):
        lines, budget = [[]], len(text) / n
        for word in words:
            if len(lines) < n and len(" ".join(lines[-1] + [word])) > budget + len(word) / 2 and lines[-1]:
                lines.append([])
            lines[-1].append(word)
        yield "\n".join(" ".join(line) for line in lines)


@lru_cache(maxsize=512)
def _measured(text):
    """(broken text, width, height) at font size MEASURE for each way to break it."""
    sizes = []
    for broken in _breakings(text):
        left, top, right, bottom = _bounds(broken, MEASURE)
        sizes.append((broken, right - left, bottom - top))
    return sizes


def fitted(text: str, width: float, height: float, largest: float) -> tuple[str, int]:
    """The line breaks of `text` and the font size in pixels, at most `largest`, that fill a box best."""
    best = max(_measured(text), key=lambda m: min(largest / MEASURE, width / m[1], height / m[2]))
    scale = min(largest / MEASURE, width / best[1], height / best[2])
    size = max(1, int(MEASURE * scale))
    # Hinting rounds glyph widths, so the scaled measure can be a pixel off.
    while size > 1:
        left, top, right, bottom = _bounds(best[0], size)
        if right - left <= width and bottom - top <= height:
            break
        size -= 1
    return best[0], size


def overlay_text(
    picture: Image.Image, text: str, height: float, x: float, y: float, colour: Sequence[int]
) -> Image.Image:
    """Write `text` over the picture, in letters of `height` (share of the picture's height), or smaller to fit.

    x, y in [0, 1]: where in the room left (0 left or top); colour: (R, G, B) in 0..255. An outline keeps it legible.
    """
    edited = picture.copy()
    broken, size = fitted(text, picture.width, picture.height, picture.height * height)
    left, top, right, bottom = _bounds(broken, size)
    at = (picture.width - (right - left)) * x - left, (picture.height - (bottom - top)) * y - top
    outline = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
    ImageDraw.Draw(edited).multiline_text(
        (round(at[0]), round(at[1])), broken, fill=tuple(colour), font=_font(size), align="center",
        spacing=size * SPACING, stroke_width=_stroke(size), stroke_fill=outline,
    )  # fmt: skip
    return edited


@lru_cache(maxsize=8)
def _caption(width, height):
    # Small letters are drawn larger and shrunk: their boldness would be rounded to whole pixels otherwise.
    scale = 4 if height < 128 else 1
    band = Image.new("RGB", (width * scale, height * scale), "white")
    broken, size = fitted(CAPTION, band.width * 0.92, band.height * 0.84, band.height)
    ImageDraw.Draw(band).multiline_text(
        (band.width / 2, band.height / 2), broken, fill="black", font=_font(size), align="center", anchor="mm",
        spacing=size * SPACING, stroke_width=int(size * BOLDNESS),
    )  # fmt: skip
    return band.reduce(scale)


def meme(picture: Image.Image) -> Image.Image:
    """A white band with a black caption above the picture; the band adds a quarter to the height."""
    band = max(1, round(picture.height / 4))
    edited = Image.new("RGB", (picture.width, picture.height + band))
    edited.paste(_caption(picture.width, band), (0, 0))
    edited.paste(picture, (0, band))
    return edited
