"""Where activation should move a feature: the point or the signs that each family of index stores for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING

import faiss
import numpy as np

from activeindex_lite.index.anatomy import anatomy, backward, family, forward, keeps_vectors, storage
from activeindex_lite.index.stored import stored_near

if TYPE_CHECKING:
    from activeindex_lite.index.rivals import Rivals

# Cells whose vectors are stored exactly, or nearly so: a copy is lost with its cell, so activation aims at the
# centroid. The bits of a spectral hash belong here too, since faiss does not decode them, and so does RaBitQ: its code
# estimates distances without bias, and what faiss decodes from it lies farther from the centroid than the vector
# itself, often in another cell.
CELLS_DECIDE = tuple(
    getattr(faiss, name)
    for name in (
        "IndexIVFFlat",
        "IndexIVFScalarQuantizer",
        "IndexIVFSpectralHash",
        "IndexIVFRaBitQ",
        "IndexIVFRaBitQFastScan",
    )
    if hasattr(faiss, name)
)
# Encoders that search at random: the same vector beside others gets another code. What an index stores for x is most
# likely the nearest code of x's cell that it holds.
STOCHASTIC = tuple(
    getattr(faiss, name)
    for name in (
        "IndexLocalSearchQuantizer",
        "IndexProductLocalSearchQuantizer",
        "IndexIVFLocalSearchQuantizer",
        "IndexIVFProductLocalSearchQuantizer",
        "IndexLocalSearchQuantizerFastScan",
        "IndexProductLocalSearchQuantizerFastScan",
        "IndexIVFLocalSearchQuantizerFastScan",
        "IndexIVFProductLocalSearchQuantizerFastScan",
    )
    if hasattr(faiss, name)
)
# Transforms of the form x -> A x + b; a chain of them has this form too.
AFFINE = tuple(
    getattr(faiss, name)
    for name in ("LinearTransform", "CenteringTransform", "RemapDimensionsTransform", "HadamardRotation")
    if hasattr(faiss, name)
)


class NothingToActivate(ValueError):
    """Activation has nothing to gain: the index stores vectors exactly, or a walk in a graph would lose more copies."""


@dataclass(frozen=True, eq=False)
class Targets:
    """What an index stores for N features, as activation needs it.

    kind "point": points (N, d) float32, to come close to. kind "signs": signs (N, nbits) float32 of -1 and +1, with
    projections (nbits, d) and offsets (nbits,): bit j of x is set if projections[j] @ x + offsets[j] >= 0.
    cells, codes: Rivals of the N features if a method asks for them, see `rivals`; None if there are none.
    """

    kind: str
    points: np.ndarray | None = None
    signs: np.ndarray | None = None
    projections: np.ndarray | None = None
    offsets: np.ndarray | None = None
    cells: Rivals | None = None
    codes: Rivals | None = None

    def __len__(self):
        return len(self.points if self.kind == "point" else self.signs)

    def __getitem__(self, rows: slice | np.ndarray | int) -> Targets:
        """The targets of some of the features: rows is a slice, an array of positions, or one position."""
        rows = [rows] if isinstance(rows, Integral) else rows
        whole = {name: getattr(self, name) for name in ("points", "signs", "cells", "codes")}
        return replace(self, **{name: values[rows] for name, values in whole.items() if values is not None})


def targets(index: faiss.Index, x: np.ndarray) -> Targets:
    """Targets of features x (N, d) float32 in a trained faiss index (Active Image Indexing, ICLR 2023, section 4).

    IVF with uncompressed vectors, SQ codes or RaBitQ: the centroid of the cell (the reconstruction would be x itself,
    or nearly so, or outside the cell). PQ, IVF-PQ, OPQ and other codes: the reconstruction of the stored code of x,
    rotated back if the index rotates; where the code in a cell is not one of the residual (IVF1024,PQ16x4fs), the point
    half way between it and the centroid. LSH: the signs of the projections. An index that re-ranks with a second code
    (RFlat): the target of its first stage. Raises NothingToActivate for Flat, PCA32,Flat and graphs (HNSW, NSG).
    """
    chain, core = anatomy(index)
    _refuse_exact(index, chain, core)
    if isinstance(core, faiss.IndexLSH):
        projections, offsets = lsh_projections(chain, core)
        # The bits come from faiss: rounding here could flip the bit of a projection near 0.
        bits = np.unpackbits(core.sa_encode(forward(chain, x)), axis=1, bitorder="little")[:, : core.nbits]
        return Targets("signs", signs=2 * bits.astype(np.float32) - 1, projections=projections, offsets=offsets)
    if isinstance(core, CELLS_DECIDE):
        return Targets("point", points=centroids_of(index, x))
    points = quantize(index, x)
    if isinstance(core, faiss.IndexIVF) and not getattr(core, "by_residual", True):
        # The code knows nothing of the cell, and mostly stands for a point in another one. A copy has to be near both,
        # centroid and code: the sum of the two squared distances falls toward the point half way.
        points = (points + centroids_of(index, x)) / 2
    return Targets("point", points=points)


def can_activate(index: faiss.Index) -> bool:
    """Whether activation has something to gain in a faiss index: whether `targets` does not raise NothingToActivate."""
    try:
        _refuse_exact(index, *anatomy(index))
    except NothingToActivate:
        return False
    return True


def _refuse_exact(index, chain, core):
    """NothingToActivate for an index in which activation gains nothing."""
    if keeps_vectors(index):
        loss = f": {type(chain[-1]).__name__} may lose something of it, but that is no code either" if chain else ""
        raise NothingToActivate(
            f"{family(index)}: this index stores every vector exactly, as {core.d} plain numbers"
            f"{loss}; there is nothing to move a picture toward. Activate for an index that "
            "quantizes, such as IVF1024,PQ8x8"
        )
    if hasattr(core, "storage"):
        # Measured: HNSW16,PQ8 finds fewer of the activated copies than of the passive ones, by .06 (published) and .19
        # (margin) of R@1 at efSearch 64. See docs/families.md.
        raise NothingToActivate(
            f"{family(index)} over codes: a search walks from neighbour to neighbour to reach a code, and a picture "
            "that moves toward its code, away from these neighbours, is found less often. Activate for the codes "
            "alone (PQ8x8), or with cells (IVF1024,PQ8x8)"
        )


def centroids_of(index: faiss.Index, x: np.ndarray) -> np.ndarray:
    """The centroid of the cell of each of x (N, d), in the features' own space: (N, d) float32."""
    chain, core = anatomy(index)
    cells = core.quantizer.search(forward(chain, x), 1)[1][:, 0]
    return backward(chain, core.quantizer.reconstruct_batch(cells))


