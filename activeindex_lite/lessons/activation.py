"""Activation seen among the features: planes that show a walk and the borders it meets, and what it does to edited copies."""

from dataclasses import dataclass

import faiss
import numpy as np

from activeindex_lite.evaluation.cells import cell_visited
from activeindex_lite.evaluation.retrieval import intervals
from activeindex_lite.index.anatomy import anatomy, forward, storage
from activeindex_lite.lessons.borders import NOTHING, Plane, cells_seen, clip, half_planes, plane_through, share_in
from activeindex_lite.lessons.one_picture import anchor


@dataclass(frozen=True, eq=False)
class Scene:
    """A plane through the features, and the borders of an index exactly where the plane cuts them.

    plane; kept: share of the variance of the start and the features given that lies in the plane; start (2,), code (2,) and
    the last of features (T, 2) are in it by construction, the other features fall perpendicularly onto it; code_known: False for LSH, whose code is not a
    point: `code` is then the unit vector along the signs. window: (4, 2) corners of the
    square that is looked at.
    kind "cells": regions are the IVF cells that the window shows, names their numbers, the own one first. "sub-codes" (PQ,
    OPQ) and "bits" (LSH): regions[m] is where part m of the code is the stored one. own: where all of the code is; a (0, 2)
    polygon if that is nowhere in the window. Polygons are (corners, 2).
    """

    plane: Plane
    kept: float
    start: np.ndarray
    code: np.ndarray
    features: np.ndarray
    window: np.ndarray
    kind: str
    regions: list
    names: list
    own: np.ndarray

    @property
    def code_known(self):
        return self.kind != "bits"


def scene(index, x, features, start=None, like=None, margin=0.14, through=None):
    """The plane through a feature, its code and the end of a walk (or a copy), with the borders of the index in it: a Scene.

    The last of the features is where the walk ends; as it lies in the plane, so does the truth on which side of a border it is.

    index: an ActiveIndex with cells (IVF), sub-codes (PQ, OPQ) or bits (LSH); x: (d,) the feature whose code is stored;
    features: (T, d), such as the path of an activation or one edited copy; start: (d,) the point from which they are seen
    (None: x); like: a Scene, the window is at least as wide as its own, so that lengths compare; margin: share of the window
    that is left free; through: (d,) a point that the plane contains in place of the code, which then falls perpendicularly
    onto it (None: the code).
    """
    x, features = np.asarray(x, np.float32), np.atleast_2d(features)
    targets = index.targets(x[None])
    code = anchor(targets)
    plane = plane_through(x if start is None else start, code if through is None else through, features[-1])
    kept = share_in(plane, np.concatenate([plane.origin[None], features]))
    flat = plane.flat(np.concatenate([plane.origin[None], code[None], features]))
    window = _window(flat, margin, 0 if like is None else np.ptp(like.window, axis=0).max())
    kind, regions, names, own = _borders(index, x, targets, plane, window)
    return Scene(plane, kept, flat[0], flat[1], flat[2:], window, kind, regions, names, own)


def _window(points, margin, width):
    """Corners of a square round points, with a margin, at least so wide."""
    low, high = points.min(0), points.max(0)
    # At least a little of everything: a picture that did not move has a window too.
    half = max(np.ptp(points, axis=0).max() / 2 * (1 + 2 * margin), width / 2, 1e-3)
    return (low + high) / 2 + half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])


def _borders(index, x, targets, plane, window):
    chain, core = anatomy(index.faiss)
    if targets.kind == "signs":
        # sign * (w . p + o) >= 0 for the points p of the plane.
        sign = targets.signs[0]
        normals = -sign[:, None] * (targets.projections @ plane.axes.T)
        offsets = sign * (targets.projections @ plane.origin + targets.offsets)
        regions = [clip(window, n[None], o[None])[0] for n, o in zip(normals, offsets)]
        return "bits", regions, list(range(len(regions))), clip(window, normals, offsets)[0]
    plane, y = _forward(chain, plane), forward(chain, x[None])[0]
    if index.nlist is not None:
        own = int(index.assign(x[None])[0])
        cells = cells_seen(plane, index.centroids, window, own)
        names = [own, *(cell for cell in cells if cell != own)]
        return "cells", [cells.get(name, NOTHING) for name in names], names, cells.get(own, NOTHING)
    codec = storage(core)
    if not hasattr(codec, "pq"):
        raise ValueError(
            f"{index.factory}: borders are known for IVF, PQ, OPQ and LSH; take one of them, such as PQ8x8"
        )
    halves = [_half_planes_of_part(plane, book, y, m) for m, book in enumerate(_codebooks(codec.pq))]
    regions = [clip(window, *half)[0] for half in halves]
    return "sub-codes", regions, list(range(len(regions))), clip(window, *map(np.concatenate, zip(*halves)))[0]


