"""The full evaluation: features, indexes, activation, retrieval under 14 edits and copy detection, resumed from its cache."""

from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from activeindex_lite.activation import check_settings
from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.evaluate.features import cached_features
from activeindex_lite.evaluate.release import release
from activeindex_lite.evaluate.search import Searched, filled
from activeindex_lite.evaluation import first_is_original, median_milliseconds, paired_gain, summarise
from activeindex_lite.evaluation.copy_detection import micro_ap_interval, score_predictions
from activeindex_lite.evaluation.predictions import predict, typical_distances
from activeindex_lite.index import ActiveIndex, NothingToActivate, build_index
from activeindex_lite.index.active_index import WANTED
from activeindex_lite.support.checks import whole_number
from activeindex_lite.support.chunks import Loop, stage_folder

# As many strangers to an original as in the paper's experiment: 10,000 originals, 40,000 queries without one.
STRANGERS = 4


@dataclass(frozen=True)
class Settings:
    """What is evaluated and how. indexes: dict name -> (faiss factory string, numbers of cells to visit); queries: originals
    to activate; strangers: queries without an original at the most (None: 4 an original); the others as `activate`."""

    indexes: dict
    queries: int = 100
    strangers: int = None
    alpha: float = ALPHA
    steps: int = STEPS
    seed: int = 0
    keep_pictures: bool = False


@dataclass
class Evaluation:
    """What was measured; every table is a DataFrame.

    retrieval: index, nprobe, activated, edit, r1, low, high, queries; gains: index, nprobe, passive, activated, gain, low,
    high; copy_detection: index, nprobe, activated, normalised, queries ("own": Random copies of originals and strangers;
    "benchmark": as they came), micro_ap, low, high, recall_at_p90, threshold_at_p90, recall_at_1, recall_at_10; quality:
    index, picture, psnr, ssim, linf, before, after; timing: index, nprobe, ms, bytes, activation_ms; skipped: where, picture,
    reason. predictions: (index, nprobe, activated, normalised, queries) -> DataFrame; truths: "own", "benchmark" -> DataFrame.
    """

    retrieval: pd.DataFrame = None
    gains: pd.DataFrame = None
    copy_detection: pd.DataFrame = None
    quality: pd.DataFrame = None
    timing: pd.DataFrame = None
    skipped: pd.DataFrame = None
    predictions: dict = field(default_factory=dict)
    truths: dict = field(default_factory=dict)
    about: dict = field(default_factory=dict)


