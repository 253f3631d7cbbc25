"""What helps copies without changing a picture: larger nprobe, longer codes, stored mean features of views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from activeindex_lite.activation.views import random_views
from activeindex_lite.evaluation import hit_table, median_milliseconds, paired_gain
from activeindex_lite.evaluation.cells import mean_scanned
from activeindex_lite.evaluation.originals import stored_anew
from activeindex_lite.index import ActiveIndex, build_index

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.comparison.bench import Bench
    from activeindex_lite.extractor import Extractor

MORE_PROBES = (2, 4, 8, 16, 32)
VIEWS = 16


def passive_baselines(bench: Bench) -> pd.DataFrame:
    """What an index gains without activation: a DataFrame baseline, nprobe, bytes, scanned, ms, r1, gain, low, high.

    The baselines: larger nprobe; a code of twice the length; the mean feature of the original and of random views,
    stored in place of the original's. gain: over the index at its smallest nprobe. bytes: of code per vector; scanned:
    mean number of vectors compared; ms: median of one search on one thread.
    """
    index, originals = bench.index, bench.originals
    rows = [_row(bench, "as it is", index, min(bench.nprobes))]
    rows += [_row(bench, "more probes", index, n) for n in MORE_PROBES if n <= index.nlist]
    longer = longer_code(index.factory)
    if longer is not None:
        larger = build_index(longer, originals.train, originals.references, seed=index.seed)
        rows += [_row(bench, f"larger code: {longer}", larger, n) for n in bench.nprobes]
    mean = mean_of_views(originals.pictures, bench.extractor, seed=bench.seed)
    stored = stored_anew(index, originals.references, originals.truth, mean)
    rows += [_row(bench, "mean feature of views stored", stored, n) for n in bench.nprobes]
    return pd.DataFrame(rows)


def _row(bench: Bench, name: str, index: ActiveIndex, nprobe: int) -> dict:
    truth, queries = bench.originals.truth, bench.releases["passive"]
    gain = paired_gain(
        hit_table(bench.index, queries, truth, min(bench.nprobes)),
        hit_table(index, queries, truth, nprobe),
        np.random.default_rng(bench.seed),
    )
    return dict(
        baseline=name,
        nprobe=nprobe,
        bytes=index.bytes_per_vector,
        scanned=mean_scanned(index, np.concatenate(list(queries.values())))[nprobe - 1],
        ms=median_milliseconds(index, queries, nprobe),
        r1=gain["activated"],
        **{key: gain[key] for key in ("gain", "low", "high")},
    )


def longer_code(factory: str) -> str | None:
    """The factory string with twice as many sub-spaces in its PQ (IVF64,PQ4x8 -> IVF64,PQ8x8); None without a PQ."""
    before, found, after = factory.rpartition("PQ")
    number = after.split("x")[0]
    if not found or not number.isdecimal() or before.endswith("O"):
        return None
    return f"{before}PQ{2 * int(number)}{after[len(number) :]}"


def mean_of_views(
    pictures: Sequence[Image.Image], extractor: Extractor, views: int = VIEWS, seed: int = 0
) -> np.ndarray:
    """Unit mean of the features of each picture and of random views of it (activation.views): (N, d) float32."""
    generator, rows = torch.Generator().manual_seed(seed), []
    for picture in pictures:
        squeezed = torch.from_numpy(extractor.squeeze(picture).copy()).permute(2, 0, 1)[None].float() / 255
        several = torch.cat([squeezed, random_views(squeezed.expand(views, -1, -1, -1), generator)])
        rows.append(extractor(several).mean(0))
    mean = np.stack(rows)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)
