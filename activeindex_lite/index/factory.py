"""From a faiss factory string to an empty index: what faiss would answer with a crash, a hang or a riddle is told first."""

import re

import faiss

from activeindex_lite.support.checks import whole_number

# (pattern of the number, least, most, what it counts). HNSW1 ends the process and NSG below 6 never returns; the upper limits
# keep an empty index under a gigabyte.
NUMBERS = (
    (r"IVF(\d+)", 1, 2**20, "cells"),
    (r"IMI\d+x(\d+)", 1, 10, "bits a part of the cells"),
    (r"(?<![A-Z])HNSW(\d+)", 2, 256, "links a vector"),
    (r"NSG(\d+)", 6, 256, "links a vector"),
    (r"(?<!PR)(?:PQ|RQ|LSQ)\d+x(\d+)", 1, 16, "bits a part of the code"),
    (r"PRQ\d+x\d+x(\d+)", 1, 16, "bits a part of the code"),
    (r"(?:PCA[RW]*|RR|ITQ|Pad|OPQ\d+_)(\d+)", 1, 2**14, "dimensions behind a transform"),
)
EXAMPLES = "IVF1024,Flat  IVF1024,PQ8x8  OPQ8,PQ8x8  PCA64,LSH"
SHOWN = 60


def make_index(factory, d):
    """A new faiss index of a factory string for d dimensions; ValueError says what is wrong with the string, and what would do."""
    d = whole_number(d, "d", 2**14, "the dimension of the features")
    try:
        _check(factory)
        return faiss.index_factory(d, factory)
    except (RuntimeError, TypeError, MemoryError) as error:
        reason = str(error).strip().rsplit(": ", 1)[-1]
        shown = repr(factory) if len(repr(factory)) <= SHOWN else f"{repr(factory)[:SHOWN]}..."
        raise ValueError(
            f"faiss cannot make an index of {shown} for d = {d}: {_translated(factory, d, reason)[:300]}. Strings that "
            f"work are like {EXAMPLES} (PQ's first number must divide d)"
        ) from None


def _check(factory):
    """RuntimeError for a string that faiss accepts and cannot carry out."""
    if not isinstance(factory, str):
        raise TypeError(f"a text is expected, not {type(factory).__name__}")
    if not factory.isprintable():
        raise RuntimeError("there is a character in it that cannot be seen")
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
        return f"LSH keeps one bit a dimension, {d} at the most"
    if re.search("ivf|pq|lsh|flat|pca|hnsw", wrong) or " " in wrong:
        return f"{reason}; write it in capitals and without spaces"
    return reason
