"""Figures of notebook 00: the map of the course, and one picture released twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from activeindex_lite.figures.style import ACTIVATED, GREEN, INK, ORANGE, PASSIVE, PURPLE, REFERENCE, Described

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

# The stages of the data: name, colour, and the notebooks about the stage.
STAGES = (
    ("start", REFERENCE, ("00",)),
    ("picture → feature", GREEN, ("01",)),
    ("index", ORANGE, ("02", "03", "04")),
    ("activation", ACTIVATED, ("05", "06")),
    ("edits → evaluation", PASSIVE, ("07", "08")),
    ("your own questions", PURPLE, ()),
)
WIDE, HIGH, GAP, STEP = 1.75, 0.92, 0.5, 1.25
DASHED = (0, (3, 2))


def course_map(course: pd.DataFrame) -> Described:
    """The notebooks with their minutes; solid arrows from what a notebook needs, dashed ones from what helps.

    course: the DataFrame of `read_course`. Notebooks that no stage names are in the last column. Indirect needs have no
    arrow.
    """
    place = places(course)
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.axis("off")
    axes.set(xlim=(-0.1, len(STAGES) * (WIDE + GAP) - GAP + 0.1), ylim=(-2.75, 2.75), aspect="equal")
    for column, (stage, colour, _) in enumerate(STAGES):
        left = column * (WIDE + GAP)
        axes.plot([left, left + WIDE], [2.3, 2.3], color=colour, lw=5, solid_capstyle="butt")
        axes.text(left + WIDE / 2, 2.42, stage, ha="center", va="bottom", fontsize=11, color=INK)
    for row in course.itertuples():
        _station(axes, row, *place[row.number])
        for number in direct(course, row.number):
            _arrow(axes, place[number], place[row.number], "-")
        for number in row.helps:
            if number in place:
                _arrow(axes, place[number], place[row.number], DASHED)
    for left, style, word in ((0, "-", "needs"), (1.35, DASHED, "helps")):
        axes.plot([left, left + 0.45], [-2.55, -2.55], color=INK, lw=1.2, ls=style)
        axes.text(left + 0.55, -2.55, word, fontsize=10, va="center", color=INK)
    return Described(figure, describe(course))


def places(course: pd.DataFrame) -> dict[str, tuple[int, float]]:
    """{number: (column, height)}: the notebooks of a stage are one below the other, around height 0."""
    columns = [[n for n in course.number if n in named] for _, _, named in STAGES]
    columns[-1] = [n for n in course.number if not any(n in column for column in columns)]
    return {
        n: (x, STEP * ((len(column) - 1) / 2 - y)) for x, column in enumerate(columns) for y, n in enumerate(column)
    }


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


def _station(axes, row, column, height):
    left, colour = column * (WIDE + GAP), STAGES[column][1]
    axes.add_patch(
        FancyBboxPatch(
            (left, height - HIGH / 2),
            WIDE,
            HIGH,
            boxstyle="round,pad=0,rounding_size=0.12",
            fc="white",
            ec=colour,
            lw=2,
            zorder=3,
        )
    )
    axes.text(
        left + 0.1, height + HIGH / 2 - 0.1, row.number, fontsize=12, weight="bold", va="top", color=INK, zorder=4
    )
    axes.text(
        left + WIDE - 0.1,
        height + HIGH / 2 - 0.12,
        f"{row.minutes} min",
        fontsize=9.5,
        ha="right",
        va="top",
        color=INK,
        zorder=4,
    )
    title = re.split(r" \(| and |[:,] ", row.title)[0]
    axes.text(
        left + 0.1,
        height - 0.16,
        "\n".join(wrap(title, 17)[:2]),
        fontsize=10,
        va="center",
        color=INK,
        zorder=4,
        linespacing=1.05,
    )


def _arrow(axes, start, end, style):
    """An arrow from one notebook to another, which curves above or below those in between."""
    (x0, y0), (x1, y1) = start, end
    left0, left1, curve, side = x0 * (WIDE + GAP), x1 * (WIDE + GAP), "arc3", 1 if y0 + y1 >= 0 else -1
    if x0 == x1:
        tail, head = (left0 + WIDE / 2, y0 - HIGH / 2), (left1 + WIDE / 2, y1 + HIGH / 2)
    elif x1 - x0 == 1 or y0 * y1 < 0:
        tail, head = (left0 + WIDE, y0), (left1, y1)
    else:
        tail, head = (left0 + 0.7 * WIDE, y0 + side * HIGH / 2), (left1 + 0.4 * WIDE, y1 + side * HIGH / 2)
        curve = f"arc3,rad={-0.5 * side}"
    axes.annotate(
        "",
        head,
        tail,
        zorder=1,
        arrowprops=dict(arrowstyle="-|>", color=INK, lw=1.2, ls=style, shrinkA=1, shrinkB=1, connectionstyle=curve),
    )


def two_releases(
    stories: Sequence[tuple], edit: str, picture_of: Callable[[int], Image.Image], truth: int
) -> Described:
    """A picture released unchanged and activated, one row each: the release, its edited copy, and the first result.

    stories: two tuples (released PIL picture, Found, words on its quality); edit: name of the edit; picture_of: from
    an id to a PIL picture; truth: id of the original.
    """
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    outcomes = []
    for row, (picture, found, quality), name in zip(figure.subplots(2, 3), stories, ("as it is", "activated")):
        right = bool(found.first[0])
        outcomes.append(
            f"released {name} ({quality}), the search finds {'the original' if right else 'another picture'} first"
        )
        shown = (
            (picture, f"released {name}\n{quality}"),
            (found.query, f"somebody's copy\n{edit}"),
            (picture_of(found.ids[0]), f"first result\n{'✓ the original' if right else '✗ another picture'}"),
        )
        for axes, (image, title) in zip(row, shown):
            axes.imshow(image)
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, fontsize=11)
        row[2].spines[:].set(color=GREEN if right else PASSIVE, lw=5, ls="-" if right else "--")
    return Described(
        figure,
        f"A picture of the ready world, number {truth}, released twice. Each release is copied with the edit {edit}, "
        f"and the copy is searched for at nprobe {stories[0][1].nprobes[0]}. "
        f"{outcomes[0][0].upper()}{outcomes[0][1:]}; {outcomes[1]}.",
    )
