"""Figures of notebook 06: walks of features in a plane with the borders of an index, and where copies land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.borders import KEEPS, LINES, OWN, draw_borders, draw_code, stays
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    PASSIVE,
    PASSIVE_MARKER,
    TARGET,
    TARGET_MARKER,
    Described,
    goes,
)

if TYPE_CHECKING:
    from activeindex_lite.lessons.activation import Scene


def walks(scenes: dict[str, Scene]) -> Described:
    """The walk of one picture's feature in each index, side by side, with the borders of that index.

    scenes: dict from a title to a Scene (lessons.activation.scene with the path of an activation).
    """
    figure = Figure(figsize=(9, 9 / len(scenes) + 1.0), layout="constrained")
    told = []
    for axes, (name, scene) in zip(figure.subplots(1, len(scenes), squeeze=False)[0], scenes.items(), strict=True):
        draw_borders(axes, scene)
        path = np.concatenate([scene.start[None], scene.features])
        axes.plot(*path.T, ".-", color=INK, lw=1.8, ms=6, zorder=6)
        axes.plot(*scene.start, PASSIVE_MARKER, mfc="white", mec=PASSIVE, mew=2.2, ms=10, zorder=7)
        axes.plot(*scene.features[-1], ACTIVATED_MARKER, color=ACTIVATED, mec="white", ms=11, zorder=7)
        draw_code(axes, scene)
        axes.set_title(f"{name}\nthe plane keeps {scene.kept:.0%} of the walk", fontsize=11, loc="left")
        told.append(f"{name}: {_walk_in_words(scene, path)}")
    legend_below(
        figure,
        {
            "original x": dict(marker=PASSIVE_MARKER, mfc="white", mec=PASSIVE, mew=2.2, ms=9),
            "after each step": dict(marker=".", color=INK),
            "released": dict(marker=ACTIVATED_MARKER, color=ACTIVATED, ms=9),
            "code q(x)": dict(marker=TARGET_MARKER, color=TARGET, mec=INK, ms=15),
            "the same code": dict(marker="s", color=TARGET, alpha=0.35, ms=11),
        },
    )
    return Described(figure, "The walk of one picture's feature. " + "; ".join(told) + ".")


def _walk_in_words(scene: Scene, path: np.ndarray) -> str:
    said = (
        f"the plane keeps {scene.kept:.0%} of the walk's variance; the feature moves by "
        f"{np.linalg.norm(path[-1] - path[0]):.2f} and "
        + (KEEPS[scene.kind] if stays(scene) else "leaves the region of its code")
    )
    if scene.code_known:
        began, ended = (np.linalg.norm(scene.code - point) for point in (path[0], path[-1]))
        said += f"; its distance to the code {goes(began, ended)}"
    return said


def copies_and_borders(scenes: dict[str, Scene], edit: str) -> Described:
    """Where an edit moves a feature, in the plane through it, the stored code and the copy: one panel per Scene.

    scenes: dict from a title to a Scene, first the passive picture, then (optional) the activated one. Each is made
    by lessons.activation.scene with `start` the feature of the released picture and one feature, that of its copy. In
    this plane all three points and the borders are exact. Give the first Scene to the second as `like`, for equal
    scales. edit: its name.
    """
    figure = Figure(figsize=(9, 5.7) if len(scenes) > 1 else (5.6, 5.2), layout="constrained")
    told, entries = [], {}
    roles = ((PASSIVE, PASSIVE_MARKER, 10), (ACTIVATED, ACTIVATED_MARKER, 9))
    panels = figure.subplots(1, len(scenes), squeeze=False)[0]
    for axes, (name, scene), (colour, marker, size) in zip(panels, scenes.items(), roles, strict=False):
        draw_borders(axes, scene)
        copy = scene.features[0]
        inside = stays(scene)
        axes.annotate(
            "",
            copy,
            scene.start,
            arrowprops=dict(arrowstyle="-|>", color=colour, lw=2.2, shrinkA=6, shrinkB=6),
            zorder=6,
        )
        axes.plot(*scene.start, marker, mfc="white", mec=colour, mew=2, ms=size + 1, zorder=7)
        axes.plot(*copy, marker, color=colour, mec="white", ms=size + 2, zorder=7)
        draw_code(axes, scene)
        verdict = f"✓ the copy {KEEPS[scene.kind]}" if inside else "✗ the copy crosses a border"
        axes.set_title(f"{name}\n{verdict}", fontsize=12, loc="left")
        told.append(
            f"{name}: the edited copy {'stays inside' if inside else 'leaves'} the region with {OWN[scene.kind]}"
        )
        entries |= {
            name: dict(marker=marker, mfc="white", mec=colour, mew=2, ms=size),
            f"its copy{'' if entries else f' ({edit})'}": dict(marker=marker, color=colour, ms=size),
        }
    entries |= {
        "code q(x)": dict(marker=TARGET_MARKER, color=TARGET, mec=INK, ms=15),
        OWN[scene.kind]: dict(marker="s", color=TARGET, alpha=0.35, ms=11),
    }
    legend_below(figure, entries)
    return Described(
        figure,
        f"A feature, its stored code and its copy under {edit} in the plane through the three, with "
        f"{LINES[scene.kind]}. " + "; ".join(told) + ".",
    )


def legend_below(figure: Figure, entries: dict[str, dict]) -> None:
    """One legend below the panels: dict from a label to the marker's properties."""
    axes = figure.axes[0]
    handles = [axes.plot([], [], ls="none", **properties)[0] for properties in entries.values()]
    figure.legend(
        handles,
        entries,
        loc="outside lower center",
        ncol={4: 2, 6: 3}.get(len(entries), len(entries)),
        frameon=False,
        fontsize=11,
        handletextpad=0.3,
    )
