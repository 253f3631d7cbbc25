"""R@1 against the strength of an edit, passive and activated: measured live for a few pictures, or stored for more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np

from activeindex_lite import activation
from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation.retrieval import first_is_original, intervals
from activeindex_lite.index.ready import CODES
from activeindex_lite.support.waiting import waiting
from activeindex_lite.sweeps.table_file import build_table, load_table
from activeindex_lite.world.world import DATA

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

pd = lazy_loader.load("pandas")

FILE = "strengths.csv"
# Name in the paper's tables -> (faiss factory string, values of nprobe); pictures are activated for TARGET.
INDEXES = {"No index": ("Flat", (1,)), "IVF-PQ": (CODES, (1, 16))}
TARGET = "IVF-PQ"


def strength_rows(
    name: str,
    released: dict[bool | str, Sequence[Image.Image]],
    truth: Sequence[int],
    indexes: dict[str, tuple[ActiveIndex, Sequence[int]]],
    extractor: Extractor,
    values: Sequence[float] | None = None,
    *,
    seed: int = 0,
) -> list[dict]:
    """One sweep, at each of its strengths.

    Returns a list of dicts sweep, value, index, nprobe, activated, r1, low, high, queries.

    name: a key of STRENGTHS; values: the strengths (None: those of the published curves). released: dict from the
    value of the column activated (False, True, or a name) to N PIL pictures as they were released; truth: (N,) ids of
    the originals; indexes: dict name -> (ActiveIndex, values of nprobe). low, high: 95 % bootstrap interval over
    pictures. A tie for the first place counts as a miss. ValueError for an unknown sweep.
    """
    if name not in STRENGTHS:
        raise ValueError(f"no sweep {name!r}: choose one of {', '.join(STRENGTHS)}")
    sweep, rows = STRENGTHS[name], []
    for value in sweep.values if values is None else values:
        for activated, pictures in released.items():
            features = extractor((sweep(picture, value) for picture in pictures), batch_size=8)
            for index, (searched, nprobes) in indexes.items():
                for nprobe in nprobes:
                    place = dict(sweep=name, value=value, index=index, nprobe=nprobe, activated=activated)
                    rows.append(place | _found(first_is_original(searched, features, truth, nprobe), seed))
    return rows


def _found(hits: np.ndarray, seed: int) -> dict:
    """R@1 of hits (N,) bool with its interval."""
    low, high = intervals(hits[:, None], np.random.default_rng(seed))
    return dict(r1=float(hits.mean()), low=float(low[0]), high=float(high[0]), queries=len(hits))


def strength_curves(
    sweeps: dict[str, Sequence[float] | None],
    released: dict[bool | str, Sequence[Image.Image]],
    truth: Sequence[int],
    indexes: dict[str, tuple[ActiveIndex, Sequence[int]]],
    extractor: Extractor,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """`strength_rows` of several sweeps as one DataFrame. sweeps: dict name -> strengths (None: all of them)."""
    rows = []
    for name in waiting(list(sweeps), "edits of rising strength:"):
        rows += strength_rows(name, released, truth, indexes, extractor, sweeps[name], seed=seed)
    return pd.DataFrame(rows)


def build_strengths(
    path: str | Path,
    indexes: dict[str, ActiveIndex],
    pictures: Sequence[Image.Image],
    truth: Sequence[int],
    extractor: Extractor,
    *,
    sweeps: Sequence[str] = tuple(STRENGTHS),
    alpha: float = ALPHA,
    steps: int = STEPS,
    seed: int = 0,
    progress: bool = True,
) -> None:
    """Activate N pictures for TARGET and measure the sweeps into one CSV file; an interrupted call resumes.

    indexes: dict name -> ActiveIndex, for each name of INDEXES, that stores the pictures under the ids truth (N,).
    FileExistsError if the file exists; ValueError if an unfinished one was begun with other settings.
    """
    settings = dict(
        indexes={name: index.factory for name, index in indexes.items()},
        target=TARGET,
        alpha=alpha,
        steps=steps,
        seed=seed,
        sweeps={name: list(STRENGTHS[name].values) for name in sweeps},
        queries=len(pictures),
        truth=[int(i) for i in truth],
        references=indexes[TARGET].ntotal,
    )
    searched = {name: (index, INDEXES[name][1]) for name, index in indexes.items()}

    # Only when a job is left to do: a finished sweep needs no activation.
    @cache
    def released() -> dict:
        run = activation.activate(pictures, indexes[TARGET], extractor, alpha=alpha, steps=steps, progress=progress)
        return {False: pictures, True: run.pictures}

    def rows_of(name: str) -> list[dict]:
        return strength_rows(name, released(), truth, searched, extractor, seed=seed)

    build_table(path, settings, list(sweeps), rows_of, title="strengths", unit="sweep", progress=progress)


def load_strengths(path: str | Path = DATA / FILE) -> pd.DataFrame:
    """The stored curves: a DataFrame as `strength_curves` returns it; its .attrs say how it was made."""
    return load_table(path)
