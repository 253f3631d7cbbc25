"""What each edit does to a feature, and why its copies are then found or lost: one row an edit, passive and activated."""

import numpy as np

from activeindex_lite.evaluation.latent import three_terms
from activeindex_lite.evaluation.retrieval import hit_table


def edit_effects(index, x, truth, passive, active, nprobe=1):
    """Means over N pictures under each edit: a DataFrame edit, activated, moved, code, rival, stays, r1, r1_all.

    index: an ActiveIndex with cells that stores x (N, d) under the ids truth (N,); passive, active: dict from the name of an edit
    (with "Identity") to features (N, d). f being the copy's feature and q(x) the original's stored code: moved: |f - f of the
    released picture|^2; code: |f - q(x)|^2; rival: the same to the nearest other stored code, whatever its cell; stays: share
    whose own cell is visited; r1: R@1 at nprobe; r1_all: with all cells visited. Distances are squared; a copy is found if its own code is nearer
    than any rival of the visited cells, and if its own cell is one of them.
    """
    import pandas as pd

    q, cells, rows = index.targets(x).points, index.assign(x)[:, None], []
    terms = three_terms(q, passive, active).groupby(["activated", "edit"])[["shift", "total"]].mean()
    for activated, copies in ((False, passive), (True, active)):
        hits, all_hits = (hit_table(index, copies, truth, n).mean() for n in (nprobe, index.nlist))
        for edit, features in copies.items():
            moved, code = terms.loc[(activated, edit)]
            stays = (index.probe(features, nprobe) == cells).any(1).mean()
            rows.append(dict(edit=edit, activated=activated, moved=moved, code=code, rival=nearest_other(index, features, truth).mean(),
                             stays=stays, r1=hits[edit], r1_all=all_hits[edit]))
    return pd.DataFrame(rows)


def nearest_other(index, features, truth):
    """Squared distance of each feature (N, d) to the nearest stored code that is not that of truth (N,), all cells visited: (N,)."""
    distances, ids = index.search(features, 2, index.nlist)
    own_first = ids[:, 0] == np.asarray(truth)
    return np.where(own_first, distances[:, 1], distances[:, 0])
