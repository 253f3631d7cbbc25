"""What helps copies without changing a picture: other searches, other indexes, stored mean features of views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from activeindex_lite.activation.views import random_views
from activeindex_lite.comparison.rivals import MORE_PROBES, build_rival, rivals_of
from activeindex_lite.evaluation import hit_table, paired_gain
from activeindex_lite.evaluation.cost import mean_compared, side_by_side, stored_bytes
from activeindex_lite.evaluation.originals import stored_anew
from activeindex_lite.index import ActiveIndex

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.comparison.bench import Bench
    from activeindex_lite.extractor import Extractor

AS_IT_IS, PROBES, VIEWS_STORED = "as it is", "more probes", "mean feature of views stored"
VIEWS = 16


@dataclass
class Passive:
    """What indexes reach with passive pictures.

    table: see `passive_baselines`; hits: a hit table per row of it, in the same order; left_out: dict from the factory
    string of a rival that could not be built to the reason.
    """

    table: pd.DataFrame
    hits: list[pd.DataFrame] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass
class Search:
    """One row to measure: a baseline, its index, and the settings of its search."""

    baseline: str
    index: ActiveIndex
    settings: dict


def passive_baselines(bench: Bench, progress: bool = False) -> Passive:
    """What an index gains without activation: a Passive, whose table has one row per index and setting.

    The baselines: larger nprobe; those of `rivals_of`; the mean feature of the original and of random views, stored in
    place of the original's. Columns: baseline, index (factory string), search (its settings in words), nprobe, bytes
    (per vector, see `cost.stored_bytes`), scanned (mean number of codes compared), ms (of one search on one thread, see
    `cost.side_by_side`), r1 (mean over the edits), and gain with its interval low, high: over the index as it is, at
    its smallest nprobe. Rows rise in bytes, then in ms.
    """
    left_out: dict[str, str] = {}
    searches = list(tqdm(_searches(bench, left_out), desc="passive baselines", unit="search", disable=not progress))
    truth, queries = bench.originals.truth, bench.releases["passive"]
    mixed = np.concatenate(list(queries.values()))
    hits = [hit_table(one.index, queries, truth, **one.settings) for one in searches]
    first = next(i for i, one in enumerate(searches) if one.baseline == AS_IT_IS)
    times = side_by_side([(one.index, one.settings) for one in searches], mixed)
    rows = []
    for one, found, ms in zip(searches, hits, times, strict=True):
        cost = dict(bytes=stored_bytes(one.index), scanned=mean_compared(one.index, mixed, one.settings), ms=ms)
        gain = paired_gain(hits[first], found, np.random.default_rng(bench.seed))
        rows.append({**_place(one), **cost, "r1": gain["activated"], **{k: gain[k] for k in ("gain", "low", "high")}})
    table = pd.DataFrame(rows).sort_values(["bytes", "ms"], kind="stable")
    return Passive(table.reset_index(drop=True), [hits[i] for i in table.index], left_out)


def _place(search: Search) -> dict:
    """What names a row; a search without cells and graph compares all codes."""
    index, settings = search.index, search.settings
    told = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "nprobe" or index.nlist)
    nprobe = settings.get("nprobe", 1)
    return dict(baseline=search.baseline, index=index.factory, search=told or "all codes", nprobe=nprobe)


def _searches(bench: Bench, left_out: dict[str, str]) -> Iterator[Search]:
    """All searches of the table; what cannot be built goes to left_out."""
    index, originals = bench.index, bench.originals
    more = [n for n in MORE_PROBES if n <= (index.nlist or 1)]
    for n in sorted({*bench.nprobes, *more}):
        yield Search(AS_IT_IS if n == min(bench.nprobes) else PROBES, index, dict(nprobe=n))
    mean = mean_of_views(originals.pictures, bench.extractor, seed=bench.seed)
    stored = stored_anew(index, originals.references, originals.truth, mean)
    yield from (Search(VIEWS_STORED, stored, dict(nprobe=n)) for n in bench.nprobes)
    for rival in rivals_of(index, bench.nprobes):
        try:
            other = build_rival(rival.factory, index, originals.train, originals.references)
        except ValueError as refused:
            left_out[rival.factory] = str(refused)
            continue
        yield from (Search(rival.name, other, settings) for settings in rival.settings)


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
