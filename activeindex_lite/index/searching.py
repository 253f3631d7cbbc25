"""The settings of a search by name, nprobe, ef_search, k_factor and ht, as the search parameters that faiss takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import faiss

from activeindex_lite.index.anatomy import anatomy
from activeindex_lite.support.checks import real_number, whole_number

# More candidates than this make a search as slow as reading all vectors.
MOST_EF, MOST_FACTOR = 1_000_000, 1_000_000
WITHOUT_PARAMETERS = tuple(
    getattr(faiss, name) for name in ("IndexIVFAdditiveQuantizerFastScan",) if hasattr(faiss, name)
)
ONE_AT_A_TIME = RLock()


def candidates(index: faiss.Index) -> tuple[object, str] | None:
    """Where faiss keeps how many candidates a walk in a graph keeps: (object, name of the attribute).

    The graph is that of the vectors (HNSW, NSG) or of the centroids of cells (IVF1024_HNSW32); None without one.
    """
    core = anatomy(index)[1]
    if isinstance(core, faiss.IndexIVF):
        core = faiss.downcast_index(core.quantizer)
    if isinstance(core, faiss.IndexHNSW):
        return core.hnsw, "efSearch"
    return (core.nsg, "search_L") if isinstance(core, faiss.IndexNSG) else None


def refined(index: faiss.Index) -> faiss.IndexRefine | None:
    """The stage of a faiss index that ranks the first results again with a second code; None without one."""
    index = faiss.downcast_index(index)
    while not isinstance(index, faiss.IndexRefine):
        if not isinstance(index, faiss.IndexPreTransform):
            return None
        index = faiss.downcast_index(index.index)
    return index


def polysemous(index: faiss.Index) -> bool:
    """Whether the Hamming distances of the codes were trained to say something of the vectors' distances."""
    core = anatomy(index)[1]
    known = isinstance(core, (faiss.IndexPQ, faiss.IndexIVFPQ)) and core.pq.nbits == 8
    return known and bool(core.do_polysemous_training)


def checked(index: faiss.Index, factory: str, nlist: int | None, **wanted: float | None) -> dict:
    """The settings that are not None, checked; ValueError for a value out of range, or one that the index has not.

    nprobe: 1 to nlist, and 1 for an index without cells; ef_search: 1 to a million; k_factor: from 1; ht: bits, from 1
    to those of a code. factory: the factory string, for the errors.
    """
    given = {name: value for name, value in wanted.items() if value is not None}
    if "nprobe" in given:
        given["nprobe"] = checked_nprobe(factory, nlist, given["nprobe"])
    if "ef_search" in given:
        given["ef_search"] = checked_ef(index, factory, given["ef_search"])
    if "k_factor" in given:
        if refined(index) is None:
            raise ValueError(
                f"k_factor={given['k_factor']!r:.60}: {factory} ranks nothing again; strings that do end in RFlat or "
                "Refine(SQ8)"
            )
        why = "how many times k candidates are ranked again"
        given["k_factor"] = real_number(given["k_factor"], "k_factor", 1, MOST_FACTOR, why)
    if "ht" in given:
        given["ht"] = _checked_ht(index, factory, given["ht"])
    return given


def checked_nprobe(factory: str, nlist: int | None, value: int) -> int:
    """nprobe as an int from 1 to nlist, or 1 where there are no cells; ValueError for another one."""
    why = f"this index has {nlist} cells" if nlist else f"{factory} has no cells: a search scans all of it"
    return whole_number(value, "nprobe", nlist or 1, why)


def checked_ef(index: faiss.Index, factory: str, value: int) -> int:
    """ef_search as an int from 1; ValueError for another one, and for an index without a graph."""
    if candidates(index) is None:
        raise ValueError(
            f"ef_search={value!r:.60}: {factory} has no graph of neighbours, so leave it out; strings with one begin "
            "with HNSW32 or IVF1024_HNSW32"
        )
    return whole_number(value, "ef_search", MOST_EF, "the candidates that a search in the graph keeps")


