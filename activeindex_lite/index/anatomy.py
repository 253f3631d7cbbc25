"""Looking into a faiss index: its transforms, its core, its family, and what it needs for training."""

from __future__ import annotations

import faiss
import numpy as np

# Core class -> family, the most specific first; the code of an IVF decides its name.
FAMILIES = (
    (faiss.IndexIVFFlat, "IVF"),
    (faiss.IndexIVFPQ, "IVF-PQ"),
    (faiss.IndexIVFPQFastScan, "IVF-PQ"),
    (faiss.IndexIVFScalarQuantizer, "IVF-SQ"),
    (faiss.IndexIVFAdditiveQuantizer, "IVF-AQ"),
    (faiss.IndexPQ, "PQ"),
    (faiss.IndexPQFastScan, "PQ"),
    (faiss.IndexLSH, "LSH"),
    (faiss.IndexScalarQuantizer, "SQ"),
    (faiss.IndexAdditiveQuantizer, "AQ"),
    (faiss.IndexHNSW, "HNSW"),
    (faiss.IndexNSG, "NSG"),
    (faiss.IndexFlat, "Flat"),
    # Earlier versions of faiss lack these.
    *(
        (getattr(faiss, name), family)
        for name, family in (
            ("IndexIVFAdditiveQuantizerFastScan", "IVF-AQ"),
            ("IndexAdditiveQuantizerFastScan", "AQ"),
            ("IndexLattice", "Lattice"),
            ("IndexIVFSpectralHash", "IVF-LSH"),
            ("IndexIVFRaBitQ", "IVF-RaBitQ"),
            ("IndexIVFRaBitQFastScan", "IVF-RaBitQ"),
            ("IndexRaBitQ", "RaBitQ"),
            ("IndexRaBitQFastScan", "RaBitQ"),
        )
        if hasattr(faiss, name)
    ),
)


# Indexes that faiss merges wrongly (seen in 1.15): 4-bit lists corrupt the heap, Panorama's lists give wrong distances.
# Earlier versions of faiss lack some of these classes.
NEVER_MERGED = tuple(
    getattr(faiss, name) for name in ("IndexIVFFastScan", "IndexIVFFlatPanorama") if hasattr(faiss, name)
)
# What faiss asks for, and how many equal vectors its search among 64 candidates surely gets past.
FEWEST_NSG, MOST_EQUAL = 101, 16


def anatomy(index: faiss.Index) -> tuple[list, faiss.Index]:
    """(transforms, core) of a faiss index, both downcast: what is applied to a vector first, and the index behind it.

    An index that re-ranks (IVF1024,PQ8x8,RFlat) gives the parts of its first stage, which decides what is found.
    """
    index, chain = faiss.downcast_index(index), []
    while True:
        if isinstance(index, faiss.IndexRefine):
            index = faiss.downcast_index(index.base_index)
        elif isinstance(index, faiss.IndexPreTransform):
            chain += [faiss.downcast_VectorTransform(index.chain.at(i)) for i in range(index.chain.size())]
            index = faiss.downcast_index(index.index)
        else:
            return chain, index


def restored(index: faiss.Index) -> faiss.Index:
    """The index itself, after a read from bytes or a pickle, with all that faiss needs to decode its codes.

    faiss 1.15 leaves the quantizer of a 4-bit IVF (PQ4x4fs) unset when it reads one, and its sa_decode then ends the
    process.
    """
    core = anatomy(index)[1]
    if hasattr(core, "fine_quantizer"):
        if isinstance(core, faiss.IndexIVFPQFastScan):
            core.fine_quantizer = core.pq
        elif isinstance(core, faiss.IndexIVFAdditiveQuantizerFastScan):
            core.fine_quantizer = core.aq
    return index


def from_bytes(stored: np.ndarray) -> faiss.Index:
    """The faiss index of the bytes (N,) uint8 that faiss.serialize_index gave."""
    return restored(faiss.deserialize_index(stored))


def can_merge(index: faiss.Index, other: faiss.Index) -> bool:
    """Whether faiss's merge_from can move the vectors of another index into this one so that searches stay right."""
    if isinstance(anatomy(index)[1], NEVER_MERGED):
        return False
    try:
        index.check_compatible_for_merge(other)
    except RuntimeError:
        return False
    return True


def is_graph(index: faiss.Index) -> bool:
    """Whether the vectors of a faiss index are linked to a graph (HNSW, NSG), which is best built in one call of add.

    A node that comes early is linked to few others. Over rough codes this costs most: HNSW16,PQ8 with 50,000 vectors
    found .10 of copies where they were added 2,048 at a time, and .46 where all were added at once (efSearch 64).
    """
    return isinstance(anatomy(index)[1], (faiss.IndexHNSW, faiss.IndexNSG))


def builds_once(index: faiss.Index) -> bool:
    """Whether a faiss index takes all of its vectors in one call of add (NSG)."""
    return isinstance(anatomy(index)[1], faiss.IndexNSG)