def default_indexes(d, n):
    """The families of the paper's tables for d dimensions and n training vectors: dict name -> (factory string, nprobes).

    As many cells as n feeds (39 vectors a cell; two binary digits, 4096 at the most). PQ keeps 8 bytes of a vector of 256
    dimensions and more, 4 of a shorter one: a comparable loss.
    """
    cells = min(4096, max(1, n // WANTED))
    shift = max(cells.bit_length() - 2, 0)
    cells = cells >> shift << shift
    M = 8 if d >= 256 else 4
    return {
        "No index": ("Flat", (1,)),
        "IVF-PQ": (f"IVF{cells},PQ{M}x8", (1, min(16, cells))),
        "IVF": (f"IVF{cells},Flat", (1,)),
        "PCA+LSH": (f"PCA{min(64, d)},LSH", (1,)),
        "OPQ": (f"OPQ8_{min(64, d)},PQ8x8", (1,)),
    }


def run_evaluation(collection, extractor, cache, settings, progress=True, client=None):
    """Evaluate every index of the settings on a Collection; returns an Evaluation.

    cache: a folder; what an interrupted call left there is used, and the tables come out the same (times apart). client: a
    Dask Client, whose workers then extract, activate, fill and search; the tables are the same again. settings: Settings, or a
    function of (d, n), the dimension and the number of training pictures, that gives them.
    ValueError for settings that cannot be carried out, before the long part begins.
    """
    settings = checked_settings(settings, collection, extractor)
    with runner_of(client).sharing(extractor=extractor) as runner:
        run = _Run(collection, extractor, cache, settings, progress, runner)
        for name, (factory, nprobes) in run.settings.indexes.items():
            run.one_index(name, factory, nprobes)
        return run.finish()


def runner_of(client):
    """What runs the chunks: the workers of a Dask client, or, without one, a loop in this process.

    ValueError where a worker has several threads, or other versions of what the figures depend on.
    """
    if client is None:
        return Loop()
    from activeindex_lite.evaluate.cluster import Cluster, check_workers

    check_workers(client)
    return Cluster(client)


def checked_settings(settings, collection, extractor):
    """The Settings that `run_evaluation` will use; ValueError for what cannot be carried out, found out at once."""
    settings = settings(extractor.d, len(collection.train)) if callable(settings) else settings
    whole_number(settings.queries, "queries", why="the originals to activate")
    if settings.strangers is not None:
        whole_number(settings.strangers, "strangers", why="the queries without an original")
    check_settings(settings.alpha, settings.steps)
    whole_number(settings.seed, "seed", least=0)
    for factory, nprobes in settings.indexes.values():
        index = ActiveIndex(factory, extractor.d)
        for nprobe in nprobes:
            index.nprobe = nprobe
    return settings


class _Run:
    """Features and tables of an evaluation that is going on."""

    def __init__(self, collection, extractor, cache, settings, progress, runner):
        self.collection, self.extractor, self.cache, self.progress, self.runner = (
            collection,
            extractor,
            cache,
            progress,
            runner,
        )
        self.settings = s = settings
        self.result = Evaluation()
        self.skipped = [dict(where=where, picture=name, reason=reason) for where, name, reason in collection.missing]
        self.train = self._features(collection.train, "training pictures")
        self.references = [self._features(source, "references") for source in collection.references]
        self.names = np.concatenate([part.names for part in self.references])
        self.originals = self._choose_originals()
        strangers = collection.strangers.head(s.strangers or STRANGERS * len(self.originals))
        self.strangers = self._features(strangers, "strangers", None if collection.strangers_edited else s.seed)
        self.benchmark = (
            self._features(collection.queries, "the benchmark's queries") if collection.queries is not None else None
        )
        self.passive = self._release()
        self.rows, self.hits = {"retrieval": [], "gains": [], "copy_detection": [], "quality": [], "timing": []}, {}
        self._truths()

    def _features(self, source, where, seed=None):
        found = cached_features(
            source, self.extractor, self.cache, title=where, seed=seed, progress=self.progress, runner=self.runner
        )
        self.skipped += [dict(where=where, picture=name, reason=reason) for name, reason in found.skipped]
        return found

    def _choose_originals(self):
        """Rows of the first references, drawn by the seed from the candidates that could be read, rising."""
        rows = np.flatnonzero(np.isin(self.references[0].rows, self.collection.candidates))
        if len(rows) < self.settings.queries:
            raise ValueError(
                f"queries={self.settings.queries}: {self.collection.about} has {len(rows)} readable pictures to "
                "activate; ask for fewer with --queries"
            )
        return np.sort(np.random.default_rng(self.settings.seed).choice(rows, self.settings.queries, replace=False))

    def _release(self, index=None, trained=None):
        s = self.settings
        return release(
            self.collection.references[0],
            self.references[0],
            self.originals,
            self.extractor,
            self.cache,
            seed=s.seed,
            index=index,
            alpha=s.alpha,
            steps=s.steps,
            trained=trained,
            keep=s.keep_pictures,
            progress=self.progress,
            runner=self.runner,
        )

    def _truths(self):
        names = self.names[self.originals]
        queries = [*(f"copy-{name}" for name in names), *(f"stranger-{name}" for name in self.strangers.names)]
        self.query_ids = {"own": queries}
        self.result.truths["own"] = pd.DataFrame(
            {"query_id": queries, "reference_id": [*names, *[""] * len(self.strangers)]}
        )
        if self.benchmark is not None:
            self.query_ids["benchmark"] = self.benchmark.names
            self.result.truths["benchmark"] = self.collection.truth

    def one_index(self, name, factory, nprobes):
        index, trained = self._index(factory)
        released = {False: self.passive}
        try:
            index.targets(self.train.features[:1])
            released[True] = self._release(index, trained)
        except NothingToActivate:
            pass
        queries = {
            (activated, "own"): np.concatenate([copies.queries["Random"], self.strangers.features])
            for activated, copies in released.items()
        }
        if self.benchmark is not None:
            queries[False, "benchmark"] = self.benchmark.features
        # One after the other: with the training pictures for what is typical, then with the references.
        with self._searched(index, [self.train]) as background:
            typical = {
                (key, nprobe): typical_distances(background, features, nprobe)
                for key, features in queries.items()
                for nprobe in nprobes
            }
        with self._searched(index, self.references) as searched:
            for nprobe in nprobes:
                self._time(name, factory, searched.index, nprobe)
                for activated, copies in released.items():
                    self._retrieval(name, searched, nprobe, activated, copies.queries)
                for key, features in queries.items():
                    self._copy_detection(name, searched, nprobe, *key, features, typical[key, nprobe])
        if True in released:
            active = released[True]
            self.rows["quality"].append(
                pd.DataFrame({"index": name, "picture": self.names[self.originals], **active.quality})
            )
            if active.pictures:
                self.result.about.setdefault("pictures", {})[name] = str(active.pictures)

    @contextmanager
    def _searched(self, index, parts):
        """The index, filled with the features of these parts, to be searched by the runner."""
        full = filled(index, [part.features for part in parts], self.runner)
        with self.runner.sharing(index=full) as runner:
            yield Searched(full, runner)

    def _time(self, name, factory, index, nprobe):
        self.rows["timing"].append(
            {
                "index": name,
                "factory": factory,
                "nprobe": nprobe,
                "bytes": index.bytes_per_vector,
                "ms": median_milliseconds(index, self.passive.queries, nprobe),
            }
        )

    def _index(self, factory):
        """The trained, empty index, from the cache if it is there; and what it depends on, for the key of other stages."""
        trained = dict(factory=factory, train=self.collection.train.fingerprint, extractor=self.extractor.fingerprint)
        path = stage_folder(self.cache, "index", trained) / "trained.npz"
        if path.exists():
            return ActiveIndex.load(path), trained
        index = build_index(factory, self.train.features)
        index.save(path, overwrite=True)  # another run on this cache may have brought it meanwhile: the same one
        return index, trained

    def _retrieval(self, name, index, nprobe, activated, queries):
        seed, key = self.settings.seed, {"index": name, "nprobe": nprobe}
        # All edits in one search, which keeps more workers busy.
        found = first_is_original(
            index, np.concatenate(list(queries.values())), np.tile(self.originals, len(queries)), nprobe
        )
        hits = self.hits[name, nprobe, activated] = pd.DataFrame(
            dict(zip(queries, np.split(found, len(queries)), strict=True))
        )
        self.rows["retrieval"].append(summarise(hits, np.random.default_rng(seed)).assign(activated=activated, **key))
        if activated:
            self.rows["gains"].append(
                {**key, **paired_gain(self.hits[name, nprobe, False], hits, np.random.default_rng(seed))}
            )

    def _copy_detection(self, name, index, nprobe, activated, which, queries, typical):
        truth = self.result.truths[which]
        for normalised in (False, True):
            found = predict(
                index,
                queries,
                self.query_ids[which],
                self.names,
                nprobe=nprobe,
                typical=typical if normalised else None,
            )
            self.result.predictions[name, nprobe, activated, normalised, which] = found
            low, high = micro_ap_interval(found, truth, np.random.default_rng(self.settings.seed))
            scores = score_predictions(found, truth)
            self.rows["copy_detection"].append(
                {
                    "index": name,
                    "nprobe": nprobe,
                    "activated": activated,
                    "normalised": normalised,
                    "queries": which,
                    "micro_ap": scores.pop("micro_ap"),
                    "low": low,
                    "high": high,
                    **scores,
                }
            )

    def finish(self):
        result, rows = self.result, self.rows
        columns = ["index", "nprobe", "activated", "edit", "r1", "low", "high", "queries"]
        result.retrieval = pd.concat(rows["retrieval"], ignore_index=True)[columns]
        result.gains = pd.DataFrame(
            rows["gains"], columns=["index", "nprobe", "passive", "activated", "gain", "low", "high"]
        )
        result.copy_detection = pd.DataFrame(rows["copy_detection"])
        result.timing = pd.DataFrame(rows["timing"])
        whole = (
            pd.concat(rows["quality"], ignore_index=True)
            if rows["quality"]
            else pd.DataFrame(columns=["index", "picture", "seconds"])
        )
        result.timing["activation_ms"] = result.timing["index"].map(1000 * whole.groupby("index").seconds.mean())
        result.quality = whole.drop(columns="seconds")
        result.skipped = pd.DataFrame(self.skipped, columns=["where", "picture", "reason"])
        s = self.settings
        result.about |= dict(
            collection=self.collection.about,
            extractor=f"{self.extractor.name}@{self.extractor.size}",
            d=int(self.train.features.shape[1]),
            train=len(self.train),
            references=len(self.names),
            queries=len(self.originals),
            strangers=len(self.strangers),
            indexes={name: factory for name, (factory, _) in s.indexes.items()},
            alpha=s.alpha,
            steps=s.steps,
            seed=s.seed,
        )
        return result
