"""The comparison as one run: all methods at each PSNR, and the passive baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from activeindex_lite.comparison.baselines import Passive, passive_baselines
from activeindex_lite.comparison.bench import PUBLISHED, Bench
from activeindex_lite.comparison.equal_cost import equal_cost
from activeindex_lite.index import build_index

if TYPE_CHECKING:
    from activeindex_lite.evaluation.originals import Originals
    from activeindex_lite.extractor import Extractor

# Name -> settings of `activate`, without alpha.
COMPARED = {
    "published, equal channels": dict(weights=(0.25, 0.25, 0.25)),
    "quick": dict(method="quick"),
    "margin": dict(method="margin"),
    "margin, flat bound": dict(method="margin", bound="linf"),
}
FACTORY = "IVF1536,PQ4x8"


@dataclass
class Comparison:
    """What a comparison measured.

    methods: the table of `Bench.methods` at every PSNR; baselines: that of `passive_baselines`; equal_cost: that of
    `equal_cost`, each method beside the best passive index of its cost; both are empty if baselines were not asked for.
    benches: dict from the PSNR to its Bench; left_out: dict from the factory string of a baseline that could not be
    built to the reason; about: what was compared.
    """

    methods: pd.DataFrame
    baselines: pd.DataFrame
    equal_cost: pd.DataFrame = field(default_factory=pd.DataFrame)
    benches: dict[float, Bench] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    about: dict = field(default_factory=dict)


def run_comparison(
    originals: Originals,
    extractor: Extractor,
    factory: str = FACTORY,
    *,
    methods: Mapping[str, dict] | None = None,
    psnrs: Sequence[float] = (43.0,),
    nprobes: Sequence[int] = (1, 16),
    seed: int = 0,
    tolerance: float = 0.05,
    baselines: bool = True,
    progress: bool = False,
) -> Comparison:
    """Activate the same pictures with each method, at the alpha that gives the released pictures the same mean PSNR.

    originals, extractor, nprobes, seed, tolerance: see `Bench`; the seed also trains the index. factory: of the index,
    which is built here. methods: dict from a name to settings of `activate` (None: COMPARED); the published method
    always comes first. psnrs: in dB, at each of which all methods are compared. baselines: whether to measure what
    helps without activation. ValueError for an index that stores vectors exactly, and for a PSNR out of reach.
    """
    index = build_index(factory, originals.train, originals.references, seed=1234 + seed)
    named = {PUBLISHED: {}, **(COMPARED if methods is None else methods)}
    benches = {}
    for psnr in psnrs:
        bench = benches[psnr] = Bench(
            originals, extractor, index, psnr=psnr, nprobes=nprobes, seed=seed, tolerance=tolerance
        )
        for name, settings in tqdm(named.items(), desc=f"methods at {psnr:g} dB", unit="method", disable=not progress):
            bench.measure(name, **settings)
    passive = passive_baselines(bench, progress) if baselines else Passive(pd.DataFrame())
    beside = equal_cost(benches.values(), passive) if baselines else pd.DataFrame()
    about = dict(
        factory=factory,
        pictures=len(originals.pictures),
        references=len(originals.references),
        source=originals.source,
        extractor=extractor.name,
        seed=seed,
    )
    tables = [bench.methods for bench in benches.values()]
    return Comparison(pd.concat(tables, ignore_index=True), passive.table, beside, benches, passive.left_out, about)
