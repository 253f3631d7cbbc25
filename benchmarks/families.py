"""Every family of index that faiss's factory makes: is it activated rightly, or refused with a reason?

    python -m benchmarks.families [--out FILE] [--only IVF256,RaBitQ ...]

One row per factory string: kind of target, R@1 of passive copies, and the paired gain of the published and of the margin
method with their 95 % intervals. 48 references of the ready world under five edits, among 20,000 references, alpha 3.
Indexes with cells visit 1 of them; a graph keeps 64 candidates. Rows are appended to FILE as they are measured, and a
second call measures only those that it lacks.
"""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from activeindex_lite import activate, build_index, load_extractor, load_world
from activeindex_lite.evaluation import edited_features, hit_table, paired_gain
from activeindex_lite.index.searching import graph

# By kind: exact, without cells, with a transform, with cells, graphs, with a second stage.
FACTORIES = tuple(
    """
    Flat LSH LSHr LSHt LSHrt PCA64,LSH ITQ64,LSH RR64,LSH
    PQ4x8 PQ8x8 PQ16x4 PQ8x6 PQ4x10 PQ8x8np PQ16x4fs PQ16x4fsr OPQ8_64,PQ8x8 OPQ16_64,PQ16x4fs PCA64,PQ8x8 PCAR64,PQ8x8
    PCAW64,PQ8x8 RR64,PQ8x8 L2norm,PQ8x8 Pad144,PQ8x8
    RQ4x8 RQ8x4 LSQ4x8 PRQ2x2x8 PLSQ2x2x8 RQ4x4fs LSQ8x4fs PRQ2x2x4fs PLSQ2x2x4fs RQ4x8_Nqint8 ZnLattice16x10_6
    SQ4 SQ6 SQ8 SQfp16 SQbf16 SQ8_direct SQ8_direct_signed PCA32,SQ4
    RaBitQ RaBitQ2 RaBitQ4 RaBitQfs RaBitQfs4 RR128,RaBitQ PCA64,RaBitQ4
    IVF256,Flat IVF256,FlatDedup IVF256,FlatPanorama4 IVF256,PQ4x8 IVF256,PQ8x4 IVF256,PQ8x4fs IVF256,PQ8x4fsr IVF256,PQ4x8np
    OPQ8_64,IVF256,PQ8x8 PCA64,IVF256,PQ8x8 PCA64,IVF256,Flat L2norm,IVF256,PQ4x8 IVF256,PQ4x8+8
    IVF256,SQ4 IVF256,SQ8 IVF256,SQfp16 IVF256,RQ4x8 IVF256,LSQ4x8 IVF256,PRQ2x2x8 IVF256,PLSQ2x2x8 IVF256,RQ8x4fs
    IVF256,RaBitQ IVF256,RaBitQ2 IVF256,RaBitQ4 IVF256,RaBitQfs IVF256,RaBitQfs4 RR128,IVF256,RaBitQ IVF256,ITQ64,LSH
    IVF256_HNSW16,PQ4x8 IVF256(PQ16x8),PQ4x8 IVF256(RCQ2x4),PQ4x8 IMI2x4,PQ8x8 IMI2x4,Flat Residual2x4,PQ8x8 Residual256,Flat
    HNSW16,Flat HNSW16,PQ8 HNSW16,PQ8x8 HNSW16,SQ4 HNSW16,SQ8 HNSW16,RaBitQ HNSW16_8x8 NSG16,Flat NSG16,PQ8
    PQ8x8,RFlat PQ8x8,Refine(SQ8) IVF256,PQ4x8,RFlat IVF256,PQ4x8fs,RFlat IVF256,PQ8x4fs,RFlat IVF256,RaBitQ,RFlat IVF256,Flat,RFlat
    HNSW16,PQ8,RFlat IDMap,Flat IVF256,TurboQ4
    """.split()
)
EDITS = ("Identity", "Contrast 2", "JPEG 50", "Rotation 25", "Crop 0.5")
ORIGINALS, REFERENCES, TRAIN, EF_SEARCH = 48, 20_000, 20_000, 64
METHODS = ("published", "margin")
COLUMNS = ("index", "family", "bytes", "target", "passive") + tuple(
    f"{method}{part}" for method in METHODS for part in ("", " low", " high")
)


class World:
    """Pictures, their features and passive copies, made once for all families."""

    def __init__(self):
        world, self.extractor = load_world(), load_extractor("lite")
        self.train, self.references = world.train[:TRAIN], world.references[:REFERENCES]
        self.ids = np.sort(np.random.default_rng(7).choice(REFERENCES, ORIGINALS, replace=False))
        self.pictures, self.features = world.pictures(self.ids), self.references[self.ids]
        self.passive = self.copies(self.pictures)

    def copies(self, pictures) -> dict[str, np.ndarray]:
        return edited_features(pictures, self.extractor, edits=EDITS)


def measure(factory: str, world: World) -> dict:
    """One row of the table; where the index or its activation is refused, the reason stands in "target"."""
    try:
        index = build_index(factory, world.train, world.references)
    except ValueError as refused:
        return {"index": factory, "target": f"not built: {refused}"}
    if graph(index.faiss) is not None:
        index.ef_search = EF_SEARCH
    before = hit_table(index, world.passive, world.ids)
    row = {"index": factory, "family": index.family, "bytes": index.bytes_per_vector, "passive": before.mean(axis=None)}
    try:
        row["target"] = index.targets(world.features[:1]).kind
        for method in METHODS:
            released = activate(world.pictures, index, world.extractor, method=method, features=world.features).pictures
            gain = paired_gain(before, hit_table(index, world.copies(released), world.ids))
            row |= {method: gain["gain"], f"{method} low": gain["low"], f"{method} high": gain["high"]}
    except ValueError as refused:
        row["target"] = f"not activated: {refused}"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("families.csv"), help="the table (default families.csv)")
    parser.add_argument("--only", nargs="+", default=FACTORIES, metavar="FACTORY", help="these strings only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    there = set(pd.read_csv(options.out)["index"]) if options.out.exists() else set()
    world = World()
    with open(options.out, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if not there:
            writer.writeheader()
        for factory in options.only:
            if factory in there:
                continue
            row = measure(factory, world)
            writer.writerow({key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()})
            file.flush()
            print(*(row.get(column, "") for column in COLUMNS), sep="  ", file=sys.stderr)
    print(pd.read_csv(options.out).to_string())


if __name__ == "__main__":
    main()
