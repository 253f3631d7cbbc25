"""R@1 and PSNR over a grid of alpha and nprobe, for several indexes: measured once by a command, stored, read by widgets."""

import itertools

import numpy as np

from activeindex_lite.activation.defaults import STEPS
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import MEAN, evaluate_retrieval
from activeindex_lite.sweeps.table_file import build_table, load_table
from activeindex_lite.world.world import DATA

FILE = "alpha_nprobe.csv"
# Name in the paper's tables -> faiss factory string: one of each family that activation treats in its own way.
INDEXES = {"IVF-PQ": "IVF1536,PQ4x8", "IVF": "IVF1536,Flat", "PCA+LSH": "PCA64,LSH"}
ALPHAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
NPROBES = (1, 2, 4, 8, 16, 32, 64, 128)


def grid_rows(pictures, truth, index, extractor, alpha, nprobes=NPROBES, *, steps=STEPS, seed=0, features=None):
    """One alpha on one index, at every nprobe: a list of dicts alpha, nprobe, psnr, r1, low, high, queries.

    pictures: N PIL pictures that the index stores under the ids truth (N,); alpha 0: released as they are, psnr infinite.
    r1 is the mean over the 14 edits with its 95 % bootstrap interval over pictures. nprobes beyond the index's cells are
    left out; an index without cells gives one row, nprobe 1. features: (N, d) of the originals, where they are at hand.
    """
    from activeindex_lite.activation import activate

    released, psnr = pictures, np.inf
    if alpha:
        run = activate(pictures, index, extractor, alpha=alpha, steps=steps, features=features)
        released, psnr = run.pictures, run.psnr.mean()
    queries = edited_features(released, extractor, seed=seed)
    rows = []
    for nprobe in [n for n in nprobes if n <= (index.nlist or 1)]:
        table = evaluate_retrieval(index, queries, truth, nprobe=nprobe, rng=np.random.default_rng(seed))
        mean = table.set_index("edit").loc[MEAN]
        rows.append(
            dict(
                alpha=alpha,
                nprobe=nprobe,
                psnr=psnr,
                r1=mean.r1,
                low=mean.low,
                high=mean.high,
                queries=int(mean.queries),
            )
        )
    return rows


def build_grid(path, indexes, pictures, truth, extractor, *, alphas=ALPHAS, steps=STEPS, seed=0, progress=True):
    """Measure grid_rows for every index and alpha into a CSV file; goes on where an interrupted call stopped.

    indexes: dict name -> ActiveIndex that stores the pictures under the ids truth. A first line that begins with # says
    what made the file. FileExistsError for a file that is finished; ValueError for one begun with other settings.
    """
    settings = dict(
        indexes={name: index.factory for name, index in indexes.items()},
        alphas=list(alphas),
        steps=steps,
        seed=seed,
        queries=len(pictures),
        references=next(iter(indexes.values())).ntotal,
    )
    features = extractor(pictures)

    def rows_of(job):
        name, alpha = job
        rows = grid_rows(pictures, truth, indexes[name], extractor, alpha, steps=steps, seed=seed, features=features)
        return [dict(index=name, **row) for row in rows]

    build_table(
        path,
        settings,
        list(itertools.product(indexes, alphas)),
        rows_of,
        title="alpha x nprobe",
        unit="alpha",
        progress=progress,
    )


def load_grid(path=DATA / FILE):
    """The stored grid: a DataFrame index, alpha, nprobe, psnr, r1, low, high, queries; .attrs says what made it."""
    return load_table(path)
