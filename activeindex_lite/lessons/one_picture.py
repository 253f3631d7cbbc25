"""What-if on one picture: activate it at any alpha and number of steps, edit it, search, and see what comes first."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from activeindex_lite.activation.defaults import STEPS
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.cells import cell_ranks
from activeindex_lite.evaluation.queries import edit_stream
from activeindex_lite.evaluation.retrieval import strictly_first


@dataclass(frozen=True)
class Release:
    """One way of releasing the picture.

    picture: 8-bit PIL; psnr (dB, infinite if nothing changed), ssim, linf (grey levels) against the original; walk:
    (steps + 1, 2) float64, the feature's place before each step and, last, of the saved picture, see `places`; loss:
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
    """What searches for one edited picture brought, at P numbers of visited cells.

    query: the edited picture, PIL; place: (2,), see `places`; nprobes: the P numbers; ids (P,) and distances (P,) of the
    first results; first: (P,) bool, whether it is the original (a tie counts against); cell_rank: of the original's cell
    among all cells, 1 the nearest to the query (None: the index has no cells).
    """

    query: Image.Image
    place: np.ndarray
    nprobes: tuple
    ids: np.ndarray
    distances: np.ndarray
    first: np.ndarray
    cell_rank: int | None


class OnePicture:
    """A picture that an index stores, to be released as it is or activated.

    picture: PIL RGB, the original; index: the ActiveIndex that stores its feature under the id truth; extractor: the one
    that index was made with. seed: (seed, truth) begins the stream of the Random edit. .x (d,) is the original's feature
    and .q (d,) what the index keeps of it (for LSH: the unit vector along the signs of its code).
    """

    def __init__(self, picture, index, extractor, truth, seed=0):
        self.picture, self.index, self.extractor, self.truth, self.seed = picture, index, extractor, truth, seed
        self.x = extractor([picture])[0]
        self._targets = index.targets(self.x[None])
        self.q = anchor(self._targets)

    @property
    def goal(self):
        """What to call .q, where the feature walks to: bits are no point that an index keeps."""
        return "its code q(x)" if self._targets.kind == "point" else "where its bits point"

    def release(self, alpha, steps=STEPS):
        """Activate at this alpha (the paper's scale, 3 is the published point) in so many steps of lr 1: a Release."""
        from activeindex_lite.activation import activate

        run = activate([self.picture], self.index, self.extractor, alpha=alpha, steps=steps, features=self.x[None])
        return Release(
            run.pictures[0],
            float(run.psnr[0]),
            float(run.ssim[0]),
            float(run.linf[0]),
            places(run.path[:, 0], self.x, self.q),
            run.loss[:, 0],
            float(run.seconds[0]),
        )

    def search(self, picture, edit, nprobes=(1,)):
        """Edit a released picture (edit: a name of EDITS) and search for the copy at each of nprobes: a Found."""
        if edit not in EDITS:
            raise ValueError(f"edit {edit!r}: choose one of {', '.join(EDITS)}")
        query = EDITS[edit](picture, edit_stream(self.seed, self.truth))
        feature = self.extractor([query])
        k = min(2, self.index.ntotal)
        found = [self.index.search(feature, k=k, nprobe=nprobe) for nprobe in nprobes]
        distances, ids = (np.concatenate(parts) for parts in zip(*found))
        return Found(
            query,
            places(feature, self.x, self.q)[0],
            tuple(nprobes),
            ids[:, 0],
            distances[:, 0],
            strictly_first(distances, ids, self.truth),
            self._cell_rank(feature),
        )

    def _cell_rank(self, feature):
        if self.index.nlist is None:
            return None
        return int(cell_ranks(self.index, feature, self.index.assign(self.x[None]))[0])


def anchor(targets):
    """The point that stands for the first of some Targets: its code's reconstruction, (d,) float32, or for LSH the unit
    vector sum_j sign(b_j) w_j, along which every projection grows on its own side."""
    if targets.kind == "point":
        return targets.points[0]
    direction = targets.signs[0] @ targets.projections
    return direction / np.linalg.norm(direction)


def places(features, x, q):
    """Where features (N, d) stand relative to x and q (d,): (N, 2) float64, with x at (0, 0) and q at (|q - x|, 0).

    First the way along the line from x to q, then the distance from that line: a point's distances to x and to q in this
    picture are the true ones in all d dimensions. Distances between other points are not (all directions away from the
    line are folded into one).
    """
    features, x, q = (np.asarray(a, float) for a in (features, x, q))
    length = np.linalg.norm(q - x)
    # A code may fall on x itself; then any direction serves.
    direction = (q - x) / length if length else np.eye(len(x))[0]
    along = (features - x) @ direction
    return np.stack([along, np.linalg.norm(features - x - along[:, None] * direction, axis=1)], axis=1)


def amplified_difference(original, changed, gain=10):
    """The change of a picture made visible: PIL, mid-grey where nothing changed, gain times the difference elsewhere."""
    difference = np.asarray(changed, float) - np.asarray(original, float)
    return Image.fromarray(np.clip(128 + gain * difference, 0, 255).round().astype(np.uint8))


def joined(index, feature):
    """A copy of an ActiveIndex that stores one feature (1, d) more, under the next id."""
    other = index.copy()
    other.add(feature)
    return other
