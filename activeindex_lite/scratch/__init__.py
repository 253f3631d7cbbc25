"""IVF, PQ, OPQ, IVF-PQ, RaBitQ, LSH and HNSW in plain numpy, for reading; each gives faiss's answers.

Read in this order: brute_force, kmeans, ivf, pq, opq, ivfpq, rabitq, lsh, hnsw. Features are float32 arrays (N, d);
distances are squared Euclidean ones, as in faiss; randomness is a numpy Generator that is passed in.
"""

from .brute_force import nearest, squared_distances
from .hnsw import HNSW
from .ivf import IVF
from .ivfpq import IVFPQ
from .kmeans import KMeans, kmeans
from .lsh import LSH
from .opq import OPQ
from .pq import PQ
from .rabitq import RaBitQ
from .walk import Walk

__all__ = [
    "HNSW",
    "IVF",
    "IVFPQ",
    "LSH",
    "OPQ",
    "PQ",
    "KMeans",
    "RaBitQ",
    "Walk",
    "kmeans",
    "nearest",
    "squared_distances",
]