def _checked_ht(index, factory, value):
    if not polysemous(index):
        raise ValueError(
            f"ht={value!r:.60}: the codes of {factory} have no Hamming distances to filter by; "
            "build_index(..., polysemous=True) trains them for strings with PQ in 8 bits"
        )
    bits = 8 * anatomy(index)[1].pq.code_size
    return whole_number(value, "ht", bits, "the differing bits up to which a code is compared")


@contextmanager
def set_for_now(index: faiss.Index, given: dict) -> Iterator[faiss.SearchParameters | None]:
    """with set_for_now(index, given) as params: a search in it, with params, has the settings from `checked`.

    What faiss takes as parameters is not set on the index, so that other threads can search it meanwhile; the few
    settings that it does not take so wait for each other.
    """
    # NSG has no search parameters of its own, nor do cells of 4-bit additive codes, and faiss 1.15 ignores
    # polysemous_ht among those of an IVF-PQ.
    places, walked, core = {}, candidates(index), anatomy(index)[1]
    if walked is not None and walked[1] != "efSearch":
        places["ef_search"] = walked
    if isinstance(core, faiss.IndexIVFPQ):
        places["ht"] = core, "polysemous_ht"
    if isinstance(core, WITHOUT_PARAMETERS):
        places["nprobe"] = core, "nprobe"
    places = {name: place for name, place in places.items() if name in given}
    rest = {name: value for name, value in given.items() if name not in places}
    if not places:
        yield parameters(index, rest)
        return
    with ONE_AT_A_TIME:
        before = [(place, getattr(*place)) for place in places.values()]
        for name, place in places.items():
            setattr(*place, given[name])
        try:
            yield parameters(index, rest)
        finally:
            for place, value in before:
                setattr(*place, value)


def parameters(index: faiss.Index, given: dict) -> faiss.SearchParameters | None:
    """What faiss's search takes as params for settings from `checked`; None for no settings.

    A part that has no setting of its own keeps what the index is set to.
    """
    if not given or (set(given) == {"nprobe"} and faiss.try_extract_index_ivf(index) is None):
        return None
    return _parameters(faiss.downcast_index(index), given)


def _parameters(index, given):
    if isinstance(index, faiss.IndexRefine):
        base = _parameters(faiss.downcast_index(index.base_index), given)
        factor = given.get("k_factor", index.k_factor)
        return faiss.IndexRefineSearchParameters(k_factor=factor, **_named("base_index_params", base))
    if isinstance(index, faiss.IndexPreTransform):
        inner = _parameters(faiss.downcast_index(index.index), given)
        return inner and faiss.SearchParametersPreTransform(index_params=inner)
    if isinstance(index, faiss.IndexIVF):
        return _of_cells(index, given)
    if isinstance(index, faiss.IndexHNSW):
        return faiss.SearchParametersHNSW(efSearch=given.get("ef_search", index.hnsw.efSearch))
    if "ht" in given:
        return faiss.SearchParametersPQ(search_type=faiss.IndexPQ.ST_polysemous, polysemous_ht=given["ht"])
    return None


def _of_cells(ivf, given):
    coarse, further = faiss.downcast_index(ivf.quantizer), {}
    if isinstance(coarse, faiss.IndexHNSW) and "ef_search" in given:
        further["quantizer_params"] = faiss.SearchParametersHNSW(efSearch=given["ef_search"])
    kind = faiss.SearchParametersIVF
    if hasattr(faiss, "IVFRaBitQSearchParameters") and hasattr(ivf, "qb"):
        kind, further["qb"] = faiss.IVFRaBitQSearchParameters, ivf.qb
    return kind(nprobe=given.get("nprobe", ivf.nprobe), **further)


def _named(name, value):
    return {} if value is None else {name: value}
