"""An index from a file: one that `ActiveIndex.save` wrote, or one of faiss itself, read in another process first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np

from activeindex_lite.index.active_index import ActiveIndex, build_index
from activeindex_lite.index.anatomy import anatomy, family, restored
from activeindex_lite.support.machine import free_memory

# faiss trusts what a file says of its own sizes: a damaged one can end the process, or search beyond its end.
TRIAL = """
import sys
import faiss, numpy as np
index = faiss.read_index(sys.argv[1])
assert index.is_trained and index.ntotal, "it stores no vectors"
index.search(np.ones((1, index.d), np.float32), 1)
"""
SECONDS = 120


def read_index(path: str | Path) -> ActiveIndex:
    """The index of a file, with its vectors; its factory string is the one saved, or its family and the file's name.

    path: of `ActiveIndex.save`, or of faiss.write_index. The second kind is read and searched in another process
    before, so that a damaged file ends that one; a file made to do harm could still do it there, so read files of
    people you trust. ValueError for another file, a damaged one, one that is larger than the free memory, and an index
    that keeps ids of its own (IDMap) or bits in place of numbers.
    """
    path = Path(path)
    with open(path, "rb") as file:
        beginning = file.read(2)
    if beginning == b"PK":
        return ActiveIndex.load(path)
    size, free = path.stat().st_size, free_memory()
    if free is not None and 2 * size > free:
        raise ValueError(
            f"{path} has {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB of memory are free: expected twice its size"
        )
    _try(path)
    found = restored(faiss.read_index(str(path)))
    core = anatomy(found)[1]
    if isinstance(core, (faiss.IndexIDMap, faiss.IndexIDMap2)):
        raise ValueError(
            f"{path} keeps ids of its own (IDMap): write the index inside it, "
            "faiss.downcast_index(index.index), whose ids are the places of the vectors"
        )
    index = ActiveIndex.__new__(ActiveIndex)
    index.faiss, index.factory, index.seed = found, f"{family(found)} ({path.name})", None
    return index


def read_or_build(given: str | Path, x: np.ndarray) -> ActiveIndex:
    """The index of a file (`read_index`), or one of a factory string, trained on vectors x (N, d) and storing them."""
    if Path(given).is_file():
        return read_index(given)
    # A factory string may end in a number after a dot (IVF64,ITQ64,SH1.2), no file does.
    if isinstance(given, Path) or Path(given).suffix[1:2].isalpha():
        raise ValueError(f"index={str(given)!r}: there is no such file; a factory string is one such as IVF64,PQ8x8")
    return build_index(given, x, x)


def _try(path):
    """ValueError unless another process can read the index and search in it."""
    command = [sys.executable, "-c", TRIAL, str(path)]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ValueError(f"{path}: reading it took more than {SECONDS} s in another process; is it damaged?") from None
    if tried.returncode:
        why = tried.stderr.strip().rsplit("\n", 1)[-1][-200:] or "it ended the process"
        raise ValueError(
            f"{path} is no index that faiss can read and search ({why}): write it with faiss.write_index(index, path), "
            "or build_index(...).save(path)"
        )
