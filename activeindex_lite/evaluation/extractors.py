"""Checking an extractor: brute-force R@1 under the 14 edits, and the time of a forward pass."""

import time

import numpy as np
import torch

from activeindex_lite.evaluation import edited_features, evaluate_retrieval
from activeindex_lite.index import build_index
from activeindex_lite.pictures import draw, open_pictures, synthetic_pictures
from activeindex_lite.support.checks import whole_number
from activeindex_lite.world import load_world
from activeindex_lite.world.world import FRESH_SEED

FRESH = 1000


def check_extractor(extractor, folder=None, queries=200, seed=0):
    """Brute-force R@1 by edit, number of references and forward time of one extractor: a DataFrame with one column.

    folder: photographs; all are references and the first `queries` are edited and searched. Without a folder the queries
    are fresh synthetic pictures: for the lite extractor they join the ready references, for another, whose features are
    not stored, as many fresh ones as make 1,000 in all.
    """
    whole_number(queries, "queries", why="the pictures to edit and search")
    if folder is not None:
        features = extractor(open_pictures(folder), progress=True)
        pictures = list(open_pictures(folder, limit=queries))
    else:
        pictures, features = _fresh(extractor, queries)
    index = build_index("Flat", features, features)
    table = (
        evaluate_retrieval(
            index,
            edited_features(pictures, extractor, seed=seed, progress=True),
            np.arange(len(pictures)),
            rng=np.random.default_rng(seed),
        )
        .set_index("edit")
        .r1
    )
    table["references"], table["ms a picture"] = len(features), forward_milliseconds(extractor)
    return table.to_frame(f"{extractor.name}@{extractor.size}")


def _fresh(extractor, queries):
    """Synthetic pictures to edit, and the features of all references: theirs come first."""
    world = load_world()
    pictures = synthetic_pictures(range(FRESH_SEED, FRESH_SEED + queries), world.size)
    if extractor.name == "lite":
        return pictures, np.concatenate([extractor(pictures), world.references])
    drawn = (draw(seed, world.size) for seed in range(FRESH_SEED, FRESH_SEED + max(FRESH, queries)))
    return pictures, extractor(drawn, progress=True)


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
