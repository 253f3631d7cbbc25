"""The demonstration: activate a few pictures of a large world, edit them, search, and measure what activation won."""

import time
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from tqdm import tqdm

from activeindex_lite.activation import activate, check_settings
from activeindex_lite.checks import whole_number
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation import (
    MEAN,
    PUBLISHED,
    edited_features,
    hit_table,
    median_milliseconds,
    paired_gain,
    summarise,
)
from activeindex_lite.extractor import load_extractor
from activeindex_lite.index import build_index
from activeindex_lite.pictures import open_pictures
from activeindex_lite.world import load_world

# Name in the paper's tables -> (faiss factory string, numbers of cells to visit). As many cells as the training features
# feed (39 a cell): the share of copies that fall out of their cell, which is what activation mends, rises with the cells.
# The paper's PQ8x8 cuts 2048 bytes to 8; ours, PQ4x8, 512 bytes to 4: a comparable loss, where PQ8x8 would leave little to win.
INDEXES = {
    "No index": ("Flat", (1,)),
    "IVF-PQ": ("IVF1536,PQ4x8", (1, 16)),
    "IVF": ("IVF1536,Flat", (1,)),
    "PCA+LSH": ("PCA64,LSH", (1,)),
    "OPQ": ("OPQ8_64,PQ8x8", (1,)),
}
SHOWN = "IVF-PQ"
SETTINGS = {"10 steps, lr 1": dict(steps=10, lr=1.0), "1 step, lr 10": dict(steps=1, lr=10.0)}


@dataclass
class Originals:
    """The pictures that are activated, and the references they hide among."""

    pictures: list
    truth: np.ndarray
    train: np.ndarray
    references: np.ndarray
    picture_of: callable
    source: str


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


def synthetic_originals(queries, seed):
    """`queries` references of the ready world, drawn without repetition by the seed."""
    world = load_world()
    n = len(world.references)
    whole_number(queries, "queries", n, "the references of the ready world to activate", least=2)
    ids = np.sort(np.random.default_rng(seed).choice(n, queries, replace=False))
    return Originals(world.pictures(ids), ids, world.train, world.references, lambda i: world.pictures([i])[0],
                     f"synthetic pictures of {world.size} x {world.size} pixels")


def photo_originals(folder, queries, extractor):
    """The pictures of a folder, joined to the ready references; the first `queries` of them are activated."""
    whole_number(queries, "queries", why="the pictures of the folder to activate")
    world, opened = load_world(), open_pictures(folder)
    features = extractor(opened, progress=True)
    found = [path for path in opened.paths if path not in opened.skipped]
    first, pictures = len(world.references), list(open_pictures(found[:queries]))

    def picture_of(i):
        return world.pictures([i])[0] if i < first else open_pictures([found[i - first]])[0]

    return Originals(pictures, first + np.arange(len(pictures)), world.train, np.concatenate([world.references, features]),
                     picture_of, f"the pictures of {folder} ({len(found)} joined to the ready references)")


def check_demo(queries, seed, pictures, alpha):
    """ValueError, or an OSError about the folder, for arguments that `run_demo` would refuse later."""
    most, least = (None, 1) if pictures else (len(load_world().references), 2)
    whole_number(queries, "queries", most, "the pictures to activate", least)
    whole_number(seed, "seed", 2**31 - 1, least=0)
    check_settings(alpha)
    if pictures:
        open_pictures(pictures)


