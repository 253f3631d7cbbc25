"""The ready world's queries: stored features of 200 references under the 14 edits, and each edited picture on demand."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.queries import edit_stream, edited_features
from activeindex_lite.support.files import whole_file
from activeindex_lite.world.world import DATA, World, load_world, unit

FILE = "queries.npy"
N = 200


@dataclass(frozen=True)
class Queries:
    """Edited copies of references of the ready world, as the lite extractor sees them.

    ids: (200,) the references that were edited, ascending; features: dict from the name of an edit to (200, 128)
    float32 unit vectors, a row a reference, in the order of ids. The copies are passive: nothing was activated.
    """

    ids: np.ndarray
    features: dict
    world: World

    def picture(self, i, edit):
        """The edited picture behind features[edit][i], drawn now (PIL)."""
        if edit not in self.features:
            raise ValueError(f"edit {edit!r}: the stored queries have {', '.join(self.features)}")
        if not 0 <= i < len(self.ids):
            raise ValueError(f"query {i}: the stored queries have 0 to {len(self.ids) - 1}")
        return EDITS[edit](self.world.pictures(self.ids[i])[0], edit_stream(0, i))

    def stacked(self):
        """All queries in one array, edit after edit: features (14 * 200, 128) float32 and truth (14 * 200,) of ids."""
        return np.concatenate(list(self.features.values())), np.tile(self.ids, len(self.features))


def load_queries(world=None):
    """Open the ready world's queries. world: the opened world they belong to (None: the ready one)."""
    stored = np.load(DATA / FILE)
    world = world or load_world()
    return Queries(query_ids(len(world.references)), dict(zip(EDITS, map(unit, stored))), world)


def query_ids(n):
    """The references that are edited: the same ones as `activeindex-lite demo --queries 200 --seed 0` takes."""
    return np.sort(np.random.default_rng(0).choice(n, N, replace=False))


def build_queries(folder, progress=True):
    """Write queries.npy (14, 200, 128), float16, into folder. A file that is there is never overwritten."""
    from activeindex_lite.extractor import load_extractor

    path, world = Path(folder) / FILE, load_world()
    if path.exists():
        raise FileExistsError(f"{path} exists: give a new folder, or delete the file first")
    pictures = world.pictures(query_ids(len(world.references)))
    features = edited_features(pictures, load_extractor("lite"), seed=0, progress=progress)
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.save(file, np.stack(list(features.values())).astype(np.float16))
