"""ActiveIndex: a faiss index of any factory string, with clear errors, search settings by the call, and targets."""

import copy
import json
import warnings
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import faiss
import numpy as np

from activeindex_lite.index import targets as targets_
from activeindex_lite.index.anatomy import (
    anatomy,
    bytes_per_vector,
    clusterings,
    family,
    forward,
    rotation_quantizers,
    storage,
)
from activeindex_lite.index.factory import make_index
from activeindex_lite.support.checks import features_array, whole_number
from activeindex_lite.support.files import whole_file

# Below this many training vectors a centroid, faiss itself warns that k-means is poorly fed.
WANTED = 39
ADDED_AT_ONCE = 2048


@contextmanager
def faiss_threads(n):
    """Let faiss use n threads inside a with block; the number of before is restored after it."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(whole_number(n, "n"))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def build_index(factory, train_features, reference_features=None, *, nprobe=1, seed=1234):
    """Make, train and fill an index.

    factory: any faiss factory string, such as "IVF1024,PQ8x8" (L2 distance on unit vectors). train_features: (N, d),
    apart from the references; reference_features: (N, d), stored with ids 0 .. N-1 (None: none yet). nprobe: cells a
    search visits (IVF). seed: of every k-means; the same seed, features and number of threads give the same index, bit
    for bit. On another number of threads sums inside k-means may round otherwise: seen with IVF-PQ and OPQ.
    ValueError for a factory string that faiss refuses and for features that do not fit, before the long part begins.
    """
    train_features = features_array(train_features, name="train_features")
    index = ActiveIndex(factory, train_features.shape[1], seed=seed)
    index.nprobe = nprobe
    if reference_features is not None:
        reference_features = features_array(reference_features, index.d, "reference_features")
    index._train(train_features)
    if reference_features is not None:
        index.add(reference_features)
    return index


class ActiveIndex:
    """A thin wrapper over a faiss index (`.faiss` is the index itself): see `build_index` for how to make one."""

    def __init__(self, factory, d, *, seed=1234):
        self.faiss = make_index(factory, d)
        if isinstance(self.faiss, (faiss.IndexIDMap, faiss.IndexIDMap2)):
            raise ValueError(f"{factory!r}: ids here are 0 .. N-1 in the order of adding; leave IDMap out")
        self.factory, self.seed = factory, whole_number(seed, "seed", 2**31 - 1, "as faiss takes it")
        codec = storage(anatomy(self.faiss)[1])
        if hasattr(codec, "do_polysemous_training"):
            # Polysemous training only renumbers the centroids, for a filter by Hamming distance that no search here
            # uses; without it a PQ is trained ten times quicker and gives the same results.
            codec.do_polysemous_training = False

    d = property(lambda self: self.faiss.d, doc="Dimension of the vectors.")
    ntotal = property(lambda self: self.faiss.ntotal, doc="Number of stored vectors.")
    family = property(lambda self: family(self.faiss), doc="IVF, PQ, IVF-PQ, OPQ, LSH, SQ, HNSW, Flat, ...")

    def __repr__(self):
        return (
            f"ActiveIndex({self.factory!r}, d={self.d}, ntotal={self.ntotal:,}, "
            f"{self.bytes_per_vector:g} bytes a vector)"
        )

    @property
    def _ivf(self):
        return faiss.try_extract_index_ivf(self.faiss)

    @property
    def nlist(self):
        """Number of IVF cells; None for an index without cells."""
        return self._ivf.nlist if self._ivf is not None else None

    @property
    def nprobe(self):
        """Cells that a search visits, 1 to nlist; always 1 for an index without cells."""
        return self._ivf.nprobe if self._ivf is not None else 1

    @nprobe.setter
    def nprobe(self, value):
        value = self._checked_nprobe(value)
        if self._ivf is not None:
            self._ivf.nprobe = value

    def _checked_nprobe(self, value):
        nlist = self.nlist
        why = f"this index has {nlist} cells" if nlist else f"{self.factory} has no cells, every search sees all of it"
        return whole_number(value, "nprobe", nlist or 1, why)

    @property
    def bytes_per_vector(self):
        """Bytes that faiss stores for a vector, its id apart (an IVF keeps 8 more for that): 4 d for Flat, 8 for PQ8x8.

        A second code for re-ranking counts (4 d more for RFlat), the links of a graph (HNSW) do not.
        """
        return bytes_per_vector(self.faiss)

    def train(self, features):
        """Train on (N, d) features: cells, codebooks, rotations. ValueError for fewer vectors than centroids."""
        self._train(features_array(features, self.d, "train_features"))

    def _train(self, features):
        chain, core = anatomy(self.faiss)
        found = clusterings(core)
        try:
            rotations = rotation_quantizers(chain)
            for transform, pq in rotations:
                transform.pq = pq
                found.append(("centroids a sub-space of OPQ's rotation", pq.ksub, pq.cp))
            self._prepare_clusterings(found, len(features))
            self.faiss.train(features)
        except RuntimeError as error:
            raise ValueError(
                f"faiss cannot train {self.factory} on {len(features)} vectors of d = {self.d}: "
                f"{str(error).strip().rsplit(': ', 1)[-1]}"
            ) from None
        finally:
            for transform in chain:
                if isinstance(transform, faiss.OPQMatrix):
                    transform.pq = None

    def _prepare_clusterings(self, found, n):
        for what, k, parameters in found:
            if n < k:
                raise ValueError(
                    f"{n} training vectors for {k} {what} of {self.factory}: give at least {k}, "
                    f"better {WANTED * k}, or choose a smaller index"
                )
            if n < WANTED * k:
                warnings.warn(
                    f"{n} training vectors for {k} {what} of {self.factory}: from {WANTED * k} on "
                    "the centroids are well placed",
                    stacklevel=4,
                )
            parameters.seed = self.seed
            # The warning above says it once and in Python; faiss would print it to the terminal, for OPQ 200 times.
            parameters.min_points_per_centroid = 1

    def _checked(self, features, name):
        if not self.faiss.is_trained:
            raise ValueError(f"this {self.factory} index is not trained yet: call train(features) first")
        return features_array(features, self.d, name)

    def add(self, features):
        """Store features (N, d); their ids go on from ntotal, in order."""
        features = self._checked(features, "features")
        # In pieces: to encode all at once, a PQ makes a table of N x M x K distances.
        for start in range(0, len(features), ADDED_AT_ONCE):
            self.faiss.add(features[start : start + ADDED_AT_ONCE])

    def reset(self):
        """Forget the stored vectors; the training stays, so what is added next gets the same codes as before."""
        self.faiss.reset()

    def copy(self):
        """An index of its own with the same training and the same stored vectors."""
        other = copy.copy(self)
        # Through bytes: faiss clones not every transform (ITQ, L2norm), and some indexes into another type (IndexFlat for
        # IndexFlatL2), which it then does not merge.
        other.faiss = faiss.deserialize_index(faiss.serialize_index(self.faiss))
        return other

    def emptied(self):
        """An index of its own with the same training that stores nothing."""
        other = self.copy()
        other.reset()
        return other

    def refilled(self, features):
        """An index of its own with the same training that stores features (N, d) and nothing else: the same codes, the same units."""
        other = self.emptied()
        other.add(features)
        return other

    def search(self, queries, k=1, nprobe=None):
        """The k nearest stored vectors of each query (Q, d): (distances (Q, k) float32, ids (Q, k) int64).

        Distances are squared L2 (for LSH, the number of differing bits), rising. nprobe: for this call only. Where the
        visited cells hold fewer than k vectors, ids end in -1.
        """
        queries = self._checked(queries, "queries")
        if not self.ntotal:
            raise ValueError(f"this {self.factory} index holds no vectors yet: call add(features) first")
        k = whole_number(k, "k", self.ntotal, "the number of stored vectors")
        if nprobe is not None:
            nprobe = self._checked_nprobe(nprobe)
        if nprobe is None or self._ivf is None:
            return self.faiss.search(queries, k)
        parameters = faiss.SearchParametersIVF(nprobe=nprobe)
        if anatomy(self.faiss)[0]:
            parameters = faiss.SearchParametersPreTransform(index_params=parameters)
        if isinstance(self.faiss, faiss.IndexRefine):
            parameters = faiss.IndexRefineSearchParameters(base_index_params=parameters, k_factor=self.faiss.k_factor)
        return self.faiss.search(queries, k, params=parameters)

    @property
    def centroids(self):
        """Centroids of the IVF cells, (nlist, d of the cells) float32; ValueError for an index without cells."""
        return self._cells().quantizer.reconstruct_n(0, self.nlist)

    @property
    def list_sizes(self):
        """Stored vectors of each IVF cell, (nlist,) int64; ValueError for an index without cells."""
        lists = self._cells().invlists
        return np.array([lists.list_size(cell) for cell in range(self.nlist)])

    @property
    def lists(self):
        """Ids of the stored vectors of each IVF cell, nlist arrays int64; ValueError for an index without cells."""
        from faiss.contrib.inspect_tools import get_invlist

        cells = self._cells()
        return [get_invlist(cells.invlists, cell)[0] for cell in range(cells.nlist)]

    def _cells(self):
        if self._ivf is None:
            raise ValueError(f"{self.factory} has no cells: only IVF indexes assign vectors to cells")
        return self._ivf

    def probe(self, features, nprobe):
        """The cells that a search of these features (N, d) visits: (N, nprobe) int64, the nearest centroid first."""
        cells, features = self._cells(), self._checked(features, "features")
        return cells.quantizer.search(forward(anatomy(self.faiss)[0], features), self._checked_nprobe(nprobe))[1]

    def assign(self, features):
        """The IVF cell of each feature (N, d), (N,) int64; ValueError for an index without cells."""
        return self.probe(features, 1)[:, 0]

    def quantize(self, features):
        """q(x) of each feature, (N, d) float32 in the features' own space; see `targets.quantize`."""
        return targets_.quantize(self.faiss, self._checked(features, "features"))

    def targets(self, features):
        """Targets of features (N, d) for activation; NothingToActivate where the index does not quantize."""
        return targets_.targets(self.faiss, self._checked(features, "features"))

    def save(self, path, overwrite=False):
        """Write the index to one file, whole or not at all: an npz with faiss's own bytes and the factory string."""
        path = Path(path)
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} exists: give another name, or overwrite=True")
        about = json.dumps({"factory": self.factory, "seed": self.seed})
        with whole_file(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, faiss=faiss.serialize_index(self.faiss), about=about)

    @classmethod
    def load(cls, path):
        """Read an index that `save` wrote."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                self = cls.__new__(cls)
                self.faiss = faiss.deserialize_index(stored["faiss"])
                about = json.loads(str(stored["about"]))
                self.factory, self.seed = about["factory"], about.get("seed", 1234)
        # TypeError, AttributeError: numpy opens a lone .npy too, but as an array.
        except (ValueError, KeyError, RuntimeError, EOFError, BadZipFile, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is not an index that save wrote, or it is damaged ({error})") from None
        return self
