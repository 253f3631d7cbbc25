"""R@1, time and memory of one index and of brute force as references grow to a million: measured once, stored."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import faiss
import lazy_loader
import numpy as np
from tqdm import tqdm

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.cells import cell_visited
from activeindex_lite.evaluation.retrieval import MEAN, hit_table, strictly_first, summarise
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index.anatomy import file_bytes
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.memory import peak_megabytes
from activeindex_lite.sweeps import scale_run
from activeindex_lite.sweeps.scale_run import TIMED, Run, timed_queries
from activeindex_lite.sweeps.table_file import load_table, only_writer, refuse_existing, write_table
from activeindex_lite.world.world import DATA, load_world

pd = lazy_loader.load("pandas")

FILE = "scale.csv"
FACTORY, NPROBES = "IVF4096,PQ8x8", (1, 16)
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
NO_INDEX = "No index"
COLUMNS = [
    "N",
    "index",
    "nprobe",
    "activated",
    "r1",
    "low",
    "high",
    "queries",
    "kept",
    "ms",
    "bytes",
    "train_s",
    "add_s",
    "peak_mb",
]


def measure_scale(
    path: str | Path,
    sizes: Sequence[int] = SIZES,
    *,
    factory: str = FACTORY,
    nprobes: Sequence[int] = NPROBES,
    originals: int = 200,
    first: int = 10_000,
    alpha: float = ALPHA,
    steps: int = STEPS,
    seed: int = 0,
    command: str = "",
    progress: bool = True,
) -> None:
    """Measure R@1, milliseconds and memory as N references grow, into one CSV file (`load_scale` describes it).

    The references are the 50,000 of the ready world, followed by simulated ones (`world.simulated`). sizes: numbers of
    references N, each at least `first`. `originals` pictures among the first `first` references are activated for the
    index (alpha, steps). Their copies, passive and activated, under the 14 edits, are the same queries at every N.
    factory: any index that quantizes. It is trained on the 60,000 training features, and on simulated ones where it has
    more cells than they suffice for (39 per cell). command: stored in the file, to say how it was made.

    An interrupted call resumes after the last finished N. FileExistsError if the file exists; ValueError for sizes
    below first, or if an unfinished file was begun with other settings.
    """
    path, sizes = Path(path), sorted({whole_number(N, "sizes") for N in sizes})
    refuse_existing(path)
    whole_number(originals, "originals", first, "the references they are drawn from")
    if not sizes or sizes[0] < first:
        raise ValueError(f"sizes={sizes}: expected numbers of at least {first:,} (first), which hold the originals")
    settings = dict(
        index=factory,
        nprobes=list(nprobes),
        originals=originals,
        first=first,
        alpha=alpha,
        steps=steps,
        seed=seed,
        threads=faiss.omp_get_max_threads(),
    )
    state = path.with_suffix(".part.npz")
    with only_writer(state):
        run = _grown(state, settings, sizes, progress)
        _write(path, run, command)
        state.unlink()


def _grown(state: Path, settings: dict, sizes: list[int], progress: bool) -> Run:
    """The run with the rows of every size; saved in the file `state` at the beginning and after each size."""
    if state.exists():
        run = Run.load(state, settings)
    else:
        run = scale_run.begin(settings, progress)
        run.save(state)
    with tqdm(total=sizes[-1], initial=run.index.ntotal, desc="references", unit="", disable=not progress) as bar:
        for N in [N for N in sizes if N > run.index.ntotal]:
            scale_run.fill(run, N, bar)
            run.rows += _rows(run, N)
            run.save(state)
    return run


def _rows(run: Run, N: int) -> list[dict]:
    """The measurements at N, passive and activated: of the index at every nprobe, and of brute force."""
    train_s, add_s = run.about["train_s"], round(run.about["add_s"], 2)
    common = dict(N=N, train_s=train_s, add_s=add_s, peak_mb=_rounded(peak_megabytes()))
    nprobes = [n for n in run.settings["nprobes"] if n <= (run.index.nlist or 1)]
    rows = [row | common for nprobe in nprobes for row in _index_rows(run, nprobe)]
    return rows + [row | common for row in _brute_force_rows(run, N)]


def _rounded(megabytes: float) -> float:
    return round(megabytes) if np.isfinite(megabytes) else megabytes


def _index_rows(run: Run, nprobe: int) -> list[dict]:
    ids, rows = np.array(run.about["ids"]), []
    ms = float(np.median(search_milliseconds(run.index, timed_queries(run, TIMED), nprobe)))
    for activated, queries in run.queries.items():
        found = _summary(hit_table(run.index, queries, ids, nprobe), run.settings["seed"])
        cost = dict(kept=_kept(run, queries, ids, nprobe), ms=ms, bytes=file_bytes(run.index.faiss))
        rows.append(dict(index=run.settings["index"], nprobe=nprobe, activated=activated, **found, **cost))
    return rows


def _brute_force_rows(run: Run, N: int) -> list[dict]:
    ids, rows = np.array(run.about["ids"]), []
    cost = dict(kept=1.0, ms=run.about["brute_ms"], bytes=4 * run.index.d * N)
    for a, activated in enumerate(run.queries):
        first = strictly_first(run.nearest[0][a], run.nearest[1][a], np.tile(ids, len(EDITS)))
        hits = pd.DataFrame(dict(zip(EDITS, first.reshape(len(EDITS), -1))))
        found = _summary(hits, run.settings["seed"])
        rows.append(dict(index=NO_INDEX, nprobe=1, activated=activated, **found, **cost))
    return rows


def _summary(hits: pd.DataFrame, seed: int) -> dict:
    """Mean R@1 of hits (pictures, edits) with its interval."""
    mean = summarise(hits, np.random.default_rng(seed)).set_index("edit").loc[MEAN]
    return dict(r1=mean.r1, low=mean.low, high=mean.high, queries=int(mean.queries))


def _kept(run: Run, queries: dict, ids: np.ndarray, nprobe: int) -> float:
    """Share of the queries (mean over the edits) whose search visits their original's cell: an upper bound of R@1."""
    if run.index.nlist is None:
        return 1.0
    cells = run.index.assign(load_world().references[ids])
    return float(np.mean([cell_visited(run.index, features, cells, nprobe).mean() for features in queries.values()]))


def _write(path: Path, run: Run, command: str) -> None:
    made = {name: run.about[name] for name in ("train", "train_simulated", "psnr")}
    about = dict(command=command, **run.settings, cores=os.cpu_count(), **made)
    write_table(path, pd.DataFrame(run.rows)[COLUMNS], about)


def load_scale(path: str | Path = DATA / FILE) -> pd.DataFrame:
    """The stored measurement, a DataFrame; its .attrs say how it was made.

    N: references; index: the factory string, or "No index" (brute force); nprobe; activated: whether the originals
    were; r1, low, high: mean R@1 over 14 edits with its 95 % bootstrap interval over pictures; queries: number of
    pictures; kept: share of the edited pictures whose search visits the cell of their original, an upper bound of
    R@1; ms: median time per search on one thread (brute force: the sum over pieces of at most 50,000 vectors, which
    may stay in the processor's cache when they are few); bytes: of the index on disk, or 4 d N; train_s, add_s:
    seconds to train, and to store N references; peak_mb: peak memory of the whole process.
    """
    return load_table(path)
