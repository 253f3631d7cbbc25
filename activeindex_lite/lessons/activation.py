"""Notebook 06: activation among the features, as planes with a walk and its borders, distances to the code, and p_f."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import faiss
import numpy as np
import pandas as pd

from activeindex_lite import activation
from activeindex_lite.evaluation.cells import cell_visited
from activeindex_lite.evaluation.retrieval import intervals
from activeindex_lite.index.anatomy import anatomy, forward, storage
from activeindex_lite.lessons.borders import NOTHING, Plane, cells_seen, clip, half_planes, plane_through, share_in
from activeindex_lite.lessons.one_picture import anchor
from activeindex_lite.support.parallel import in_threads

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex, Targets


@dataclass(frozen=True, eq=False)
class Scene:
    """A plane through the space of features, and the borders of an index exactly where the plane cuts them.

    plane: of the feature space; kept: share of the variance of start and features that lies in it. start (2,), code
    (2,) and the last of features (T, 2) lie in the plane; the other features are projected onto it. code_known: False
    for LSH, whose code is not a point; `code` is then the unit vector along the signs. window: (4, 2), the corners of
    the square that is drawn.

    kind "cells" (IVF): regions are the cells in the window, own cell first, and names their numbers. kind "sub-codes"
    (PQ, OPQ) and "bits" (LSH): regions[m] is where part m of the code equals the stored one. own: where the whole
    code equals the stored one, (0, 2) if that is nowhere in the window. Polygons are (corners, 2).
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
    def code_known(self) -> bool:
        """Whether the code is a point of the feature space."""
        return self.kind != "bits"


def scene(
    index: ActiveIndex,
    x: np.ndarray,
    features: np.ndarray,
    start: np.ndarray | None = None,
    like: Scene | None = None,
    margin: float = 0.14,
    through: np.ndarray | None = None,
) -> Scene:
    """The plane through a feature, its code and the end of a walk (or a copy), with the borders of the index in it.

    The last of the features is the end of the walk. It lies in the plane, so the side of each border it is on is exact.

    index: an ActiveIndex with cells (IVF), sub-codes (PQ, OPQ) or bits (LSH); x: (d,) the feature whose code is
    stored; features: (T, d), such as the path of an activation or one edited copy; start: (d,) the point from which
    they are seen (None: x); like: a Scene, the window is at least as wide as its own, so that lengths compare;
    margin: share of the window that is left free; through: (d,) a point that the plane contains in place of the code,
    which then falls perpendicularly onto it (None: the code).
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


def _window(points: np.ndarray, margin: float, width: float) -> np.ndarray:
    """Corners of a square around points, with a margin, and at least this width."""
    low, high = points.min(0), points.max(0)
    # Never empty: a picture that did not move has a window too.
    half = max(np.ptp(points, axis=0).max() / 2 * (1 + 2 * margin), width / 2, 1e-3)
    return (low + high) / 2 + half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])


def _borders(
    index: ActiveIndex, x: np.ndarray, targets: Targets, plane: Plane, window: np.ndarray
) -> tuple[str, list, list, np.ndarray]:
    """kind, regions, names and own of a Scene."""
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
            f"{index.factory}: borders can be drawn for IVF, PQ, OPQ and LSH; take one of them, such as PQ8x8"
        )
    halves = [_half_planes_of_part(plane, book, y, m) for m, book in enumerate(_codebooks(codec.pq))]
    regions = [clip(window, *half)[0] for half in halves]
    return "sub-codes", regions, list(range(len(regions))), clip(window, *map(np.concatenate, zip(*halves)))[0]


def _forward(chain: list, plane: Plane) -> Plane:
    """The plane after the index's transforms (OPQ's rotation, PCA), which are affine."""
    points = np.concatenate([plane.origin[None], plane.origin + plane.axes]).astype(np.float32)
    origin, *ends = forward(chain, points).astype(float)
    return Plane(origin, np.stack(ends) - origin)


def _codebooks(pq: faiss.ProductQuantizer) -> np.ndarray:
    return faiss.vector_to_array(pq.centroids).reshape(pq.M, pq.ksub, pq.dsub)


def _half_planes_of_part(plane: Plane, book: np.ndarray, y: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Where part m of the code stays that of y: half-planes, as `half_planes` gives them."""
    part = slice(m * book.shape[1], (m + 1) * book.shape[1])
    own = int(np.square(book - y[part]).sum(1).argmin())
    return half_planes(Plane(plane.origin[part], plane.axes[:, part]), book, own)


def code_distances(q: np.ndarray, passive: dict[str, np.ndarray], active: dict[str, np.ndarray]) -> pd.DataFrame:
    """Squared distances to the stored codes: a DataFrame picture, activated, edit, distance.

    q: (N, d) what an index keeps of N originals; passive, active: dict from the name of an edit to features (N, d) of
    the copies ("Identity": the released pictures themselves).
    """
    return _table(passive, active, lambda f, x: {"distance": np.square(f - q).sum(1)})


