"""Figures of notebook 10: all settings of the what-if lab as time and R@1, and two of them as curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.evaluation.retrieval import MEAN
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    SETTING_NAMES,
    TARGET,
    Described,
    new_figure,
    tidy,
)
from activeindex_lite.sweeps.whatif import SEARCHES, finding, unbeaten

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.sweeps.whatif import Sweep

# A and B look like passive and activated elsewhere: a colour, a marker and a line style each.
LOOKS = {
    "A": dict(color=PASSIVE, marker=PASSIVE_MARKER, ls="--", mfc="white"),
    "B": dict(color=ACTIVATED, marker=ACTIVATED_MARKER, ls="-"),
}
# Bytes per vector whose size of mark a legend shows, and limits of memory, each with a line of its own.
SIZES_SHOWN = (4, 24, 512)
MEMORIES = {8: ("-", "up to 8 bytes per vector"), 24: ("--", "up to 24 bytes"), np.inf: (":", "any")}
# Milliseconds: the one index of the sweep that is slower (RQ without cells) would leave the others no room.
LONGEST_SHOWN = 2.5
MS_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
SEARCH_LABELS = {"nprobe": "nprobe: cells visited", "ef_search": "efSearch: candidates kept"}


def comparison(sweep: Sweep, a: dict, b: dict) -> Described:
    """R@1 of settings a and b over nprobe or efSearch and over alpha, all other parts fixed, both settings marked."""
    sides = {"A": sweep.settled(a), "B": sweep.settled(b)}
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    over_search, over_alpha = figure.subplots(1, 2, sharey=True)
    for side, setting in sides.items():
        searches = [{**setting, **search} for search in sweep.searches(setting["factory"])]
        _curve(over_search, sweep, range(len(searches)), searches, setting, side)
        # Where there is nothing to activate, every alpha settles to 0.
        alphas = sorted({sweep.settled({**setting, "alpha": alpha})["alpha"] for alpha in sweep.axes["alpha"]})
        _curve(over_alpha, sweep, alphas, [{**setting, "alpha": alpha} for alpha in alphas], setting, side)
    label, ticks = _search_axis(sweep, *sides.values())
    over_search.set(xticks=range(len(ticks)), xticklabels=ticks, ylabel="R@1", xlabel=label)
    over_alpha.set(xticks=sweep.axes["alpha"], xlabel="alpha: how far pixels may change (0: passive)")
    over_alpha.xaxis.set_major_formatter("{x:g}")
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(0, 1.03)
        axes.xaxis.label.set_size(11)
        axes.yaxis.label.set_size(11)
        axes.grid(alpha=0.25)
    over_search.legend(loc="lower right", fontsize=10, frameon=False)
    figure.suptitle(
        "\n".join(f"{side}: {said(sweep, setting)}" for side, setting in sides.items()), fontsize=11, x=0.01, ha="left"
    )
    return Described(
        figure,
        f"R@1 over {label} and over alpha. A is {said(sweep, sides['A'])}; B is {said(sweep, sides['B'])}. "
        f"{finding(sweep, a, b)}",
    )


def _search_axis(sweep: Sweep, a: dict, b: dict) -> tuple[str, list[str]]:
    """The label of an axis for the searches of both settings, and its ticks, one per search."""
    both = dict.fromkeys(sweep.effort(setting["factory"]) for setting in (a, b))
    kinds = [kind for kind in both if kind] or ["nprobe"]
    values = [sweep.about[SEARCHES[kind]] for kind in kinds]
    ticks = ["·".join(map(str, place)) for place in zip(*values, strict=True)]
    if len(kinds) == 1:
        return SEARCH_LABELS[kinds[0]], ticks
    return f"{SETTING_NAMES[kinds[0]]} of A · {SETTING_NAMES[kinds[1]]} of B", ticks


def _curve(axes, sweep, places, settings, present, side):
    """R@1 of some settings at their places, with intervals; the present setting large."""
    found, look = [sweep.measured(setting) for setting in settings], LOOKS[side]
    x, r1 = np.array(places), np.array([m["r1"] for m in found])
    low, high = (np.array([m[name] for m in found]) for name in ("low", "high"))
    if len(x) == 1:
        # One search, or nothing to activate: the same value everywhere.
        axes.axhline(r1[0], color=look["color"], ls=look["ls"], lw=1.5)
    axes.errorbar(x, r1, np.maximum([r1 - low, high - r1], 0), ms=5, lw=1.8, elinewidth=1, label=side, **look)
    here = [sweep.settled(setting) for setting in settings].index(present)
    axes.plot(x[here], r1[here], ms=12, **{**look, "ls": ""})


def strengths(sweep: Sweep, a: dict, b: dict, edits: Sequence[str]) -> Described:
    """R@1 of settings a and b under each of the edits, such as one kind from mild to strong."""
    figure, axes = new_figure(7, 3.8)
    told = []
    for side, setting, shift in (("A", a, -0.06), ("B", b, 0.06)):
        found = [sweep.measured({**setting, "edit": edit}) for edit in edits]
        r1, low, high = (np.array([m[name] for m in found]) for name in ("r1", "low", "high"))
        axes.errorbar(
            np.arange(len(edits)) + shift,
            r1,
            np.maximum([r1 - low, high - r1], 0),
            ms=6,
            lw=1.8,
            elinewidth=1,
            label=f"{side}: {released(sweep, setting)}",
            **LOOKS[side],
        )
        told.append(
            f"{side} ({released(sweep, setting)}): "
            + ", ".join(f"{v:.2f} under {edit}" for v, edit in zip(r1, edits, strict=True))
        )
    axes.set(ylim=(0, 1.05), xticks=range(len(edits)), xticklabels=edits)
    axes.set_ylabel("R@1", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(loc="lower left", fontsize=10)
    return Described(figure, f"R@1 under the edits {', '.join(edits)}. {'; '.join(told)}.")


def field(
    sweep: Sweep, target: dict, *, edit: str = MEAN, references: int | None = None, shown: dict[str, dict] | None = None
) -> Described:
    """Every setting at one number of references as time and R@1, with the cheapest one that reaches the target.

    target: dict r1, psnr (dB) and bytes (at most; None: any), as the explorer's; shown: dict from a letter to a
    setting to mark.
    """
    references = references or sweep.axes["references"][-1]
    most = np.inf if target.get("bytes") is None else target["bytes"]
    rows = sweep.table(edit)
    rows = rows[rows.references == references]
    enough = (rows.r1 >= target["r1"] - 1e-9) & (rows.psnr >= target["psnr"]) & (rows.bytes <= most)
    best = sweep.cheapest(target["r1"], target["psnr"], edit=edit, references=references, most_bytes=most)
    figure, axes = new_figure(8, 4.4)
    axes.plot(rows.ms[~enough], rows.r1[~enough], "o", color=NEUTRAL, ms=3, label="not enough")
    axes.plot(rows.ms[enough], rows.r1[enough], "s", color=TARGET, ms=4, label="good enough")
    axes.axhline(target["r1"], color=TARGET, ls="--", lw=1)
    for letter, setting in (shown or {}).items():
        m = sweep.measured(setting)
        axes.plot(m["ms"], m["r1"], ms=9, label=letter, **{**LOOKS[letter], "ls": ""})
    answer = "No setting reaches the target"
    if best:
        m, answer = sweep.measured(best), f"The cheapest: {said(sweep, best, whole=False)}"
        axes.plot(m["ms"], m["r1"], "*", color=TARGET, mec=INK, ms=18, label="the cheapest")
    _time_axis(axes, rows.ms)
    axes.legend(loc="lower right", fontsize=10)
    figure.suptitle(
        f"R@1 of at least {target['r1']:.2f} at {target['psnr']:g} dB or more, {references:,} references, {edit}\n"
        f"{answer}",
        fontsize=11,
        x=0.01,
        ha="left",
    )
    return Described(
        figure,
        f"Time per query and R@1 of {len(rows)} settings with {references:,} references; {int(enough.sum())} of them "
        f"reach an R@1 of {target['r1']:.2f} at {target['psnr']:g} dB or more. {answer}.",
    )


def glance(sweep: Sweep, alpha: float = ALPHA, *, edit: str = MEAN, references: int | None = None) -> Described:
    """Every index at every search as time and R@1: passive beside activated at one alpha, sized by bytes per vector.

    Lines join the settings that no other beats in time and R@1, for each limit of MEMORIES. Searches slower than
    LONGEST_SHOWN lie outside. references: None for the largest number.
    """
    figure, told = Figure(figsize=(9.6, 4.9), layout="constrained"), []
    panels = glanced(sweep, alpha, edit, references)
    shown = np.minimum(panels[0][2].ms, LONGEST_SHOWN)
    for axes, (name, look, rows) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
        rows = rows.sort_values("bytes", ascending=False)
        mark = dict(marker=look["marker"], c="none", edgecolors=look["color"], alpha=0.8, linewidths=1.2)
        axes.scatter(rows.ms, rows.r1, s=sizes(rows.bytes) ** 2, **mark)
        for limit, (line, words) in MEMORIES.items():
            best = front(rows, limit)
            axes.plot(best.ms, best.r1, color=INK, ls=line, lw=1.5, drawstyle="steps-post", label=words)
            ends = [f"R@1 {r.r1:.2f} in {r.ms:.2g} ms ({searched(sweep, r)})" for _, r in best.iloc[[0, -1]].iterrows()]
            told.append(f"{name}, {words}: from {' to '.join(ends)}")
        _time_axis(axes, shown)
        axes.set(xlim=(shown.min() / 1.2, LONGEST_SHOWN), ylim=(0.2, 1.02))
        axes.set_title(name, fontsize=12, loc="left")
        axes.grid(alpha=0.25)
        tidy(axes)
    figure.axes[1].set_ylabel("")
    for size in SIZES_SHOWN:
        look = dict(c="none", edgecolors=NEUTRAL, label=f"{size} bytes")
        figure.axes[0].scatter([], [], s=float(sizes(size)) ** 2, **look)
    figure.axes[0].legend(loc="lower right", fontsize=10)
    return Described(figure, f"Time per query and R@1 of every index, and what nothing beats. {'. '.join(told)}.")


def glanced(sweep: Sweep, alpha: float, edit: str, references: int | None) -> list[tuple[str, dict, pd.DataFrame]]:
    """(name, look, rows of `Sweep.table`) of passive pictures and of those activated at alpha in the most steps."""
    at = sweep.settled({"alpha": alpha, "edit": edit, **({} if references is None else {"references": references})})
    rows = sweep.table(edit)
    rows = rows[rows.references == at["references"]]
    activated = rows[(rows.alpha == at["alpha"]) & (rows.steps == at["steps"])]
    return [("passive", LOOKS["A"], rows[rows.alpha == 0]), (f"activated, alpha {alpha:g}", LOOKS["B"], activated)]


def front(rows: pd.DataFrame, most_bytes: float) -> pd.DataFrame:
    """The rows of at most so many bytes per vector that no other of these beats in ms and r1, the quickest first."""
    rows = rows[rows.bytes <= most_bytes]
    return rows[unbeaten(rows.ms, rows.r1)].drop_duplicates(["ms", "r1"]).sort_values("ms")


def sizes(bytes_per_vector: float | np.ndarray | pd.Series) -> np.ndarray:
    """The diameter of marks: 5 for 4 bytes per vector, 1.5 more for each doubling."""
    return 5 + 1.5 * np.log2(np.asarray(bytes_per_vector, float) / 4)


def _time_axis(axes, ms):
    """Milliseconds on a log scale below, R@1 from 0 to 1 at the side."""
    axes.set_xscale("log")
    ticks = [t for t in MS_TICKS if ms.min() / 1.3 <= t <= 1.3 * ms.max()]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set(ylim=(0, 1.03))
    axes.set_xlabel("ms per query", fontsize=11)
    axes.set_ylabel("R@1", fontsize=11)


def said(sweep: Sweep, setting: dict, whole: bool = True) -> str:
    """A setting with what it reaches, in a few words; whole: with its references and edit."""
    s, m = sweep.settled(setting), sweep.measured(setting)
    among = f", {s['references']:,} references, {s['edit']}" if whole else ""
    return f"{released(sweep, s)}{among}: R@1 {m['r1']:.2f}, {m['ms']:.2g} ms, {m['bytes']:g} bytes"


def released(sweep: Sweep, setting: dict) -> str:
    """Index, search and release of a setting, in a few words."""
    s = sweep.settled(setting)
    return named(sweep, s, sweep.measured(s)["psnr"])


def named(sweep: Sweep, s: dict, psnr: float) -> str:
    """`released` for a settled setting whose PSNR (dB) is known."""
    if not s["alpha"]:
        return f"{searched(sweep, s)}, passive"
    steps = f"{s['steps']} step{'s' if s['steps'] > 1 else ''}"
    return f"{searched(sweep, s)}, alpha {s['alpha']:g} in {steps}, {psnr:.1f} dB"


def searched(sweep: Sweep, s: dict) -> str:
    """Index and nprobe or efSearch of a settled setting."""
    kind = sweep.effort(s["factory"])
    return s["factory"] + (f", {SETTING_NAMES[kind]} {s[kind]}" if kind else "")
