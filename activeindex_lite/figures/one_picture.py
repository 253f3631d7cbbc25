"""A still of the alpha explorer: a picture before and after activation, the walk of its feature, and a search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    PASSIVE_TEXT,
    TARGET,
    TARGET_MARKER,
    Described,
)
from activeindex_lite.lessons.one_picture import amplified_difference

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.lessons.one_picture import Found, OnePicture, Release


def release_and_search(
    one: OnePicture,
    release: Release,
    passive: Found,
    active: Found,
    picture_of: Callable[[int], Image.Image],
    alpha: float,
    edit: str,
) -> Described:
    """Pictures (original, released, difference x 10; the copies and their first results) and the walk of the feature.

    one: OnePicture; release: its Release; passive, active: Found of the copies at one nprobe; picture_of: from an id
    to a PIL picture; alpha, edit: of the release and of the copies, for the titles.
    """
    figure = Figure(figsize=(9, 7.4), layout="constrained")
    grid = figure.add_gridspec(3, 6)
    quality = "unchanged" if np.isinf(release.psnr) else f"{release.psnr:.1f} dB"
    top = (
        (one.picture, "original"),
        (release.picture, f"released at alpha {alpha:g}: {quality}"),
        (amplified_difference(one.picture, release.picture), "difference × 10"),
    )
    for at, (picture, title) in enumerate(top):
        _picture(figure.add_subplot(grid[0, 2 * at : 2 * at + 2]), picture, title)
    _walk(figure.add_subplot(grid[1:, :3]), one, release, passive, active)
    outcomes, n = [], passive.nprobes[0]
    # LSH has no cells to visit.
    visited = "" if passive.cell_rank is None else f", nprobe {n}"
    for row, (found, name, colour) in enumerate(
        ((passive, "passive copy", PASSIVE_TEXT), (active, "activated copy", ACTIVATED))
    ):
        outcomes.append("the original" if found.first[0] else "another picture")
        axes = figure.add_subplot(grid[1 + row, 3:])
        axes.axis("off")
        axes.set_title(f"{name} ({edit}){visited}", fontsize=11, loc="left", color=colour)
        for place, (picture, title) in enumerate(
            ((found.query, "query"), (picture_of(found.ids[0]), ("✓ " if found.first[0] else "✗ ") + outcomes[-1]))
        ):
            _picture(axes.inset_axes([0.5 * place, 0, 0.46, 0.86]), picture, title)
    squared = np.square(np.linalg.norm(np.array([release.walk[0], release.walk[-1]]) - _code(one), axis=1))
    alt = (
        f"One picture activated at alpha {alpha:g} ({quality}). Squared distance of its feature to {one.goal}: "
        f"{squared[0]:.2f} before, {squared[1]:.2f} after. A search for the passive copy under {edit}{visited} "
        f"finds {outcomes[0]} first, one for the activated copy {outcomes[1]}."
    )
    return Described(figure, alt)


def _code(one):
    return np.array([np.linalg.norm(one.q - one.x), 0.0])


def _picture(axes, picture, title):
    axes.imshow(np.asarray(picture))
    axes.set_title(title, fontsize=11)
    axes.set(xticks=[], yticks=[])


def _walk(axes, one, release, passive, active):
    code = _code(one)
    for found, colour, style in ((passive, PASSIVE, "--"), (active, ACTIVATED, ":")):
        axes.plot(*np.array([found.place, code]).T, style, color=colour, lw=1.5)
    axes.plot(*release.walk.T, "o-", color=INK, ms=3, lw=2)
    marks = (
        (release.walk[0], PASSIVE_MARKER, PASSIVE, "white", "original x"),
        (release.walk[-1], ACTIVATED_MARKER, ACTIVATED, "white", "released"),
        (code, TARGET_MARKER, TARGET, TARGET, one.goal),
        (passive.place, PASSIVE_MARKER, PASSIVE, PASSIVE, "passive copy"),
        (active.place, ACTIVATED_MARKER, ACTIVATED, ACTIVATED, "activated copy"),
    )
    for (a, b), marker, colour, face, label in marks:
        axes.plot(
            a,
            b,
            marker,
            color=colour,
            mfc=face,
            mew=2,
            ms=15 if marker == TARGET_MARKER else 9,
            ls="none",
            label=label if marker == TARGET_MARKER else f"{label}: {np.hypot(*(np.array([a, b]) - code)) ** 2:.2f}",
        )
    axes.axhline(0, color=NEUTRAL, lw=0.8, zorder=0)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_title(f"The walk, and squared distances to {one.goal}", fontsize=11, loc="left")
    axes.set_xlabel("distances from x and from the star are true, all others are not", fontsize=11)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), frameon=False, fontsize=11, ncol=2)
