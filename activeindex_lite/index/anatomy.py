"""Looking into a faiss index: its transforms, its core, its family, and what it needs for training."""

import faiss

# Core class -> family, the most special first; an IVF's code class decides what its family is called.
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
    (faiss.IndexFlat, "Flat"),
)


def anatomy(index):
    """(transforms, core) of a faiss index: what is applied to a vector first, and the index proper, both downcast.

    Of an index that re-ranks (IVF1024,PQ8x8,RFlat) these are the parts of the first stage: it decides what is found.
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


def storage(core):
    """The index that keeps the codes: a graph (HNSW, NSG) has an index of its own for them, others none."""
    return faiss.downcast_index(core.storage) if hasattr(core, "storage") else core


def bytes_per_vector(index):
    """Bytes of code that a faiss index keeps for a vector, ids and links of graphs apart."""
    index, core = faiss.downcast_index(index), anatomy(index)[1]
    again = faiss.downcast_index(index.refine_index).sa_code_size() if isinstance(index, faiss.IndexRefine) else 0
    return again + (core.code_size if isinstance(core, faiss.IndexIVF) else storage(core).sa_code_size())


def family(index):
    """The family of a faiss index as tables name it: IVF, PQ, IVF-PQ, OPQ, LSH, SQ, AQ, HNSW, Flat, or its class."""
    chain, core = anatomy(index)
    name = next((name for kind, name in FAMILIES if isinstance(core, kind)), type(core).__name__)
    turned = any(isinstance(transform, faiss.OPQMatrix) for transform in chain)
    return name.replace("PQ", "OPQ") if turned else name


def forward(chain, x):
    """Apply the transforms of an index to vectors (N, d)."""
    for transform in chain:
        x = transform.apply(x)
    return x


def backward(chain, x):
    """Undo the transforms, as far as they can be undone (a PCA that drops dimensions gives the nearest vector)."""
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


def rotation_quantizers(chain):
    """[(OPQ transform, product quantizer)]: what an OPQ training quantizes with, made here so that it can be set.

    It is the one that faiss would make itself (256 centroids a sub-space, whatever the index behind uses). A transform
    does not own it: set `transform.pq` for the training only.
    """
    return [
        (transform, faiss.ProductQuantizer(transform.d_out, transform.M, 8))
        for transform in chain
        if isinstance(transform, faiss.OPQMatrix)
    ]


def clusterings(core):
    """The k-means problems that a training of the index proper solves: [(what, k, parameters)]."""
    found = []
    if isinstance(core, faiss.IndexIVF):
        coarse = faiss.downcast_index(core.quantizer)
        if isinstance(coarse, faiss.MultiIndexQuantizer):
            found.append(("centroids a part of the cells", coarse.pq.ksub, coarse.pq.cp))
        else:
            found.append(("cells", core.nlist, core.cp))
    codec = storage(core)
    if hasattr(codec, "pq"):
        found.append(("centroids a sub-space", codec.pq.ksub, codec.pq.cp))
    if hasattr(codec, "rq"):
        found.append(("centroids a step", 2 ** codec.rq.nbits.at(0), codec.rq.cp))
    return found


def file_bytes(index):
    """Bytes of a faiss index as faiss writes it to a file; nothing is written, they are only counted."""
    pieces = []
    faiss.write_index(index, faiss.PyCallbackIOWriter(lambda piece: pieces.append(len(piece))))
    return sum(pieces)