def check_built_once(x: np.ndarray, factory: str, ntotal: int) -> None:
    """ValueError for vectors (N, d) float32 of which faiss 1.15 cannot build an NSG graph in one call, or not in time.

    ntotal: vectors that the index holds already. With about as many equal vectors as its search has candidates, faiss
    never returns.
    """
    if ntotal:
        raise ValueError(
            f"{factory} holds {ntotal:,} vectors, and faiss builds its graph once: reset() the index, then add all "
            "vectors in one call, or take a graph that grows, such as HNSW32,Flat"
        )
    if len(x) < FEWEST_NSG:
        raise ValueError(f"{len(x)} vectors for {factory}: faiss builds this graph from {FEWEST_NSG} vectors on")
    equal = np.unique(x.view(np.dtype((np.void, x.itemsize * x.shape[1]))), return_counts=True)[1].max()
    if equal > MOST_EQUAL:
        raise ValueError(
            f"{equal:,} of the vectors for {factory} are equal: faiss never finishes this graph; leave repeated "
            "vectors out, or take HNSW32,Flat"
        )


def storage(core: faiss.Index) -> faiss.Index:
    """The index that keeps the codes: a graph (HNSW) has an index of its own for them, others keep them themselves."""
    return faiss.downcast_index(core.storage) if hasattr(core, "storage") else core


def keeps_vectors(index: faiss.Index) -> bool:
    """Whether a faiss index without cells stores every vector exactly, as d numbers: Flat, and graphs over it."""
    return isinstance(storage(anatomy(index)[1]), faiss.IndexFlat)


def bytes_per_vector(index: faiss.Index) -> int:
    """Bytes of code that a faiss index keeps per vector, without ids and the links of graphs."""
    index, core = faiss.downcast_index(index), anatomy(index)[1]
    again = faiss.downcast_index(index.refine_index).sa_code_size() if isinstance(index, faiss.IndexRefine) else 0
    return again + (core.code_size if isinstance(core, faiss.IndexIVF) else storage(core).sa_code_size())


def family(index: faiss.Index) -> str:
    """The family of a faiss index as tables name it: IVF, PQ, IVF-PQ, OPQ, LSH, SQ, AQ, HNSW, Flat, or its class."""
    chain, core = anatomy(index)
    name = next((name for kind, name in FAMILIES if isinstance(core, kind)), type(core).__name__)
    turned = any(isinstance(transform, faiss.OPQMatrix) for transform in chain)
    return name.replace("PQ", "OPQ") if turned else name


def forward(chain: list, x: np.ndarray) -> np.ndarray:
    """Apply the transforms of an index to vectors (N, d)."""
    for transform in chain:
        x = transform.apply(x)
    return x


def backward(chain: list, x: np.ndarray) -> np.ndarray:
    """Undo the transforms of an index for vectors (N, d); a PCA that dropped dimensions gives the nearest vector.

    ValueError for a transform that faiss cannot undo.
    """
    for transform in reversed(chain):
        try:
            x = transform.reverse_transform(x)
        except RuntimeError:
            raise ValueError(
                f"{type(transform).__name__}: faiss cannot undo this transform, so a code behind it has "
                "no place among the features. Transforms that can be undone: PCA, PCAR, OPQ, RR (not "
                "PCAW, not ITQ)"
            ) from None
    return x


def rotation_quantizers(chain: list) -> list[tuple]:
    """[(OPQ transform, product quantizer)]: what an OPQ training quantizes with, made here so that it can be set.

    faiss would make the same one itself (256 centroids per sub-space, whatever the index behind uses). A transform does
    not own its quantizer: set `transform.pq` for the training only.
    """
    return [
        (transform, faiss.ProductQuantizer(transform.d_out, transform.M, 8))
        for transform in chain
        if isinstance(transform, faiss.OPQMatrix)
    ]


def clusterings(core: faiss.Index) -> list[tuple]:
    """The k-means problems that the training of a core solves: [(what, k, parameters)]."""
    found = []
    if isinstance(core, faiss.IndexIVF):
        coarse = faiss.downcast_index(core.quantizer)
        if isinstance(coarse, faiss.MultiIndexQuantizer):
            found.append(("centroids per part of the cells", coarse.pq.ksub, coarse.pq.cp))
        else:
            found.append(("cells", core.nlist, core.cp))
    codec = storage(core)
    if hasattr(codec, "pq"):
        found.append(("centroids per sub-space", codec.pq.ksub, codec.pq.cp))
    if hasattr(codec, "rq"):
        found.append(("centroids per step", 2 ** codec.rq.nbits.at(0), codec.rq.cp))
    return found


def file_bytes(index: faiss.Index) -> int:
    """Bytes of the file that faiss would write for an index; they are counted, not written."""
    pieces = []
    faiss.write_index(index, faiss.PyCallbackIOWriter(lambda piece: pieces.append(len(piece))))
    return sum(pieces)
