"""The map of the course as HTML: a card per notebook, which links to it, and the arrows between the cards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# The stages of the data, and the row of each notebook in the stage's column. Others are in the last column.
STAGES = (
    ("picture → feature", {"00": 0, "01": 1}),
    ("index", {"02": 0, "03": 1, "04": 2, "05": 3}),
    ("activation", {"06": 0, "07": 1}),
    ("edits → evaluation", {"08": 1, "09": 2}),
    ("your own questions", {}),
)
IDEAS = {
    "00": "your computer, the map, a first activation",
    "01": "pictures become vectors; a threshold",
    "02": "cells, borders, nprobe",
    "03": "codes of a few bytes",
    "04": "hyperplanes and bits",
    "05": "a walk from neighbour to neighbour",
    "06": "a picture walks inward",
    "07": "what the eye overlooks",
    "08": "fair numbers, beside the paper's",
    "09": "copy or stranger? micro-AP",
    "10": "the cheapest setting that is good enough",
    "11": "better losses, and their limits",
    "12": "the same tables, on many cores",
}
# Pixels of the wide map: size of a card, the channels between cards, and the heads.
WIDE, HIGH, ACROSS, DOWN, HEAD = 142, 112, 42, 28, 34
STYLE = """
.ai-map { container-type: inline-size; position: relative; margin: 0; color: inherit;
  font: 13px/1.3 system-ui, sans-serif; }
.ai-map ol { list-style: none; margin: 0 !important; padding: 0 !important; display: grid; gap: 8px; }
.ai-map li { margin: 0 !important; padding: 0; }
.ai-map svg, .ai-map .head { display: none; }
.ai-map a { display: block; box-sizing: border-box; height: 100%; padding: 7px 9px; border-radius: 7px;
  border: 1.5px solid color-mix(in srgb, currentColor 45%, transparent);
  color: inherit !important; text-decoration: none !important; }
