"""Indexes of the ready world: trained once and kept with the package, or trained now."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tqdm import tqdm

from activeindex_lite.index.active_index import ActiveIndex, build_index
from activeindex_lite.world.world import DATA, load_world, read_packed, unit

CELLS, CODES = "IVF1536,Flat", "IVF1536,PQ4x8"
# The seed of an index for which nobody gave one, and the one of an index that is trained again.
SEED, SEED_AGAIN = 1234, 1
# Those that take longest to train and are used most, with the seeds of their k-means; two megabytes together.
TRAINED = ((CODES, SEED), ("OPQ8_64,PQ8x8", SEED), (CODES, SEED_AGAIN))


@cache
def ready_index(factory: str) -> ActiveIndex:
    """An ActiveIndex of any faiss factory string, trained on the ready world and storing its 50,000 references.

    Every call with the same string returns the same index, which explorers share. Add nothing to it: `build_index`
    makes an index of your own.
    """
    return trained_index(factory).refilled(load_world().references)


def trained_index(factory: str, seed: int = SEED) -> ActiveIndex:
    """A new, empty ActiveIndex of any faiss factory string, trained on the ready world's 60,000 pictures.

    seed: of every k-means. The package holds those of TRAINED, and IVF1536,Flat takes the cells of one of them; all
    others are trained now.
    """
    if is_stored(factory, seed):
        return ActiveIndex.load(DATA / _name(factory, seed))
    if factory == CELLS:
        return cells_alone(trained_index(CODES, seed))
    return build_index(factory, load_world().train, seed=seed)


def is_stored(factory: str, seed: int = SEED) -> bool:
    """Whether the package holds this index trained with this seed."""
    return (factory, seed) in TRAINED


def _name(factory: str, seed: int) -> str:
    return f"{factory}.npz" if seed == SEED else f"{factory},seed{seed}.npz"


def cells_alone(index: ActiveIndex) -> ActiveIndex:
    """A trained, empty IVF,Flat with the cells of an IVF-PQ index: the same k-means gives both."""
    other = ActiveIndex(f"IVF{index.nlist},Flat", index.d, seed=index.seed)
    other.faiss.quantizer.add(index.centroids)
    other.faiss.is_trained = True
    return other


def build_trained(folder: str | Path, progress: bool = True) -> None:
    """Train the indexes of TRAINED on folder's train.npz and write them there; existing files stay as they are."""
    folder = Path(folder)
    missing = [trained for trained in TRAINED if not (folder / _name(*trained)).exists()]
    features = unit(read_packed(folder / "train.npz")) if missing else None
    for factory, seed in tqdm(missing, desc="trained indexes", unit="index", disable=not progress):
        build_index(factory, features, seed=seed).save(folder / _name(factory, seed), compressed=True)
