"""Activation against the best passive index of at most its cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite.comparison.baselines import AS_IT_IS, PROBES
from activeindex_lite.evaluation import paired_gain

if TYPE_CHECKING:
    from activeindex_lite.comparison.baselines import Passive
    from activeindex_lite.comparison.bench import Bench

# Two measurements of one and the same search differ by up to this factor.
SAME_MS = 1.1
BEST = ("baseline", "index", "search", "bytes", "ms", "r1")


def equal_cost(benches: Iterable[Bench], passive: Passive) -> pd.DataFrame:
    """Each activated release beside the passive index that finds most at this cost: a DataFrame, one row per release.

    benches: on the same pictures, index and nprobes as `passive`, at one or several PSNRs. Columns: target (dB),
    method, nprobe, bytes, ms and r1 of the activated pictures in their index; best_baseline, best_index, best_search,
    ... of the row of `passive.table` with the largest R@1 among those of at most these bytes and these ms (up to
    SAME_MS); over (over_low, over_high), R@1 of activation minus that of the best passive index, with the 95 %
    interval, paired by pictures. The best one is chosen on the very copies that are reported, which favours the
    passive side.
    """
    rows = []
    for bench in benches:
        for method in dict.fromkeys(bench.methods.method):
            rows += [_row(bench, method, nprobe, passive) for nprobe in bench.nprobes]
    return pd.DataFrame(rows)


def best_passive(passive: Passive, nprobe: int) -> tuple[int, int]:
    """Places in `passive.table`: of the index under comparison at this nprobe, and of the best one at its cost."""
    table = passive.table
    own = table.index[table.baseline.isin([AS_IT_IS, PROBES]) & (table.nprobe == nprobe)][0]
    cheap = table[(table.bytes <= table.bytes[own]) & (table.ms <= SAME_MS * table.ms[own])]
    return own, cheap.r1.idxmax()


def _row(bench: Bench, method: str, nprobe: int, passive: Passive) -> dict:
    own, best = best_passive(passive, nprobe)
    gain = paired_gain(passive.hits[best], bench.hits[method, nprobe], np.random.default_rng(bench.seed))
    return dict(
        target=bench.psnr,
        method=method,
        nprobe=nprobe,
        bytes=passive.table.bytes[own],
        ms=passive.table.ms[own],
        r1=gain["activated"],
        **{f"best_{name}": passive.table[name][best] for name in BEST},
        over=gain["gain"],
        over_low=gain["low"],
        over_high=gain["high"],
    )