def three_terms(q: np.ndarray, passive: dict[str, np.ndarray], active: dict[str, np.ndarray]) -> pd.DataFrame:
    """The distance of a copy to the code as a sum: a DataFrame picture, activated, edit, shift, code, cross, total.

    With f the copy's feature, x the released picture's (under "Identity") and q the stored code:
    |f - q|^2 = |f - x|^2 + |x - q|^2 + 2 (f - x).(x - q), which are the columns total = shift + code + cross.
    The arguments are those of `code_distances`.
    """

    def terms(f: np.ndarray, x: np.ndarray) -> dict[str, np.ndarray]:
        f, x = f.astype(float), x.astype(float)
        shift, code = np.square(f - x).sum(1), np.square(x - q).sum(1)
        return {"shift": shift, "code": code, "cross": 2 * ((f - x) * (x - q)).sum(1), "total": np.square(f - q).sum(1)}

    return _table(passive, active, terms)


def _table(passive: dict, active: dict, columns: Callable[[np.ndarray, np.ndarray], dict]) -> pd.DataFrame:
    """columns(features of the copies, features of the released pictures) for each edit, passive and activated."""
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


def share_kept(index: ActiveIndex, x: np.ndarray, features: np.ndarray, nprobe: int = 1) -> np.ndarray:
    """The share of the stored code of x (N, d) that the features of copies (N, d) keep: (N,) float64 from 0 to 1.

    IVF: 1 if the stored cell is among the nprobe nearest, else 0 (the mean is the paper's 1 - p_f); LSH: the share of
    equal bits; PQ, OPQ: the share of equal sub-codes. ValueError for other indexes.
    """
    if index.nlist is not None:
        return cell_visited(index, features, index.assign(x), nprobe).astype(float)
    chain, core = anatomy(index.faiss)
    if isinstance(core, faiss.IndexLSH):
        return (index.targets(features).signs == index.targets(x).signs).mean(1)
    pq = getattr(storage(core), "pq", None)
    if pq is None:
        raise ValueError(f"{index.factory}: codes can be compared for IVF, PQ, OPQ and LSH; take one of them")
    a, b = (
        faiss.unpack_bitstrings(pq.compute_codes(forward(chain, np.ascontiguousarray(v))), pq.M, pq.nbits)
        for v in (x, features)
    )
    return (a == b).mean(1)


def staying(
    index: ActiveIndex,
    x: np.ndarray,
    passive: dict[str, np.ndarray],
    active: dict[str, np.ndarray],
    nprobes: Sequence[int] = (1,),
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Mean `share_kept` (1 - p_f for an IVF) under each edit: a DataFrame edit, activated, nprobe, share, low, high.

    x: (N, d) features of the originals, whose codes are stored; passive, active: dict from the name of an edit to (N,
    d). low, high: 95 % bootstrap interval over pictures (rng).
    """
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


def _loss(features: np.ndarray, targets: Targets) -> np.ndarray:
    """L_f of features (N, d) that need no gradient: (N,) float32."""
    import torch

    from activeindex_lite.activation.objective import target_loss

    return target_loss(torch.from_numpy(features), targets).numpy()


def quality_by_steps(
    pictures: Sequence[Image.Image],
    index: ActiveIndex,
    extractor: Extractor,
    steps: Sequence[int] = (1, 2, 3, 5, 7, 10),
    **settings,
) -> pd.DataFrame:
    """Loss and PSNR of the saved pictures after each number of steps: a DataFrame picture, steps, loss, psnr.

    psnr is infinite at step 0. settings: further arguments of `activate_steps`, method and loss apart. A run of k
    steps is the beginning of any longer one, so these are points of one walk.
    """
    x = settings.pop("features", None)
    x = extractor(pictures) if x is None else x

    def walk(i: int) -> list:
        seen = activation.activate_steps(
            pictures[i], index, extractor, steps=max(steps), features=x[i : i + 1], **settings
        )
        return [step for step in seen if step.number in steps]

    walks = list(in_threads(walk, range(len(pictures))))
    targets, original = index.targets(x), {"picture": np.arange(len(pictures))}
    rows = [pd.DataFrame({**original, "steps": 0, "loss": [walk[0].loss[0] for walk in walks], "psnr": np.inf})]
    for taken in zip(*walks, strict=True):
        saved = [step.picture for step in taken]
        psnr = [activation.psnr(old, new) for old, new in zip(pictures, saved, strict=True)]
        loss = _loss(extractor(saved), targets)
        rows.append(pd.DataFrame({**original, "steps": taken[0].number, "loss": loss, "psnr": psnr}))
    return pd.concat(rows, ignore_index=True)
