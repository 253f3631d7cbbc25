"""R@1 and PSNR over a grid of alpha and nprobe, for several indexes: measured once, stored, read by explorers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite import activation
from activeindex_lite.activation.defaults import STEPS
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import MEAN, evaluate_retrieval
from activeindex_lite.index.ready import CELLS, CODES
from activeindex_lite.sweeps.table_file import build_table, load_table
from activeindex_lite.world.world import DATA

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

FILE = "alpha_nprobe.csv"
# Name in the paper's tables -> faiss factory string: one index of each family that activation treats differently.
INDEXES = {"IVF-PQ": CODES, "IVF": CELLS, "PCA+LSH": "PCA64,LSH"}
ALPHAS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
NPROBES = (1, 2, 4, 8, 16, 32, 64, 128)


def grid_rows(
    pictures: Sequence[Image.Image],
    truth: Sequence[int],
    index: ActiveIndex,
    extractor: Extractor,
    alpha: float,
    nprobes: Sequence[int] = NPROBES,
    *,
    steps: int = STEPS,
    seed: int = 0,
    features: np.ndarray | None = None,
) -> list[dict]:
    """One alpha on one index, at every nprobe: a list of dicts alpha, nprobe, psnr, r1, low, high, queries.

    pictures: N PIL pictures that the index stores under the ids truth (N,). At alpha 0 they are released as they are,
    and psnr is infinite. r1: mean over the 14 edits, with its 95 % bootstrap interval over pictures (low, high).
    Values of nprobe above the number of cells are left out; an index without cells gives one row, nprobe 1. features:
    (N, d) of the pictures (None: they are extracted).
    """
    released, psnr = pictures, np.inf
    if alpha:
        run = activation.activate(pictures, index, extractor, alpha=alpha, steps=steps, features=features)
        released, psnr = run.pictures, run.psnr.mean()
    queries = edited_features(released, extractor, seed=seed)
    rows = []
    for nprobe in [n for n in nprobes if n <= (index.nlist or 1)]:
        table = evaluate_retrieval(index, queries, truth, nprobe=nprobe, rng=np.random.default_rng(seed))
        mean = table.set_index("edit").loc[MEAN]
        found = dict(r1=mean.r1, low=mean.low, high=mean.high, queries=int(mean.queries))
        rows.append(dict(alpha=alpha, nprobe=nprobe, psnr=psnr, **found))
    return rows


def build_grid(
    path: str | Path,
    indexes: dict[str, ActiveIndex],
    pictures: Sequence[Image.Image],
    truth: Sequence[int],
    extractor: Extractor,
    *,
    alphas: Sequence[float] = ALPHAS,
    steps: int = STEPS,
    seed: int = 0,
    progress: bool = True,
) -> None:
    """Measure `grid_rows` for every index and alpha into one CSV file; an interrupted call resumes where it stopped.

    indexes: dict name -> ActiveIndex that stores the pictures under the ids truth. FileExistsError if the file exists;
    ValueError if an unfinished one was begun with other settings.
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

    def rows_of(job: tuple[str, float]) -> list[dict]:
        name, alpha = job
        rows = grid_rows(pictures, truth, indexes[name], extractor, alpha, steps=steps, seed=seed, features=features)
        return [dict(index=name, **row) for row in rows]

    jobs = list(itertools.product(indexes, alphas))
    build_table(path, settings, jobs, rows_of, title="alpha x nprobe", unit="alpha", progress=progress)


def load_grid(path: str | Path = DATA / FILE) -> pd.DataFrame:
    """The stored grid, a DataFrame index, alpha, nprobe, psnr, r1, low, high, queries; .attrs: how it was made."""
    return load_table(path)
