"""Notebook 08: an evaluation on a few originals, what edits do to copies, and how a result can flatter or scatter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite import activation
from activeindex_lite.evaluation.cells import cell_visited
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import hit_table, intervals
from activeindex_lite.evaluation.tables import Measured, mean_table
from activeindex_lite.index import build_index
from activeindex_lite.index.ready import trained_index
from activeindex_lite.lessons.activation import three_terms
from activeindex_lite.lessons.examples import NO_INDEX, Examples
from activeindex_lite.support.waiting import waiting
from activeindex_lite.sweeps.strengths import INDEXES, TARGET, strength_curves
from activeindex_lite.world import load_world

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex


@dataclass(frozen=True)
class Lesson:
    """What `measure_lesson` measures, as DataFrames.

    means: R@1 of each index and nprobe, passive and activated, the gain with its interval, the paper's values, ms per
    search and bytes per vector; retrieval, quality: as in the demonstration; curves: as from
    sweeps.strengths.strength_curves; effects: as from `edit_effects`, for the index sweeps.strengths.TARGET. hits: hit
    tables (see `hit_table`) by (index, nprobe, activated); examples: the copies behind them.
    """

    means: pd.DataFrame
    retrieval: pd.DataFrame
    quality: pd.DataFrame
    curves: pd.DataFrame
    effects: pd.DataFrame
    hits: dict[tuple, pd.DataFrame]
    examples: Examples


def measure_lesson(
    ids: np.ndarray,
    families: dict[str, tuple[str, Sequence[int]]],
    sweeps: dict[str, Sequence[float] | None],
    seed: int = 0,
) -> Lesson:
    """Activate references of the ready world for each index, and measure.

    ids: (N,) ids of the originals; families: dict name -> (faiss factory string, values of nprobe), with "No index" and
    sweeps.strengths.TARGET among the names; sweeps: as for `strength_curves`.
    """
    world = load_world()
    # Indexes first, so that the memory of their training is free again before torch is loaded.
    indexes = {name: trained_index(factory).refilled(world.references) for name, (factory, _) in families.items()}
    from activeindex_lite.extractor import load_extractor

    extractor, measured = load_extractor("lite"), Measured(seed)
    pictures, x, few = world.pictures(ids), world.references[ids], dict(seed=seed, batch_size=8)
    passive, released = edited_features(pictures, extractor, **few), {None: pictures}
    for name in waiting(list(families), "activating for, and searching in,"):
        nprobes = families[name][1]
        measured.searches(name, indexes[name], nprobes, False, passive, ids)
        if name == NO_INDEX:
            continue
        run = activation.activate(pictures, indexes[name], extractor, features=x)
        measured.activation(name, run)
        active = edited_features(run.pictures, extractor, **few)
        measured.searches(name, indexes[name], nprobes, True, active, ids)
        released[name] = run.pictures
        if name == TARGET:
            effects = edit_effects(indexes[name], x, ids, passive, active)
    curves = strength_curves(
        sweeps,
        {False: pictures, True: released[TARGET]},
        ids,
        {name: (indexes[name], nprobes) for name, (_, nprobes) in INDEXES.items()},
        extractor,
        seed=seed,
    )
    demo = measured.demo()
    means = mean_table(demo).merge(demo.timing[["index", "nprobe", "ms", "bytes"]].dropna())
    examples = Examples(ids, x, released, indexes, extractor, seed)
    return Lesson(means, demo.retrieval, demo.quality, curves, effects, measured.hits, examples)


def edit_effects(
    index: ActiveIndex,
    x: np.ndarray,
    truth: Sequence[int],
    passive: dict[str, np.ndarray],
    active: dict[str, np.ndarray],
    nprobe: int = 1,
) -> pd.DataFrame:
    """Means over N pictures under each edit: a DataFrame edit, activated, moved, code, rival, stays, r1, r1_all.

    index: an ActiveIndex with cells that stores x (N, d) under the ids truth (N,); passive, active: dict from the
    name of an edit (with "Identity") to features (N, d). With f the copy's feature and q(x) the original's stored
    code: moved: |f - f of the released picture|^2; code: |f - q(x)|^2; rival: squared distance of f to the nearest
    other stored code of any cell; stays: share whose own cell is visited; r1: R@1 at nprobe; r1_all: R@1 with all
    cells visited. A copy is found if its own cell is visited and its own code is nearer than every other code in the
    visited cells.
    """
    q, cells, rows = index.targets(x).points, index.assign(x), []
    terms = three_terms(q, passive, active).groupby(["activated", "edit"])[["shift", "total"]].mean()
    for activated, copies in ((False, passive), (True, active)):
        hits, all_hits = (hit_table(index, copies, truth, n).mean() for n in (nprobe, index.nlist))
        for edit, features in copies.items():
            moved, code = terms.loc[(activated, edit)]
            stays = cell_visited(index, features, cells, nprobe).mean()
            rows.append(
                dict(
                    edit=edit,
                    activated=activated,
                    moved=moved,
                    code=code,
                    rival=nearest_other(index, features, truth).mean(),
                    stays=stays,
                    r1=hits[edit],
                    r1_all=all_hits[edit],
                )
            )
    return pd.DataFrame(rows)


def nearest_other(index: ActiveIndex, features: np.ndarray, truth: Sequence[int]) -> np.ndarray:
    """Squared distance of each feature (N, d) to the nearest stored code other than that of truth (N,): (N,)."""
    distances, ids = index.search(features, 2, index.nlist)
    own_first = ids[:, 0] == np.asarray(truth)
    return np.where(own_first, distances[:, 1], distances[:, 0])


FAIR = "fair"
MILD = ("Identity", "Contrast 0.5", "Brightness 0.5", "JPEG 50", "Resize 0.5")


def flattered(
    index: ActiveIndex,
    queries: dict[str, np.ndarray],
    truth: Sequence[int],
    train: np.ndarray,
    references: np.ndarray,
    *,
    others: int = 800,
    fewer_cells: str = "IVF64,PQ4x8",
    seed: int = 0,
) -> pd.DataFrame:
    """R@1 measured fairly, and with one simplification at a time: a DataFrame way, r1, low, high, gain.

    index: an ActiveIndex with cells, trained on train (n, d), that stores references (N, d); queries: dict from the
    name of an edit to features (Q, d); truth: (Q,) ids of the originals. The simplifications: only the originals and
    `others` more references; an index with fewer cells (a factory string); the same number of training vectors, with
    the references among them; mild edits only. r1: mean over the edits; low, high: 95 % bootstrap interval over
    pictures; gain: r1 minus that of the fair row.
    """
    truth = np.asarray(truth)
    some = np.union1d(
        truth, np.random.default_rng(seed).choice(len(references), min(others, len(references)), replace=False)
    )
    small = index.refilled(references[some])
    # The same number as before, so that the only difference is that they are references.
    mixed = np.concatenate([references, train])[: len(train)]
    hits = {
        FAIR: hit_table(index, queries, truth),
        "few references": hit_table(small, queries, np.searchsorted(some, truth)),
        "fewer, larger cells": hit_table(build_index(fewer_cells, train, references), queries, truth),
        "trained on the references": hit_table(
            build_index(index.factory, mixed, references, seed=index.seed), queries, truth
        ),
        "mild edits only": hit_table(index, {edit: queries[edit] for edit in MILD if edit in queries}, truth),
    }
    rows = [dict(way=way, r1=table.to_numpy().mean(), **_interval(table, seed)) for way, table in hits.items()]
    return pd.DataFrame(rows).assign(gain=lambda t: t.r1 - t.r1[0])


def scatter_of_few(
    hits: pd.DataFrame, sizes: Sequence[int] = (5, 10, 20, 50, 100), draws: int = 8, seed: int = 0
) -> pd.DataFrame:
    """R@1 as measured with fewer pictures: a DataFrame pictures, draw, r1, low, high.

    hits: (Q, edits) table of hits; sizes: numbers of pictures, each at most Q; `draws` samples of each size are drawn
    without replacement.
    """
    if max(sizes) > len(hits):
        raise ValueError(f"sizes={sizes}: expected numbers up to {len(hits)} (the table has {len(hits)} pictures)")
    rng, rows = np.random.default_rng(seed), []
    for size in sizes:
        for draw in range(draws):
            some = hits.iloc[rng.choice(len(hits), size, replace=False)]
            rows.append(dict(pictures=size, draw=draw, r1=some.to_numpy().mean(), **_interval(some, seed)))
    return pd.DataFrame(rows)


def _interval(hits: pd.DataFrame, seed: int) -> dict[str, float]:
    low, high = intervals(hits.mean(axis=1).to_numpy()[:, None], np.random.default_rng(seed))
    return dict(low=low[0], high=high[0])


def ties(
    indexes: dict[str, ActiveIndex], queries: dict[str, np.ndarray], truth: Sequence[int], k: int = 50
) -> pd.DataFrame:
    """R@1 by the treatment of ties for the first place: a DataFrame index, against, as_it_came, in_favour.

    indexes: dict name -> ActiveIndex. against: a tie counts as a miss, as everywhere in this package; as_it_came: the
    first result counts, in the order that faiss happens to give; in_favour: a tie counts as a hit (among the first k
    results).
    """
    rows, truth = [], np.asarray(truth)[:, None]
    for name, index in indexes.items():
        found = [index.search(features, k) for features in queries.values()]
        first = [((ids == truth) & (distances == distances[:, :1])) for distances, ids in found]
        alone = [distances[:, 0] < distances[:, 1] for distances, _ in found]
        rows.append(
            dict(
                index=name,
                against=np.mean([own[:, 0] & one for own, one in zip(first, alone)]),
                as_it_came=np.mean([own[:, 0] for own in first]),
                in_favour=np.mean([own.any(1) for own in first]),
            )
        )
    return pd.DataFrame(rows)
