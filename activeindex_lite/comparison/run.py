"""The comparison as one run: all methods at each PSNR, and the passive baselines."""

from dataclasses import dataclass, field

import pandas as pd
from tqdm import tqdm

from activeindex_lite.comparison.baselines import passive_baselines
from activeindex_lite.comparison.bench import PUBLISHED, Bench
from activeindex_lite.index import build_index

# Name -> what `activate` is told, alpha apart.
COMPARED = {
    "published, equal channels": dict(weights=(0.25, 0.25, 0.25)),
    "margin": dict(method="margin"),
    "margin, flat bound": dict(method="margin", bound="linf"),
}
FACTORY = "IVF1536,PQ4x8"


@dataclass
class Comparison:
    """What a comparison measured: `methods`, the table of `Bench.methods` at every PSNR; `baselines`, that of `passive_baselines` (empty
    for an index without cells); `benches`, dict from the PSNR to its Bench; `about`, what was compared.
    """

    methods: pd.DataFrame
    baselines: pd.DataFrame
    benches: dict = field(default_factory=dict)
    about: dict = field(default_factory=dict)


def run_comparison(
    originals,
    extractor,
    factory=FACTORY,
    *,
    methods=None,
    psnrs=(43.0,),
    nprobes=(1, 16),
    seed=0,
    tolerance=0.05,
    baselines=True,
    progress=False,
):
    """Activate the same pictures with each method, each at its own alpha so that the saved pictures have the same mean PSNR.

    originals, extractor, nprobes, seed, tolerance: see `Bench`; factory: of the index, which is built here. methods: dict from
    a name to settings of `activate` (None: COMPARED); the published method, exactly, is put before them. psnrs: dB, at each of
    which all are compared. baselines: whether to measure what helps without activation. Returns a Comparison.
    """
    index = build_index(factory, originals.train, originals.references, seed=1234 + seed)
    benches = {}
    for psnr in psnrs:
        bench = benches[psnr] = Bench(
            originals, extractor, index, psnr=psnr, nprobes=nprobes, seed=seed, tolerance=tolerance
        )
        named = {PUBLISHED: {}, **(COMPARED if methods is None else methods)}
        for name, settings in tqdm(named.items(), desc=f"methods at {psnr:g} dB", unit="method", disable=not progress):
            bench.measure(name, **settings)
    passive = passive_baselines(bench) if baselines and index.nlist else pd.DataFrame()
    about = dict(
        factory=factory,
        pictures=len(originals.pictures),
        references=len(originals.references),
        source=originals.source,
        extractor=extractor.name,
        seed=seed,
    )
    return Comparison(
        pd.concat([bench.methods for bench in benches.values()], ignore_index=True), passive, benches, about
    )
