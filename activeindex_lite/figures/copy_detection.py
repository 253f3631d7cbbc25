"""Figures of notebook 08: scores and thresholds, precision and recall, what is blocked, and transfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    GREEN,
    INK,
    ORANGE,
    PASSIVE,
    PASSIVE_MARKER,
    PURPLE,
    REFERENCE,
    SKY,
    YELLOW,
    Described,
    new_figure,
    note,
    tidy,
)
from activeindex_lite.lessons import copy_detection as m

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.lessons.copy_detection import Uploads
    from activeindex_lite.world import World

# In this order: a colour, a line style and a marker for each curve that is compared.
CURVES = (
    (INK, ":", "s"),
    (PASSIVE, "--", PASSIVE_MARKER),
    (ACTIVATED, "-", ACTIVATED_MARKER),
    (ORANGE, "-.", "^"),
    (SKY, "-", "v"),
    (GREEN, "--", "P"),
    (PURPLE, ":", "X"),
)
# A colour, a hatch and the colour of the lettering on it, for each thing that happens to an upload.
OUTCOMES = {
    m.CAUGHT: (ACTIVATED, "", "white"),
    m.MISTAKEN: (YELLOW, "//", INK),
    m.MISSED: ("#DDDDDD", "", INK),
    m.BLOCKED: (PASSIVE, "xx", INK),
    m.LEFT: ("#EEEEEE", "", INK),
}
GROUPS = (
    ("copies, the right picture first", ACTIVATED, ""),
    ("copies, another picture first", YELLOW, "//"),
    ("strangers", PASSIVE, "xx"),
)


def score_distributions(panels: dict[str, pd.DataFrame]) -> Described:
    """Scores of first results: of copies with the right answer, of copies with another answer, and of strangers.

    panels: dict from the name of the score to a DataFrame of lessons.copy_detection.judge, whose threshold is drawn
    unless it is NaN. One panel below the other, each with its own scale.
    """
    figure = Figure(figsize=(9, 1.2 + 2.5 * len(panels)), layout="constrained")
    told = []
    for axes, (title, table) in zip(figure.subplots(len(panels), 1, squeeze=False)[:, 0], panels.items(), strict=True):
        table, threshold = table.dropna(subset="score"), table.threshold.iloc[0]
        bins = np.linspace(table.score.min(), table.score.max(), 41)
        groups = _groups(table)
        for (name, colour, hatch), rows in zip(GROUPS, groups, strict=True):
            axes.hist(
                table.score[rows],
                bins,
                histtype="stepfilled",
                fc=(colour, 0.35),
                ec=colour if colour != YELLOW else INK,
                lw=1.4,
                hatch=hatch,
                label=f"{name} ({rows.sum()})",
            )
        said = ", ".join(
            f"{name}: median {table.score[rows].median():.2f}"
            for (name, *_), rows in zip(GROUPS, groups, strict=True)
            if rows.any()
        )
        if np.isfinite(threshold):
            passed = [int((table.score[rows] >= threshold).sum()) for rows in groups]
            axes.axvline(threshold, color=INK, ls="--", lw=2)
            axes.annotate(
                f"threshold {_signed(threshold)}: {passed[0]} right\nand {passed[1] + passed[2]} wrong answers pass",
                (threshold, 0.97),
                xycoords=("data", "axes fraction"),
                xytext=(7, 0),
                textcoords="offset points",
                va="top",
                fontsize=11,
            )
            said += f"; at {threshold:.2f}, {passed[0]} right answers pass and {passed[1] + passed[2]} wrong ones"
        axes.set_xlabel(title, fontsize=11)
        axes.set_ylabel("uploads", fontsize=11)
        tidy(axes)
        told.append(f"{title}: {said}")
    axes = figure.axes[0]
    axes.set_ylim(0, 1.12 * axes.get_ylim()[1])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncol=3, frameon=False, fontsize=11)
    return Described(figure, f"Histograms of the scores of first results. {'. '.join(told)}.")


def _signed(value, plus=False):
    """A number with two decimals and a true minus sign."""
    return f"{value:{'+' if plus else ''}.2f}".replace("-", "−")


def _groups(table):
    copy = table["copy"].to_numpy()
    return table.right.to_numpy(), copy & ~table.right.to_numpy(), ~copy


def precision_recall_curves(
    curves: dict[str, tuple[pd.DataFrame, float, float, float]], precision: float = 0.9
) -> Described:
    """Precision against recall as the threshold falls, with micro-AP, its interval and the recall at a precision.

    curves: dict from a label to (DataFrame of evaluation.copy_detection.precision_recall, micro_ap, low, high), at most
    seven.
    """
    if not 1 <= len(curves) <= len(CURVES):
        raise ValueError(f"{len(curves)} curves: expected 1 to {len(CURVES)}, the number of distinct styles")
    figure, axes = new_figure(9, 4.6 + 0.22 * len(curves))
    axes.axhline(precision, color=REFERENCE, lw=1.2)
    note(axes, f"precision {precision:.0%}", (1, precision), (0, 3), ha="right")
    told = []
    for (label, (table, area, low, high)), (colour, line, marker) in zip(curves.items(), CURVES, strict=False):
        axes.plot(
            table.recall,
            table.precision,
            color=colour,
            ls=line,
            lw=2.2,
            label=f"{label}: µAP {area:.2f} [{low:.2f}, {high:.2f}]",
        )
        good = table[(table.precision >= precision) & (table.recall > 0)]
        reached = good.recall.max() if len(good) else 0.0
        if len(good):
            at = good.loc[good.recall.idxmax()]
            axes.plot(at.recall, at.precision, marker, color=colour, mec="white", ms=11, zorder=5, clip_on=False)
        told.append(
            f"{label}: micro-AP {area:.2f} (from {low:.2f} to {high:.2f}), "
            f"recall {reached:.2f} at a precision of {precision:.0%}"
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.03))
    axes.set_xlabel("recall: share of the copies that get a right alarm", fontsize=11)
    axes.set_ylabel("precision:\nshare of alarms that are right", fontsize=11)
    axes.grid(alpha=0.25)
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower center",
        ncol=2 if len(curves) in (2, 4) else 1,
        frameon=False,
        fontsize=11,
    )
    return Described(figure, f"Precision-recall curves. {'; '.join(told)}.")


def normalisation(plain: pd.DataFrame, normalised: pd.DataFrame) -> Described:
    """What score normalisation changes: micro-AP and recall at precision 90 %, one arrow per row.

    plain, normalised: DataFrames of lessons.copy_detection.score_table with the same names.
    """
    names = list(plain.what)
    if list(normalised.what) != names:
        raise ValueError(f"the rows differ: {', '.join(names)} before, {', '.join(normalised.what)} after")
    figure = Figure(figsize=(9, 1.3 + 0.55 * len(names)), layout="constrained")
    told = {name: [] for name in names}
    for axes, (column, label) in zip(
        figure.subplots(1, 2, sharey=True),
        (("micro_ap", "micro-AP"), ("recall_at_p90", "recall at precision 90 %")),
        strict=True,
    ):
        before, after = plain[column].fillna(0), normalised[column].fillna(0)
        rows = np.arange(len(names))
        for row, a, b in zip(rows, before, after, strict=True):
            axes.annotate(
                "", (b, row), (a, row), arrowprops=dict(arrowstyle="-|>", color=REFERENCE, lw=2.5, shrinkA=5, shrinkB=4)
            )
            note(axes, f"{b - a:+.2f}", (max(a, b), row), (10, 0), va="center")
            told[names[row]].append(f"{label} {a:.2f} to {b:.2f}")
        axes.plot(before, rows, PASSIVE_MARKER, mfc="white", mec=INK, mew=1.8, ms=9, label="scores as they are")
        axes.plot(after, rows, ACTIVATED_MARKER, color=GREEN, ms=9, label="normalised")
        axes.set(yticks=rows, yticklabels=names, ylim=(len(names) - 0.5, -0.5), xlim=(0, 1))
        axes.set_xlabel(label, fontsize=11)
        axes.grid(axis="x", alpha=0.25)
        tidy(axes)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncol=2, frameon=False, fontsize=11)
    return Described(
        figure,
        "Before and after score normalisation. "
        + "; ".join(f"{name}: {', '.join(parts)}" for name, parts in told.items())
        + ".",
    )


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
                        bbox=dict(fc=colour, ec="none", pad=1.5) if hatch and inside else None,
                    )
            left += counts
        axes.set(yticks=range(len(table)), yticklabels=table.index, ylim=(len(table) - 0.4, -0.5), xlim=(0, total))
        axes.set_title(f"{total} {name}", fontsize=12, loc="left")
        tidy(axes, "left")
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.18),
            ncol=len(outcomes),
            frameon=False,
            fontsize=11,
            columnspacing=1,
            handlelength=1.4,
        )
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
            colour = GREEN if sign == "✓" else PASSIVE
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
        color=REFERENCE if plain else colour,
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
    axes.imshow(gain, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
    told = []
    for row in table.itertuples():
        y, x = releases.index(row.released), places.index(row.place)
        sign = _sign(row.gain_low, row.gain_high)
        said = (
            f"{sign}{_signed(row.gain, True)}\n[{_signed(row.gain_low, True)}, {_signed(row.gain_high, True)}]"
            if y
            else f"[{_signed(row.low)}, {_signed(row.high)}]"
        )
        ink = "white" if abs(row.gain) > 0.72 * limit else INK
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
