"""Notebooks 01 and 04: how similar copies are to originals and to other pictures, and what a search costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index import build_index
from activeindex_lite.index.anatomy import file_bytes


def copies_and_impostors(
    features: np.ndarray, truth: Sequence[int], references: np.ndarray, at_a_time: int = 50
) -> pd.DataFrame:
    """Similarities (cosines) of queries: a DataFrame copy, impostor, one row per query.

    features (Q, d) and references (N, d): unit vectors; truth: (Q,) ids of the originals. copy: similarity to the
    original; impostor: the highest similarity to any other reference. Brute force finds the original where copy is
    above impostor.
    """
    truth = np.asarray(truth)
    if len(truth) != len(features):
        raise ValueError(f"{len(features)} queries but {len(truth)} ids of originals: expected one id per query")
    copy, impostor = np.empty(len(features)), np.empty(len(features))
    for begin in range(0, len(features), at_a_time):
        part = slice(begin, begin + at_a_time)
        table = features[part] @ references.T
        rows = np.arange(len(table))
        copy[part] = table[rows, truth[part]]
        table[rows, truth[part]] = -np.inf
        impostor[part] = table.max(1)
    return pd.DataFrame({"copy": copy, "impostor": impostor})


def threshold_at_precision(copies: np.ndarray, others: np.ndarray, precision: float = 0.9) -> tuple[float, float]:
    """The lowest threshold at or above which a share `precision` of all scores belongs to copies: (threshold, recall).

    copies (P,), others (Q,): scores of true and of false matches. recall: the share of copies at or above the
    threshold. (inf, 0) if no threshold is that precise.
    """
    scores = np.concatenate([copies, others])
    true = np.r_[np.ones(len(copies)), np.zeros(len(others))]
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(true[order])
    precise = found / np.arange(1, len(order) + 1) >= precision
    # Equal scores pass the threshold together.
    last_of_equal = np.r_[np.diff(scores[order]) != 0, True]
    good = np.flatnonzero(precise & last_of_equal)
    if not len(good):
        return np.inf, 0.0
    return float(scores[order][good[-1]]), float(found[good[-1]] / len(copies))


def detections(copies: np.ndarray, others: np.ndarray, thresholds: np.ndarray) -> pd.DataFrame:
    """What passes each of thresholds (n,): a DataFrame threshold, recall, false.

    copies (P,), others (Q,): scores of true and of false matches; recall: the share of copies at or above the
    threshold; false: that of the others. Of alarms at which a share p of all queries are copies, the share
    p recall / (p recall + (1 - p) false) is right.
    """
    shares = [
        1 - np.searchsorted(np.sort(scores), thresholds, side="left") / len(scores) for scores in (copies, others)
    ]
    return pd.DataFrame({"threshold": thresholds, "recall": shares[0], "false": shares[1]})


SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def cost_by_size(
    train: np.ndarray,
    references: np.ndarray,
    queries: np.ndarray,
    factories: Sequence[str],
    sizes: Sequence[int] = SIZES,
    timed: int = 30,
) -> pd.DataFrame:
    """Time and size of indexes as they are filled: a DataFrame index, N, d, ms, bytes.

    train (T, d): training vectors; references (N, d): stored in order, up to each of sizes; queries (Q, d): real
    queries. ms: median time of the first `timed` queries, one at a time on a single thread. factories: faiss factory
    strings. bytes: of the whole index as faiss writes it to a file, with ids and centroids.
    """
    sizes = sorted(set(sizes))
    if not sizes or sizes[0] < 1 or sizes[-1] > len(references):
        raise ValueError(f"sizes={sizes}: expected whole numbers from 1 to {len(references)}, the number of references")
    rows = []
    for factory in factories:
        index = build_index(factory, train)
        for N in sizes:
            index.add(references[index.ntotal : N])
            rows.append(
                {
                    "index": factory,
                    "N": N,
                    "d": index.d,
                    "ms": np.median(search_milliseconds(index, queries[:timed])),
                    "bytes": file_bytes(index.faiss),
                }
            )
    return pd.DataFrame(rows)


def extrapolate(cost: pd.DataFrame, N: int, d: int) -> pd.DataFrame:
    """An estimate of `cost_by_size` for N vectors of d dimensions: a DataFrame of the same columns, one row per index.

    Time and bytes are fitted as a + b N with a, b >= 0, at the measured number of cells. For a Flat index, a and b
    grow in proportion to d; for an index of codes only a does (centroids, codebooks and tables), because a code keeps
    its length.
    """
    rows = []
    for name, table in cost.groupby("index", sort=False):
        grow = d / table.d.iloc[0]
        row = {"index": name, "N": N, "d": d}
        for what in ("ms", "bytes"):
            # Relative errors, so that small sizes count as much as large ones; no negative terms, because measured
            # times scatter, and a fitted line could fall although a search never gets quicker with N.
            scaled = np.stack([np.ones(len(table)), table.N / table.N.max()], axis=1) / table[what].to_numpy()[:, None]
            constant, slope = _not_negative(scaled)
            row[what] = constant * grow + slope * N / table.N.max() * (grow if "Flat" in name else 1)
        rows.append(row)
    return pd.DataFrame(rows)


def _not_negative(columns: np.ndarray) -> np.ndarray:
    """The a, b >= 0 for which columns (n, 2), all positive, times (a, b) is nearest to 1.

    The same as scipy.optimize.nnls, whose import would take 30 MB.
    """
    n = len(columns)
    # Where the free optimum has a negative term, a or b is 0 in the best solution.
    found = [np.linalg.lstsq(columns, np.ones(n), rcond=None)[0]]
    found += [unit * (columns @ unit).sum() / np.square(columns @ unit).sum() for unit in np.eye(2)]
    return min((pair for pair in found if pair.min() >= 0), key=lambda pair: np.square(columns @ pair - 1).sum())
