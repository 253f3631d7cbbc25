"""Looking into a faiss index: its transforms, its core, its family, and what it needs for training."""

import faiss

# Core class -> family, the most special first; an IVF's code class decides what its family is called.
FAMILIES = (
    (faiss.IndexIVFFlat, "IVF"), (faiss.IndexIVFPQ, "IVF-PQ"), (faiss.IndexIVFPQFastScan, "IVF-PQ"),
    (faiss.IndexIVFScalarQuantizer, "IVF-SQ"), (faiss.IndexIVFAdditiveQuantizer, "IVF-AQ"),
    (faiss.IndexPQ, "PQ"), (faiss.IndexPQFastScan, "PQ"), (faiss.IndexLSH, "LSH"),
    (faiss.IndexScalarQuantizer, "SQ"), (faiss.IndexAdditiveQuantizer, "AQ"),
    (faiss.IndexHNSW, "HNSW"), (faiss.IndexFlat, "Flat"),
)


def anatomy(index):
    """(transforms, core) of a faiss index: what is applied to a vector first, and the index proper, both downcast."""
    index = faiss.downcast_index(index)
    if not isinstance(index, faiss.IndexPreTransform):
        return [], index
    chain = [faiss.downcast_VectorTransform(index.chain.at(i)) for i in range(index.chain.size())]
    return chain, faiss.downcast_index(index.index)


def family(index):
    """The family of a faiss index as the tables name it: IVF, PQ, IVF-PQ, OPQ, LSH, SQ, AQ, HNSW, Flat, or its class."""
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
        x = transform.reverse_transform(x)
    return x


def clusterings(index):
    """The k-means problems a training solves, [(what, k, parameters)]: their seeds can be set there."""
    core, found = anatomy(index)[1], []
    ivf = faiss.try_extract_index_ivf(core)
    if ivf is not None:
        found.append(("cells", ivf.nlist, ivf.cp))
    if hasattr(core, "pq"):
        found.append(("centroids a sub-space", core.pq.ksub, core.pq.cp))
    return found
