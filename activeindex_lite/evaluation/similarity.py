"""How like a copy is to its original, and to the most similar of all other pictures: what copy detection rests on."""

import numpy as np


def copies_and_impostors(features, truth, references, at_a_time=50):
    """Similarities (cosines) of queries: a DataFrame copy, impostor, a row a query.

    features (Q, d) and references (N, d): unit vectors; truth: (Q,) ids of the originals. copy: similarity to the
    original; impostor: the highest to any other reference. Brute force finds the original where copy > impostor.
    """
    import pandas as pd

    truth = np.asarray(truth)
    if len(truth) != len(features):
        raise ValueError(f"{len(features)} queries but {len(truth)} ids of originals: one id a query is expected")
    copy, impostor = np.empty(len(features)), np.empty(len(features))
    for begin in range(0, len(features), at_a_time):
        part = slice(begin, begin + at_a_time)
        table = features[part] @ references.T
        rows = np.arange(len(table))
        copy[part] = table[rows, truth[part]]
        table[rows, truth[part]] = -np.inf
        impostor[part] = table.max(1)
    return pd.DataFrame({"copy": copy, "impostor": impostor})


def threshold_at_precision(copies, others, precision=0.9):
    """The lowest threshold at which `precision` of all scores at or above it belong to copies; (threshold, recall).

    copies, others: scores of true and of false matches. recall: the share of copies at or above the threshold. (inf, 0)
    if no threshold is that precise.
    """
    scores = np.concatenate([copies, others])
    true = np.r_[np.ones(len(copies)), np.zeros(len(others))]
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(true[order])
    precise = found / np.arange(1, len(order) + 1) >= precision
    # Equal scores pass together.
    last_of_equal = np.r_[np.diff(scores[order]) != 0, True]
    good = np.flatnonzero(precise & last_of_equal)
    if not len(good):
        return np.inf, 0.0
    return float(scores[order][good[-1]]), float(found[good[-1]] / len(copies))
