"""Notebook 11: where copies are lost, and the limits of activation: another index, another extractor, a blur."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite.evaluation.cells import cell_ranks
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import MEAN, first_is_original, hit_table, summarise
from activeindex_lite.index import build_index
from activeindex_lite.lessons.transfer import ready_again as ready_again
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.sweeps.strengths import strength_curves
from activeindex_lite.world.world import TRAIN_SEED

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

# Some of the 14 edits, for extractors other than the lite one.
EDITS_ELSEWHERE = ("Identity", "Contrast 2", "Hue 0.2", "Blur 2", "JPEG 50", "Crop 0.5", "Meme")
# Columns to show, of the table of a Bench and of `comparison.equal_cost`.
SHOWN = ["method", "nprobe", "alpha", "psnr", "ssim", "ms", "gain", "over", "over_low", "over_high", "ratio"]
BESIDE = ["method", "nprobe", "r1", "best_index", "best_search", "best_r1", "over", "over_low", "over_high"]
FATES = ("found", "another code comes first", "cell not visited")


def fates(
    index: ActiveIndex,
    x: np.ndarray,
    releases: dict[str, dict[str, np.ndarray]],
    truth: Sequence[int],
    nprobes: Sequence[int] = (1, 16),
) -> pd.DataFrame:
    """What becomes of copies in an IVF index: a DataFrame release, nprobe, and the share of copies of each of FATES.

    x: (N, d) features of the originals, whose codes are stored; releases: dict from a name ("passive", "published")
    to a dict from the name of an edit to features (N, d) of the copies; truth: (N,) ids. A copy whose cell is visited
    is still lost if another stored code is nearer to it, or equally near.
    """
    rows, cells = [], index.assign(x)
    for name, queries in releases.items():
        ranks = {edit: cell_ranks(index, features, cells) for edit, features in queries.items()}
        for nprobe in nprobes:
            found = np.stack([first_is_original(index, features, truth, nprobe) for features in queries.values()])
            visited = np.stack([ranks[edit] <= nprobe for edit in queries])
            shares = (found.mean(), (visited & ~found).mean(), (~visited & ~found).mean())
            rows.append({"release": name, "nprobe": nprobe, **dict(zip(FATES, shares))})
    return pd.DataFrame(rows)


def r1_elsewhere(
    indexes: dict[str, ActiveIndex],
    releases: dict[str, dict[str, np.ndarray]],
    truth: Sequence[int],
    nprobe: int = 1,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """R@1 of released pictures in several indexes: a DataFrame index, release, r1, low, high.

    indexes: dict from a name to an ActiveIndex that stores the originals under truth; releases: as for `fates`;
    nprobe: in indexes with cells.
    """
    rows = []
    for where, index in indexes.items():
        for name, queries in releases.items():
            hits = hit_table(index, queries, truth, nprobe if index.nlist else None)
            mean = summarise(hits, rng or np.random.default_rng(0)).set_index("edit").loc[MEAN]
            rows.append({"index": where, "release": name, "r1": mean.r1, "low": mean.low, "high": mean.high})
    return pd.DataFrame(rows)


def small_index(
    extractor: Extractor,
    originals: Sequence[Image.Image],
    factory: str = "IVF16,Flat",
    n: int = 640,
    distractors: int = 200,
) -> ActiveIndex:
    """An index of any extractor's features over few synthetic pictures: the originals (ids 0 .. N-1), then distractors.

    n: number of training pictures, from the seeds TRAIN_SEED on; the distractors come from the seeds after these. Takes
    seconds, to draw the pictures and extract their features.
    """
    features = extractor(synthetic_pictures([TRAIN_SEED + i], originals[0].width)[0] for i in range(n + distractors))
    return build_index(factory, features[:n], np.concatenate([extractor(originals), features[n:]]))


def copies(
    pictures: dict[str, Sequence[Image.Image]], extractor: Extractor, edits: Sequence[str] = EDITS_ELSEWHERE
) -> dict[str, dict[str, np.ndarray]]:
    """Features of copies by any extractor, for `r1_elsewhere`. pictures: dict name -> released pictures."""
    return {name: edited_features(released, extractor, edits=edits) for name, released in pictures.items()}


def under_blur(
    releases: dict[str, Sequence[Image.Image]],
    index: ActiveIndex,
    extractor: Extractor,
    truth: Sequence[int],
    kernels: Sequence[int] = (1, 5, 9, 15, 21, 29),
    nprobe: int = 1,
) -> pd.DataFrame:
    """R@1 against the strength of a blur: a DataFrame release, kernel (pixels; 1 changes nothing), r1.

    releases: dict from a name to the list of released pictures.
    """
    table = strength_curves({"Blur": kernels}, releases, truth, {"": (index, (nprobe,))}, extractor)
    return table.rename(columns={"activated": "release", "value": "kernel"})[["release", "kernel", "r1"]]
