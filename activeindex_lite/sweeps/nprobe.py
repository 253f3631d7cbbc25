"""What a larger nprobe finds and costs: R@1, vectors compared and time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np

from activeindex_lite.evaluation.cells import mean_scanned
from activeindex_lite.evaluation.retrieval import MEAN, hit_table, summarise
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index.ready import CELLS, CODES
from activeindex_lite.support.files import whole_file
from activeindex_lite.sweeps.table_file import build_table
from activeindex_lite.world.world import DATA

if TYPE_CHECKING:
    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")

FILE = "nprobe.csv"
# Name -> faiss factory string: many small cells with short codes, the same cells with whole vectors, few large cells.
INDEXES = {"IVF-PQ": CODES, "IVF": CELLS, "IVF256": "IVF256,Flat"}

# The steps of a slider: each is a fifth to a half above the one before (after the first few).
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096)


def nprobes_of(index: ActiveIndex) -> tuple[int, ...]:
    """The values of nprobe to measure for an index with cells: those of STEPS below nlist, then nlist itself."""
    return (*(n for n in STEPS if n < index.nlist), index.nlist)


def recall_by_nprobe(
    index: ActiveIndex,
    queries: dict[str, np.ndarray],
    truth: Sequence[int],
    nprobes: Sequence[int] | None = None,
    *,
    timed: int | None = 50,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """R@1 and cost of a search at each nprobe: a DataFrame nprobe, r1, low, high, scanned, share, ms.

    index: an ActiveIndex of the IVF family; queries: dict from the name of an edit to features (Q, d); truth: (Q,)
    ids of the originals; nprobes: None for `nprobes_of(index)`. r1: mean over the edits with its 95 % bootstrap
    interval over pictures (rng); scanned: mean number of stored vectors that a query is compared with; share: scanned
    divided by all stored vectors; ms: median time of `timed` queries, one at a time on a single thread (None: no
    column ms).
    """
    nprobes = nprobes_of(index) if nprobes is None else tuple(nprobes)
    stacked = np.concatenate(list(queries.values()))
    scanned = mean_scanned(index, stacked)
    rows = []
    for nprobe in nprobes:
        hits = hit_table(index, queries, truth, nprobe)
        mean = summarise(hits, rng or np.random.default_rng(0)).set_index("edit").loc[MEAN]
        cost = dict(scanned=scanned[nprobe - 1], share=scanned[nprobe - 1] / index.ntotal)
        if timed:
            # Every n-th query: the edits follow one another, and each should be among the timed ones.
            cost["ms"] = np.median(search_milliseconds(index, stacked[:: max(1, len(stacked) // timed)], nprobe))
        rows.append(dict(nprobe=nprobe, r1=mean.r1, low=mean.low, high=mean.high, **cost))
    return pd.DataFrame(rows)


def build_curves(
    path: str | Path,
    indexes: dict[str, ActiveIndex],
    queries: dict[str, np.ndarray],
    truth: Sequence[int],
    nprobes: Sequence[int] | None = None,
    *,
    progress: bool = True,
) -> None:
    """Measure `recall_by_nprobe` of each index into one CSV file; an interrupted call resumes where it stopped.

    indexes: dict name -> ActiveIndex. FileExistsError if the file exists; ValueError if an unfinished one was begun
    with other settings.
    """
    settings = dict(
        indexes={name: index.factory for name, index in indexes.items()},
        references={name: index.ntotal for name, index in indexes.items()},
        nprobes=None if nprobes is None else list(nprobes),
        edits=list(queries),
        truth=[int(i) for i in truth],
    )

    def rows_of(name: str) -> list[dict]:
        return (
            recall_by_nprobe(indexes[name], queries, truth, nprobes, timed=None).assign(index=name).to_dict("records")
        )

    build_table(path, settings, list(indexes), rows_of, title="nprobe", unit="index", write=_write, progress=progress)


def _write(path: Path, table: pd.DataFrame, settings: dict) -> None:
    """Plain CSV, without the settings: readers of nprobe.csv expect the header in its first line."""
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def load_curves(path: str | Path = DATA / FILE) -> pd.DataFrame:
    """The stored curves of INDEXES on the ready world: a DataFrame nprobe, r1, low, high, scanned, share, index."""
    return pd.read_csv(path)
