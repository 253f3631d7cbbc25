"""ActiveIndex: a faiss index of any factory string, with clear errors, nprobe per search, and targets."""

from __future__ import annotations

import copy
import json
import re
import struct
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import faiss
import numpy as np
from faiss.contrib.inspect_tools import get_invlist

from activeindex_lite.index import searching
from activeindex_lite.index import targets as targets_
from activeindex_lite.index.anatomy import (
    anatomy,
    builds_once,
    bytes_per_vector,
    can_merge,
    check_built_once,
    clusterings,
    family,
    forward,
    from_bytes,
    is_graph,
    keeps_vectors,
    restored,
    rotation_quantizers,
    storage,
)
from activeindex_lite.index.factory import make_index
from activeindex_lite.support.checks import features_array, whole_number
from activeindex_lite.support.files import whole_file

# With fewer training vectors per centroid than this, faiss itself warns that k-means has too few.
WANTED = 39
ADDED_AT_ONCE = 2048
# What reading a damaged npz can raise.
UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    NotImplementedError,
    EOFError,
    MemoryError,
    BadZipFile,
    zlib.error,
    struct.error,
)


@contextmanager
def faiss_threads(n: int) -> Iterator[None]:
    """Let faiss use n threads inside a with block, and as many as before after it."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(whole_number(n, "n"))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def build_index(
    factory: str,
    train_features: np.ndarray,
    reference_features: np.ndarray | None = None,
    *,
    nprobe: int = 1,
    ef_search: int | None = None,
    seed: int = 1234,
    polysemous: bool = False,
) -> ActiveIndex:
    """Make, train and fill an index.

    factory: any faiss factory string, such as "IVF1024,PQ8x8" (L2 distance on unit vectors), without IDMap and NSG over
    codes.
    train_features: (N, d), not among the references; reference_features: (N, d), stored with ids 0 .. N-1 (None: none
    yet). nprobe: cells that a search visits (IVF); ef_search: candidates that a search in a graph keeps (HNSW; None:
    faiss's 16, with which a graph of rough codes finds few). polysemous: train the codes of a PQ also for the filter
    `ht` of a search, which takes ten times as long. seed: of every k-means; the same seed, features and number of
    threads give the same index, bit for bit. Another number of threads may round sums inside k-means differently: seen
    with IVF-PQ and OPQ. ValueError for a factory string that faiss refuses and for features that do not fit, before the
    training begins.
    """
    train_features = features_array(train_features, name="train_features")
    index = ActiveIndex(factory, train_features.shape[1], seed=seed, polysemous=polysemous)
    index.nprobe = nprobe
    if ef_search is not None:
        index.ef_search = ef_search
    elif index.family == "HNSW" and not keeps_vectors(index.faiss):
        warnings.warn(
            f"{factory}: among rough codes, a walk that keeps faiss's {index.ef_search} candidates may miss most of "
            "the nearest; give ef_search, such as 256, and compare R@1",
            stacklevel=2,
        )
    if reference_features is not None:
        reference_features = features_array(reference_features, index.d, "reference_features")
    index._train(train_features)
    if reference_features is not None:
        index.add(reference_features)
    return index


class ActiveIndex:
    """A thin wrapper over a faiss index (`.faiss` is the index itself): see `build_index` for how to make one."""

    def __init__(self, factory: str, d: int, *, seed: int = 1234, polysemous: bool = False):
        self.faiss = make_index(factory, d)
        self.factory, self.seed = factory, whole_number(seed, "seed", 2**31 - 1, "as faiss takes it")
        codec = storage(anatomy(self.faiss)[1])
        if hasattr(codec, "do_polysemous_training"):
            # Polysemous training only renumbers the centroids, for the filter `ht`; without it a PQ trains ten times
            # faster, and other searches give the same results.
            codec.do_polysemous_training = bool(polysemous)

    d = property(lambda self: self.faiss.d, doc="Dimension of the vectors.")
    ntotal = property(lambda self: self.faiss.ntotal, doc="Number of stored vectors.")
    family = property(lambda self: family(self.faiss), doc="IVF, PQ, IVF-PQ, OPQ, LSH, SQ, HNSW, Flat, ...")

    def __repr__(self):
        return (
            f"ActiveIndex({self.factory!r}, d={self.d}, ntotal={self.ntotal:,}, "
            f"{self.bytes_per_vector:g} bytes per vector)"
        )

    def __setstate__(self, state):
        self.__dict__.update(state)
        restored(self.faiss)

    @property
    def _ivf(self):
        return faiss.try_extract_index_ivf(self.faiss)

    @property
    def nlist(self) -> int | None:
        """Number of IVF cells; None for an index without cells."""
        return self._ivf.nlist if self._ivf is not None else None

    @property
    def nprobe(self) -> int:
        """Cells that a search visits, 1 to nlist; always 1 for an index without cells."""
        return self._ivf.nprobe if self._ivf is not None else 1

    @nprobe.setter
    def nprobe(self, value: int):
        value = self._checked_nprobe(value)
        if self._ivf is not None:
            self._ivf.nprobe = value

    def _checked_nprobe(self, value):
        return searching.checked_nprobe(self.factory, self.nlist, value)

    @property
    def ef_search(self) -> int | None:
        """Candidates that a search in a graph keeps, from 1; None for an index without a graph.

        The graph is that of the vectors (HNSW32,Flat) or of the centroids (IVF1024_HNSW32,PQ8x8). faiss begins with 16.
        """
        found = searching.candidates(self.faiss)
        return None if found is None else getattr(*found)

    @ef_search.setter
    def ef_search(self, value: int):
        value = searching.checked_ef(self.faiss, self.factory, value)
        setattr(*searching.candidates(self.faiss), value)

    @property
    def bytes_per_vector(self) -> int:
        """Bytes that faiss stores per vector, without its id (8 more in an IVF): 4 d for Flat, 8 for PQ8x8.

        A second code for re-ranking counts (4 d more for RFlat), the links of a graph (HNSW) do not.
        """
        return bytes_per_vector(self.faiss)

    def train(self, features: np.ndarray) -> None:
        """Train on (N, d) features: cells, codebooks, rotations. ValueError for fewer vectors than centroids."""
        self._train(features_array(features, self.d, "train_features"))

    def _train(self, features):
        chain, core = anatomy(self.faiss)
        found = clusterings(core)
        try:
            rotations = rotation_quantizers(chain)
            for transform, pq in rotations:
                transform.pq = pq
                found.append(("centroids per sub-space of OPQ's rotation", pq.ksub, pq.cp))
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
                    f"{n} training vectors for {k} {what} of {self.factory}: centroids are well placed "
                    f"from {WANTED * k} on",
                    stacklevel=4,
                )
            parameters.seed = self.seed
            # The warning above says it once and in Python; faiss would print it to the terminal, for OPQ 200 times.
            parameters.min_points_per_centroid = 1

    def _checked(self, features, name):
        if not self.faiss.is_trained:
            raise ValueError(f"this {self.factory} index is not trained yet: call train(features) first")
        return features_array(features, self.d, name)

    def add(self, features: np.ndarray) -> None:
        """Store features (N, d); their ids continue from ntotal, in order.

        Give a graph (HNSW) all vectors in one call: over rough codes, those added later are found less often. An NSG
        graph is built once: ValueError for a second call, for fewer than 101 vectors, and for many equal ones.
        """
        features = self._checked(features, "features")
        if builds_once(self.faiss):
            check_built_once(features, self.factory, self.ntotal)
        # In pieces: to encode all at once, a PQ makes a table of N x M x K distances.
        if not is_graph(self.faiss):
            for start in range(0, len(features), ADDED_AT_ONCE):
                self.faiss.add(features[start : start + ADDED_AT_ONCE])
            return
        before, faiss.cvar.product_quantizer_compute_codes_bs = (
            faiss.cvar.product_quantizer_compute_codes_bs,
            ADDED_AT_ONCE,
        )
        try:
            self.faiss.add(features)
        finally:
            faiss.cvar.product_quantizer_compute_codes_bs = before

    def reset(self) -> None:
        """Forget the stored vectors but not the training: the same vectors get the same codes again."""
        self.faiss.reset()

    def copy(self) -> ActiveIndex:
        """A separate index with the same training and the same stored vectors."""
        other = copy.copy(self)
        # Through bytes: faiss does not clone every transform (ITQ, L2norm), and clones some indexes into another type
        # (IndexFlat for IndexFlatL2), which it then does not merge.
        other.faiss = from_bytes(faiss.serialize_index(self.faiss))
        return other

    def emptied(self) -> ActiveIndex:
        """A separate index with the same training that stores nothing."""
        other = self.copy()
        other.reset()
        return other

    def refilled(self, features: np.ndarray) -> ActiveIndex:
        """A separate index with the same training that stores features (N, d) and nothing else."""
        other = self.emptied()
        other.add(features)
        return other

    @property
    def can_merge(self) -> bool:
        """Whether `merge` can move the vectors of an index with the same training into this one.

        False for graphs (HNSW), for indexes that re-rank (RFlat), and for those that faiss 1.15 merges wrongly: 4-bit
        codes in cells (IVF16,PQ4x4fs) corrupt memory, and IVF16,FlatPanorama returns wrong distances after it.
        """
        return can_merge(self.faiss, self.emptied().faiss)

    def merge(self, other: ActiveIndex) -> None:
        """Move the vectors of another index with the same training behind those of this one, and empty the other.

        Searches return the same, ties included, as if the vectors had been added here, if this index received whole
        pieces of ADDED_AT_ONCE vectors before. ValueError where `can_merge` is False or the training differs.
        """
        if not can_merge(self.faiss, other.faiss):
            raise ValueError(f"{self.factory} and {other.factory} cannot be merged: add the features instead")
        # An IVF stores the id of each vector and needs to know what to add to it; a flat list of codes numbers itself.
        self.faiss.merge_from(other.faiss, self.ntotal if self.nlist else 0)

    def search(
        self,
        queries: np.ndarray,
        k: int = 1,
        nprobe: int | None = None,
        *,
        ef_search: int | None = None,
        k_factor: float | None = None,
        ht: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest stored vectors of each query (Q, d): (distances (Q, k) float32, ids (Q, k) int64).

        Distances are squared L2 (for LSH, the number of differing bits), in rising order. If the search meets fewer
        than k vectors, ids end in -1.
        For this call only, where None keeps what the index is set to: nprobe, the cells to visit, 1 to nlist (IVF);
        ef_search, the candidates that a walk in a graph keeps, from 1 (HNSW, also of centroids; NSG); k_factor, how
        many times k candidates are ranked again, from 1 (RFlat, Refine); ht, the differing bits up to which the code
        of a PQ is compared, from 1 (polysemous=True). ValueError for a setting that the index does not have.
        """
        queries = self._checked(queries, "queries")
        if not self.ntotal:
            raise ValueError(f"this {self.factory} index stores no vectors yet: call add(features) first")
        k = whole_number(k, "k", self.ntotal, "the number of stored vectors")
        given = searching.checked(
            self.faiss, self.factory, self.nlist, nprobe=nprobe, ef_search=ef_search, k_factor=k_factor, ht=ht
        )
        with searching.set_for_now(self.faiss, given) as parameters:
            return self.faiss.search(queries, k, params=parameters)

    @property
    def centroids(self) -> np.ndarray:
        """Centroids of the IVF cells, (nlist, d of the cells) float32; ValueError for an index without cells."""
        return self._cells().quantizer.reconstruct_n(0, self.nlist)

    @property
    def list_sizes(self) -> np.ndarray:
        """Stored vectors of each IVF cell, (nlist,) int64; ValueError for an index without cells."""
        self._cells()
        return self.sizes_of(range(self.nlist))

    def sizes_of(self, cells: Iterable[int]) -> np.ndarray:
        """Stored vectors of some IVF cells, (n,) int64; ValueError for a cell that is not there."""
        cells, lists = list(cells), self._cells().invlists
        unknown = [cell for cell in cells if not 0 <= cell < lists.nlist]
        if unknown:
            raise ValueError(f"cell {unknown[0]}: this index has the cells 0 to {lists.nlist - 1}")
        return np.array([lists.list_size(int(cell)) for cell in cells], np.int64)

    @property
    def lists(self) -> list[np.ndarray]:
        """Ids of the stored vectors of each IVF cell, nlist arrays int64; ValueError for an index without cells."""
        cells = self._cells()
        return [get_invlist(cells.invlists, cell)[0] for cell in range(cells.nlist)]

    def _cells(self):
        if self._ivf is None:
            raise ValueError(f"{self.factory} has no cells: only IVF indexes assign vectors to cells")
        return self._ivf

    def probe(self, features: np.ndarray, nprobe: int) -> np.ndarray:
        """The cells that a search of these features (N, d) visits: (N, nprobe) int64, the nearest centroid first."""
        cells, features = self._cells(), self._checked(features, "features")
        return cells.quantizer.search(forward(anatomy(self.faiss)[0], features), self._checked_nprobe(nprobe))[1]

    def assign(self, features: np.ndarray) -> np.ndarray:
        """The IVF cell of each feature (N, d), (N,) int64; ValueError for an index without cells."""
        return self.probe(features, 1)[:, 0]

    def quantize(self, features: np.ndarray) -> np.ndarray:
        """q(x) of each feature, (N, d) float32 in the features' own space; see `targets.quantize`."""
        return targets_.quantize(self.faiss, self._checked(features, "features"))

    def targets(self, features: np.ndarray) -> targets_.Targets:
        """Targets of features (N, d) for activation; NothingToActivate where the index does not quantize."""
        return targets_.targets(self.faiss, self._checked(features, "features"))

    def save(self, path: str | Path, overwrite: bool = False, compressed: bool = False) -> None:
        """Write the index to one file, whole or not at all: an npz with faiss's own bytes and the factory string.

        compressed: about a tenth smaller, and slower. FileExistsError if the file exists, unless overwrite.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise FileExistsError(f"{path} exists: give another name, or overwrite=True")
        about = json.dumps({"factory": self.factory, "seed": self.seed})
        with whole_file(path) as temporary, open(temporary, "wb") as file:
            write = np.savez_compressed if compressed else np.savez
            write(file, faiss=faiss.serialize_index(self.faiss), about=about)

    @classmethod
    def load(cls, path: str | Path) -> ActiveIndex:
        """Read an index that `save` wrote; ValueError for any other file and for a damaged one."""
        _check_saved(path)
        try:
            with np.load(path, allow_pickle=False) as stored:
                about = json.loads(str(stored["about"]))
                self = cls.__new__(cls)
                self.factory, self.seed = about["factory"], about.get("seed", 1234)
                self.faiss = from_bytes(stored["faiss"])
        except UNREADABLE as error:
            raise ValueError(
                f"{path} is not an index that save wrote, or it is damaged: build the index again and save it"
            ) from error
        return self


def _check_saved(path):
    """ValueError for a file that is not even laid out as `save` writes one."""
    with open(path, "rb") as file:
        beginning = file.read(4)
    if beginning.startswith(b"PK"):
        return
    # Each kind of index in a file of faiss itself begins with its own four letters, such as IxF2 or IwPQ.
    seen = (
        "a file of faiss.write_index"
        if re.fullmatch(rb"I[A-Za-z]{2}[A-Za-z0-9]", beginning)
        else "another kind of file"
    )
    raise ValueError(
        f"{path} is not an index that save wrote, but {seen}: make one with "
        "build_index(...).save(path), which also keeps the factory string and the seed"
    )


def checked_index(index: ActiveIndex) -> ActiveIndex:
    """The index itself; ValueError for something else, such as an index of faiss or of `scratch`."""
    if not all(hasattr(index, name) for name in ("factory", "targets", "search")):
        raise ValueError(
            f"index is a {type(index).__module__.partition('.')[0]} {type(index).__name__}: expected an ActiveIndex, "
            'as build_index("IVF64,Flat", train_features, reference_features) makes one'
        )
    return index
