"""Compares simulated references with real ones: distances, cells, and R@1 with 40,000 references of either kind.

    python -m benchmarks.realism [--out FILE.csv]

The simulations were fitted to the training features alone and never saw the real references. There are three models:
one Gaussian; one Gaussian in each of 512 k-means cells; and the one in use, a Gaussian in the 20 nearest neighbours of
each feature. Training features in place of references show how much two sets of real pictures differ. (The cell of a
query does not depend on the references, so the share of queries that keep their original's cell is the same for all.)
"""

import argparse
import sys
from pathlib import Path

import faiss
import numpy as np
import pandas as pd
from tqdm import tqdm

from activeindex_lite import build_index, load_queries
from activeindex_lite.evaluation import first_is_original, intervals
from activeindex_lite.world.simulated import ready_simulation

FACTORY, KEPT = "IVF1536,PQ4x8", 10_000
SEARCHES = {"r1_nprobe1": (FACTORY, 1), "r1_nprobe16": (FACTORY, 16), "r1_brute": ("Flat", 1)}
CELLS, SHRINK = 512, 16


def gaussians(features, n, rng, cells=CELLS, shrink=SHRINK):
    """n unit vectors from a Gaussian in each k-means cell, (n, d) float32.

    A cell of m features weighs its own covariance m / (m + shrink) and the pooled one shrink / (m + shrink).
    """
    clustering = faiss.Kmeans(
        features.shape[1], cells, niter=15, seed=1, min_points_per_centroid=1, max_points_per_centroid=len(features)
    )
    clustering.train(features)
    cell = clustering.index.search(features, 1)[1][:, 0]
    groups = [features[cell == c] for c in range(cells)]
    own = [np.cov(group.T, bias=True) if len(group) else 0 for group in groups]
    within = sum(len(group) * covariance for group, covariance in zip(groups, own)) / len(features)
    drawn = rng.multinomial(n, [len(group) / len(features) for group in groups])
    x = np.concatenate(
        [
            rng.multivariate_normal(
                group.mean(0), (len(group) * covariance + shrink * within) / (len(group) + shrink), size, method="eigh"
            )
            for group, covariance, size in zip(groups, own, drawn)
            if size
        ]
    ).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def models(world, n):
    """Name -> function from a seed to n features that replace references."""
    return {
        "training features": lambda seed: np.random.default_rng(seed).choice(world.train, n, replace=False),
        "one Gaussian": lambda seed: gaussians(world.train, n, np.random.default_rng(seed), cells=1),
        f"{CELLS} cells": lambda seed: gaussians(world.train, n, np.random.default_rng(seed)),
        "20 neighbours": lambda seed: ready_simulation().rows(n, seed=seed),
    }


class Comparison:
    """The ready world with its queries, an index, and the 10,000 real references that are always stored."""

    def __init__(self, seed=0):
        self.queries = load_queries()
        world, ids = self.queries.world, self.queries.ids
        others = np.random.default_rng(seed).permutation(np.setdiff1d(np.arange(len(world.references)), ids))
        order = np.concatenate([ids, others])
        self.kept, self.rest = world.references[order[:KEPT]], world.references[order[KEPT:]]
        self.searched = np.concatenate(list(self.queries.features.values()))
        self.truth = np.tile(np.arange(len(ids)), len(self.queries.features))
        self.indexes = {factory: build_index(factory, world.train) for factory in (FACTORY, "Flat")}

    def hits(self, references):
        """Search -> R@1 per picture, mean over its edits, (200,): the index stores the 10,000 kept references and
        these.
        """
        for index in self.indexes.values():
            index.reset()
            index.add(self.kept)
            index.add(references)
        return {
            name: first_is_original(self.indexes[factory], self.searched, self.truth, nprobe)
            .reshape(-1, len(self.queries.ids))
            .mean(0)
            for name, (factory, nprobe) in SEARCHES.items()
        }

    def distances(self, references, n=2000):
        """Distances from real references to these, among these, and to centroids; how evenly these fill the cells."""
        to = np.sqrt(faiss.knn(self.kept[:n], references, 10)[0])
        among = np.sqrt(np.maximum(faiss.knn(references[:n], references, 2)[0][:, 1], 0))
        squared, cell = self.indexes[FACTORY].faiss.quantizer.search(references, 1)
        share = np.bincount(cell[:, 0], minlength=self.indexes[FACTORY].nlist) / len(references)
        return dict(
            nearest=to[:, 0].mean(),
            nearest_sd=to[:, 0].std(),
            tenth=to[:, 9].mean(),
            among=among.mean(),
            centroid=np.sqrt(squared).mean(),
            imbalance=len(share) * (share**2).sum(),
        )


def compare(seeds=3, progress=True):
    """One row per model: distances, imbalance (1: equal cells), R@1, and its difference from real references.

    The differences have 95 % intervals.
    """
    comparison = Comparison()
    real = comparison.hits(comparison.rest)
    rows = [
        dict(
            references="real",
            **comparison.distances(comparison.rest),
            **{name: hits.mean() for name, hits in real.items()},
        )
    ]
    for model, draw in tqdm(models(comparison.queries.world, len(comparison.rest)).items(), disable=not progress):
        drawn = [draw(seed) for seed in range(seeds)]
        row = dict(references=model, **comparison.distances(drawn[0]))
        found = [comparison.hits(references) for references in drawn]
        for name in SEARCHES:
            hits = np.mean([one[name] for one in found], 0)
            low, high = intervals((hits - real[name])[:, None], np.random.default_rng(0))
            row |= {
                name: hits.mean(),
                f"{name}_less_real": (hits - real[name]).mean(),
                f"{name}_low": low[0],
                f"{name}_high": high[0],
            }
        rows.append(row)
    few = comparison.hits(comparison.rest[:1])
    return pd.DataFrame(
        [dict(references="10,000 real alone", **{name: hits.mean() for name, hits in few.items()}), *rows]
    )


def main(arguments=None):
    """Print the comparison, and write it to --out if given; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.realism", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", metavar="FILE.csv", type=Path, help="write the table there as well")
    options = parser.parse_args(arguments)
    if options.out and options.out.exists():
        print(f"benchmarks.realism: {options.out} exists: name another file", file=sys.stderr)
        return 2
    table = compare()
    print(table.set_index("references").T.to_string(float_format="{:.4f}".format))
    if options.out:
        table.to_csv(options.out, index=False, float_format="%.5g")
    return 0


if __name__ == "__main__":
    sys.exit(main())