def _forward(chain, plane):
    """The plane as the index proper sees it: its transforms (OPQ's rotation, PCA) are affine."""
    points = np.concatenate([plane.origin[None], plane.origin + plane.axes]).astype(np.float32)
    origin, *ends = forward(chain, points).astype(float)
    return Plane(origin, np.stack(ends) - origin)


def _codebooks(pq):
    return faiss.vector_to_array(pq.centroids).reshape(pq.M, pq.ksub, pq.dsub)


def _half_planes_of_part(plane, book, y, m):
    part = slice(m * book.shape[1], (m + 1) * book.shape[1])
    own = int(np.square(book - y[part]).sum(1).argmin())
    return half_planes(Plane(plane.origin[part], plane.axes[:, part]), book, own)


def code_distances(q, passive, active):
    """Squared distances to the stored codes: a DataFrame picture, activated, edit, distance.

    q: (N, d) what an index keeps of N originals; passive, active: dict from the name of an edit to features (N, d) of the
    copies ("Identity": the released pictures themselves).
    """
    return _table(passive, active, lambda f, x: {"distance": np.square(f - q).sum(1)})


def three_terms(q, passive, active):
    """How the distance of a copy to the code comes about: a DataFrame picture, activated, edit, shift, code, cross, total.

    f being the copy's feature, x that of the released picture (under "Identity"), q the stored code:
    |f - q|^2 = |f - x|^2 + |x - q|^2 + 2 (f - x).(x - q), the columns total = shift + code + cross, exactly.
    """

    def terms(f, x):
        f, x = f.astype(float), x.astype(float)
        shift, code = np.square(f - x).sum(1), np.square(x - q).sum(1)
        return {"shift": shift, "code": code, "cross": 2 * ((f - x) * (x - q)).sum(1), "total": np.square(f - q).sum(1)}

    return _table(passive, active, terms)


def _table(passive, active, columns):
    import pandas as pd

    rows = []
    for activated, copies in ((False, passive), (True, active)):
        for edit, features in copies.items():
            rows.append(
                pd.DataFrame(
                    {
                        "picture": np.arange(len(features)),
                        "activated": activated,
                        "edit": edit,
                        **columns(features, copies.get("Identity")),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def share_kept(index, x, features, nprobe=1):
    """How much of the stored code of x (N, d) the features of copies (N, d) meet: (N,) float64 from 0 to 1.

    IVF: 1 if the stored cell is among the nprobe nearest, else 0 (its mean is the paper's 1 - p_f); LSH: the share of equal
    bits; PQ, OPQ: the share of equal sub-codes.
    """
    if index.nlist is not None:
        return cell_visited(index, features, index.assign(x), nprobe).astype(float)
    chain, core = anatomy(index.faiss)
    if isinstance(core, faiss.IndexLSH):
        return (index.targets(features).signs == index.targets(x).signs).mean(1)
    pq = getattr(storage(core), "pq", None)
    if pq is None:
        raise ValueError(f"{index.factory}: parts of a code are known for IVF, PQ, OPQ and LSH; take one of them")
    a, b = (
        faiss.unpack_bitstrings(pq.compute_codes(forward(chain, np.ascontiguousarray(v))), pq.M, pq.nbits)
        for v in (x, features)
    )
    return (a == b).mean(1)


def staying(index, x, passive, active, nprobes=(1,), rng=None):
    """1 - p_f and its like, see `share_kept`, under each edit: a DataFrame edit, activated, nprobe, share, low, high.

    x: (N, d) the originals' features, whose codes are stored; passive, active: dict from the name of an edit to (N, d).
    low, high: 95 % bootstrap over the pictures (rng: numpy Generator).
    """
    import pandas as pd

    rng, rows = rng or np.random.default_rng(0), []
    for activated, copies in ((False, passive), (True, active)):
        for nprobe in nprobes:
            kept = np.stack([share_kept(index, x, features, nprobe) for features in copies.values()], axis=1)
            low, high = intervals(kept, rng)
            rows.append(
                pd.DataFrame(
                    {
                        "edit": list(copies),
                        "activated": activated,
                        "nprobe": nprobe,
                        "share": kept.mean(0),
                        "low": low,
                        "high": high,
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)


def quality_by_steps(pictures, index, extractor, steps=(1, 2, 3, 5, 7, 10), **settings):
    """Loss and PSNR of the saved pictures after so many steps: a DataFrame picture, steps, loss, psnr (infinite at step 0).

    settings: further arguments of `activate`. A run of k steps is the beginning of a longer one, so these are points of one walk.
    """
    import pandas as pd

    from activeindex_lite.activation import activate

    x = settings.pop("features", None)
    x = extractor(pictures) if x is None else x
    rows = []
    for k in steps:
        run = activate(pictures, index, extractor, steps=k, features=x, **settings)
        rows.append(pd.DataFrame({"picture": np.arange(len(run)), "steps": k, "loss": run.loss[-1], "psnr": run.psnr}))
    rows.insert(0, rows[0].assign(steps=0, loss=run.loss[0], psnr=np.inf))
    return pd.concat(rows, ignore_index=True)
