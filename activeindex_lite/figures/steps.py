"""Notebook 10 and the documentation: what an activation gains for the work it takes, at equal PSNR."""

from __future__ import annotations

import pandas as pd

from activeindex_lite.figures.style import ACTIVATED, NEUTRAL, SERIES, Described, new_figure

LOOKS = {"published": (ACTIVATED, "D", "-"), "quick": SERIES[0], "margin": SERIES[1]}


def gain_over_passes(table: pd.DataFrame, nprobe: int = 1) -> Described:
    """Gain in R@1 over passive pictures against passes of the network: a line per method, thin ones per seed.

    table: of `sweeps.steps.load_steps`.
    """
    table = table[table.nprobe == nprobe]
    figure, axes = new_figure(9, 4.2)
    told = []
    for method, rows in table.groupby("method", sort=False):
        colour, marker, line = LOOKS[method]
        for _, one in rows.groupby("seed"):
            axes.plot(one.passes, one.gain, line, color=colour, lw=1, alpha=0.4)
        mean = rows.groupby("passes")[["gain", "steps"]].mean()
        axes.plot(mean.index, mean.gain, marker + line, color=colour, ms=8, lw=2, label=method)
        for passes, gain, steps in mean.itertuples():
            axes.annotate(f"{steps:.0f}", (passes, gain), (0, 9), textcoords="offset points", ha="center", fontsize=10)
        told.append(f"{method}: " + ", ".join(f"{gain:+.3f} after {p:g} passes" for p, gain in mean.gain.items()))
    reference = table[(table.method == "published") & (table.steps == table.steps.max())].gain.mean()
    axes.axhline(reference, color=NEUTRAL, ls=":", lw=1.5, label="published, 10 steps")
    axes.set(ylim=(0, None), xlim=(0, None))
    axes.set_xlabel("passes of the network per picture (numbers: steps)", fontsize=11)
    axes.set_ylabel(f"gain in mean R@1, nprobe {nprobe}", fontsize=11)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=11)
    at = f"{table.psnr.mean():.1f} dB, {table.seed.nunique()} x {table.attrs.get('pictures', '?')} pictures"
    return Described(figure, f"Gain in mean R@1 at nprobe {nprobe} against the work, at {at}. {'; '.join(told)}.")
