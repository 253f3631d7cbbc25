"""Indexes of the ready world: trained once and kept with the package, or trained now."""

from functools import cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from activeindex_lite.index.active_index import ActiveIndex, build_index
from activeindex_lite.world.world import DATA, load_world, unit

CELLS, CODES = "IVF1536,Flat", "IVF1536,PQ4x8"
# Those that take longest to train and are asked for most: a megabyte in all.
TRAINED = (CODES, "OPQ8_64,PQ8x8")


@cache
def ready_index(factory):
    """An ActiveIndex of any faiss factory string, trained on the ready world and holding its 50,000 references.

    It is made once: every call with the same string gives the same index, which explorers use as well. So add nothing to
    it; `build_index` makes one of your own.
    """
    return trained_index(factory).refilled(load_world().references)


def trained_index(factory):
    """An ActiveIndex of any faiss factory string, trained on the ready world's 60,000 pictures and empty; a new one each time.

    Those of TRAINED come with the package and are read, IVF1536,Flat has the cells of one of them; others are trained now.
    """
    if factory in TRAINED:
        return ActiveIndex.load(DATA / f"{factory}.npz")
    if factory == CELLS:
        return cells_alone(trained_index(CODES))
    return build_index(factory, load_world().train)


def cells_alone(index):
    """An IVF with the same cells as an IVF-PQ index and no codes, trained and empty: what the same k-means gives without PQ."""
    other = ActiveIndex(f"IVF{index.nlist},Flat", index.d, seed=index.seed)
    other.faiss.quantizer.add(index.centroids)
    other.faiss.is_trained = True
    return other


def build_trained(folder, progress=True):
    """Train those of TRAINED on folder's train.npy and write each there. What is there is never overwritten, nor made again."""
    folder = Path(folder)
    paths = {factory: folder / f"{factory}.npz" for factory in TRAINED}
    missing = [factory for factory, path in paths.items() if not path.exists()]
    features = unit(np.load(folder / "train.npy")) if missing else None
    for factory in tqdm(missing, desc="trained indexes", unit="index", disable=not progress):
        build_index(factory, features).save(paths[factory])
