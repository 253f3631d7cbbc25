"""Every family of index that faiss's factory makes: is it activated rightly, or refused with a reason?

    python -m benchmarks.families [--out FILE] [--only IVF256,RaBitQ ...]

One row per factory string: kind of target, R@1 of passive copies, and the paired gain of the published and of the
margin method with their 95 % intervals. 48 references of the ready world under five edits, among 20,000 references,
alpha 3. Indexes with cells visit 1 of them; a graph keeps 64 candidates. Rows are appended to FILE as they are
measured, and a second call measures only those that it lacks.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from activeindex_lite import activate, build_index, load_extractor, load_world
from activeindex_lite.evaluation import edited_features, hit_table, paired_gain

# Every kind of string that the factory of faiss 1.15 reads; one without a comma takes the place of another's codes too.
KINDS = {
    "exact": "Flat FlatPanorama8 PCA32,Flat NSG16,Flat HNSW16,Flat HNSW16,FlatPanorama8",
    "bits": "LSH LSHr LSHt LSHrt PCA64,LSH ITQ64,LSH RR64,LSH HR128,LSH",
    "product": "PQ4x8 PQ8x8 PQ16x4 PQ8x6 PQ4x10 PQ8x8np PQ16x4fs",
    "transform": "OPQ8_64,PQ8x8 OPQ16_64,PQ16x4fs PCA64,PQ8x8 PCAR64,PQ8x8 PCAW64,PQ8x8 RR64,PQ8x8 L2norm,PQ8x8 "
    "Pad144,PQ8x8 PCA32,SQ4 RR128,RaBitQ PCA64,RaBitQ4",
    "additive": "RQ4x8 RQ8x4 LSQ4x8 PRQ2x2x8 PLSQ2x2x8 RQ4x8_Nqint8 RQ8x4fs_32_Nrq2x4 LSQ8x4fs_32_Nlsq2x4 "
    "PRQ2x4x4fs_32_Nrq2x4 PLSQ2x4x4fs_32_Nlsq2x4",
    "scalar": "ZnLattice16x10_6 SQ4 SQ6 SQ8 SQfp16 SQbf16 SQtq2 SQtq4 SQtqmse1 SQtqmse4 SQ8_direct SQ8_direct_signed",
    "RaBitQ": "RaBitQ RaBitQ2 RaBitQ4 RaBitQfs RaBitQfs4",
    "cells": "IVF256,Flat IVF256,FlatDedup IVF256,FlatPanorama8 PCA64,IVF256,Flat IMI2x4,Flat IVF256,PQ4x8 "
    "IVF256,PQ8x4 IVF256,PQ8x4fs IVF256,PQ8x4fsr IVF256,PQ4x8np IVF256,PQ4+8 OPQ8_64,IVF256,PQ8x8 "
    "PCA64,IVF256,PQ8x8 L2norm,IVF256,PQ4x8 IVF256,SQ4 IVF256,SQ8 IVF256,SQfp16 IVF256,SQtq4 "
    "IVF256,SQtqmse1 IVF256,RQ4x8 IVF256,LSQ4x8 IVF256,PRQ2x2x8 IVF256,PLSQ2x2x8 "
    "IVF256,RQ8x4fs_32_Nrq2x4 IVF256,RaBitQ IVF256,RaBitQ2 IVF256,RaBitQ4 IVF256,RaBitQfs "
    "IVF256,RaBitQfs4 RR128,IVF256,RaBitQ IVF256,ITQ64,SH1.2 IVF256,PCA64,SH1.2 IMI2x4,PQ8x8",
    "coarse": "IVF256_HNSW16,PQ4x8 IVF256_NSG16,PQ4x8 IVF256(PQ2x4),PQ4x8 IVF256(RCQ2x4),PQ4x8 Residual2x4,PQ8 "
    "Residual256,PQ8",
    "graph": "HNSW16,PQ8 HNSW16_PQ8 HNSW16,SQ4 HNSW16,SQ8 HNSW16,RaBitQ HNSW16_2x4+PQ8 NSG16,PQ8",
    "second": "PQ8x8,RFlat PQ8x8,Refine(SQ8) IVF256,PQ4x8,RFlat IVF256,PQ8x4fs,RFlat IVF256,RaBitQ,RFlat "
    "IVF256,Flat,RFlat HNSW16,PQ8,RFlat IVF256,PQ4x8,Refine(PQ8x4)",
    "ids": "IDMap,Flat IDMap2,IVF256,PQ4x8",
}
FACTORIES = tuple(" ".join(KINDS.values()).split())
EDITS = ("Identity", "Contrast 2", "JPEG 50", "Rotation 25", "Crop 0.5")
ORIGINALS, REFERENCES, TRAIN, EF_SEARCH = 48, 20_000, 20_000, 64
METHODS = ("published", "margin")
GAINS = tuple(f"{method}{part}" for method in METHODS for part in ("", " low", " high"))
COLUMNS = ("index", "family", "bytes", "target", "passive", *GAINS)


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
    if index.ef_search is not None:
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


def page(table: pd.DataFrame) -> str:
    """The table as Markdown: what is activated by kind, and what is refused with its reason."""
    order = {factory: place for place, factory in enumerate(FACTORIES)}
    table = table.sort_values("index", key=lambda names: names.map(order))
    lines = ["| index | bytes | target | passive | published: gain | margin: gain |", "|---|---|---|---|---|---|"]
    gains = table[table.published.notna()].set_index("index")
    for name in gains.index:
        row = gains.loc[name]
        told = [f"{row[m]:+.2f} [{row[f'{m} low']:+.2f}, {row[f'{m} high']:+.2f}]" for m in METHODS]
        lines.append(f"| `{name}` | {row.bytes:g} | {row.target} | {row.passive:.2f} | {' | '.join(told)} |")
    lines += ["", "| index | refused | reason |", "|---|---|---|"]
    for row in table[table.published.isna()].rename(columns={"index": "name"}).itertuples():
        kind, _, reason = row.target.partition(": ")
        reason = reason.split(" for d = 128: ")[-1].split(". Strings that work")[0]
        lines.append(f"| `{row.name}` | {kind} | {re.split(r'(?<=[a-z0-9])[.] (?=[A-Z])', reason)[0]} |")
    return re.sub(r"[+-]0[.]00", "0.00", "\n".join(lines))


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
    print(page(pd.read_csv(options.out)))


if __name__ == "__main__":
    main()
