"""From a faiss factory string to an empty index; strings on which faiss crashes or hangs are refused first."""

from __future__ import annotations

import re

import faiss

from activeindex_lite.support.checks import whole_number

# (pattern of the number, least, most, what it counts). HNSW1 ends the process; the upper limits keep an empty index
# under a gigabyte.
NUMBERS = (
    (r"IVF(\d+)", 1, 2**20, "cells"),
    (r"IMI\d+x(\d+)", 1, 10, "bits per part of the cells"),
    (r"(?<![A-Z])HNSW(\d+)", 2, 256, "links per vector"),
    (r"(?<!PR)(?:PQ|RQ|LSQ)\d+x(\d+)", 1, 16, "bits per part of the code"),
    (r"PRQ\d+x\d+x(\d+)", 1, 16, "bits per part of the code"),
    (r"(?:PCA[RW]*|RR|ITQ|Pad|OPQ\d+_)(\d+)", 1, 2**14, "dimensions behind a transform"),
)
# Parts that faiss knows and that do not work here, wherever they occur in a string.
REFUSED = {
    r"SQ8_direct": "SQ8_direct keeps whole numbers from 0 to 255 as they are, and features of unit length all become "
    "0; take SQ8, which learns its range",
    r"Residual": "faiss fills an index of two layers and does not search it; take IVF256,PQ8x8",
    r"IDMap": "ids here are 0 .. N-1 in the order of adding; leave IDMap out",
    # Seen in faiss 1.15: NSG8,PQ4x4 ends the process, and many equal codes make it build without end.
    r"(?<!_)NSG\d*(?!\d*,Flat)": "faiss ends the process where an NSG graph meets many equal codes; take one of whole "
    "vectors, such as NSG32,Flat, or a graph of codes that grows, such as HNSW32,PQ16",
}
EXAMPLES = "IVF1024,Flat  IVF1024,PQ8x8  OPQ8,PQ8x8  PCA64,LSH"
SHOWN = 60


def make_index(factory: str, d: int) -> faiss.Index:
    """A new faiss index of a factory string for d dimensions; ValueError says what is wrong with a string."""
    d = whole_number(d, "d", 2**14, "the dimension of the features")
    shown = repr(factory) if len(repr(factory)) <= SHOWN else f"{repr(factory)[:SHOWN]}..."
    try:
        _check(factory)
        return faiss.index_factory(d, factory)
    except (RuntimeError, TypeError, MemoryError) as error:
        reason = str(error).strip().rsplit(": ", 1)[-1]
        raise ValueError(
            f"faiss cannot make an index of {shown} for d = {d}: {_translated(factory, d, reason)[:300]}. Strings that "
            f"work look like {EXAMPLES} (PQ's first number must divide d)"
        ) from None


def _check(factory):
    """RuntimeError for a string that faiss accepts and cannot carry out."""
    if not isinstance(factory, str):
        raise TypeError(f"expected text, not {type(factory).__name__}")
    if not factory.isprintable():
        raise RuntimeError("it holds an invisible character")
    for part, reason in REFUSED.items():
        if re.search(part, factory):
            raise RuntimeError(reason)
    # faiss accepts IVF0 or PQ4x0, and then the process ends or fails far from the cause.
    if re.search(r"(?<!\d)0+(?!\d)", factory):
        raise RuntimeError("a number in it is 0")
    for pattern, least, most, what in NUMBERS:
        for found in re.finditer(pattern, factory):
            if not least <= int(found[1][:12]) <= most:
                raise RuntimeError(
                    f"{found[0][:SHOWN]} asks for {found[1][:20]} {what}, {least} to {most} are possible here"
                )


def _translated(factory, d, reason):
    """What to change, in place of what faiss says."""
    wrong = factory if isinstance(factory, str) else ""
    if "multiple of the number of subquantizers" in reason or "multiple of M" in reason:
        behind = [int(n) for n in re.findall(r"(?:PCA[RW]*|RR|ITQ|Pad|OPQ\d+_)(\d+)", wrong)] or [d]
        divisors = [str(M) for M in (1, 2, 4, 8, 16, 32, 64) if behind[-1] % M == 0]
        return f"{behind[-1]} dimensions cannot be cut into so many equal parts (try {', '.join(divisors)})"
    if "nbits_in" in reason:
        return f"LSH keeps one bit per dimension, at most {d}"
    if re.search("ivf|pq|lsh|flat|pca|hnsw", wrong) or " " in wrong:
        return f"{reason}; write it in capitals and without spaces"
    return reason
