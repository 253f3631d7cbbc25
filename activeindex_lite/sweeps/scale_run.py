"""The unfinished scale measurement: an index that grows, the queries, and their nearest references so far."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import faiss
import numpy as np

from activeindex_lite import activation
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.timing import search_milliseconds
from activeindex_lite.index import ActiveIndex, build_index
from activeindex_lite.index.active_index import WANTED
from activeindex_lite.index.anatomy import from_bytes
from activeindex_lite.support.chunks import read_arrays, write_arrays
from activeindex_lite.sweeps.table_file import refuse_other_settings
from activeindex_lite.world.simulated import ready_simulation
from activeindex_lite.world.world import load_world

if TYPE_CHECKING:
    from tqdm import tqdm

# Searches per time, which is their median. Brute force takes fewer: it is slow, and its times vary little.
TIMED, TIMED_BRUTE = 100, 10
PIECE = 50_000
# Streams of the simulation: references and training features share no noise.
REFERENCES, TRAIN = 0, 1


@dataclass
class Run:
    """An unfinished measurement.

    settings, about: dicts; rows: finished rows of the table; index: the trained index with the references so far;
    queries: dict activated -> (dict edit -> (Q, d)); nearest: [squared distances, ids], each (2, 14 Q, 2), of the two
    nearest references so far of each passive and each activated query.
    """

    settings: dict
    rows: list
    about: dict
    index: ActiveIndex
    queries: dict
    nearest: list

    def save(self, path: Path) -> None:
        """Write everything to one file, whole or not at all."""
        write_arrays(
            path,
            plain=json.dumps(dict(settings=self.settings, rows=self.rows, about=self.about)),
            index=faiss.serialize_index(self.index.faiss),
            distances=self.nearest[0],
            ids=self.nearest[1],
            queries=np.stack([np.stack(list(part.values())) for part in self.queries.values()]),
        )

    @classmethod
    def load(cls, path: Path, settings: dict) -> Run:
        """The run that `save` wrote; ValueError if it was begun with other settings."""
        stored = read_arrays(path)
        plain = json.loads(str(stored["plain"]))
        refuse_other_settings(path, plain["settings"], settings)
        index = ActiveIndex(settings["index"], stored["queries"].shape[-1], seed=1234 + settings["seed"])
        index.faiss = from_bytes(stored["index"])
        queries = {activated: dict(zip(EDITS, part)) for activated, part in zip((False, True), stored["queries"])}
        return cls(settings, plain["rows"], plain["about"], index, queries, [stored["distances"], stored["ids"]])


def begin(settings: dict, progress: bool) -> Run:
    """Train the index, activate the originals for it, and extract the queries: a Run without references."""
    from activeindex_lite.extractor import load_extractor

    world, extractor, seed = load_world(), load_extractor("lite"), settings["seed"]
    index = ActiveIndex(settings["index"], world.train.shape[1], seed=1234 + seed)
    extra, seconds = _train(index, world.train, seed)
    ids = np.sort(np.random.default_rng(seed).choice(settings["first"], settings["originals"], replace=False))
    pictures = world.pictures(ids)
    released = activation.activate(
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


def _train(index: ActiveIndex, features: np.ndarray, seed: int) -> tuple[int, float]:
    """Train the index on features, with simulated ones where they are fewer than it wants: (how many, seconds)."""
    extra = max(0, WANTED * (index.nlist or 0) - len(features))
    simulated = [ready_simulation().rows(extra, seed=(seed, TRAIN))] if extra else []
    train = np.concatenate([features, *simulated])
    begun = time.perf_counter()
    index.train(train)
    return extra, time.perf_counter() - begun


def _pieces(start: int, stop: int, seed: int) -> Iterator[np.ndarray]:
    """References start .. stop - 1 in arrays of at most PIECE rows: the ready ones first, then simulated ones."""
    real = load_world().references
    while start < stop:
        if start < len(real):
            end = min(stop, start + PIECE, len(real))
            yield real[start:end]
        else:
            end = min(stop, start + PIECE)
            yield ready_simulation().rows(end - start, start - len(real), (seed, REFERENCES))
        start = end


def fill(run: Run, N: int, bar: tqdm) -> None:
    """Store references up to N in the index, and compare the queries with each new reference by brute force."""
    for piece in _pieces(run.index.ntotal, N, run.settings["seed"]):
        held = run.index.ntotal
        begun = time.perf_counter()
        run.index.add(piece)
        run.about["add_s"] += time.perf_counter() - begun
        flat = build_index("Flat", piece, piece)
        for a, queries in enumerate(run.queries.values()):
            D, ids = flat.search(np.concatenate(list(queries.values())), min(2, len(piece)))
            _merge(run.nearest, a, D, ids + held)
        # The sum of a median per piece: on a busy machine, some piece of every whole search is interrupted.
        run.about["brute_ms"] += float(np.median(search_milliseconds(flat, timed_queries(run, TIMED_BRUTE))))
        bar.update(len(piece))


def _merge(nearest: list, a: int, D: np.ndarray, ids: np.ndarray) -> None:
    """Keep the two nearest of those so far and of new ones: distances D and ids, both (14 Q, k)."""
    D, ids = np.hstack([nearest[0][a], D]), np.hstack([nearest[1][a], ids])
    order = np.argsort(D, axis=1, kind="stable")[:, :2]
    for kept, new in zip(nearest, (D, ids)):
        kept[a] = np.take_along_axis(new, order, axis=1)


def timed_queries(run: Run, n: int) -> np.ndarray:
    """n passive queries (n, d), spread over pictures and edits."""
    features = np.concatenate(list(run.queries[False].values()))
    return features[np.linspace(0, len(features) - 1, n).astype(int)]
