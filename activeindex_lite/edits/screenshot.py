"""Pasting a picture onto a drawn screenshot: a post in an app, or a page in a browser."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

THEMES = {
    "light": {"ground": (255, 255, 255), "bar": (242, 243, 246), "text": (120, 125, 135), "faint": (205, 208, 214)},
    "dark": {"ground": (24, 26, 31), "bar": (42, 45, 53), "text": (168, 173, 184), "faint": (78, 83, 94)},
}
ACCENTS = {"blue": (36, 113, 235), "pink": (225, 48, 108), "green": (32, 166, 98), "orange": (238, 112, 34)}


class _Sheet:
    """A canvas measured in units of `unit` pixels, with the few shapes that a screenshot is made of."""

    def __init__(self, width, height, unit, theme):
        self.canvas = Image.new("RGB", (width, height), theme["ground"])
        self.draw = ImageDraw.Draw(self.canvas)
        self.unit, self.theme = unit, theme

    def bar(self, x, y, width, height, colour, radius=0.0):
        """A filled box with rounded corners; x, y, width, height and radius in units."""
        u = self.unit
        box = (x * u, y * u, (x + width) * u, (y + height) * u)
        side, radius = min(width, height) * u, radius * u
        # Pillow 10.1 fails on corners that leave less than two pixels of straight edge: make the end a half circle.
        if side - 2 * radius < 2:
            radius = side / 2
        fill = self.theme.get(colour, colour)
        if radius and side >= 3:
            self.draw.rounded_rectangle(box, radius=radius, fill=fill)
        else:
            self.draw.rectangle(box, fill=fill)

    def disc(self, x, y, radius, colour):
        u = self.unit
        box = ((x - radius) * u, (y - radius) * u, (x + radius) * u, (y + radius) * u)
        self.draw.ellipse(box, fill=self.theme.get(colour, colour))

    def lines(self, x, y, widths, colour="faint"):
        """Grey strokes that stand for lines of text, each of the width given."""
        for i, width in enumerate(widths):
            self.bar(x, y + 1.1 * i, width, 0.55, colour, 0.27)


def _post(picture, theme, accent):
    """A post in a phone's app: bar, author, picture, buttons, text. 20 units wide."""
    width = max(picture.width, math.ceil(picture.height / 2))
    unit = width / 20
    top, bottom = round(5.4 * unit), round(5.6 * unit)
    sheet = _Sheet(width, picture.height + top + bottom, unit, theme)
    sheet.bar(0, 0, 20, 1.9, accent)
    sheet.lines(0.8, 0.65, [5], (255, 255, 255))
    for x in (16.4, 17.8, 19.2):
        sheet.disc(x - 0.3, 0.95, 0.35, (255, 255, 255))
    sheet.disc(1.9, 3.65, 1.15, accent)
    sheet.disc(1.9, 3.3, 0.42, theme["ground"])
    sheet.bar(1.2, 3.85, 1.4, 0.6, "ground", 0.3)
    sheet.lines(3.7, 2.95, [6.5], "text")
    sheet.lines(3.7, 4.05, [4])
    sheet.canvas.paste(picture, ((width - picture.width) // 2, top))
    below = (top + picture.height) / unit
    for x, colour in ((1.5, accent), (3.5, theme["faint"]), (5.5, theme["faint"])):
        sheet.disc(x, below + 1.2, 0.65, colour)
    sheet.bar(16.4, below + 0.7, 2.8, 1, accent, 0.5)
    sheet.lines(0.9, below + 2.5, [17.5, 16.2, 9.5])
    return sheet.canvas


def _page(picture, theme, accent):
    """A page in a browser: tab and address, headline, picture beside a column, text. The picture is 20 units wide."""
    column = max(picture.width, math.ceil(picture.height / 2))
    unit = column / 20
    top, bottom = round(6.6 * unit), round(4 * unit)
    width = round(28 * unit)
    sheet = _Sheet(max(width, column), picture.height + top + bottom, unit, theme)
    sheet.bar(0, 0, 28, 2.2, "bar")
    for x, colour in ((1, (255, 95, 86)), (2.1, (255, 189, 46)), (3.2, (39, 201, 63))):
        sheet.disc(x, 1.1, 0.38, colour)
    sheet.bar(5, 0.5, 17, 1.2, "ground", 0.6)
    sheet.lines(5.7, 0.85, [6])
    sheet.bar(1, 3.2, 13, 1.1, "text", 0.3)
    sheet.lines(1, 5, [7])
    sheet.canvas.paste(picture, (min(round(unit), sheet.canvas.width - picture.width), top))
    sheet.bar(22, 3.2, 5, 3, accent, 0.4)
    rows = max(1, min(40, int(picture.height / unit / 1.1)))
    sheet.lines(22, 7, [(5, 4.4, 4.8, 2.6)[i % 4] for i in range(rows)])
    sheet.lines(1, (top + picture.height) / unit + 0.9, [19, 18, 11])
    return sheet.canvas


LAYOUTS = {"post": _post, "page": _page}


def screenshot(picture: Image.Image, layout: str, theme: str, accent: str) -> Image.Image:
    """The picture, at its own size, in a drawn screenshot; layout, theme, accent: keys of LAYOUTS, THEMES, ACCENTS."""
    return LAYOUTS[layout](picture, THEMES[theme], ACCENTS[accent])
