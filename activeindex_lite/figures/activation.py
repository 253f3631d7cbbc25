"""Figures of notebook 05: walks among the features, borders, distances to the code, and what stays in its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.borders import KEEPS, LINES, OWN, draw_borders, draw_code, stays
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    PASSIVE_TEXT,
    SERIES,
    TARGET,
    TARGET_MARKER,
    Described,
    extremes,
    goes,
    new_figure,
    note,
    tidy,
)

if TYPE_CHECKING:
    import pandas as pd

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
    _legend(
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
    _legend(figure, entries)
    return Described(
        figure,
        f"A feature, its stored code and its copy under {edit} in the plane through the three, with "
        f"{LINES[scene.kind]}. " + "; ".join(told) + ".",
    )


def distances_to_code(table: pd.DataFrame, edits: Sequence[str]) -> Described:
    """Distances of released pictures and of their copies to the stored code: passive and activated histograms per edit.

    table: from lessons.activation.code_distances; edits: the edits to show, such as ("Identity", "Contrast 2").
    """
    figure = Figure(figsize=(9, 1.0 + 1.15 * len(edits)), layout="constrained")
    shown = table[table.edit.isin(edits)]
    # As many bins as this number of pictures can fill.
    bins = np.linspace(
        shown.distance.min(), shown.distance.max(), int(np.clip(4 * np.sqrt(shown.picture.nunique()), 12, 45))
    )
    told = []
    for axes, edit in zip(figure.subplots(len(edits), 1, sharex=True, squeeze=False)[:, 0], edits, strict=True):
        means = []
        for activated, colour, hatch in ((False, PASSIVE, ""), (True, ACTIVATED, "///")):
            values = shown[(shown.edit == edit) & (shown.activated == activated)].distance
            axes.hist(values, bins, histtype="stepfilled", fc=(colour, 0.3), ec=colour, lw=1.5, hatch=hatch)
            axes.axvline(values.mean(), color=colour, lw=2, ls="-" if activated else "--")
            means.append(values.mean())
        axes.set_yticks([])
        axes.set_ylabel("released" if edit == "Identity" else edit, rotation=0, ha="right", va="center", fontsize=12)
        axes.annotate(
            f"{means[0]:.2f} → {means[1]:.2f}",
            (0.995, 0.93),
            xycoords="axes fraction",
            ha="right",
            va="top",
            fontsize=12,
            weight="bold",
            color=INK,
        )
        tidy(axes, "left")
        told.append(
            f"{'the released pictures' if edit == 'Identity' else edit} {means[0]:.2f} passive, {means[1]:.2f} "
            "activated"
        )
    axes.set_xlabel("squared distance to the stored code q(x)", fontsize=11)
    _legend(
        figure,
        {
            "passive (mean dashed)": dict(marker="s", color=PASSIVE, alpha=0.5, ms=11),
            "activated, hatched (mean solid)": dict(marker="s", color=ACTIVATED, alpha=0.5, ms=11),
        },
    )
    return Described(figure, f"Histograms of the squared distance to the stored code. Means: {'; '.join(told)}.")


def steps(table: pd.DataFrame) -> Described:
    """Loss and PSNR over the steps: a thin line per picture, a thick one for the mean.

    table: from lessons.activation.quality_by_steps.
    """
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (column, label) in zip(
        figure.subplots(1, 2),
        (("loss", "loss: squared distance to the code"), ("psnr", "PSNR of the saved picture, dB")),
        strict=True,
    ):
        wide = table[np.isfinite(table[column])].pivot(index="steps", columns="picture", values=column)
        axes.plot(wide, color=ACTIVATED, alpha=0.25, lw=1)
        axes.plot(wide.mean(axis=1), "D-", color=ACTIVATED, lw=2.5)
        note(axes, "mean", (wide.index[-1], wide.iloc[-1].mean()), (6, 0), size=12, va="center", color=ACTIVATED)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("steps", fontsize=11)
        axes.set_title(label, fontsize=12, loc="left")
        axes.tick_params(labelsize=11)
        axes.grid(alpha=0.25)
        axes.set_xlim(0, table.steps.max() * 1.12)
    mean = table.groupby("steps")[["loss", "psnr"]].mean()
    first, second, last = mean.iloc[0], mean.iloc[1], mean.iloc[-1]
    steps_taken = f"{mean.index[1]} step{'s' if mean.index[1] > 1 else ''}"
    return Described(
        figure,
        f"Over {mean.index[-1]} steps the mean loss {goes(first.loss, last.loss)}; after {steps_taken} it is "
        f"{second.loss:.2f}. From there to the end the mean PSNR {goes(second.psnr, last.psnr, '.1f', ' dB')}.",
    )


def three_terms(table: pd.DataFrame, edits: Sequence[str]) -> Described:
    """The three terms whose sum is the squared distance of a copy to the code, as stacked means, passive and activated.

    table: from lessons.activation.three_terms; edits: the edits to show.
    """
    means = table.groupby(["edit", "activated"])[["shift", "code", "cross", "total"]].mean()
    figure, axes = new_figure(9, 1.4 + 0.95 * len(edits))
    terms = (
        ("code", "|x − q|²: the released picture to its code", SERIES[0][0], ""),
        ("shift", "|f − x|²: how far the edit moves the feature", SERIES[5][0], "..."),
        ("cross", "2 (f − x)·(x − q): negative where the edit moves toward the code", SERIES[4][0], "///"),
    )
    told = []
    for row, edit in enumerate(edits):
        for activated in (False, True):
            y, own = row + (0.2 if activated else -0.2), means.loc[(edit, activated)]
            ends = {1: 0.0, -1: 0.0}
            for term, label, colour, hatch in terms:
                sign = 1 if own[term] >= 0 else -1
                axes.barh(
                    y,
                    own[term],
                    0.34,
                    ends[sign],
                    color=colour,
                    hatch=hatch,
                    ec="white",
                    lw=0.5,
                    label=label if row == 0 and not activated else None,
                )
                ends[sign] += own[term]
            axes.plot([own.total] * 2, [y - 0.19, y + 0.19], color=INK, lw=3)
            note(
                axes,
                f"{'activated' if activated else 'passive'}: {own.total:.2f}",
                (ends[1], y),
                (6, 0),
                va="center",
                color=ACTIVATED if activated else PASSIVE_TEXT,
                weight="bold",
            )
        sums = (
            f"{name} {own['shift']:.2f} + {own['code']:.2f} {own['cross']:+.2f} = {own['total']:.2f}"
            for name, own in (("passive", means.loc[(edit, False)]), ("activated", means.loc[(edit, True)]))
        )
        told.append(f"{edit}: {', '.join(sums)}")
    axes.axvline(0, color=INK, lw=1)
    axes.set(yticks=range(len(edits)), yticklabels=edits, ylim=(len(edits) - 0.5, -0.5))
    axes.set_xlim(right=1.18 * axes.get_xlim()[1])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("squared distance to the code; the upright bar is the sum", fontsize=11)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", frameon=False, fontsize=11)
    return Described(
        figure, f"Mean squared distance of copies to the code as a sum, shift + code + cross. {'; '.join(told)}."
    )


def staying(table: pd.DataFrame, label: str = "share that stays in its cell: 1 − p_f") -> Described:
    """The share that stays in its cell (or keeps its code) under each edit, passive and activated, with 95 % intervals.

    table: from lessons.activation.staying at one nprobe; label: of the axis.
    """
    wide = table.set_index(["activated", "edit"])
    passive, active = (wide.loc[a].reindex(table.edit.unique()) for a in (False, True))
    rows = np.arange(len(passive))
    figure, axes = new_figure(9, 1.2 + 0.36 * len(rows))
    axes.hlines(rows, passive.share, active.share, color=NEUTRAL, lw=3, alpha=0.6)
    for own, colour, marker, name, dy in (
        (passive, PASSIVE, PASSIVE_MARKER, "passive", -0.13),
        (active, ACTIVATED, ACTIVATED_MARKER, "activated", 0.13),
    ):
        axes.hlines(rows + dy, own.low, own.high, color=colour, lw=1.5)
        axes.plot(
            own.share, rows, marker, color=colour, mec="white", ms=10, label=f"{name}: mean {own.share.mean():.2f}"
        )
    axes.set(yticks=rows, yticklabels=passive.index, ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.02))
    axes.set_xlabel(label, fontsize=11)
    axes.grid(axis="x", alpha=0.25)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncol=2, frameon=False, fontsize=12)
    return Described(
        figure,
        f"{label}: {passive.share.mean():.2f} passive and {active.share.mean():.2f} activated, mean of {len(rows)} "
        f"edits. From passive to activated, {extremes(passive.share, active.share)}.",
    )


def _legend(figure, entries):
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
