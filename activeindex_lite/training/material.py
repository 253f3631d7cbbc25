"""What training reads from disk: synthetic pictures and exactly edited copies of them, drawn once by all cores."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from PIL import Image
from tqdm import tqdm

from activeindex_lite.edits import STRENGTHS, random_edit
from activeindex_lite.pictures.synthetic import draw
from activeindex_lite.support.files import whole_file

FIRST_SEED = 1_000_000
SIDE, SOURCE, SQUEEZED = 224, 160, 128
CHUNK = 250


def _squeeze(picture: Image.Image, side: int) -> np.ndarray:
    return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR))


def _draw_originals(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """Sources (n, 160, 160, 3) to cut views from and clean originals (n, 128, 128, 3), uint8."""
    pictures = [Image.fromarray(draw(FIRST_SEED + i, SIDE)) for i in range(start, stop)]
    return np.stack([_squeeze(p, SOURCE) for p in pictures]), np.stack([_squeeze(p, SQUEEZED) for p in pictures])


def edited_copy(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """One training edit: the Random mixture half of the time, else one family at a strength drawn from its sweep."""
    if rng.random() < 0.5:
        return random_edit(picture, rng)
    sweep = list(STRENGTHS.values())[rng.integers(len(STRENGTHS))]
    return sweep(picture, sweep.values[rng.integers(len(sweep.values))])


def _draw_copies(start: int, stop: int, copies: int, seed: int) -> tuple[np.ndarray]:
    """Edited copies (n, copies, 128, 128, 3), uint8."""
    edited = []
    for i in range(start, stop):
        picture, rng = Image.fromarray(draw(FIRST_SEED + i, SIDE)), np.random.default_rng([seed, i])
        edited.append([_squeeze(edited_copy(picture, rng), SQUEEZED) for _ in range(copies)])
    return (np.array(edited),)


def originals(folder: str | Path, n: int) -> list[np.ndarray]:
    """Draw n originals (seeds 1,000,000 and up) into folder, or open the drawn ones: [sources, clean], memory maps.

    sources: uint8 (n, 160, 160, 3); clean: uint8 (n, 128, 128, 3). ValueError for a folder made with another n.
    """
    shapes = {"sources": (n, SOURCE, SOURCE, 3), "clean": (n, SQUEEZED, SQUEEZED, 3)}
    return _fill(folder, "originals", shapes, _draw_originals, (), n)


def copies(folder: str | Path, n: int, each: int, seed: int) -> np.ndarray:
    """Edit each of the n originals `each` times into folder, or open the copies: a map, uint8 (n, each, 128, 128, 3).

    ValueError for a folder made with other numbers.
    """
    shapes = {"copies": (n, each, SQUEEZED, SQUEEZED, 3)}
    return _fill(folder, "copies", shapes, _draw_copies, (each, seed), n)[0]


def _array(path: Path, shape: tuple, begun: bool) -> np.ndarray:
    """A memory-mapped array to write into: the one in the file, if it was begun, or a new one."""
    if begun:
        return open_memmap(path, mode="r+")
    return open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)


def _fill(
    folder: str | Path, name: str, shapes: dict[str, tuple], work: Callable, settings: tuple, n: int
) -> list[np.ndarray]:
    """Fill memory-mapped arrays chunk by chunk with all cores; the chunks of an interrupted call are kept."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    recipe = {"n": n, "settings": list(settings)}
    log = folder / f"{name}.json"
    state = json.loads(log.read_text(encoding="utf-8")) if log.exists() else {"recipe": recipe, "done": []}
    if state["recipe"] != recipe:
        raise ValueError(
            f"{folder} holds {name} made with {state['recipe']}, not with {recipe}: "
            "name another --work folder, or delete this one"
        )
    arrays = [_array(folder / f"{key}.npy", shape, begun=bool(state["done"])) for key, shape in shapes.items()]
    missing = sorted(set(range(0, n, CHUNK)) - set(state["done"]))
    if not missing:
        return arrays
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = {start: pool.submit(work, start, min(start + CHUNK, n), *settings) for start in missing}
        for start, job in tqdm(jobs.items(), desc=f"training {name}", unit=f"{CHUNK} pictures"):
            for array, part in zip(arrays, job.result()):
                array[start : start + len(part)] = part
                array.flush()
            state["done"].append(start)
            with whole_file(log) as temporary:
                temporary.write_text(json.dumps(state), encoding="utf-8")
    return arrays
