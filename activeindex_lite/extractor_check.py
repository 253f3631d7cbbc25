"""Checking an extractor: brute-force R@1 under the 14 edits, and the time of a forward pass."""

import time

import numpy as np
import torch

from activeindex_lite.checks import whole_number
from activeindex_lite.evaluation import edited_features, evaluate_retrieval
from activeindex_lite.index import build_index
from activeindex_lite.pictures import open_pictures, synthetic_pictures
from activeindex_lite.world import load_world

# Fresh pictures: no seed of these was used in training or is in the ready world.
FRESH_SEED = 4_000_000


def check_extractor(extractor, folder=None, queries=200, seed=0):
    """Brute-force R@1 by edit, number of references and forward time of one extractor: a DataFrame with one column.

    folder: photographs; all are references and the first `queries` are edited and searched. Without a folder, fresh
    synthetic pictures join the ready references, for which the extractor must be the lite one.
    """
    whole_number(queries, "queries", why="the pictures to edit and search")
    if folder is None:
        if extractor.name != "lite":
            raise ValueError(f"the ready references are features of the lite extractor; to check {extractor.name}, give "
                             "--pictures FOLDER")
        world = load_world()
        pictures = synthetic_pictures(range(FRESH_SEED, FRESH_SEED + queries), world.size)
        features = np.concatenate([extractor(pictures), world.references])
    else:
        features = extractor(open_pictures(folder), progress=True)
        pictures = list(open_pictures(folder, limit=queries))
    index = build_index("Flat", features, features)
    table = evaluate_retrieval(index, edited_features(pictures, extractor, seed=seed, progress=True),
                               np.arange(len(pictures)), rng=np.random.default_rng(seed)).set_index("edit").r1
    table["references"], table["ms a picture"] = len(features), forward_milliseconds(extractor)
    return table.to_frame(f"{extractor.name}@{extractor.size}")


def forward_milliseconds(extractor, batch=64, repeats=7):
    """Median time of a forward pass, in ms a picture, at this batch size and the present number of threads."""
    tensor = torch.rand(batch, 3, extractor.size, extractor.size, generator=torch.Generator().manual_seed(0))
    tensor = tensor.contiguous(memory_format=torch.channels_last)  # as batches of pictures come
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 2):
            begun = time.perf_counter()
            extractor.forward(tensor)
            times.append(time.perf_counter() - begun)
    return 1000 * float(np.median(times[2:])) / batch
