"""Rivals of an index that change no picture: other faiss indexes at about its cost, as factory strings and trained."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np

from activeindex_lite.index import ActiveIndex
from activeindex_lite.index.anatomy import anatomy

MORE_PROBES = (2, 4, 8, 16, 32)
# On the stored queries, codes that were trained on 60,000 vectors had the same R@1 as on these: RQ .85 and .85, LSQ .84
# and .85 at nprobe 16. LSQ takes 12 s per 10,000.
TRAINED_ON = {"RQ": 20_000, "LSQ": 10_000}
# Centroids of all steps together, above which RQ and LSQ train for many minutes: 8 steps of 8 bits.
MOST_CENTROIDS = 2048
ROTATED_ON = 20_000
FEWER = 4
K_FACTORS = (4, 16)
LINKS, EF_SEARCH = 32, (16, 64, 256)
SECOND = "Refine(SQ8)"
PRODUCT = re.compile(r"PQ(\d+)(?:x(\d+))?(?:np|fsr?\w*)?")


@dataclass(frozen=True)
class Rival:
    """Another index: what it is in words, its factory string, and the settings of the searches to measure."""

    name: str
    factory: str
    settings: tuple[dict, ...]


@dataclass(frozen=True)
class Parts:
    """A factory string in parts: transforms, cells (both may be ""), code, and the second stage, with its comma."""

    transforms: str
    cells: str
    code: str
    second: str

    @classmethod
    def of(cls, factory: str) -> Parts:
        """The parts of a factory string (OPQ8_64,IVF256,PQ8x8,RFlat -> OPQ8_64,  IVF256,  PQ8x8  ,RFlat)."""
        tokens = re.split(r",(?![^(]*\))", factory)
        second = [token for token in tokens if token.startswith(("RFlat", "Refine"))]
        *before, code = [token for token in tokens if token not in second]
        cells = [token for token in before if token.startswith(("IVF", "IMI", "HNSW", "NSG"))]
        transforms = [token for token in before if token not in cells]
        return cls(
            "".join(f"{token}," for token in transforms),
            "".join(f"{token}," for token in cells),
            code,
            "".join(f",{token}" for token in second),
        )

    def with_code(self, code: str) -> str:
        """The factory string with another code."""
        return f"{self.transforms}{self.cells}{code}{self.second}"


def rivals_of(index: ActiveIndex, nprobes: Sequence[int] = (1, 16)) -> list[Rival]:
    """Indexes that compete with an index at about its cost, derived from its factory string: a list, maybe empty.

    nprobes: of the searches to measure, for rivals with cells. An index with a PQ competes with additive codes of as
    many bytes (RQ, LSQ), a rotation before it (OPQ), a code of twice the length, RaBitQ, a second stage that ranks
    again (Refine), and a graph over its codes (HNSW); one with cells, with fewer cells; LSH, with a PQ of its bytes.
    """
    parts, cells = Parts.of(index.factory), _probed(nprobes)
    found = PRODUCT.fullmatch(parts.code)
    rivals = []
    if parts.code.startswith("LSH") and not parts.cells:
        rivals.append(Rival("product codes", f"PQ{index.bytes_per_vector}x8", ({},)))
    if found:
        rivals += _other_codes(parts, int(found[1]), int(found[2] or 8), cells if parts.cells else ({},))
    fewer = fewer_cells(index.factory)
    if fewer is not None:
        nlist = index.nlist // FEWER
        rivals.append(Rival("fewer cells", fewer, _probed(sorted({*MORE_PROBES, *nprobes}), nlist)))
    return rivals


def _probed(nprobes: Sequence[int], most: float = np.inf) -> tuple[dict, ...]:
    return tuple(dict(nprobe=n) for n in nprobes if n <= most)


def _other_codes(parts: Parts, M: int, nbits: int, searches: tuple[dict, ...]) -> list[Rival]:
    same = [Rival(f"additive codes, {kind}", parts.with_code(f"{kind}{M}x{nbits}"), searches) for kind in TRAINED_ON]
    if not parts.transforms:
        same.append(Rival("rotated codes", f"OPQ{M},{parts.with_code(parts.code)}", searches))
    longer = longer_code(parts.with_code(parts.code))
    larger = [Rival("longer code", longer, searches), Rival("RaBitQ", parts.with_code("RaBitQ"), searches)]
    if not parts.second:
        again = tuple(search | dict(k_factor=k) for search in searches for k in K_FACTORS)
        first = (parts.with_code(parts.code), parts.with_code("RaBitQ"))
        larger += [Rival("ranked again", f"{one},{SECOND}", again) for one in first]
    if not parts.transforms and not parts.cells.startswith("HNSW") and re.fullmatch(r"PQ\d+(x\d+)?", parts.code):
        walks = tuple(dict(ef_search=ef) for ef in EF_SEARCH)
        larger.append(Rival("graph over the codes", f"HNSW{LINKS},{parts.code}", walks))
    return same + larger


def longer_code(factory: str) -> str | None:
    """The factory string with twice as many sub-spaces in its PQ (IVF64,PQ4x8 -> IVF64,PQ8x8); None without a PQ."""
    parts = Parts.of(factory)
    found = PRODUCT.fullmatch(parts.code)
    return parts.with_code(f"PQ{2 * int(found[1])}{parts.code[found.end(1) :]}") if found else None


def fewer_cells(factory: str) -> str | None:
    """The factory string with a quarter of its cells (IVF64,PQ4x8 -> IVF16,PQ4x8); None without IVF or 8 cells."""
    found = re.search(r"(?:^|,)IVF(\d+)", factory)
    if not found or int(found[1]) < 2 * FEWER:
        return None
    return f"{factory[: found.start(1)]}{int(found[1]) // FEWER}{factory[found.end(1) :]}"


def build_rival(factory: str, index: ActiveIndex, train: np.ndarray, references: np.ndarray) -> ActiveIndex:
    """Train and fill a rival of an index with its seed, in its cells where it can have the same: an ActiveIndex.

    train: (n, d) features, of which slow codes take the first ones (TRAINED_ON, ROTATED_ON); references: (N, d).
    ValueError for an index that faiss cannot make, or cannot train on these features.
    """
    code = Parts.of(factory).code
    additive = re.fullmatch(r"(RQ|LSQ)(\d+)x(\d+)", code)
    if additive and int(additive[2]) * 2 ** int(additive[3]) > MOST_CENTROIDS:
        raise ValueError(f"{code} trains for many minutes: more than {MOST_CENTROIDS:,} centroids in all")
    other = ActiveIndex(factory, index.d, seed=index.seed)
    _take_cells(other, index)
    for transform in anatomy(other.faiss)[0]:
        if isinstance(transform, faiss.OPQMatrix):
            transform.max_train_points = ROTATED_ON
    with warnings.catch_warnings():
        # That slow codes train on few vectors is meant; of too few for all, the index itself has warned.
        warnings.simplefilter("ignore", UserWarning)
        other.train(train[: TRAINED_ON[additive[1]]] if additive else train)
    other.add(references)
    return other


def _take_cells(other: ActiveIndex, index: ActiveIndex) -> None:
    """Give an untrained index the centroids of another one, if it has as many cells in the same space.

    faiss then leaves them as they are, so that codes are compared in the same cells, and k-means runs once.
    """
    mine, its = (faiss.try_extract_index_ivf(one.faiss) for one in (other, index))
    turned = anatomy(other.faiss)[0] or anatomy(index.faiss)[0]
    if mine is None or its is None or turned or mine.nlist != its.nlist:
        return
    quantizer, given = faiss.downcast_index(mine.quantizer), faiss.downcast_index(its.quantizer)
    if all(isinstance(one, faiss.IndexFlat) for one in (quantizer, given)) and mine.metric_type == its.metric_type:
        quantizer.add(index.centroids)
