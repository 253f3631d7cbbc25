"""Notebooks 00 and 06 and the alpha explorer: release one picture at any alpha, edit it, and search for the copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import faiss
import numpy as np
from PIL import Image

from activeindex_lite import activation
from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits import edit_named
from activeindex_lite.evaluation.cells import cell_ranks
from activeindex_lite.evaluation.queries import edit_stream
from activeindex_lite.evaluation.retrieval import strictly_first
from activeindex_lite.index.anatomy import anatomy, forward, storage

if TYPE_CHECKING:
    from activeindex_lite.activation.stepwise import Step
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex, Targets


@dataclass(frozen=True)
class Release:
    """One release of the picture.

    picture: 8-bit PIL; psnr (dB, infinite if nothing changed), ssim, linf (grey levels): against the original; walk:
    (steps + 1, 2) float64, the place (see `places`) of the feature before each step and of the saved picture; loss:
    (steps + 1,) at the same points; seconds: of the activation alone.
    """

    picture: Image.Image
    psnr: float
    ssim: float
    linf: float
    walk: np.ndarray
    loss: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Found:
    """What searches for one edited picture find, at P values of nprobe.

    query: the edited picture, PIL; feature: (d,) of it; place: (2,) of its feature, see `places`; nprobes: the P
    values; ids (P,), distances (P,): of the first results; first: (P,) bool, whether that is the original (a tie counts
    as a miss); cell_rank: rank of the original's cell among all cells, 1 the nearest to the query; cells: (max of
    nprobes,) int64, those that a search visits, the nearest first (both None: the index has no cells).
    """

    query: Image.Image
    feature: np.ndarray
    place: np.ndarray
    nprobes: tuple
    ids: np.ndarray
    distances: np.ndarray
    first: np.ndarray
    cell_rank: int | None
    cells: np.ndarray | None


class OnePicture:
    """A picture that an index stores, to be released as it is or activated.

    picture: PIL RGB, the original; index: the ActiveIndex that stores its feature under the id truth; extractor: the
    one that made the features in the index. seed: the Random edit draws from the stream (seed, truth). .x (d,):
    feature of the original; .q (d,): what the index keeps of it (for LSH, the unit vector along the signs of its
    code).
    """

    def __init__(
        self, picture: Image.Image, index: ActiveIndex, extractor: Extractor, truth: int, seed: int = 0
    ) -> None:
        self.picture, self.index, self.extractor, self.truth, self.seed = picture, index, extractor, truth, seed
        self.x = extractor([picture])[0]
        self._targets = index.targets(self.x[None])
        self.q = anchor(self._targets)

    @property
    def goal(self) -> str:
        """A name for .q, which the feature moves toward; the code of LSH is not a point."""
        return "its code q(x)" if self._targets.kind == "point" else "where its bits point"

    def release(self, alpha: float, steps: int = STEPS, method: str = "published") -> Release:
        """Activate the picture with alpha (on the paper's scale; 3 is the published value) and a number of steps."""
        run = activation.activate(
            [self.picture], self.index, self.extractor, method=method, alpha=alpha, steps=steps, features=self.x[None]
        )
        return Release(
            run.pictures[0],
            float(run.psnr[0]),
            float(run.ssim[0]),
            float(run.linf[0]),
            places(run.path[:, 0], self.x, self.q),
            run.loss[:, 0],
            float(run.seconds[0]),
        )

    def steps(self, alpha: float = ALPHA, steps: int = STEPS, method: str = "published") -> Iterator[Step]:
        """Activate the picture one step at a time: the Steps of `activate_steps`, each made when it is asked for."""
        return activation.activate_steps(
            self.picture, self.index, self.extractor, method=method, alpha=alpha, steps=steps, features=self.x[None]
        )

    def measure(self, features: np.ndarray) -> np.ndarray:
        """How far features (N, d) have come toward what the index keeps: (N,) float64, see `measured`.

        The squared distance to .q; for LSH the mean distance to the hyperplanes, negative on the wrong side.
        """
        features, targets = np.asarray(features, float), self._targets
        if targets.kind == "point":
            return np.square(features - self.q).sum(1)
        lengths = np.linalg.norm(targets.projections, axis=1)
        return (targets.signs * (features @ targets.projections.T + targets.offsets) / lengths).mean(1)

    @property
    def measured(self) -> str:
        """What `measure` measures, in words."""
        if self._targets.kind == "point":
            return "squared distance to its code"
        return "mean distance to the hyperplanes"

    def parts(self, features: np.ndarray) -> np.ndarray | None:
        """The codes of features (N, d) part by part, (N, P) int64: bits of LSH, sub-codes of PQ; None for others."""
        return code_parts(self.index, features)

    def search(self, picture: Image.Image, edit: str, nprobes: Sequence[int] = (1,)) -> Found:
        """Edit a released picture (edit: a name as `edit_named` takes it) and search for the copy at each nprobe."""
        query = edit_named(edit)(picture, edit_stream(self.seed, self.truth))
        feature = self.extractor([query])
        k = min(2, self.index.ntotal)
        found = [self.index.search(feature, k=k, nprobe=nprobe) for nprobe in nprobes]
        distances, ids = (np.concatenate(parts) for parts in zip(*found))
        return Found(
            query,
            feature[0],
            places(feature, self.x, self.q)[0],
            tuple(nprobes),
            ids[:, 0],
            distances[:, 0],
            strictly_first(distances, ids, self.truth),
            self._cell_rank(feature),
            None if self.index.nlist is None else self.index.probe(feature, max(nprobes))[0],
        )

    def _cell_rank(self, feature: np.ndarray) -> int | None:
        if self.index.nlist is None:
            return None
        return int(cell_ranks(self.index, feature, self.index.assign(self.x[None]))[0])


def anchor(targets: Targets) -> np.ndarray:
    """A point (d,) for the first of some Targets: the reconstruction of its code.

    For LSH, whose code has none, the unit vector along sum_j sign(b_j) w_j, in whose direction every projection moves
    away from 0 on its own side.
    """
    if targets.kind == "point":
        return targets.points[0]
    direction = targets.signs[0] @ targets.projections
    return direction / np.linalg.norm(direction)


def places(features: np.ndarray, x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Coordinates of features (N, d) relative to x and q (d,): (N, 2) float64, with x at (0, 0) and q at (|q - x|, 0).

    The first coordinate runs along the line from x to q, the second is the distance from that line. So the distances of
    each point to x and to q are the true ones in d dimensions. Distances between other points are not, because all
    directions away from the line are folded into one.
    """
    features, x, q = (np.asarray(a, float) for a in (features, x, q))
    length = np.linalg.norm(q - x)
    # Where the code is x itself, any direction will do.
    direction = (q - x) / length if length else np.eye(len(x))[0]
    along = (features - x) @ direction
    return np.stack([along, np.linalg.norm(features - x - along[:, None] * direction, axis=1)], axis=1)


def code_parts(index: ActiveIndex, features: np.ndarray) -> np.ndarray | None:
    """The codes of features (N, d) part by part, (N, P) int64: the bits of LSH, the sub-codes of PQ and OPQ.

    None for an index with cells and for other codes.
    """
    chain, core = anatomy(index.faiss)
    if isinstance(core, faiss.IndexLSH):
        return (index.targets(features).signs > 0).astype(np.int64)
    pq = getattr(storage(core), "pq", None)
    if index.nlist is not None or pq is None:
        return None
    codes = pq.compute_codes(forward(chain, np.ascontiguousarray(features, np.float32)))
    return faiss.unpack_bitstrings(codes, pq.M, pq.nbits).astype(np.int64)


def amplified_difference(original: Image.Image, changed: Image.Image, gain: float = 10) -> Image.Image:
    """The change of a picture made visible: mid-grey where nothing changed, gain times the difference elsewhere."""
    difference = np.asarray(changed, float) - np.asarray(original, float)
    return Image.fromarray(np.clip(128 + gain * difference, 0, 255).round().astype(np.uint8))


def joined(index: ActiveIndex, feature: np.ndarray) -> ActiveIndex:
    """A copy of an index that also stores one more feature (1, d), under the next id."""
    other = index.copy()
    other.add(feature)
    return other
