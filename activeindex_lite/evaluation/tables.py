"""The tables of a demonstration, collected row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite.activation import activate
from activeindex_lite.activation.defaults import SCHEDULES
from activeindex_lite.evaluation.published import PUBLISHED
from activeindex_lite.evaluation.retrieval import MEAN, hit_table, paired_gain, summarise
from activeindex_lite.evaluation.timing import median_milliseconds

if TYPE_CHECKING:
    from activeindex_lite.activation import Activation
    from activeindex_lite.evaluation.originals import Originals
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

FEW = 16


@dataclass
class Demo:
    """What the demonstration measured.

    retrieval: one row per index, nprobe, release and edit; gains: per index and nprobe; quality: per index and picture;
    timing: per measurement. strips: (original, activated, psnr, ssim) of a few pictures; finds: searches before and
    after, as dicts; about: what was measured.
    """

    retrieval: pd.DataFrame
    gains: pd.DataFrame
    quality: pd.DataFrame
    timing: pd.DataFrame
    strips: list = field(default_factory=list)
    finds: list = field(default_factory=list)
    about: dict = field(default_factory=dict)


class Measured:
    """Collects the tables of a Demo. seed: of every bootstrap; hits: (index, nprobe, activated) -> hit table."""

    def __init__(self, seed: int):
        self.seed, self.hits = seed, {}
        self.quality_rows, self.times = [], []

    def time(self, what: str, index: str, milliseconds: float, nprobe: int | None = None, **more: float) -> None:
        """Note one time, in ms, with more numbers beside it."""
        self.times.append({"what": what, "index": index, "nprobe": nprobe, "ms": milliseconds, **more})

    def searches(
        self,
        name: str,
        index: ActiveIndex,
        nprobes: Iterable[int],
        activated: bool,
        queries: Mapping[str, np.ndarray],
        truth: np.ndarray,
    ) -> list[dict]:
        """Search at each nprobe: note the hit tables and, for passive copies, the time of a search.

        Returns the `figures` of each nprobe.
        """
        for nprobe in nprobes:
            self.hits[name, nprobe, activated] = hit_table(index, queries, truth, nprobe)
            if not activated:
                ms = median_milliseconds(index, queries, nprobe)
                self.time("search", name, ms, nprobe, bytes=index.bytes_per_vector)
        return [self.figures(name, nprobe) for nprobe in nprobes]

    def figures(self, name: str, nprobe: int) -> dict:
        """What is known of an index by now: index, nprobe, passive, and, once it is activated for, the paired gain."""
        key, passive = {"index": name, "nprobe": nprobe}, self.hits[name, nprobe, False]
        activated = self.hits.get((name, nprobe, True))
        if activated is None:
            return key | {"passive": passive.mean(axis=1).mean()}
        return key | paired_gain(passive, activated, np.random.default_rng(self.seed))

    def activation(self, name: str, result: Activation) -> None:
        """Note the quality of the released pictures, and the time of their activation."""
        self.quality_rows.append(result.quality.assign(index=name, picture=range(len(result))))
        self.time("activation, 10 steps, learning rate 1", name, 1000 * result.seconds.mean(), psnr=result.psnr.mean())

    def settings(self, name: str, originals: Originals, index: ActiveIndex, extractor: Extractor, alpha: float) -> None:
        """Note time, PSNR and distance to the code under the paper's two schedules, on the same few pictures."""
        few, features = originals.pictures[:FEW], originals.references[originals.truth[:FEW]]
        for label, schedule in SCHEDULES.items():
            result = activate(few, index, extractor, alpha=alpha, features=features, **schedule)
            self.time(
                f"settings: {label}",
                name,
                1000 * result.seconds.mean(),
                psnr=result.psnr.mean(),
                distance_before=result.loss[0].mean(),
                distance_after=result.loss[-1].mean(),
            )

    def demo(self) -> Demo:
        """The tables of everything noted so far."""
        rows, gains = [], []
        names = list(dict.fromkeys(name for name, _, _ in self.hits))
        # One index after the other, passive copies first, in whatever order they were searched.
        for name, nprobe, activated in sorted(self.hits, key=lambda key: (names.index(key[0]), key[2])):
            table = summarise(self.hits[name, nprobe, activated], np.random.default_rng(self.seed))
            rows.append(table.assign(index=name, nprobe=nprobe, activated=activated))
            if activated:
                gains.append(self.figures(name, nprobe))
        columns = ["index", "nprobe", "activated", "edit", "r1", "low", "high", "queries"]
        retrieval = pd.concat(rows, ignore_index=True)[columns]
        quality = pd.concat(self.quality_rows, ignore_index=True)[["index", "picture", "psnr", "ssim", "linf"]]
        return Demo(retrieval, pd.DataFrame(gains), quality, pd.DataFrame(self.times))


def mean_table(demo: Demo) -> pd.DataFrame:
    """R@1, mean over the edits, one row per index and nprobe: a DataFrame.

    Columns: index, nprobe, passive, activated, "paper passive", "paper activated" (NaN where not published), and gain,
    low, high (95 % bootstrap of the paired difference; NaN for an index that is not activated for).
    """
    means = demo.retrieval[demo.retrieval.edit == MEAN].set_index(["index", "nprobe", "activated"]).r1
    rows = []
    for name, nprobe in dict.fromkeys((name, nprobe) for name, nprobe, _ in means.index):
        row = {
            "index": name,
            "nprobe": nprobe,
            "passive": means[name, nprobe, False],
            "activated": means.get((name, nprobe, True), np.nan),
        }
        gain = demo.gains[(demo.gains["index"] == name) & (demo.gains.nprobe == nprobe)]
        if len(gain):
            row |= gain[["gain", "low", "high"]].iloc[0].to_dict()
        for activated, label in ((False, "paper passive"), (True, "paper activated")):
            row[label] = PUBLISHED.get((name, nprobe, activated), {}).get(MEAN, np.nan)
        rows.append(row)
    return pd.DataFrame(rows)
