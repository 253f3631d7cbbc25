"""Your own vectors from a file: .npy, .npz, .fvecs and .bvecs, read as far as they are needed, and never as code."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from activeindex_lite.support.checks import features_array, whole_number

# Record of the files of the TEXMEX collections (corpus-texmex.irisa.fr): d as int32, then d numbers of this type.
RECORDS = {".fvecs": np.dtype("<f4"), ".bvecs": np.dtype("u1")}
MOST_D = 65_536


def read_vectors(path: str | Path, most: int | None = None) -> np.ndarray:
    """The vectors of a file, (N, d) float32; with `most`, that many at most, spread evenly over the file.

    path: .npy with an array (N, d) of numbers; .npz with one such array; .fvecs or .bvecs, in which each vector follows
    its d. Files are mapped, so that what is left out is not read (.npz: read whole). ValueError for a file that holds
    something else, is cut off, or has NaN or numbers above 1e15.
    """
    path = Path(path)
    if most is not None:
        most = whole_number(most, "most", why="the vectors to read")
    if path.suffix in RECORDS:
        rows = _records(path, RECORDS[path.suffix])
    elif path.suffix in (".npy", ".npz"):
        rows = _array(path)
    else:
        known = ", ".join((".npy", ".npz", *RECORDS))
        raise ValueError(f"{path}: the ending {path.suffix!r} is unknown; vectors are read from {known}")
    if rows.ndim != 2 or rows.dtype.kind not in "fiub":
        raise ValueError(
            f"{path} holds an array of shape {rows.shape} and type {rows.dtype}: expected numbers (N, d), one row per "
            "vector"
        )
    if most is not None and most < len(rows):
        rows = rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
    return features_array(np.array(rows, np.float32), name=str(path))


def _array(path):
    try:
        stored = np.load(path, mmap_mode="r" if path.suffix == ".npy" else None, allow_pickle=False)
        if path.suffix == ".npy":
            return stored
        with stored:
            if len(stored.files) != 1:
                raise ValueError(f"it holds {len(stored.files)} arrays, {', '.join(stored.files[:5])}, and not one")
            return stored[stored.files[0]]
    except (ValueError, EOFError, KeyError, BadZipFile, MemoryError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise ValueError(f"{path} is not a file of vectors ({reason}): write it with np.save(path, vectors)") from None


def _records(path, kind):
    """The records of a .fvecs or .bvecs file as an array (N, d), mapped."""
    size = path.stat().st_size
    if size < 4:
        raise ValueError(f"{path} is empty: expected d and d numbers per vector")
    d = int(np.fromfile(path, "<i4", 1)[0])
    if not 1 <= d <= MOST_D:
        raise ValueError(f"{path} begins with d = {d}: expected 1 to {MOST_D:,}; is it {path.suffix[1:]} at all?")
    record = np.dtype([("d", "<i4"), ("x", kind, (d,))])
    if size % record.itemsize:
        raise ValueError(
            f"{path} has {size:,} bytes, no multiple of {record.itemsize} (d = {d}): it is cut off, or of another kind"
        )
    rows = np.memmap(path, record, "r")
    other = np.flatnonzero(rows["d"][:: max(1, len(rows) // 100_000)] != d)
    if len(other):
        raise ValueError(f"{path} holds vectors of several dimensions, {d} and others: expected one d for all")
    return rows["x"]
