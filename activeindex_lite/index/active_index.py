"""ActiveIndex: a faiss index of any factory string, with clear errors, search settings by the call, and targets."""

import json
import os
import warnings
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import faiss
import numpy as np

from activeindex_lite.checks import features_array
from activeindex_lite.index import targets as targets_
from activeindex_lite.index.anatomy import anatomy, clusterings, family, forward

# Below this many training vectors a centroid, faiss itself warns that k-means is poorly fed.
WANTED = 39


@contextmanager
def faiss_threads(n):
    """Let faiss use n threads inside a with block; the number of before is restored after it."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(n)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def build_index(factory, train_features, reference_features=None, *, nprobe=1, seed=1234):
    """Make, train and fill an index.

    factory: any faiss factory string, such as "IVF1024,PQ8x8" (L2 distance on unit vectors). train_features: (N, d),
    apart from the references; reference_features: (N, d), stored with ids 0 .. N-1 (None: none yet). nprobe: cells a
    search visits (IVF). seed: of every k-means; same seed, features and number of threads: same index.
    """
    train_features = features_array(train_features, name="train_features")
    index = ActiveIndex(factory, train_features.shape[1], seed=seed)
    index.train(train_features)
    if nprobe != 1:
        index.nprobe = nprobe
    if reference_features is not None:
        index.add(reference_features)
    return index


class ActiveIndex:
    """A thin wrapper over a faiss index (`.faiss` is the index itself): see `build_index` for how to make one."""

    def __init__(self, factory, d, *, seed=1234):
        try:
            self.faiss = faiss.index_factory(d, factory)
        except RuntimeError as error:
            reason = str(error).strip().rsplit(": ", 1)[-1]
            raise ValueError(f"faiss cannot make an index of {factory!r} for d = {d}: {reason}. Strings that work are like "
                             "IVF1024,Flat  IVF1024,PQ8x8  OPQ8,PQ8x8  PCA64,LSH (PQ's first number must divide d)") from None
        self.factory = factory
        for _, _, parameters in clusterings(self.faiss):
            parameters.seed = seed
        core = anatomy(self.faiss)[1]
        if hasattr(core, "do_polysemous_training"):
            # Polysemous training only renumbers the centroids, for a filter by Hamming distance that no search here uses;
            # without it a PQ is trained ten times quicker and gives the same results.
            core.do_polysemous_training = False

    d = property(lambda self: self.faiss.d, doc="Dimension of the vectors.")
    ntotal = property(lambda self: self.faiss.ntotal, doc="Number of stored vectors.")
    family = property(lambda self: family(self.faiss), doc="IVF, PQ, IVF-PQ, OPQ, LSH, SQ, HNSW, Flat, ...")

    def __repr__(self):
        return f"ActiveIndex({self.factory!r}, d={self.d}, ntotal={self.ntotal:,}, {self.bytes_per_vector:g} bytes a vector)"

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
        most = self.nlist or 1
        if value != int(value) or not 1 <= value <= most:
            why = f"this index has {most} cells" if self.nlist else f"{self.factory} has no cells, every search sees all of it"
            raise ValueError(f"nprobe={value!r}: a whole number from 1 to {most} is expected, {why}")
        return int(value)

    @property
    def bytes_per_vector(self):
        """Bytes that faiss stores for a vector, its id apart (an IVF keeps 8 more for that): 4 d for Flat, 8 for PQ8x8."""
        ivf, core = self._ivf, anatomy(self.faiss)[1]
        if ivf is not None:
            return ivf.code_size
        return faiss.downcast_index(core.storage).code_size if isinstance(core, faiss.IndexHNSW) else core.code_size

    def train(self, features):
        """Train on (N, d) features: cells, codebooks, rotations. ValueError for fewer vectors than centroids."""
        features = features_array(features, self.d, "train_features")
        for what, k, parameters in clusterings(self.faiss):
            if len(features) < k:
                raise ValueError(f"{len(features)} training vectors for {k} {what} of {self.factory}: give at least {k}, "
                                 f"better {WANTED * k}, or choose a smaller index")
            if len(features) < WANTED * k:
                warnings.warn(f"{len(features)} training vectors for {k} {what} of {self.factory}: from {WANTED * k} on "
                              "the centroids are well placed", stacklevel=3)
            # The warning above says it once and in Python; faiss would print the same to the terminal.
            parameters.min_points_per_centroid = 1
        try:
            self.faiss.train(features)
        except RuntimeError as error:
            raise ValueError(f"faiss cannot train {self.factory} on {len(features)} vectors of d = {self.d}: "
                             f"{str(error).strip().rsplit(': ', 1)[-1]}") from None

    def _checked(self, features, name):
        if not self.faiss.is_trained:
            raise ValueError(f"this {self.factory} index is not trained yet: call train(features) first")
        return features_array(features, self.d, name)

    def add(self, features):
        """Store features (N, d); their ids go on from ntotal, in order."""
        self.faiss.add(self._checked(features, "features"))

    def search(self, queries, k=1, nprobe=None):
        """The k nearest stored vectors of each query (Q, d): (distances (Q, k) float32, ids (Q, k) int64).

        Distances are squared L2 (for LSH, the number of differing bits), rising. nprobe: for this call only. Where the
        visited cells hold fewer than k vectors, ids end in -1.
        """
        queries = self._checked(queries, "queries")
        if k != int(k) or not 1 <= k <= self.ntotal:
            raise ValueError(f"k={k!r}: a whole number from 1 to {self.ntotal} is expected, the number of stored vectors")
        if nprobe is None or self._ivf is None:
            self._checked_nprobe(nprobe or 1)
            return self.faiss.search(queries, int(k))
        parameters = faiss.SearchParametersIVF(nprobe=self._checked_nprobe(nprobe))
        if anatomy(self.faiss)[0]:
            parameters = faiss.SearchParametersPreTransform(index_params=parameters)
        return self.faiss.search(queries, int(k), params=parameters)

    def assign(self, features):
        """The IVF cell of each feature (N, d), (N,) int64; ValueError for an index without cells."""
        if self._ivf is None:
            raise ValueError(f"{self.factory} has no cells: only IVF indexes assign vectors to cells")
        features = self._checked(features, "features")
        return self._ivf.quantizer.search(forward(anatomy(self.faiss)[0], features), 1)[1][:, 0]

    def quantize(self, features):
        """q(x) of each feature, (N, d) float32 in the features' own space; see `targets.quantize`."""
        return targets_.quantize(self.faiss, self._checked(features, "features"))

    def targets(self, features):
        """Targets of features (N, d) for activation; NothingToActivate where the index does not quantize."""
        return targets_.targets(self.faiss, self._checked(features, "features"))

    def save(self, path, overwrite=False):
        """Write the index to one file (numpy's npz with faiss's own bytes and the factory string), whole or not at all."""
        path = Path(path)
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} exists: give another name, or overwrite=True")
        temporary = path.with_name(f".{path.name}.part")
        with open(temporary, "wb") as file:
            np.savez(file, faiss=faiss.serialize_index(self.faiss), about=json.dumps({"factory": self.factory}))
        os.replace(temporary, path)

    @classmethod
    def load(cls, path):
        """Read an index that `save` wrote."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                self = cls.__new__(cls)
                self.faiss = faiss.deserialize_index(stored["faiss"])
                self.factory = json.loads(str(stored["about"]))["factory"]
        except (ValueError, KeyError, RuntimeError, EOFError, BadZipFile) as error:
            raise ValueError(f"{path} is not an index that save wrote, or it is damaged ({error})") from None
        return self