.ai-map a:hover, .ai-map a:focus-visible { border-color: #0072B2; outline: 2px solid #0072B2; }
.ai-map b { font-size: 14px; } .ai-map .min { float: right; font-size: 12px; }
.ai-map .title { display: block; font-weight: 600; text-decoration: underline; text-underline-offset: 2px; }
.ai-map .idea, .ai-map .needs { display: block; font-size: 12px; }
@container (min-width: 560px) { .ai-map ol { grid-template-columns: 1fr 1fr; } }
"""
STYLE_WIDE = """
@container (min-width: %(width)dpx) {
  .ai-map ol { display: block; width: %(width)dpx; height: %(height)dpx; }
  .ai-map li { position: absolute; width: %(card)dpx; }
  .ai-map li.card { height: %(high)dpx; }
  .ai-map svg, .ai-map .head { display: block; }
  .ai-map .head { top: 0; border-bottom: 3px solid color-mix(in srgb, currentColor 45%%, transparent); }
  .ai-map .needs { display: none; }
}
"""
ARROW = '<path d="{}" fill="none" stroke="currentColor" stroke-width="1.4"{}/><path d="M{} {}l-7 -3.5v7z"/>'
ARROW_LEFT = '<path d="{}" fill="none" stroke="currentColor" stroke-width="1.4"{}/><path d="M{} {}l7 -3.5v7z"/>'
ARROW_DOWN = '<path d="{}" fill="none" stroke="currentColor" stroke-width="1.4"{}/><path d="M{} {}l-3.5 -7h7z"/>'

Place = tuple[int, int]  # column and row
Point = tuple[float, float]


class CourseMap:
    """The map of a course: the notebooks with their minutes; solid arrows from what a notebook needs, dashed from what
    helps. Narrow outputs show the cards alone, and words in place of arrows.

    course: the DataFrame of `read_course`; ending: of the files that the cards lead to. Notebooks that no stage names
    are in the last column. Indirect needs have no arrow. .alt: the map in words.
    """

    def __init__(self, course: pd.DataFrame, ending: str = ".ipynb") -> None:
        self.course, self.ending, self.places, self.alt = course, ending, places(course), describe(course)

    def _repr_html_(self) -> str:
        columns, rows = (1 + max(place[i] for place in self.places.values()) for i in (0, 1))
        size = dict(
            width=columns * (WIDE + ACROSS) - ACROSS + 2, height=HEAD + rows * (HIGH + DOWN), card=WIDE, high=HIGH
        )
        heads = "".join(
            f'<li class="head" aria-hidden="true" style="left:{column * (WIDE + ACROSS)}px">{escape(stage)}</li>'
            for column, (stage, _) in enumerate(STAGES[:columns])
        )
        cards = "".join(self._card(row) for row in self.course.itertuples())
        return (
            f"<style>{STYLE}{STYLE_WIDE % size}</style>"
            f'<div class="ai-map" role="group" aria-label="Map of the course: {len(self.course)} notebooks, together '
            f'{self.course.minutes.sum()} minutes">{self._arrows(size)}<ol>{heads}{cards}</ol></div>'
        )

    def __repr__(self) -> str:
        return self.alt

    def _card(self, row) -> str:
        (left, top), idea = corner(self.places[row.number]), IDEAS.get(row.number, "")
        title = re.split(r" and |[:,] ", row.title)[0]
        wants = "; ".join(
            f"{verb} {', '.join(numbers)}"
            for verb, numbers in (("needs", direct(self.course, row.number)), ("helped by", row.helps))
            if numbers
        )
        return (
            f'<li class="card" style="left:{left}px;top:{top}px"><a href="{escape(row.name)}{self.ending}">'
            f'<b>{row.number}</b> <span class="min">{row.minutes} min</span><span class="title">{escape(title)}</span>'
            f'<span class="idea">{escape(idea)}</span><span class="needs">{wants}</span></a></li>'
        )

    def _arrows(self, size: dict) -> str:
        drawn = "".join(self._arrow(*arrow) for arrow in arrows(self.course, self.places))
        low = size["height"] - 10
        legend = "".join(
            f'<path d="M{left} {low}h34" stroke="currentColor" stroke-width="1.4"{dash}/>'
            f'<text x="{left + 42}" y="{low + 4}" font-size="12">{word}</text>'
            for left, dash, word in ((2, "", "is needed for"), (150, DASH, "helps with"))
        )
        return (
            f'<svg role="img" aria-label="{escape(self.alt)}" width="{size["width"]}" height="{size["height"]}" '
            f'fill="currentColor" style="position:absolute;left:0;top:0">{drawn}{legend}</svg>'
        )

    def _arrow(self, points: list[Point], helps: bool) -> str:
        form = ARROW_LEFT if points[-1][0] < points[-2][0] else ARROW
        if len(points) == 2 and points[0][0] == points[1][0]:
            form = ARROW_DOWN
        return form.format(rounded(points), DASH if helps else "", *points[-1])


DASH = ' stroke-dasharray="5 4"'


def corner(place: Place) -> Point:
    """The upper left corner of a card, in pixels."""
    return place[0] * (WIDE + ACROSS), HEAD + place[1] * (HIGH + DOWN)


def places(course: pd.DataFrame) -> dict[str, Place]:
    """{number: (column, row)}."""
    named = {n: (column, row) for column, (_, rows) in enumerate(STAGES) for n, row in rows.items()}
    others = (n for n in course.number if n not in named)
    named |= {n: (len(STAGES) - 1, row) for row, n in enumerate(others)}
    return {n: named[n] for n in course.number}


def arrows(course: pd.DataFrame, where: dict[str, Place]) -> Iterator[tuple[list[Point], bool]]:
    """(corners of the line, whether it is one of help) of each arrow. No line runs behind a card or through a head:
    lines run in the channels between the columns, and cross a column in a channel between rows or a row without a card.
    """
    edges = [
        (source, row.number, helps)
        for row in course.itertuples()
        for helps, sources in ((False, direct(course, row.number)), (True, row.helps))
        for source in sources
        if source in where
    ]
    across = [edge for edge in edges if not _neighbours(where[edge[0]], where[edge[1]])]
    for source, end, helps in edges:
        (x, y0), (_, y1) = corner(where[source]), corner(where[end])
        if _neighbours(where[source], where[end]):
            yield [(x + WIDE / 2, y0 + HIGH), (x + WIDE / 2, y1)], helps
            continue
        if where[source][0] == where[end][0]:  # around the cards between the two, back to the right edge
            lane = x + WIDE + _lane(across, where, where[source][0], (source, helps)) * ACROSS
            y0, y1 = y0 + HIGH / 2 + 12 * helps, y1 + HIGH * (0.7 if helps else 0.3)
            yield [(x + WIDE, y0), (lane, y0), (lane, y1), (x + WIDE, y1)], helps
            continue
        lanes = [_lane(across, where, column, (source, helps)) for column in (where[source][0], where[end][0] - 1)]
        ports = sorted((where[s][1], s, h) for s, e, h in across if e == end and where[s][0] != where[e][0])
        x, y = corner(where[end])
        port = ports.index((where[source][1], source, helps))
        # Lines end above the middle of a card, where other lines begin.
        head = (x, y + HIGH * (port + 1) / (2.5 * len(ports) + 1))
        yield _around(where[source], head, lanes, 12 * helps, set(where.values())), helps


def _neighbours(one: Place, other: Place) -> bool:
    """Whether two cards are next to each other in a column."""
    return one[0] == other[0] and abs(one[1] - other[1]) == 1


def _lane(across: list[tuple], where: dict[str, Place], column: int, key: tuple[str, bool]) -> float:
    """From 0 to 1: where in the channel right of a column the lines of a notebook run, apart from those of others."""
    users = {(s, h) for s, e, h in across if column in (where[s][0], where[e][0] - 1)}
    return (1 + sorted(users).index(key)) / (1 + len(users))


def _around(start: Place, head: Point, lanes: list[float], lower: float, taken: set[Place]) -> list[Point]:
    """The corners of a line from the right edge of a card to a point at the left edge of another."""
    (x0, y0), (x1, y1) = corner(start), head
    x0, y0, first = x0 + WIDE, y0 + HIGH / 2 + lower, start[0]
    left, right, last = x0 + lanes[0] * ACROSS, x1 - ACROSS + lanes[1] * ACROSS, round(x1 / (WIDE + ACROSS))
    if last - first == 1:
        return [(x0, y0), (left, y0), (left, y1), (x1, y1)]
    crossed = range(first + 1, last)
    heights = [corner((0, row))[1] + HIGH + lanes[0] * DOWN for row in range(max(row for _, row in taken))]
    if not any((column, start[1]) in taken for column in crossed):
        heights.append(y0)
    y = min(heights, key=lambda y: abs(y - y0) + abs(y - y1))
    return [(x0, y0), (left, y0), (left, y), (right, y), (right, y1), (x1, y1)]


def rounded(points: list[Point], radius: float = 6) -> str:
    """The d of an SVG path through points, with round corners."""
    d = f"M{points[0][0]:g} {points[0][1]:g}"
    for (before, at), (_, after) in pairwise(pairwise(points)):
        (x, y), steps = at, []
        for other in (before, after):
            length = abs(other[0] - x) + abs(other[1] - y)
            share = min(radius, length / 2) / length if length else 0
            steps.append((x + (other[0] - x) * share, y + (other[1] - y) * share))
        d += f"L{steps[0][0]:g} {steps[0][1]:g}Q{x:g} {y:g} {steps[1][0]:g} {steps[1][1]:g}"
    return d + f"L{points[-1][0]:g} {points[-1][1]:g}"


def direct(course: pd.DataFrame, number: str) -> list[str]:
    """What a notebook needs directly, without the needs of these."""
    needs = course.set_index("number").needs
    wanted = [n for n in needs[number] if n in needs.index]

    def behind(n):
        return set().union(*({m} | behind(m) for m in needs.get(n, ()) if m < n))

    return [n for n in wanted if not any(n in behind(other) for other in wanted)]


def describe(course: pd.DataFrame) -> str:
    """The map in words."""
    told = []
    for row in course.itertuples():
        wants = [f"needs {', '.join(row.needs)}"] if row.needs else []
        wants += [f"is helped by {', '.join(row.helps)}"] if row.helps else []
        told.append(f"{row.number} {row.title}, {row.minutes} minutes" + (f" ({'; '.join(wants)})" if wants else ""))
    return (
        "Map of the course in the order of the data, from picture to feature, index, activation, edits and evaluation: "
        f"{len(course)} notebooks, together {course.minutes.sum()} minutes. " + ". ".join(told) + "."
    )
