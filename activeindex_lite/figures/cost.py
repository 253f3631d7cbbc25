"""Time and memory of brute force and of indexes as the database grows."""

from matplotlib.figure import Figure

from activeindex_lite.figures.style import ACTIVATED, GREEN, INK, ORANGE, PASSIVE, PURPLE, Described

STYLES = ((PASSIVE, "o"), (ACTIVATED, "D"), (GREEN, "s"), (PURPLE, "^"), (ORANGE, "v"))


def cost_against_size(cost, estimate, talk=None):
    """Milliseconds a search and megabytes against the number of vectors, on logarithmic axes.

    cost: measured (evaluation.cost.cost_by_size), solid; estimate: evaluation.cost.extrapolate, hollow and dashed; talk:
    published.TALK, the paper's talk, as stars, or None. Returns a Described figure.
    """
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    for axes, what, unit, label in zip(figure.subplots(1, 2), ("ms", "bytes"), (1, 1e6), ("ms a search, one thread", "MB of the index"), strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        for (name, table), (colour, marker) in zip(cost.groupby("index", sort=False), STYLES):
            guess = estimate[estimate["index"] == name].iloc[0]
            axes.plot(table.N, table[what] / unit, marker + "-", color=colour, ms=6, label=name)
            axes.plot([table.N.iloc[-1], guess.N], [table[what].iloc[-1] / unit, guess[what] / unit], "--", color=colour, lw=1.2)
            axes.plot(guess.N, guess[what] / unit, marker, color=colour, mfc="white", mew=2, ms=9)
        for name, value in (talk or {}).items():
            axes.plot(value["N"], value[what] / unit, "*", color=INK, ms=15, ls="none", zorder=5)
            axes.annotate(f"talk: {value['said'][what]}", (value["N"], value[what] / unit), xytext=(-10, 7), textcoords="offset points",
                          ha="right", fontsize=11, bbox=dict(fc="white", ec="none", alpha=0.85, pad=1))
        axes.set(xscale="log", yscale="log")
        axes.set_xlabel("N, number of vectors", fontsize=11)
        axes.set_title(label, fontsize=12, loc="left")
        axes.tick_params(labelsize=11)
        axes.grid(alpha=0.25)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncol=4, frameon=False, fontsize=11,
                  title=f"solid: measured, d = {cost.d.iloc[0]}; hollow: estimated for N = {estimate.N.iloc[0]:,}, d = {estimate.d.iloc[0]}",
                  title_fontsize=11)
    last = cost[cost.N == cost.N.max()]
    told = "; ".join(f"{r['index']} {r.ms:.2g} ms and {r.bytes / 1e6:.3g} MB, estimated {g.ms:.2g} ms and {g.bytes / 1e6:.3g} MB"
                     for (_, r), (_, g) in zip(last.iterrows(), estimate.iterrows(), strict=True))
    return Described(figure, f"Time and memory against the number of vectors. At {cost.N.max():,} vectors measured, and estimated for "
                             f"{estimate.N.iloc[0]:,} of {estimate.d.iloc[0]} dimensions: {told}.")
