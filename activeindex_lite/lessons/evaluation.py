"""What notebook 07 measures on a few originals: the big table, strength curves and what edits do."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from activeindex_lite.evaluation.cells import cell_visited
from activeindex_lite.evaluation.retrieval import hit_table, intervals
from activeindex_lite.index import build_index
from activeindex_lite.index.ready import trained_index
from activeindex_lite.lessons.activation import three_terms
from activeindex_lite.sweeps.strengths import INDEXES, TARGET, strength_curves
from activeindex_lite.world import load_world


@dataclass(frozen=True)
class Lesson:
    """means: R@1 of each index and number of cells, passive and activated, the gain with its interval, the paper's figures, ms
    a search and bytes a vector; retrieval, quality: as of the demonstration; curves: as of sweeps.strengths; effects: as
    of lessons.evaluation.edit_effects, for sweeps.strengths.TARGET."""

    means: pd.DataFrame
    retrieval: pd.DataFrame
    quality: pd.DataFrame
    curves: pd.DataFrame
    effects: pd.DataFrame


def measure_lesson(ids, families, sweeps, seed=0):
    """Activate references of the ready world for each index and measure: a Lesson.

    ids: (N,) references, the originals; families: dict name -> (faiss factory string, numbers of cells to visit), "No index" and
    sweeps.strengths.TARGET among them; sweeps: dict as of `strength_curves`.
    """
    world = load_world()
    # Indexes first: what their training takes for a while is free again before torch comes.
    indexes = {name: trained_index(factory).refilled(world.references) for name, (factory, _) in families.items()}
    from activeindex_lite.activation import activate
    from activeindex_lite.evaluation import edited_features
    from activeindex_lite.evaluation.tables import Measured, mean_table
    from activeindex_lite.extractor import load_extractor

    extractor, measured = load_extractor("lite"), Measured(seed)
    pictures, x, few = world.pictures(ids), world.references[ids], dict(seed=seed, batch_size=8)
    passive = edited_features(pictures, extractor, **few)
    for name, (_, nprobes) in families.items():
        measured.searches(name, indexes[name], nprobes, False, passive, ids)
        if name == "No index":
            continue
        run = activate(pictures, indexes[name], extractor, features=x, batch_size=2)
        measured.activation(name, run)
        active = edited_features(run.pictures, extractor, **few)
        measured.searches(name, indexes[name], nprobes, True, active, ids)
        if name == TARGET:
            released = {False: pictures, True: run.pictures}
            effects = edit_effects(indexes[name], x, ids, passive, active)
        if name not in INDEXES:
            del indexes[name]  # an index of whole vectors is 26 MB
    curves = strength_curves(
        sweeps,
        released,
        ids,
        {name: (indexes[name], nprobes) for name, (_, nprobes) in INDEXES.items()},
        extractor,
        seed=seed,
    )
    demo = measured.demo()
    means = mean_table(demo).merge(demo.timing[["index", "nprobe", "ms", "bytes"]].dropna())
    return Lesson(means, demo.retrieval, demo.quality, curves, effects)


def edit_effects(index, x, truth, passive, active, nprobe=1):
    """Means over N pictures under each edit: a DataFrame edit, activated, moved, code, rival, stays, r1, r1_all.

    index: an ActiveIndex with cells that stores x (N, d) under the ids truth (N,); passive, active: dict from the name of an edit
    (with "Identity") to features (N, d). f being the copy's feature and q(x) the original's stored code: moved: |f - f of the
    released picture|^2; code: |f - q(x)|^2; rival: the same to the nearest other stored code, whatever its cell; stays: share
    whose own cell is visited; r1: R@1 at nprobe; r1_all: with all cells visited. Distances are squared; a copy is found if its own code is nearer
    than any rival of the visited cells, and if its own cell is one of them.
    """
    import pandas as pd

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


def nearest_other(index, features, truth):
    """Squared distance of each feature (N, d) to the nearest stored code that is not that of truth (N,), all cells visited: (N,)."""
    distances, ids = index.search(features, 2, index.nlist)
    own_first = ids[:, 0] == np.asarray(truth)
    return np.where(own_first, distances[:, 1], distances[:, 0])


FAIR = "fair"
MILD = ("Identity", "Contrast 0.5", "Brightness 0.5", "JPEG 50", "Resize 0.5")


def flattered(index, queries, truth, train, references, *, others=800, fewer_cells="IVF64,PQ4x8", seed=0):
    """R@1 measured as it should be, and with one simplification at a time: a DataFrame way, r1, low, high, gain.

    index: an ActiveIndex with cells, trained on train (n, d) and holding references (N, d); queries: dict from the name of an edit to
    features (Q, d); truth: (Q,) ids of the originals. The ways: only the mild edits; the originals and `others` more as the
    only references; as many training vectors, with the references among them; an index with fewer cells. r1: mean over
    the edits; low, high: 95 % bootstrap over pictures; gain: against the fair row.
    """
    import pandas as pd

    truth = np.asarray(truth)
    some = np.union1d(
        truth, np.random.default_rng(seed).choice(len(references), min(others, len(references)), replace=False)
    )
    small = index.refilled(references[some])
    # As many as before, so that nothing but their being the references differs.
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


def scatter_of_few(hits, sizes=(5, 10, 20, 50, 100), draws=8, seed=0):
    """R@1 as it would have come out with fewer pictures: a DataFrame pictures, draw, r1, low, high.

    hits: (Q, edits) table; sizes: numbers of pictures, each at most Q, drawn without repetition, `draws` times each.
    """
    import pandas as pd

    if max(sizes) > len(hits):
        raise ValueError(f"sizes={sizes}: the table has {len(hits)} pictures; ask for that many at the most")
    rng, rows = np.random.default_rng(seed), []
    for size in sizes:
        for draw in range(draws):
            some = hits.iloc[rng.choice(len(hits), size, replace=False)]
            rows.append(dict(pictures=size, draw=draw, r1=some.to_numpy().mean(), **_interval(some, seed)))
    return pd.DataFrame(rows)


def _interval(hits, seed):
    low, high = intervals(hits.mean(axis=1).to_numpy()[:, None], np.random.default_rng(seed))
    return dict(low=low[0], high=high[0])


def ties(indexes, queries, truth, k=50):
    """What ties for the first place do to R@1: a DataFrame index, against, as_it_came, in_favour.

    indexes: dict name -> ActiveIndex; against: a tie is a miss, as everywhere in this package; as_it_came: the first of the
    list as faiss happens to order it; in_favour: a tie is a hit (seen up to k equal ones).
    """
    import pandas as pd

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
