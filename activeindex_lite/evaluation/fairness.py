"""What makes an evaluation fair: a result flattered in known ways, and how far few pictures scatter."""

import numpy as np

from activeindex_lite.evaluation.retrieval import hit_table, intervals
from activeindex_lite.index import build_index

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
    some = np.union1d(truth, np.random.default_rng(seed).choice(len(references), min(others, len(references)), replace=False))
    small = index.refilled(references[some])
    # As many as before, so that nothing but their being the references differs.
    mixed = np.concatenate([references, train])[: len(train)]
    hits = {
        FAIR: hit_table(index, queries, truth),
        "few references": hit_table(small, queries, np.searchsorted(some, truth)),
        "fewer, larger cells": hit_table(build_index(fewer_cells, train, references), queries, truth),
        "trained on the references": hit_table(build_index(index.factory, mixed, references, seed=index.seed), queries, truth),
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
        rows.append(dict(index=name, against=np.mean([own[:, 0] & one for own, one in zip(first, alone)]),
                         as_it_came=np.mean([own[:, 0] for own in first]), in_favour=np.mean([own.any(1) for own in first])))
    return pd.DataFrame(rows)
