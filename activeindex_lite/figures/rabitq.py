"""Figures of notebook 03, last part: distances estimated from one bit per dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from activeindex_lite.figures.style import INK, SERIES, Described, note, tidy

if TYPE_CHECKING:
    from activeindex_lite.scratch import PQ, RaBitQ


def estimates_against_truth(rabitq: RaBitQ, pq: PQ, x: np.ndarray, queries: np.ndarray) -> Described:
    """Squared distances computed from codes against the true ones, by RaBitQ and by a product quantizer.

    rabitq: scratch.RaBitQ that stores x (N, d); pq: scratch.PQ; queries: (Q, d).
    """
    true = np.square(queries[:, None] - x[None]).sum(2)
    computed = {
        f"RaBitQ, {rabitq.d // 8 + 8} bytes": rabitq.estimates(queries),
        f"PQ, {pq.M} bytes": np.square(queries[:, None] - pq.decode(pq.encode(x))[None]).sum(2),
    }
    figure, told = Figure(figsize=(9, 4.4), layout="constrained"), []
    ends = [min(true.min(), *(each.min() for each in computed.values())), true.max() * 1.1]
    panels = zip(figure.subplots(1, 2, sharey=True), computed.items(), SERIES)
    for axes, (name, distances), (colour, marker, _) in panels:
        off = distances - true
        axes.plot(true.ravel(), distances.ravel(), marker, color=colour, ms=3, alpha=0.35, mec="none")
        axes.plot(ends, ends, color=INK, lw=1.5)
        axes.set_title(f"{name}:\noff by {off.mean():+.2f} on average, ± {off.std():.2f}", fontsize=12, loc="left")
        axes.set(xlim=(true.min() - 0.1, ends[1]), ylim=(ends[0] - 0.1, ends[1]))
        axes.set_xlabel("true squared distance", fontsize=11)
        tidy(axes)
        told.append(f"{name}: off by {off.mean():+.2f} on average, standard deviation {off.std():.2f}")
    figure.axes[0].set_ylabel("computed from the code", fontsize=11)
    note(figure.axes[0], "equal", (ends[1], ends[1]), (-6, -28), ha="right")
    return Described(figure, f"Squared distances computed from codes against the true ones. {'; '.join(told)}.")
