"""What notebook 07 measures on a few originals: the big table, strength curves and what edits do."""

from dataclasses import dataclass

import pandas as pd

from activeindex_lite.evaluation.edit_effects import edit_effects
from activeindex_lite.evaluation.strength import INDEXES, TARGET, strength_curves
from activeindex_lite.index.ready import trained_index
from activeindex_lite.world import load_world


@dataclass(frozen=True)
class Lesson:
    """means: R@1 of each index and number of cells, passive and activated, the gain with its interval, the paper's figures, ms
    a search and bytes a vector; retrieval, quality: as of the demonstration; curves: as of evaluation.strength; effects: as
    of evaluation.edit_effects, for evaluation.strength.TARGET."""

    means: pd.DataFrame
    retrieval: pd.DataFrame
    quality: pd.DataFrame
    curves: pd.DataFrame
    effects: pd.DataFrame


def measure_lesson(ids, families, sweeps, seed=0):
    """Activate references of the ready world for each index and measure: a Lesson.

    ids: (N,) references, the originals; families: dict name -> (faiss factory string, numbers of cells to visit), "No index" and
    evaluation.strength.TARGET among them; sweeps: dict as of `strength_curves`.
    """
    world = load_world()
    # Indexes first: what their training takes for a while is free again before torch comes.
    indexes = {name: trained_index(factory).refilled(world.references) for name, (factory, _) in families.items()}
    from activeindex_lite.activation import activate
    from activeindex_lite.demo import Measured, mean_table
    from activeindex_lite.evaluation import edited_features
    from activeindex_lite.extractor import load_extractor

    extractor, measured = load_extractor("lite"), Measured(seed)
    pictures, x, few = world.pictures(ids), world.references[ids], dict(seed=seed, batch_size=8)
    passive = edited_features(pictures, extractor, **few)
    for name, (_, nprobes) in families.items():
        measured.searches(name, indexes[name], nprobes, False, passive, ids)
        if name == "No index":
            continue
        run = activate(pictures, indexes[name], extractor, features=x, batch_size=2)
        measured.activation(name, run)
        active = edited_features(run.pictures, extractor, **few)
        measured.searches(name, indexes[name], nprobes, True, active, ids)
        if name == TARGET:
            released = {False: pictures, True: run.pictures}
            effects = edit_effects(indexes[name], x, ids, passive, active)
        if name not in INDEXES:
            del indexes[name]  # an index of whole vectors is 26 MB
    curves = strength_curves(sweeps, released, ids, {name: (indexes[name], nprobes) for name, (_, nprobes) in INDEXES.items()}, extractor, seed=seed)
    demo = measured.demo()
    means = mean_table(demo).merge(demo.timing[["index", "nprobe", "ms", "bytes"]].dropna())
    return Lesson(means, demo.retrieval, demo.quality, curves, effects)
