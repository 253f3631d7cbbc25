"""What more visited cells bring and cost: R@1, vectors compared and time against nprobe."""

import numpy as np

from activeindex_lite.evaluation.cells import mean_scanned
from activeindex_lite.evaluation.retrieval import MEAN, hit_table, summarise
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.support.files import whole_file
from activeindex_lite.world.world import DATA

FILE = "nprobe.csv"
# Name -> faiss factory string: few large cells, many small ones, and many with short codes in them.
INDEXES = {"IVF-PQ": "IVF1536,PQ4x8", "IVF": "IVF1536,Flat", "IVF256": "IVF256,Flat"}

# Every useful step of a slider: neighbours differ by a fifth to a third.
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096)


def nprobes_of(index):
    """Values of nprobe from 1 to the number of cells that are worth a look: a tuple that ends in nlist."""
    return (*(n for n in STEPS if n < index.nlist), index.nlist)


def recall_by_nprobe(index, queries, truth, nprobes=None, *, timed=50, rng=None):
    """R@1 and cost of a search at each nprobe: a DataFrame nprobe, r1, low, high, scanned, share, ms.

    index: an ActiveIndex of the IVF family; queries: dict from the name of an edit to features (Q, d); truth: (Q,) ids of
    the originals; nprobes: None for `nprobes_of(index)`. r1: mean over the edits with its 95 % bootstrap interval over
    pictures (rng); scanned: mean number of stored vectors that a query is compared with, share: of all; ms: median of the
    first `timed` queries one at a time on a single thread (None: not measured).
    """
    import pandas as pd

    nprobes = nprobes_of(index) if nprobes is None else tuple(nprobes)
    stacked = np.concatenate(list(queries.values()))
    scanned = mean_scanned(index, stacked)
    rows = []
    for nprobe in nprobes:
        hits = hit_table(index, queries, truth, nprobe)
        mean = summarise(hits, rng or np.random.default_rng(0)).set_index("edit").loc[MEAN]
        row = dict(
            nprobe=nprobe,
            r1=mean.r1,
            low=mean.low,
            high=mean.high,
            scanned=scanned[nprobe - 1],
            share=scanned[nprobe - 1] / index.ntotal,
        )
        if timed:
            # Spread over the edits, which come one after another.
            row["ms"] = np.median(search_milliseconds(index, stacked[:: max(1, len(stacked) // timed)], nprobe))
        rows.append(row)
    return pd.DataFrame(rows)


def build_curves(path, indexes, queries, truth, nprobes=None):
    """Measure `recall_by_nprobe` of each index (dict name -> ActiveIndex) into a CSV file; FileExistsError if it is there."""
    import pandas as pd

    if path.exists():
        raise FileExistsError(f"{path} exists: name another file, or delete it first")
    tables = [
        recall_by_nprobe(index, queries, truth, nprobes, timed=None).assign(index=name)
        for name, index in indexes.items()
    ]
    with whole_file(path) as temporary:
        pd.concat(tables).to_csv(temporary, index=False, float_format="%.6g")


def load_curves(path=DATA / FILE):
    """The stored curves of INDEXES over the ready world's queries: a DataFrame index, nprobe, r1, low, high, scanned, share."""
    import pandas as pd

    return pd.read_csv(path)
