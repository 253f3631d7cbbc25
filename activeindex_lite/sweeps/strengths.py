"""R@1 against the strength of an edit, passive and activated: the talk's curves, live for a few pictures or stored for more."""

from functools import cache

import numpy as np

from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation.retrieval import first_is_original, intervals
from activeindex_lite.sweeps.table_file import build_table, load_table
from activeindex_lite.world.world import DATA

FILE = "strengths.csv"
# Name in the paper's tables -> faiss factory string and cells to visit; pictures are activated for TARGET.
INDEXES = {"No index": ("Flat", (1,)), "IVF-PQ": ("IVF1536,PQ4x8", (1, 16))}
TARGET = "IVF-PQ"


def strength_rows(name, released, truth, indexes, extractor, values=None, *, seed=0):
    """One sweep, a key of STRENGTHS, at each of its strengths: a list of dicts sweep, value, index, nprobe, activated, r1, low, high, queries.

    released: dict from what goes into the column activated (False, True, or a name) to N PIL pictures as they were released;
    truth: (N,) ids of the originals; indexes: dict name -> (ActiveIndex, numbers of cells to visit). values: None for the strengths of the published curves.
    low, high: 95 % bootstrap over pictures. A tie for the first place counts against. ValueError for an unknown sweep.
    """
    if name not in STRENGTHS:
        raise ValueError(f"no sweep {name!r}: choose one of {', '.join(STRENGTHS)}")
    sweep, rows = STRENGTHS[name], []
    for value in sweep.values if values is None else values:
        for activated, pictures in released.items():
            features = extractor((sweep(picture, value) for picture in pictures), batch_size=8)
            for index, (engine, nprobes) in indexes.items():
                for nprobe in nprobes:
                    hits = first_is_original(engine, features, truth, nprobe)
                    low, high = intervals(hits[:, None], np.random.default_rng(seed))
                    rows.append(
                        dict(
                            sweep=name,
                            value=value,
                            index=index,
                            nprobe=nprobe,
                            activated=activated,
                            r1=float(hits.mean()),
                            low=float(low[0]),
                            high=float(high[0]),
                            queries=len(hits),
                        )
                    )
    return rows


def strength_curves(sweeps, released, truth, indexes, extractor, *, seed=0):
    """`strength_rows` of several sweeps as one DataFrame. sweeps: dict name -> strengths (None: all of them)."""
    import pandas as pd

    return pd.DataFrame(
        [
            row
            for name, values in sweeps.items()
            for row in strength_rows(name, released, truth, indexes, extractor, values, seed=seed)
        ]
    )


def build_strengths(
    path,
    indexes,
    pictures,
    truth,
    extractor,
    *,
    sweeps=tuple(STRENGTHS),
    alpha=ALPHA,
    steps=STEPS,
    seed=0,
    progress=True,
):
    """Activate N pictures for TARGET and measure the sweeps into a CSV file; goes on where an interrupted call stopped.

    indexes: dict name -> ActiveIndex, for each name of INDEXES, that stores the pictures under the ids truth (N,). A first line
    that begins with # says what made the file. FileExistsError for a file that is finished; ValueError for one begun otherwise.
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

    @cache
    def released():
        from activeindex_lite.activation import activate

        return {
            False: pictures,
            True: activate(pictures, indexes[TARGET], extractor, alpha=alpha, steps=steps, progress=progress).pictures,
        }

    def rows_of(name):
        return strength_rows(name, released(), truth, searched, extractor, seed=seed)

    build_table(path, settings, list(sweeps), rows_of, title="strengths", unit="sweep", progress=progress)


def load_strengths(path=DATA / FILE):
    """The stored curves: a DataFrame as of `strength_curves`; .attrs says what made it."""
    return load_table(path)