def run_demo(queries=100, seed=0, pictures=None, alpha=3.0, progress=True):
    """Measure every row of the demonstration; returns a Demo. The same arguments give the same tables (times aside).

    queries: pictures to activate; pictures: a folder to take them from instead of the ready world; alpha: as `activate`.
    """
    begun, extractor = time.perf_counter(), load_extractor("lite")
    world = photo_originals(pictures, queries, extractor) if pictures else synthetic_originals(queries, seed)
    passive = edited_features(world.pictures, extractor, seed=seed, progress=progress)
    measured = Measured(seed)
    for name, (factory, nprobes) in tqdm(INDEXES.items(), desc="indexes", unit="index", disable=not progress):
        clock = time.perf_counter()
        index = build_index(factory, world.train, world.references, seed=1234 + seed)
        measured.time("build", name, 1000 * (time.perf_counter() - clock), bytes=index.bytes_per_vector)
        measured.searches(name, index, nprobes, False, passive, world.truth)
        if name == "No index":
            continue
        result = activate(world.pictures, index, extractor, alpha=alpha, features=world.references[world.truth],
                          progress=progress)
        if not result.complete:
            raise KeyboardInterrupt
        measured.activation(name, result)
        active = edited_features(result.pictures, extractor, seed=seed, progress=progress)
        measured.searches(name, index, nprobes, True, active, world.truth)
        if name == SHOWN:
            shown = (index, result, passive, active)
            measured.settings(world, index, extractor, alpha)
    demo = measured.demo()
    demo.strips = _strips(world, shown[1])
    demo.finds = _finds(world, *shown, seed)
    demo.about = dict(queries=len(world.pictures), references=len(world.references), source=world.source, seed=seed,
                      alpha=alpha, seconds=time.perf_counter() - begun)
    return demo


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
                self.time("search", name, median_milliseconds(index, queries, nprobe), nprobe, bytes=index.bytes_per_vector)

    def activation(self, name, result):
        self.quality_rows.append(result.quality.assign(index=name, picture=range(len(result))))
        self.time("activation, 10 steps, lr 1", name, 1000 * result.seconds.mean(), psnr=result.psnr.mean())

    def settings(self, world, index, extractor, alpha):
        """The paper's two settings side by side on the same few pictures, with how far the features came."""
        few = world.pictures[:16]
        for label, setting in SETTINGS.items():
            result = activate(few, index, extractor, alpha=alpha, features=world.references[world.truth[:16]], **setting)
            self.time(f"settings: {label}", SHOWN, 1000 * result.seconds.mean(), psnr=result.psnr.mean(),
                      distance_before=result.loss[0].mean(), distance_after=result.loss[-1].mean())

    def demo(self):
        rows, gains = [], []
        for (name, nprobe, activated), hits in self.hits.items():
            table = summarise(hits, np.random.default_rng(self.seed))
            table.insert(0, "activated", activated)
            table.insert(0, "nprobe", nprobe)
            table.insert(0, "index", name)
            rows.append(table)
            if activated:
                gains.append({"index": name, "nprobe": nprobe, **paired_gain(self.hits[name, nprobe, False], hits, np.random.default_rng(self.seed))})
        quality = pd.concat(self.quality_rows, ignore_index=True)[["index", "picture", "psnr", "ssim", "linf"]]
        return Demo(pd.concat(rows, ignore_index=True), pd.DataFrame(gains), quality, pd.DataFrame(self.times))


def _strips(world, result, n=5):
    """(original, activated, psnr, ssim) of a few pictures spread over the queries."""
    rows = np.linspace(0, len(world.pictures) - 1, min(n, len(world.pictures))).astype(int)
    return [(world.pictures[i], result.pictures[i], result.psnr[i], result.ssim[i]) for i in rows]


def _finds(world, index, result, passive, active, seed, won=4, open_=2):
    """What comes first before and after, for queries that activation won back and for some that it did not.

    Chosen by the seed among all such queries, each of another edit: not picked by hand.
    """
    cases = {"won back": [], "still lost": []}
    for edit in EDITS:
        before, after = index.search(passive[edit])[1][:, 0], index.search(active[edit])[1][:, 0]
        for i in np.nonzero(before != world.truth)[0]:
            cases["won back" if after[i] == world.truth[i] else "still lost"].append((edit, i, before[i], after[i]))
    rng, finds, used = np.random.default_rng(seed), [], set()
    for (outcome, found), wanted in zip(cases.items(), (won, open_)):
        for k in rng.permutation(len(found)):
            edit, i, first, then = found[k]
            if wanted and edit not in used:
                used.add(edit)
                wanted -= 1
                query = EDITS[edit](result.pictures[i], np.random.default_rng([seed, i]))
                finds.append(dict(outcome=outcome, edit=edit, original=world.pictures[i], query=query,
                                  before=_picture(world, first), after=_picture(world, then)))
    return finds


def _picture(world, i):
    """The picture of a result, or None where the index returned nothing (an empty cell)."""
    return world.picture_of(int(i)) if i >= 0 else None


def mean_table(demo):
    """The tables' one-line view: index, nprobe, passive, activated, gain with its interval, published figures beside."""
    means = demo.retrieval[demo.retrieval.edit == MEAN].set_index(["index", "nprobe", "activated"]).r1
    rows = []
    for name, nprobe in dict.fromkeys((i, n) for i, n, _ in means.index):
        gain = demo.gains[(demo.gains["index"] == name) & (demo.gains.nprobe == nprobe)]
        row = {"index": name, "nprobe": nprobe, "passive": means[name, nprobe, False],
               "activated": means.get((name, nprobe, True), np.nan)}
        row |= gain[["gain", "low", "high"]].iloc[0].to_dict() if len(gain) else {}
        for activated, label in ((False, "paper passive"), (True, "paper activated")):
            row[label] = PUBLISHED.get((name, nprobe, activated), {}).get(MEAN, np.nan)
        rows.append(row)
    return pd.DataFrame(rows)