def quantize(index: faiss.Index, x: np.ndarray) -> np.ndarray:
    """q(x), (N, d) float32: the centroid of the cell for IVF with uncompressed vectors, otherwise the decoded code.

    ValueError for codes that faiss does not decode, or behind a transform that it cannot undo.
    """
    chain, core = anatomy(index)
    if isinstance(core, faiss.IndexIVFFlat):
        return centroids_of(index, x)
    codec = storage(core)
    if isinstance(codec, STOCHASTIC) and index.ntotal:
        _, ids, points = stored_near(index, x, 1, 1)
        return np.where(ids >= 0, points[:, 0], x)
    try:
        decoded = codec.sa_decode(codec.sa_encode(forward(chain, x)))
    except RuntimeError:
        raise ValueError(
            f"{type(codec).__name__}: faiss does not decode its codes. Families that activation knows: "
            "IVF, PQ, IVF-PQ, OPQ, SQ, additive quantizers, LSH"
        ) from None
    return backward(chain, decoded)


def lsh_projections(chain: list, core: faiss.IndexLSH) -> tuple[np.ndarray, np.ndarray]:
    """All steps from a vector to its LSH bits as one affine map: projections (nbits, d) and offsets (nbits,).

    ValueError if the map is not affine, because a transform scales vectors to unit length.
    """
    for transform in chain:
        itq_last = isinstance(transform, faiss.ITQTransform) and transform is chain[-1] and not core.train_thresholds
        if not itq_last and not isinstance(transform, AFFINE):
            raise ValueError(
                f"{type(transform).__name__} scales vectors to unit length before their bits are taken, "
                "so the bits are not signs of projections. Strings that work: LSH, PCA64,LSH, ITQ64,LSH "
                "(no L2norm, no ITQ with LSHt)"
            )
    d = chain[0].d_in if chain else core.d

    def project(x):
        for transform in chain:
            if isinstance(transform, faiss.ITQTransform):
                # ITQ scales x - mean to unit length before it rotates. Without the scaling the signs are the same, and
                # the map is affine.
                x = transform.pca_then_itq.apply(x - faiss.vector_to_array(transform.mean))
            else:
                x = transform.apply(x)
        x = core.rrot.apply(x) if core.rotate_data else x[:, : core.nbits]
        return x - faiss.vector_to_array(core.thresholds) if core.train_thresholds else x

    offsets = project(np.zeros((1, d), np.float32))
    return np.ascontiguousarray((project(np.eye(d, dtype=np.float32)) - offsets).T), offsets[0].copy()
