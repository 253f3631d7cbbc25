"""Figures of notebook 09: what happens to uploads at a threshold, single decisions, other indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import FAINT, INK, NEUTRAL, ON_LIGHT, RIGHT, WRONG, Described, note, tidy
from activeindex_lite.lessons import copy_detection as m

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.lessons.copy_detection import Uploads
    from activeindex_lite.world import World

# A colour, a hatch and the colour of the lettering on it, for each thing that happens to an upload.
OUTCOMES = {
    m.CAUGHT: (RIGHT, "", ON_LIGHT),
    m.MISTAKEN: (WRONG, "//", INK),
    m.MISSED: (FAINT, "", INK),
    m.BLOCKED: (WRONG, "xx", INK),
    m.LEFT: ("#EEEEEE", "", INK),
}


def signed(value: float, plus: bool = False) -> str:
    """A number with two decimals and a true minus sign."""
    return f"{value:{'+' if plus else ''}.2f}".replace("-", "−")


def actions(table: pd.DataFrame) -> Described:
    """What happens to the uploads, one bar per release: copies on the left, strangers on the right.

    table: DataFrame of lessons.copy_detection.actions.
    """
    figure = Figure(figsize=(9, 1.7 + 0.6 * len(table)), layout="constrained")
    panels = ((m.OF_COPIES, "copies"), (m.OF_STRANGERS, "strangers"))
    for axes, (outcomes, name) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
        left = np.zeros(len(table))
        total = table[list(outcomes)].sum(axis=1).iloc[0]
        for outcome in outcomes:
            colour, hatch, ink = OUTCOMES[outcome]
            counts = table[outcome].to_numpy()
            axes.barh(
                range(len(table)),
                counts,
                0.62,
                left,
                color=colour,
                hatch=hatch,
                ec="white" if not hatch else INK,
                lw=0.6,
                label=outcome,
            )
            for row, (count, start) in enumerate(zip(counts, left, strict=True)):
                if count:
                    inside = count > 0.06 * total
                    axes.annotate(
                        str(count),
                        (start + count / 2, row + (0 if inside else 0.33)),
                        ha="center",
                        va="center" if inside else "top",
                        fontsize=12,
                        weight="bold",
                        color=ink if inside else INK,
                        bbox=dict(fc="white", ec="none", pad=1.5) if hatch and inside else None,
                    )
            left += counts
        axes.set(yticks=range(len(table)), yticklabels=table.index, ylim=(len(table) - 0.4, -0.5), xlim=(0, total))
        axes.set_title(f"{total} {name}", fontsize=12, loc="left")
        tidy(axes, "left")
    entries = {label: handle for axes in figure.axes for handle, label in zip(*axes.get_legend_handles_labels())}
    figure.legend(entries.values(), entries, loc="outside lower center", ncol=3, frameon=False, fontsize=11)
    told = []
    for name, row in table.iterrows():
        counts = ", ".join(f"{int(row[outcome])} {outcome}" for outcome in (*m.OF_COPIES, *m.OF_STRANGERS))
        told.append(f"{name}: {counts}")
    copies, strangers = (int(table.iloc[0][list(of)].sum()) for of in (m.OF_COPIES, m.OF_STRANGERS))
    return Described(figure, f"What happens to {copies} copies and {strangers} strangers. {'; '.join(told)}.")


def decisions(uploads: Uploads, world: World, judged: dict[str, pd.DataFrame], rows: Sequence[int]) -> Described:
    """Single decisions: each upload of `rows`, its first result, the score, and what is done, in each release.

    uploads: lessons.copy_detection.Uploads; world: the World whose pictures are the results; judged: dict from the
    name of a release to a DataFrame of lessons.copy_detection.judge; rows: numbers of uploads, such as
    lessons.copy_detection .telling returns.
    """
    figure = Figure(figsize=(9, 0.6 + 1.95 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), 2 * len(judged), squeeze=False)
    told = []
    for line, q in zip(grid, rows, strict=True):
        said = []
        for n, (release, table) in enumerate(judged.items()):
            row = table.iloc[q]
            upload, answer = line[2 * n], line[2 * n + 1]
            _frame(upload, uploads.picture(int(q), release), INK, "upload")
            upload.set_title(
                ("a copy" if row["copy"] else "a stranger") + (f", {release}" if row["copy"] else ""), fontsize=11
            )
            known = isinstance(row.answer, str)
            sign = "✓" if row.outcome in (m.CAUGHT, m.LEFT) else "✗"
            colour = RIGHT if sign == "✓" else WRONG
            _frame(answer, world.pictures(int(row.answer))[0] if known else None, colour, row.outcome)
            answer.set_title(f"{sign} {row.outcome}\n{_against_threshold(row, known)}", fontsize=11, color=INK)
            said.append(
                f"{release}: {row.outcome}"
                + (f", score {row.score:.3f}, threshold {row.threshold:.3f}" if known else "")
            )
        told.append(f"{'a copy' if table.iloc[q]['copy'] else 'a stranger'} ({'; '.join(said)})")
    return Described(figure, f"Single decisions, each with the upload and the first result. {'. '.join(told)}.")


def _against_threshold(row: pd.Series, known: bool) -> str:
    if not known:
        return "no answer"
    return f"{row.score:.3f} {'≥' if row.score >= row.threshold else '<'} {row.threshold:.3f}"


def _frame(axes, picture, colour, outcome):
    if picture is not None:
        axes.imshow(np.asarray(picture))
    axes.set(xticks=[], yticks=[])
    # A solid frame for a right decision, a dotted one for an error: a second cue beside the colour.
    wrong = outcome in (m.MISTAKEN, m.MISSED, m.BLOCKED)
    plain = outcome == "upload"
    axes.spines[:].set(
        visible=True,
        color=NEUTRAL if plain else colour,
        linewidth=1 if plain else 4,
        capstyle="butt",
        linestyle=(0, (2, 1)) if wrong else "-",
    )


def _sign(low: float, high: float) -> str:
    """A triangle for an interval that does not contain 0."""
    if low > 0:
        return "▲"
    return "▼" if high < 0 else ""


def transfer(table: pd.DataFrame) -> Described:
    """R@1 of each release in each place, as a map whose colour is the gain over the first release (unchanged pictures).

    table: DataFrame of lessons.transfer.transfer_table. Each field shows R@1, and below it the gain with its 95 %
    interval; a triangle marks gains whose interval does not contain 0.
    """
    releases, places = list(table.released.unique()), list(table.place.unique())
    gain = table.pivot(index="released", columns="place", values="gain").loc[releases, places].to_numpy()
    figure = Figure(figsize=(9, 1.3 + 0.85 * len(releases)), layout="constrained")
    axes = figure.subplots()
    limit = max(0.1, np.abs(gain).max())
    axes.imshow(gain, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    told = []
    for row in table.itertuples():
        y, x = releases.index(row.released), places.index(row.place)
        sign = _sign(row.gain_low, row.gain_high)
        said = (
            f"{sign}{signed(row.gain, True)}\n[{signed(row.gain_low, True)}, {signed(row.gain_high, True)}]"
            if y
            else f"[{signed(row.low)}, {signed(row.high)}]"
        )
        ink = "white" if abs(row.gain) > 0.6 * limit else ON_LIGHT
        note(
            axes,
            f"{row.r1:.2f}",
            (x, y),
            (0, 11 if y else 7),
            size=14,
            ha="center",
            va="center",
            weight="bold",
            color=ink,
        )
        note(axes, said, (x, y), (0, -12 if y else -11), size=10.5, ha="center", va="center", color=ink)
        told.append(f"{row.released} in {row.place}: {row.r1:.2f}" + (f" ({row.gain:+.2f})" if y else ""))
    axes.set(xticks=range(len(places)), yticks=range(len(releases)))
    axes.set_xticklabels(places, fontsize=11)
    axes.set_yticklabels(releases, fontsize=11)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("the pictures are activated ...", fontsize=11)
    axes.set_title("... and their copies are searched for in", fontsize=11)
    return Described(figure, f"R@1 by release and place of search. {'; '.join(told)}.".replace("\n", " "))
