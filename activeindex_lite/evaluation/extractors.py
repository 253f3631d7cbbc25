"""Checking an extractor: R@1 of exact search under the 14 edits, and the time of a forward pass."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from activeindex_lite.evaluation.originals import drawn, read_once
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import evaluate_retrieval
from activeindex_lite.index import build_index
from activeindex_lite.pictures import draw, open_pictures, synthetic_pictures
from activeindex_lite.support.checks import whole_number
from activeindex_lite.world import load_world
from activeindex_lite.world.world import FRESH_SEED

if TYPE_CHECKING:
    import pandas as pd
    from PIL import Image

    from activeindex_lite.extractor import Extractor

FRESH = 1000


def check_extractor(
    extractor: Extractor,
    folder: str | Path | None = None,
    originals: int = 200,
    seed: int = 0,
    *,
    keep_duplicates: bool = False,
    progress: bool = True,
) -> pd.DataFrame:
    """R@1 of exact search by edit, number of references and time of a forward pass: a DataFrame with one column.

    folder: photographs, all of them references, of which the seed draws `originals` to edit and search (all where there
    are fewer); of duplicates one is kept unless keep_duplicates, see `read_once`. Without a folder the originals are
    fresh synthetic pictures: for the lite extractor they join the ready references, for another one, whose features are
    not stored, 1,000 fresh references in all.
    """
    whole_number(originals, "originals", why="the pictures to edit and search")
    whole_number(seed, "seed", least=0)
    if folder is None:
        pictures, features = _fresh(extractor, originals, progress)
        truth = np.arange(len(pictures))
    else:
        paths, features = read_once(folder, extractor, keep_duplicates=keep_duplicates, progress=progress)
        truth = drawn(len(paths), originals, seed)
        pictures = list(open_pictures([paths[i] for i in truth]))
    queries = edited_features(pictures, extractor, seed=seed, progress=progress)
    index, rng = build_index("Flat", features, features), np.random.default_rng(seed)
    table = evaluate_retrieval(index, queries, truth, rng=rng).set_index("edit").r1
    table["references"], table["ms per picture"] = len(features), forward_milliseconds(extractor)
    return table.to_frame(f"{extractor.name}@{extractor.size}")


def _fresh(extractor: Extractor, n: int, progress: bool) -> tuple[list[Image.Image], np.ndarray]:
    """n synthetic pictures to edit, and the features of all references, theirs first."""
    world = load_world()
    pictures = synthetic_pictures(range(FRESH_SEED, FRESH_SEED + n), world.size)
    if extractor.name == "lite":
        return pictures, np.concatenate([extractor(pictures), world.references])
    references = (draw(seed, world.size) for seed in range(FRESH_SEED, FRESH_SEED + max(FRESH, n)))
    return pictures, extractor(references, progress=progress)


def forward_milliseconds(extractor: Extractor, batch: int = 64, repeats: int = 7) -> float:
    """Median time of a forward pass in ms per picture, at this batch size and the current number of threads."""
    tensor = torch.rand(batch, 3, extractor.size, extractor.size, generator=torch.Generator().manual_seed(0))
    tensor = tensor.contiguous(memory_format=torch.channels_last)  # the layout of batches of pictures
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 2):
            begun = time.perf_counter()
            extractor.forward(tensor)
            times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times[2:])) / batch
