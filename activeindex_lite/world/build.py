"""Making the ready world again: draw every picture, extract its feature, store it in half precision."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from activeindex_lite.pictures.synthetic import synthetic_pictures
from activeindex_lite.support.files import whole_file
from activeindex_lite.world.world import REFERENCE_SEED, SIZE, TRAIN_SEED, write_packed

# File -> first seed and number of pictures. Pages map the references; those to train with are packed.
SETS = {"train.npz": (TRAIN_SEED, 60_000), "references.npy": (REFERENCE_SEED, 50_000)}
CHUNK = 500


def _chunk(first: int, n: int) -> np.ndarray:
    """Features of n pictures from a first seed on, in one process with one thread."""
    # Here, not above: torch belongs to the workers, and a process that has loaded it should not be forked.
    import torch

    from activeindex_lite.extractor import load_extractor

    torch.set_num_threads(1)
    return load_extractor("lite")(synthetic_pictures(range(first, first + n), SIZE)).astype(np.float16)


def build_world(folder: str | Path, progress: bool = True) -> None:
    """Write train.npz (60000, 128), packed, and references.npy (50000, 128), float16, into folder, with all cores.

    Parts that an interrupted call left behind are used. FileExistsError if a finished file exists.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    taken = [folder / name for name in SETS if (folder / name).exists()]
    if taken:
        raise FileExistsError(f"{taken[0]} exists: name a new folder, or delete the file first")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, (first, n) in SETS.items():
            _fill(pool, folder, name, first, n, progress)


def _fill(pool: ProcessPoolExecutor, folder: Path, name: str, first: int, n: int, progress: bool) -> None:
    parts = {start: folder / f"{name}.{start}.part.npy" for start in range(0, n, CHUNK)}
    jobs = {
        start: pool.submit(_chunk, first + start, min(CHUNK, n - start))
        for start, path in parts.items()
        if not path.exists()
    }
    for start, job in tqdm(jobs.items(), desc=name, unit=f"{CHUNK} pictures", disable=not progress):
        _save(parts[start], job.result())
    whole = np.concatenate([np.load(path) for path in parts.values()])
    write = write_packed if name.endswith(".npz") else _save
    write(folder / name, whole)
    for path in parts.values():
        path.unlink()


def _save(path: Path, array: np.ndarray) -> None:
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.save(file, array)
