"""Where activation should move a feature: the point or the signs that each family of index stores for it."""

from dataclasses import dataclass, replace
from numbers import Integral

import faiss
import numpy as np

from activeindex_lite.index.anatomy import anatomy, backward, family, forward, storage

# Transforms that are x -> A x + b, so that whole chains of them are.
AFFINE = (faiss.LinearTransform, faiss.CenteringTransform, faiss.RemapDimensionsTransform)


class NothingToActivate(ValueError):
    """The index stores vectors as they are, so there is no quantization error that activation could reduce."""


@dataclass(frozen=True, eq=False)
class Targets:
    """What an index stores for N features, as activation needs it.

    kind "point": points (N, d) float32, to come close to. kind "signs": signs (N, nbits) float32 of -1 and +1, with
    projections (nbits, d) and offsets (nbits,): bit j of x is set where projections[j] @ x + offsets[j] >= 0.
    cells, codes: Rivals of the N features where a method asks for them, see `rivals`; None where there are none.
    """

    kind: str
    points: np.ndarray = None
    signs: np.ndarray = None
    projections: np.ndarray = None
    offsets: np.ndarray = None
    cells: object = None
    codes: object = None

    def __len__(self):
        return len(self.points if self.kind == "point" else self.signs)

    def __getitem__(self, rows):
        """The targets of some of the features: rows is a slice, an array of positions, or one position."""
        rows = [rows] if isinstance(rows, Integral) else rows
        own = {
            name: None if (held := getattr(self, name)) is None else held[rows]
            for name in ("points", "signs", "cells", "codes")
        }
        return replace(self, **own)


def targets(index, x):
    """Targets of features x (N, d) float32 in a trained faiss index (Active Image Indexing, ICLR 2023, section 4).

    IVF with uncompressed vectors: the centroid of the cell (its reconstruction would be x itself). PQ, IVF-PQ, OPQ
    and other codes: the reconstruction of the code that is stored for x, rotated back where the index rotates. LSH: the
    signs of the projections. Where the index re-ranks with a second code (RFlat): the target of its first stage. Raises
    NothingToActivate for Flat, HNSW,Flat and PCA32,Flat.
    """
    chain, core = anatomy(index)
    if isinstance(storage(core), faiss.IndexFlat):
        loss = f": {type(chain[-1]).__name__} may lose something of it, but that is no code either" if chain else ""
        raise NothingToActivate(
            f"{family(index)}: this index stores every vector exactly, as {core.d} plain numbers"
            f"{loss}; there is nothing to move a picture toward. Activate for an index that "
            "quantizes, such as IVF1024,PQ8x8"
        )
    if isinstance(core, faiss.IndexLSH):
        projections, offsets = lsh_projections(chain, core)
        # The bits come from faiss: where a projection is all but 0, rounding could turn them here.
        bits = np.unpackbits(core.sa_encode(forward(chain, x)), axis=1, bitorder="little")[:, : core.nbits]
        return Targets("signs", signs=2 * bits.astype(np.float32) - 1, projections=projections, offsets=offsets)
    return Targets("point", points=quantize(index, x))


def quantize(index, x):
    """q(x), (N, d) float32: the centroid of the cell for IVF with uncompressed vectors, else the decoded code."""
    chain, core = anatomy(index)
    y, codec = forward(chain, x), storage(core)
    if isinstance(core, faiss.IndexIVFFlat):
        cells = core.quantizer.search(y, 1)[1][:, 0]
        return backward(chain, core.quantizer.reconstruct_batch(cells))
    try:
        decoded = codec.sa_decode(codec.sa_encode(y))
    except RuntimeError:
        raise ValueError(
            f"{type(codec).__name__}: faiss does not decode its codes. Families that activation knows: "
            "IVF, PQ, IVF-PQ, OPQ, SQ, additive quantizers, LSH"
        ) from None
    return backward(chain, decoded)


def lsh_projections(chain, core):
    """The whole way from a vector to its LSH bits as an affine map: projections (nbits, d) and offsets (nbits,).

    ValueError where the way is not affine (a normalisation to unit length in its midst).
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
                # ITQ scales x - mean to unit length before it rotates; without that the signs are the same, and linear.
                x = transform.pca_then_itq.apply(x - faiss.vector_to_array(transform.mean))
            else:
                x = transform.apply(x)
        x = core.rrot.apply(x) if core.rotate_data else x[:, : core.nbits]
        return x - faiss.vector_to_array(core.thresholds) if core.train_thresholds else x

    offsets = project(np.zeros((1, d), np.float32))
    return np.ascontiguousarray((project(np.eye(d, dtype=np.float32)) - offsets).T), offsets[0].copy()
