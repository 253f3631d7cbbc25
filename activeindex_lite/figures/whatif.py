"""Figures of notebook 10: two settings of the what-if lab as curves, and all settings as time and R@1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.evaluation.retrieval import MEAN
from activeindex_lite.figures.style import (
    ACTIVATED,
    ACTIVATED_MARKER,
    INK,
    NEUTRAL,
    PASSIVE,
    PASSIVE_MARKER,
    TARGET,
    Described,
    new_figure,
)
from activeindex_lite.sweeps.whatif import finding

if TYPE_CHECKING:
    from activeindex_lite.sweeps.whatif import Sweep

# A and B look like passive and activated elsewhere: a colour, a marker and a line style each.
LOOKS = {
    "A": dict(color=PASSIVE, marker=PASSIVE_MARKER, ls="--", mfc="white"),
    "B": dict(color=ACTIVATED, marker=ACTIVATED_MARKER, ls="-"),
}
MS_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
LABELS = {"nprobe": "nprobe: cells visited", "alpha": "alpha: how far pixels may change (0: passive)"}


def comparison(sweep: Sweep, a: dict, b: dict) -> Described:
    """R@1 of settings a and b over nprobe and over alpha, with all other parts fixed and both settings marked."""
    sides = {"A": sweep.settled(a), "B": sweep.settled(b)}
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    for axes, key in zip(figure.subplots(1, 2, sharey=True), ("nprobe", "alpha"), strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        for side, setting in sides.items():
            _curve(axes, sweep, setting, key, side)
        values = sweep.axes[key]
        if key == "nprobe":
            axes.set_xscale("log", base=2)
        axes.set(ylim=(0, 1.03), xticks=values, xticklabels=[f"{v:g}" for v in values])
        axes.minorticks_off()
        axes.set_xlabel(LABELS[key], fontsize=11)
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylabel("R@1", fontsize=11)
    figure.axes[0].legend(loc="lower right", fontsize=10, frameon=False)
    figure.suptitle(
        "\n".join(f"{side}: {said(sweep, setting)}" for side, setting in sides.items()), fontsize=11, x=0.01, ha="left"
    )
    return Described(
        figure,
        f"R@1 over nprobe and over alpha. A is {said(sweep, sides['A'])}; B is {said(sweep, sides['B'])}. "
        f"{finding(sweep, a, b)}",
    )


def _curve(axes, sweep, setting, key, side):
    settled = {value: sweep.settled({**setting, key: value}) for value in sweep.axes[key]}
    settings = [found for value, found in settled.items() if found[key] == value]
    found = [sweep.measured(s) for s in settings]
    x, r1 = np.array([s[key] for s in settings]), np.array([m["r1"] for m in found])
    low, high = (np.array([m[name] for m in found]) for name in ("low", "high"))
    look = LOOKS[side]
    if len(x) == 1:
        # No cells, or nothing to activate: the same value everywhere.
        axes.axhline(r1[0], color=look["color"], ls=look["ls"], lw=1.5)
    axes.errorbar(x, r1, np.maximum([r1 - low, high - r1], 0), ms=5, lw=1.8, elinewidth=1, label=side, **look)
    here = settings.index(next(s for s in settings if s[key] == sweep.settled(setting)[key]))
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
    axes.set_xscale("log")
    ticks = [t for t in MS_TICKS if rows.ms.min() / 1.3 <= t <= 1.3 * rows.ms.max()]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set(ylim=(0, 1.03))
    axes.set_xlabel("ms per query", fontsize=11)
    axes.set_ylabel("R@1", fontsize=11)
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


def said(sweep: Sweep, setting: dict, whole: bool = True) -> str:
    """A setting with what it reaches, in a few words; whole: with its references and edit."""
    s, m = sweep.settled(setting), sweep.measured(setting)
    among = f", {s['references']:,} references, {s['edit']}" if whole else ""
    return f"{released(sweep, s)}{among}: R@1 {m['r1']:.2f}, {m['ms']:.2g} ms, {m['bytes']:g} bytes"


def released(sweep: Sweep, setting: dict) -> str:
    """Index, nprobe and release of a setting, in a few words."""
    s = sweep.settled(setting)
    return named(sweep, s, sweep.measured(s)["psnr"])


def named(sweep: Sweep, s: dict, psnr: float) -> str:
    """`released` for a settled setting whose PSNR (dB) is known."""
    has_cells = sweep.nlist[sweep.about["factories"].index(s["factory"])]
    searched = s["factory"] + (f", nprobe {s['nprobe']}" if has_cells else "")
    if not s["alpha"]:
        return f"{searched}, passive"
    steps = f"{s['steps']} step{'s' if s['steps'] > 1 else ''}"
    return f"{searched}, alpha {s['alpha']:g} in {steps}, {psnr:.1f} dB"
