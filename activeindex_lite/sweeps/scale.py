"""R@1, time and memory of one index and of brute force as the references grow to a million: measured once, stored, read."""

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from tqdm import tqdm

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.cells import cell_visited
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import MEAN, hit_table, strictly_first, summarise
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index import ActiveIndex, build_index
from activeindex_lite.index.active_index import WANTED
from activeindex_lite.index.anatomy import file_bytes
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.files import whole_file
from activeindex_lite.sweeps.table_file import load_table, write_table
from activeindex_lite.world.simulated import ready_simulation
from activeindex_lite.world.world import DATA, load_world

FILE = "scale.csv"
FACTORY, NPROBES = "IVF4096,PQ8x8", (1, 16)
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
NO_INDEX = "No index"
# Searches that a time is the median of; brute force takes fewer, for it is slow and steady.
TIMED, TIMED_BRUTE = 100, 10
PIECE = 50_000
# Streams of the simulation: references and training features have no noise in common.
REFERENCES, TRAIN = 0, 1


@dataclass
class Run:
    """What an unfinished measurement knows: settings, rows so far, the filled index, queries, and the brute-force neighbours."""

    settings: dict
    rows: list
    about: dict
    index: ActiveIndex
    queries: dict
    # The two nearest references of each query so far: squared distances and ids, (2, Q, 2), passive and activated.
    nearest: list

    def save(self, path):
        """Everything into one file, whole or not at all."""
        plain = json.dumps(dict(settings=self.settings, rows=self.rows, about=self.about))
        with whole_file(path) as temporary, open(temporary, "wb") as file:
            np.savez(
                file,
                plain=plain,
                index=faiss.serialize_index(self.index.faiss),
                distances=self.nearest[0],
                ids=self.nearest[1],
                queries=np.stack([np.stack(list(part.values())) for part in self.queries.values()]),
            )

    @classmethod
    def load(cls, path, settings):
        """The run that save wrote; ValueError where it was begun with other settings."""
        with np.load(path, allow_pickle=False) as stored:
            plain = json.loads(str(stored["plain"]))
            if plain["settings"] != settings:
                raise ValueError(f"{path} was begun with other settings: delete it, or go on with {plain['settings']}")
            index = ActiveIndex(settings["index"], stored["queries"].shape[-1], seed=1234 + settings["seed"])
            index.faiss = faiss.deserialize_index(stored["index"])
            queries = {activated: dict(zip(EDITS, part)) for activated, part in zip((False, True), stored["queries"])}
            return cls(settings, plain["rows"], plain["about"], index, queries, [stored["distances"], stored["ids"]])


def measure_scale(
    path,
    sizes=SIZES,
    *,
    factory=FACTORY,
    nprobes=NPROBES,
    originals=200,
    first=10_000,
    alpha=ALPHA,
    steps=STEPS,
    seed=0,
    command="",
    progress=True,
):
    """Measure R@1, milliseconds and memory as N references grow, into a CSV file (`load_scale` says what it holds).

    References are the 50,000 of the ready world and, after them, simulated ones (`world.simulated`). sizes: numbers of
    references N, all at least `first`. `originals` pictures among the first `first` references are activated for the index
    (alpha, steps) and searched, passive and activated, under the 14 edits: the same queries at every N. factory: any
    string of an index that quantizes; it is trained on the 60,000 training features and as many simulated ones as make 39
    a cell. An interrupted call goes on after the last finished N. FileExistsError for a file that is finished.
    """
    path, sizes = Path(path), sorted({whole_number(N, "sizes") for N in sizes})
    if path.exists():
        raise FileExistsError(f"{path} exists: name another file, or delete it first")
    whole_number(originals, "originals", first, "the references they are drawn from")
    if not sizes or sizes[0] < first:
        raise ValueError(f"sizes {sizes}: all have to hold the first {first} references, among which the originals are")
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
    if state.exists():
        run = Run.load(state, settings)
    else:
        run = _begin(settings, progress)
        run.save(state)
    with tqdm(total=sizes[-1], initial=run.index.ntotal, desc="references", unit="", disable=not progress) as bar:
        for N in [N for N in sizes if N > run.index.ntotal]:
            _fill(run, N, bar)
            run.rows += _rows(run, N)
            run.save(state)
    _write(path, run, command)
    state.unlink()


def _begin(settings, progress):
    """Train the index, activate the originals for it, and extract the queries: a Run without references."""
    from activeindex_lite.activation import activate
    from activeindex_lite.extractor import load_extractor

    world, extractor, seed = load_world(), load_extractor("lite"), settings["seed"]
    index = ActiveIndex(settings["index"], world.train.shape[1], seed=1234 + seed)
    extra = max(0, WANTED * (index.nlist or 0) - len(world.train))
    simulated = [ready_simulation().rows(extra, seed=(seed, TRAIN))] if extra else []
    train = np.concatenate([world.train, *simulated])
    begun = time.perf_counter()
    index.train(train)
    seconds = time.perf_counter() - begun
    ids = np.sort(np.random.default_rng(seed).choice(settings["first"], settings["originals"], replace=False))
    pictures = world.pictures(ids)
    released = activate(
        pictures,
        index,
        extractor,
        alpha=settings["alpha"],
        steps=settings["steps"],
        features=world.references[ids],
        progress=progress,
    )
    if not released.complete:
        raise KeyboardInterrupt
    queries = {
        activated: edited_features(shown, extractor, seed=seed, progress=progress)
        for activated, shown in ((False, pictures), (True, released.pictures))
    }
    about = dict(
        train=len(world.train),
        train_simulated=extra,
        train_s=round(seconds, 1),
        add_s=0.0,
        brute_ms=0.0,
        psnr=round(released.psnr.mean(), 2),
        ids=ids.tolist(),
    )
    shape = (2, len(ids) * len(EDITS), 2)
    return Run(settings, [], about, index, queries, [np.full(shape, np.inf, np.float32), np.full(shape, -1, np.int64)])


