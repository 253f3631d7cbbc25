"""How like a copy is to its original, and to the most similar of all other pictures: what copy detection rests on."""

import numpy as np

from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index import build_index
from activeindex_lite.index.anatomy import file_bytes


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


SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def cost_by_size(train, references, queries, factories, sizes=SIZES, timed=30):
    """Time and size of indexes as they are filled: a DataFrame index, N, d, ms, bytes.

    train (T, d): to train with; references (N, d): stored in order, up to each of sizes; queries (Q, d): real ones, the
    first `timed` are searched one at a time on a single thread, ms is their median. factories: sequence of faiss factory
    strings. bytes: of the whole index as faiss writes it to a file, ids and centroids included.
    """
    import pandas as pd

    sizes = sorted(set(sizes))
    if not sizes or sizes[0] < 1 or sizes[-1] > len(references):
        raise ValueError(f"sizes {sizes}: give numbers from 1 to {len(references)}, the references there are")
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


def extrapolate(cost, N, d):
    """What `cost_by_size` would say for N vectors of d dimensions: a DataFrame of the same columns, a row an index.

    Time and bytes are taken as a + b N, neither of them negative, fitted to what was measured; the cells stay as many as
    they are. Of a Flat index a and b grow in proportion to d; where vectors are stored as codes, only a does (centroids,
    codebooks and tables), while a code stays as long as it is. An estimate, not a measurement.
    """
    import pandas as pd

    rows = []
    for name, table in cost.groupby("index", sort=False):
        grow = d / table.d.iloc[0]
        row = {"index": name, "N": N, "d": d}
        for what in ("ms", "bytes"):
            # In proportion to the value, so that the small sizes count as much as the large ones.
            # Measured times waver, and a fit of them may fall; a search never gets quicker with N.
            scaled = np.stack([np.ones(len(table)), table.N / table.N.max()], axis=1) / table[what].to_numpy()[:, None]
            constant, slope = _not_negative(scaled)
            row[what] = constant * grow + slope * N / table.N.max() * (grow if "Flat" in name else 1)
        rows.append(row)
    return pd.DataFrame(rows)


def _not_negative(columns):
    """The a, b >= 0 for which columns (n, 2), all positive, times (a, b) is nearest to 1: as scipy.optimize.nnls, which takes 30 MB."""
    n = len(columns)
    # Where the free optimum is negative, the best one lies where a or b is 0.
    found = [np.linalg.lstsq(columns, np.ones(n), rcond=None)[0]]
    found += [unit * (columns @ unit).sum() / np.square(columns @ unit).sum() for unit in np.eye(2)]
    return min((pair for pair in found if pair.min() >= 0), key=lambda pair: np.square(columns @ pair - 1).sum())
