"""Opening the ready world: stored features, and pictures drawn from their seeds when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.pictures.synthetic import synthetic_pictures
from activeindex_lite.support.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL import Image

# No two sets share a seed, nor does any with the extractor's training pictures (1,000,000 and up).
# Fresh pictures belong to no set.
TRAIN_SEED, REFERENCE_SEED, FRESH_SEED = 2_000_000, 3_000_000, 4_000_000
SIZE = 224
DATA = files("activeindex_lite") / "data"


@dataclass(frozen=True)
class World:
    """A small, complete world of synthetic pictures as the lite extractor sees them.

    train: (60000, 128) float32 unit vectors, to train indexes with; references: (50000, 128), the database.
    The two sets and the extractor's own training pictures have no seed in common. Reference i is the picture of
    seed 3,000,000 + i, train picture i that of 2,000,000 + i, both drawn at `size` pixels.
    """

    train: np.ndarray
    references: np.ndarray
    size: int = SIZE

    def pictures(self, ids: int | Iterable[int]) -> list[Image.Image]:
        """The reference pictures of the given ids (one or several in 0 .. 49999), drawn now: a list of PIL pictures.

        ValueError for anything else.
        """
        ids = np.atleast_1d(ids)
        n = len(self.references)
        if ids.size and ids.dtype.kind not in "iu":
            raise ValueError(f"reference ids {ids.tolist()!r:.60}: expected whole numbers from 0 to {n - 1}")
        if ids.min(initial=0) < 0 or ids.max(initial=0) >= n:
            raise ValueError(f"reference ids {ids.min()} to {ids.max()}: the ready world has ids from 0 to {n - 1}")
        return synthetic_pictures(REFERENCE_SEED + ids, self.size)


@cache
def load_world() -> World:
    """Open the ready world in the package. It needs neither torch nor faiss, about 0.2 s and 56 MB.

    It is opened once: every call returns the same arrays, which are read-only (copy what you want to change).
    """
    # Mapped, so that the half-precision file leaves no trace in memory.
    return World(unit(read_packed(DATA / "train.npz")), unit(np.load(DATA / "references.npy", mmap_mode="r")))


def write_packed(path: Path, features: np.ndarray) -> None:
    """Write features (N, d) float16 to a file that is a seventh smaller than their .npy, without a loss."""
    # The high bytes, of signs and exponents, repeat themselves; among the low ones they would hide it.
    parts = np.ascontiguousarray(features, "<f2").view(np.uint8).reshape(*features.shape, 2)
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, low=parts[..., 0], high=parts[..., 1])


def read_packed(path: Path) -> np.ndarray:
    """The features (N, d) float16 that `write_packed` wrote."""
    with np.load(path, allow_pickle=False) as parts:
        return np.stack([parts["low"], parts["high"]], axis=-1).view("<f2")[..., 0]


def unit(features: np.ndarray) -> np.ndarray:
    """Features stored in half precision, (..., d), as float32 of unit norm; read-only."""
    features = features.astype(np.float32)
    # In place: np.linalg.norm would make another array of this size.
    features /= np.sqrt(np.einsum("...d,...d->...", features, features))[..., None]
    features.flags.writeable = False
    return features
