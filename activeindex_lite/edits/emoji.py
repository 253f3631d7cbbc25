"""A handful of emoji, drawn here because a computer may have no emoji font, and laid over pictures."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import Image, ImageDraw

SUPERSAMPLING = 4
LARGEST = 512  # pixels; larger emoji are enlarged from this

YELLOW, AMBER, ORANGE = (255, 213, 62), (247, 170, 32), (255, 140, 30)
BROWN, WHITE, RED, PINK, BLACK = (94, 56, 20), (255, 255, 255), (232, 46, 62), (246, 106, 156), (28, 30, 38)


class _Pen:
    """Draws on a canvas whose sides are 100 units long."""

    def __init__(self, pixels):
        self.unit = pixels / 100
        self.canvas = Image.new("RGBA", (pixels, pixels))
        self.draw = ImageDraw.Draw(self.canvas)

    def _scaled(self, points):
        return [(x * self.unit, y * self.unit) for x, y in points]

    def oval(self, x, y, rx, ry, colour):
        self.draw.ellipse(self._scaled([(x - rx, y - ry), (x + rx, y + ry)]), fill=colour)

    def disc(self, x, y, r, colour):
        self.oval(x, y, r, r, colour)

    def shape(self, points, colour):
        self.draw.polygon(self._scaled(points), fill=colour)

    def stroke(self, points, width, colour):
        """A line through the points, round at its ends and joints."""
        self.draw.line(self._scaled(points), fill=colour, width=round(width * self.unit), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, colour)

    def arc(self, x, y, rx, ry, start, end, width, colour):
        """Part of an ellipse, from `start` to `end` degrees clockwise from the right."""
        angles = [math.radians(start + (end - start) * i / 24) for i in range(25)]
        self.stroke([(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles], width, colour)

    def box(self, left, top, right, bottom, radius, colour):
        corners = self._scaled([(left, top), (right, bottom)])
        self.draw.rounded_rectangle(corners, radius=radius * self.unit, fill=colour)


def _heart_shape(x, y, scale):
    """Points of the classic heart curve, 32 `scale` wide, about (x, y)."""
    ts = [2 * math.pi * i / 120 for i in range(120)]
    return [
        (
            x + scale * 16 * math.sin(t) ** 3,
            y - scale * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)),
        )
        for t in ts
    ]


def _face(pen):
    pen.disc(50, 50, 48, AMBER)
    pen.disc(50, 48.5, 45.5, YELLOW)


def _grin(pen):
    """An open laughing mouth with teeth."""
    mouth = [(24 + 52 * i / 24, 58 + 27 * math.sqrt(max(0, 1 - (i / 12 - 1) ** 2))) for i in range(25)]
    pen.shape(mouth, BROWN)
    pen.box(28, 58, 72, 65, 2, WHITE)


def _smiley(pen):
    _face(pen)
    pen.oval(34, 39, 6, 9, BROWN)
    pen.oval(66, 39, 6, 9, BROWN)
    pen.arc(50, 52, 27, 24, 15, 165, 6, BROWN)


def _in_love(pen):
    _face(pen)
    _grin(pen)
    for x in (30, 70):
        pen.shape(_heart_shape(x, 35, 0.95), RED)


def _cool(pen):
    _face(pen)
    pen.stroke([(6, 35), (94, 35)], 5, BLACK)
    for x in (29, 71):
        pen.box(x - 19, 32, x + 19, 55, 10, BLACK)
        pen.shape([(x - 10, 36), (x - 3, 36), (x - 10, 50), (x - 15, 46)], (92, 110, 140))
    pen.arc(53, 58, 21, 19, 20, 150, 5, BROWN)


def _heart(pen):
    pen.shape(_heart_shape(50, 46, 3.0), (196, 24, 48))
    pen.shape(_heart_shape(50, 45, 2.75), RED)
    pen.arc(33, 34, 12, 12, 185, 265, 6, (255, 150, 160))


def _star_shape(x, y, outer, inner, points):
    angles = [math.pi * i / points - math.pi / 2 for i in range(2 * points)]
    radii = [inner if i % 2 else outer for i in range(2 * points)]
    return [(x + r * math.cos(a), y + r * math.sin(a)) for r, a in zip(radii, angles)]


def _star(pen):
    pen.shape(_star_shape(50, 54, 52, 24, 5), AMBER)
    pen.shape(_star_shape(50, 54, 44, 20.5, 5), YELLOW)
    pen.stroke([(37, 46), (46, 43)], 4, (255, 240, 170))


def _sun(pen):
    pen.shape(_star_shape(50, 50, 49, 33, 12), ORANGE)
    pen.disc(50, 50, 31, AMBER)
    pen.disc(50, 49, 28, YELLOW)


def _flower(pen):
    for i in range(6):
        angle = 2 * math.pi * i / 6
        pen.disc(50 + 27 * math.cos(angle), 50 + 27 * math.sin(angle), 20, (214, 70, 130))
        pen.disc(50 + 27 * math.cos(angle), 50 + 27 * math.sin(angle), 17.5, PINK)
    pen.disc(50, 50, 17, AMBER)
    pen.disc(50, 49, 14.5, YELLOW)


def _thumb_up(pen):
    pen.box(4, 46, 22, 94, 5, (58, 120, 216))
    pen.stroke([(40, 58), (52, 38), (54, 14)], 19, AMBER)
    pen.stroke([(40, 58), (52, 38), (54, 14)], 15, YELLOW)
    pen.box(24, 44, 70, 92, 12, YELLOW)
    for i, right in enumerate((92, 94, 91, 86)):
        top = 42 + 13 * i
        pen.box(48, top, right, top + 14, 7, AMBER)
        pen.box(48, top + 1.5, right - 1.5, top + 12.5, 6, YELLOW)


def _ghost(pen):
    waves = [(90 - 80 * i / 48, 88 + 7 * math.cos(i * math.pi / 6)) for i in range(49)]
    for inset, colour in ((0, (150, 160, 190)), (3, (246, 248, 255))):
        pen.oval(50, 46, 40 - inset, 44 - inset, colour)
        pen.shape(
            [(10 + inset, 46), (90 - inset, 46)] + [(50 + (x - 50) * (1 - inset / 40), y - inset) for x, y in waves],
            colour,
        )
    for x in (36, 64):
        pen.oval(x, 42, 6.5, 9, BLACK)
        pen.disc(x + 2, 38, 2.5, WHITE)
    pen.oval(50, 62, 6, 7, BLACK)
    for x in (25, 75):
        pen.oval(x, 54, 6, 3.5, PINK)


DRAWINGS = {
    "smiley": _smiley, "in love": _in_love, "cool": _cool, "heart": _heart, "star": _star, "sun": _sun,
    "flower": _flower, "thumb up": _thumb_up, "ghost": _ghost,
}  # fmt: skip


@lru_cache(maxsize=32)
def _drawn(name, pixels):
    pen = _Pen(pixels * SUPERSAMPLING)
    DRAWINGS[name](pen)
    return pen.canvas.reduce(SUPERSAMPLING)


def emoji(name: str, side: int) -> Image.Image:
    """An emoji of `side` x `side` pixels as a PIL picture of mode RGBA; name: one of DRAWINGS."""
    if name not in DRAWINGS:
        raise ValueError(f"no emoji {name!r:.60}: choose one of {', '.join(DRAWINGS)}")
    pixels = min(LARGEST, max(64, 2 ** math.ceil(math.log2(side))))
    return _drawn(name, pixels).resize((side, side), Image.Resampling.BILINEAR)


def overlay_emoji(picture: Image.Image, name: str, size: float, opacity: float, x: float, y: float) -> Image.Image:
    """Lay an emoji of `size` times the shorter side over the picture, wholly inside it.

    opacity: 0-1; x, y in [0, 1]: where in the room left (0 left or top, 1 right or bottom).
    """
    side = max(1, round(min(picture.size) * size))
    stamp = emoji(name, side)
    edited = picture.copy()
    at = round((picture.width - side) * x), round((picture.height - side) * y)
    edited.paste(stamp.convert("RGB"), at, stamp.getchannel("A").point([round(a * opacity) for a in range(256)]))
    return edited
