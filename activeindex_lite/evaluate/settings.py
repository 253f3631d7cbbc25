"""The settings of an evaluation: one object from the command line to the chunks of work on a cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from activeindex_lite.activation import check_settings
from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.index import ActiveIndex
from activeindex_lite.index.active_index import WANTED
from activeindex_lite.support.checks import whole_number

if TYPE_CHECKING:
    from activeindex_lite.evaluate.collection import Collection
    from activeindex_lite.extractor.extractor import Extractor

ORIGINALS = 100
# As many strangers per original as in the paper's experiment: 10,000 originals, 40,000 queries without one.
STRANGERS = 4
NPROBES = (1, 16)
MOST_CELLS = 4096
# faiss trains the rotation of OPQ with 256 centroids per sub-space, whatever index stands behind it.
OPQ_NEEDS = 256


@dataclass(frozen=True)
class Settings:
    """What is evaluated and how; ValueError for a value out of range.

    indexes: dict name -> (faiss factory string, tuple of nprobe; None: 1 and 16, or as many as the index has cells);
    None: `default_indexes`. originals: how many are activated (None: 100, or all where the collection has fewer).
    strangers: queries without an original, at most (None: 4 per original). alpha, steps: as `activate`. seed: draws the
    originals, the Random edits and the bootstrap samples. keep_pictures: keep the activated pictures as PNG files.
    keep_duplicates: index every duplicate of a picture, not one of each. ef_search: candidates that a search in a graph
    keeps (HNSW; None: as faiss does, 16).
    """

    indexes: dict[str, tuple[str, tuple[int, ...] | None]] | None = None
    originals: int | None = None
    strangers: int | None = None
    alpha: float = ALPHA
    steps: int = STEPS
    seed: int = 0
    keep_pictures: bool = False
    keep_duplicates: bool = False
    ef_search: int | None = None

    def __post_init__(self) -> None:
        if self.originals is not None:
            whole_number(self.originals, "originals", why="the pictures to activate")
        if self.strangers is not None:
            whole_number(self.strangers, "strangers", why="the queries without an original")
        check_settings(self.alpha, self.steps)
        whole_number(self.seed, "seed", least=0)
        if self.ef_search is not None:
            whole_number(self.ef_search, "ef_search", why="the candidates that a search in a graph keeps")

    def fitted(self, collection: Collection, extractor: Extractor) -> Settings:
        """These settings with what the collection and the extractor decide; ValueError where they do not fit.

        Nothing is read or computed, so that what cannot be carried out is known before the long part begins.
        """
        self.originals_of(len(collection.candidates), collection.about)
        indexes = self.indexes and {
            name: (factory, _nprobes(ActiveIndex(factory, extractor.d), nprobes))
            for name, (factory, nprobes) in self.indexes.items()
        }
        return replace(self, indexes=indexes)

    def originals_of(self, available: int, where: str) -> int:
        """How many of the available pictures are activated; ValueError where the settings ask for more."""
        originals = min(ORIGINALS, max(1, available)) if self.originals is None else self.originals
        if originals > available:
            raise ValueError(
                f"originals={originals}: {where} has {available} pictures to activate; ask for fewer with --originals"
            )
        return originals

    def with_indexes(self, d: int, n: int) -> Settings:
        """These settings with the default indexes for d dimensions and n training vectors, where none were named."""
        return self if self.indexes else replace(self, indexes=default_indexes(d, n))


def _nprobes(index: ActiveIndex, nprobes: tuple[int, ...] | None) -> tuple[int, ...]:
    """The values of nprobe to search an index with, each once; ValueError for one that it does not take."""
    if nprobes is None:
        nprobes = tuple(min(nprobe, index.nlist or 1) for nprobe in NPROBES)
    for nprobe in nprobes:
        index.nprobe = nprobe
    return tuple(dict.fromkeys(nprobes))


def default_indexes(d: int, n: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The families of the paper's tables for d dimensions and n training vectors: dict name -> (factory, nprobes).

    As many cells as n feeds (39 vectors per cell; two binary digits, at most 4096). PQ keeps 8 bytes of a vector of 256
    dimensions and more, 4 of a shorter one: a comparable loss. Fewer than 256 training vectors feed codes of fewer
    bits, PCA keeps fewer dimensions than there are vectors, and OPQ is left out.
    """
    cells = _two_digits(min(MOST_CELLS, max(1, n // WANTED)))
    bits = min(8, max(1, n.bit_length() - 1))
    M = _divisor(d, 8 if d >= 256 else 4)
    kept = min(64, d)
    indexes = {
        "No index": ("Flat", (1,)),
        "IVF-PQ": (f"IVF{cells},PQ{M}x{bits}", tuple(dict.fromkeys((1, min(16, cells))))),
        "IVF": (f"IVF{cells},Flat", (1,)),
        "PCA+LSH": (f"PCA{max(1, min(kept, n - 1))},LSH", (1,)),
    }
    if n >= OPQ_NEEDS and kept >= 8:
        indexes["OPQ"] = (f"OPQ8_{kept // 8 * 8},PQ8x8", (1,))
    return indexes


def _two_digits(number: int) -> int:
    """A number rounded down to its two leading binary digits: 1, 2, 3, 4, 6, 8, 12, 16, 24, ..."""
    unit = 2 ** max(number.bit_length() - 2, 0)
    return number // unit * unit


def _divisor(d: int, most: int) -> int:
    """The largest of 8, 4, 2 and 1 that divides d and is at most so large: PQ cuts d dimensions into equal parts."""
    return next(M for M in (8, 4, 2, 1) if M <= most and d % M == 0)