def _pieces(start, stop, seed):
    """References start .. stop - 1 in arrays of at most PIECE: the ready ones, then simulated ones."""
    real = load_world().references
    while start < stop:
        end = min(stop, start + PIECE, len(real) if start < len(real) else stop)
        yield (
            real[start:end]
            if start < len(real)
            else ready_simulation().rows(end - start, start - len(real), (seed, REFERENCES))
        )
        start = end


def _fill(run, N, bar):
    """Store references up to N in the index, and let brute force go over each of them once."""
    for piece in _pieces(run.index.ntotal, N, run.settings["seed"]):
        held = run.index.ntotal
        begun = time.perf_counter()
        run.index.add(piece)
        run.about["add_s"] += time.perf_counter() - begun
        flat = build_index("Flat", piece, piece)
        for a, queries in enumerate(run.queries.values()):
            D, ids = flat.search(np.concatenate(list(queries.values())), min(2, len(piece)))
            D, ids = np.hstack([run.nearest[0][a], D]), np.hstack([run.nearest[1][a], ids + held])
            order = np.argsort(D, axis=1, kind="stable")[:, :2]
            for kept, new in zip(run.nearest, (D, ids)):
                kept[a] = np.take_along_axis(new, order, axis=1)
        # A median a piece, not of the sums: on a busy machine some piece of every sum is interrupted.
        run.about["brute_ms"] += float(np.median(search_milliseconds(flat, _timed(run, TIMED_BRUTE))))
        bar.update(len(piece))


def _timed(run, n):
    """n passive queries (n, d), spread over pictures and edits."""
    features = np.concatenate(list(run.queries[False].values()))
    return features[np.linspace(0, len(features) - 1, n).astype(int)]


def _rows(run, N):
    """The measurements at N: of the index for every nprobe, and of brute force, passive and activated."""
    ids, rows = np.array(run.about["ids"]), []
    common = dict(N=N, train_s=run.about["train_s"], add_s=round(run.about["add_s"], 2), peak_mb=_peak_megabytes())
    nprobes = [n for n in run.settings["nprobes"] if n <= (run.index.nlist or 1)]
    for nprobe in nprobes:
        ms = float(np.median(search_milliseconds(run.index, _timed(run, TIMED), nprobe)))
        for activated, queries in run.queries.items():
            rows.append(
                _row(
                    run.settings,
                    hit_table(run.index, queries, ids, nprobe),
                    index=run.settings["index"],
                    nprobe=nprobe,
                    activated=activated,
                    kept=_kept(run, queries, ids, nprobe),
                    ms=ms,
                    bytes=file_bytes(run.index.faiss),
                    **common,
                )
            )
    for a, activated in enumerate(run.queries):
        hits = strictly_first(run.nearest[0][a], run.nearest[1][a], np.tile(ids, len(EDITS)))
        table = _by_edit(hits.reshape(len(EDITS), -1))
        rows.append(
            _row(
                run.settings,
                table,
                index=NO_INDEX,
                nprobe=1,
                activated=activated,
                kept=1.0,
                ms=run.about["brute_ms"],
                bytes=4 * run.index.d * N,
                **common,
            )
        )
    return rows


def _by_edit(hits):
    import pandas as pd

    return pd.DataFrame(dict(zip(EDITS, hits)))


def _row(settings, hits, **about):
    mean = summarise(hits, np.random.default_rng(settings["seed"])).set_index("edit").loc[MEAN]
    return dict(about, r1=mean.r1, low=mean.low, high=mean.high, queries=int(mean.queries))


def _kept(run, queries, ids, nprobe):
    """Share of the queries (mean over the edits) whose search visits the cell of their original: R@1 cannot be above it."""
    if run.index.nlist is None:
        return 1.0
    cells = run.index.assign(load_world().references[ids])
    return float(np.mean([cell_visited(run.index, features, cells, nprobe).mean() for features in queries.values()]))


def _peak_megabytes():
    """Greatest resident memory of this process so far, MB; NaN where the system does not say (other than Linux)."""
    status = Path("/proc/self/status")
    return round(int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024) if status.exists() else float("nan")


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


def _write(path, run, command):
    import pandas as pd

    about = dict(
        command=command,
        **run.settings,
        cores=os.cpu_count(),
        **{name: run.about[name] for name in ("train", "train_simulated", "psnr")},
    )
    write_table(path, pd.DataFrame(run.rows)[COLUMNS], about)


def load_scale(path=DATA / FILE):
    """The stored measurement, a DataFrame; .attrs says what made it.

    N: references; index: the factory string, or "No index" (brute force); nprobe; activated: whether the originals were;
    r1, low, high: mean R@1 over 14 edits with its 95 % bootstrap interval over pictures; queries: pictures a row rests on;
    kept: share of the edited pictures whose search visits their original's cell, above which R@1 cannot be; ms: median of a
    search on one thread (brute force: summed over pieces of at most 50,000 vectors, which, when few, stay in the cache); bytes: of
    the index on disk, or 4 d N; train_s, add_s: seconds to train, and to store N references; peak_mb: of the whole process.
    """
    return load_table(path)
