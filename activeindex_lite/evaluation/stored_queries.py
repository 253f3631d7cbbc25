"""The ready world's queries: stored features of 200 edited references, and each edited picture on demand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.queries import edit_stream, edited_features
from activeindex_lite.support.files import whole_file
from activeindex_lite.world.world import DATA, World, load_world, unit

if TYPE_CHECKING:
    from PIL import Image

FILE = "queries.npy"
N = 200


@dataclass(frozen=True)
class Queries:
    """Edited copies of references of the ready world, as the lite extractor sees them.

    ids: (200,) int64, the edited references, ascending; features: dict from the name of an edit to (200, 128) float32
    unit vectors, one row per reference in the order of ids. The copies are passive: of pictures that were not
    activated.
    """

    ids: np.ndarray
    features: dict
    world: World

    def picture(self, i: int, edit: str) -> Image.Image:
        """The edited picture of features[edit][i], drawn now."""
        if edit not in self.features:
            raise ValueError(f"edit {edit!r}: the stored queries have {', '.join(self.features)}")
        if not 0 <= i < len(self.ids):
            raise ValueError(f"query {i}: the stored queries have 0 to {len(self.ids) - 1}")
        return EDITS[edit](self.world.pictures(self.ids[i])[0], edit_stream(0, i))

    def stacked(self) -> tuple[np.ndarray, np.ndarray]:
        """All queries, edit after edit: features (14 * 200, 128) float32, and truth (14 * 200,) int64."""
        return np.concatenate(list(self.features.values())), np.tile(self.ids, len(self.features))


def load_queries(world: World | None = None) -> Queries:
    """Open the ready world's queries. world: the opened world that they belong to (None: the ready one)."""
    stored = np.load(DATA / FILE)
    world = world or load_world()
    return Queries(query_ids(len(world.references)), dict(zip(EDITS, map(unit, stored))), world)


def query_ids(n: int) -> np.ndarray:
    """Ids (200,) of the edited references among n, those of `activeindex-lite demo --originals 200 --seed 0`."""
    return np.sort(np.random.default_rng(0).choice(n, N, replace=False))


def build_queries(folder: str | Path, progress: bool = True) -> None:
    """Write queries.npy (14, 200, 128), float16, into folder; FileExistsError if it exists."""
    from activeindex_lite.extractor import load_extractor  # loads torch

    path, world = Path(folder) / FILE, load_world()
    if path.exists():
        raise FileExistsError(f"{path} exists: give a new folder, or delete the file first")
    pictures = world.pictures(query_ids(len(world.references)))
    features = edited_features(pictures, load_extractor("lite"), seed=0, progress=progress)
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.save(file, np.stack(list(features.values())).astype(np.float16))
