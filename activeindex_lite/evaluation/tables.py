"""The tables of an evaluation, collected row by row."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from activeindex_lite.activation import activate
from activeindex_lite.activation.defaults import SCHEDULES
from activeindex_lite.evaluation.published import PUBLISHED
from activeindex_lite.evaluation.retrieval import MEAN, hit_table, paired_gain, summarise
from activeindex_lite.evaluation.timing import median_milliseconds


@dataclass
class Demo:
    """What the demonstration measured: tables, one row a measurement, and a few pictures to look at."""

    retrieval: pd.DataFrame
    gains: pd.DataFrame
    quality: pd.DataFrame
    timing: pd.DataFrame
    strips: list = field(default_factory=list)
    finds: list = field(default_factory=list)
    about: dict = field(default_factory=dict)


class Measured:
    """Collects rows of the tables while the demonstration goes on."""

    def __init__(self, seed):
        self.seed, self.hits = seed, {}
        self.quality_rows, self.times = [], []

    def time(self, what, index, milliseconds, nprobe=None, **more):
        self.times.append({"what": what, "index": index, "nprobe": nprobe, "ms": milliseconds, **more})

    def searches(self, name, index, nprobes, activated, queries, truth):
        """Hit tables at each nprobe, and (once an index) the time of a search."""
        for nprobe in nprobes:
            self.hits[name, nprobe, activated] = hit_table(index, queries, truth, nprobe)
            if not activated:
                self.time(
                    "search", name, median_milliseconds(index, queries, nprobe), nprobe, bytes=index.bytes_per_vector
                )

    def activation(self, name, result):
        self.quality_rows.append(result.quality.assign(index=name, picture=range(len(result))))
        self.time("activation, 10 steps, lr 1", name, 1000 * result.seconds.mean(), psnr=result.psnr.mean())

    def settings(self, name, world, index, extractor, alpha):
        """The paper's two settings side by side on the same few pictures, with how far the features came."""
        few = world.pictures[:16]
        for label, setting in SCHEDULES.items():
            result = activate(
                few, index, extractor, alpha=alpha, features=world.references[world.truth[:16]], **setting
            )
            self.time(
                f"settings: {label}",
                name,
                1000 * result.seconds.mean(),
                psnr=result.psnr.mean(),
                distance_before=result.loss[0].mean(),
                distance_after=result.loss[-1].mean(),
            )

    def demo(self):
        rows, gains = [], []
        for (name, nprobe, activated), hits in self.hits.items():
            table = summarise(hits, np.random.default_rng(self.seed))
            table.insert(0, "activated", activated)
            table.insert(0, "nprobe", nprobe)
            table.insert(0, "index", name)
            rows.append(table)
            if activated:
                gains.append(
                    {
                        "index": name,
                        "nprobe": nprobe,
                        **paired_gain(self.hits[name, nprobe, False], hits, np.random.default_rng(self.seed)),
                    }
                )
        quality = pd.concat(self.quality_rows, ignore_index=True)[["index", "picture", "psnr", "ssim", "linf"]]
        return Demo(pd.concat(rows, ignore_index=True), pd.DataFrame(gains), quality, pd.DataFrame(self.times))


def mean_table(demo):
    """The tables' one-line view: index, nprobe, passive, activated, gain with its interval, published figures beside."""
    means = demo.retrieval[demo.retrieval.edit == MEAN].set_index(["index", "nprobe", "activated"]).r1
    rows = []
    for name, nprobe in dict.fromkeys((i, n) for i, n, _ in means.index):
        gain = demo.gains[(demo.gains["index"] == name) & (demo.gains.nprobe == nprobe)]
        row = {
            "index": name,
            "nprobe": nprobe,
            "passive": means[name, nprobe, False],
            "activated": means.get((name, nprobe, True), np.nan),
        }
        row |= gain[["gain", "low", "high"]].iloc[0].to_dict() if len(gain) else {}
        for activated, label in ((False, "paper passive"), (True, "paper activated")):
            row[label] = PUBLISHED.get((name, nprobe, activated), {}).get(MEAN, np.nan)
        rows.append(row)
    return pd.DataFrame(rows)
