"""One index of an evaluation: trained, searched with passive and activated copies, and measured as rows of tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from activeindex_lite.evaluate.release import Released, release_activated
from activeindex_lite.evaluate.search import Searched, filled
from activeindex_lite.evaluation import first_is_original, median_milliseconds, paired_gain, summarise
from activeindex_lite.evaluation.copy_detection import micro_ap_interval, score_predictions
from activeindex_lite.evaluation.predictions import predict, typical_distances
from activeindex_lite.index import ActiveIndex, NothingToActivate, build_index
from activeindex_lite.support.chunks import stage_folder

if TYPE_CHECKING:
    from activeindex_lite.evaluate.collection import Collection
    from activeindex_lite.evaluate.features import Features, Workplace
    from activeindex_lite.evaluate.material import Material
    from activeindex_lite.evaluate.settings import Settings


class NotMeasured(ValueError):
    """One index cannot be evaluated, for the reason given; the others can."""


@dataclass
class Measured:
    """Rows of the tables of one index: lists of DataFrames (retrieval) or dicts; quality is a DataFrame or None.

    predictions: (index, nprobe, activated, normalised, queries) -> DataFrame; pictures: the folder of the kept
    pictures.
    """

    retrieval: list[pd.DataFrame] = field(default_factory=list)
    gains: list[dict[str, Any]] = field(default_factory=list)
    copy_detection: list[dict[str, Any]] = field(default_factory=list)
    timing: list[dict[str, Any]] = field(default_factory=list)
    quality: pd.DataFrame | None = None
    predictions: dict[tuple, pd.DataFrame] = field(default_factory=dict)
    pictures: str | None = None


def measure(
    name: str,
    factory: str,
    nprobes: tuple[int, ...],
    material: Material,
    passive: Released,
    collection: Collection,
    settings: Settings,
    work: Workplace,
) -> Measured:
    """Train, activate for, fill and search one index. NotMeasured where it cannot be trained or has no target."""
    index, trained = _trained(factory, material, collection, work)
    if settings.ef_search is not None and index.ef_search is not None:
        index.ef_search = settings.ef_search
    released = {False: passive}
    if _has_target(index, material):
        released[True] = release_activated(material.originals, index, trained, settings, work)
    queries = _copy_detection_queries(released, material)
    # One after the other, to hold one filled index at a time: first with the training pictures, for typical distances.
    with _searched(index, [material.train], work) as background:
        typical = {
            (key, nprobe): typical_distances(background, features, nprobe)
            for key, features in queries.items()
            for nprobe in nprobes
        }
    table = _Table(name, material, settings.seed)
    with _searched(index, material.references, work) as searched:
        for nprobe in nprobes:
            table.time(factory, searched.index, passive.queries, nprobe)
            for activated, copies in released.items():
                table.retrieval(searched, nprobe, activated, copies.queries)
            for key, features in queries.items():
                table.copy_detection(searched, nprobe, *key, features, typical[key, nprobe])
    if True in released:
        table.quality(released[True])
    return table.rows


def _trained(
    factory: str, material: Material, collection: Collection, work: Workplace
) -> tuple[ActiveIndex, dict[str, str]]:
    """The trained, empty index, from the cache if it holds it; and what it depends on, for the keys of later stages."""
    trained = dict(factory=factory, train=collection.train.fingerprint, extractor=work.extractor.fingerprint)
    path = stage_folder(work.cache, "index", trained) / "trained.npz"
    if path.exists():
        return ActiveIndex.load(path), trained
    try:
        index = build_index(factory, material.train.features)
    except ValueError as error:
        raise NotMeasured(str(error)) from None
    except MemoryError:
        raise NotMeasured(f"{factory} needs more memory for its training than this computer has") from None
    index.save(path, overwrite=True)  # another run on this cache may have brought it meanwhile: the same one
    return index, trained


def _has_target(index: ActiveIndex, material: Material) -> bool:
    """Whether there is something to activate for the index; NotMeasured where its target cannot be known."""
    try:
        index.targets(material.train.features[:1])
    except NothingToActivate:
        return False
    except ValueError as error:
        raise NotMeasured(str(error)) from None
    return True


def _copy_detection_queries(released: dict[bool, Released], material: Material) -> dict[tuple[bool, str], np.ndarray]:
    """(activated, "own" or "benchmark") -> features of the queries of copy detection."""
    queries = {
        (activated, "own"): np.concatenate([copies.queries["Random"], material.strangers.features])
        for activated, copies in released.items()
    }
    if material.benchmark is not None:
        queries[False, "benchmark"] = material.benchmark.features
    return queries


@contextmanager
def _searched(index: ActiveIndex, parts: list[Features], work: Workplace) -> Iterator[Searched]:
    """The index, filled with the features of these parts, to be searched by the runner."""
    full = filled(index, [part.features for part in parts], work.runner)
    with work.runner.sharing(index=full) as runner:
        yield Searched(full, runner)


class _Table:
    """Measures one index and collects the rows."""

    def __init__(self, name: str, material: Material, seed: int):
        self.name, self.material, self.seed = name, material, seed
        self.rows, self.hits = Measured(), {}

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    def time(self, factory: str, index: ActiveIndex, queries: dict[str, np.ndarray], nprobe: int) -> None:
        """Bytes per vector, and the time of a search."""
        row = {"index": self.name, "factory": factory, "nprobe": nprobe, "bytes": index.bytes_per_vector}
        if index.ef_search is not None:
            row["ef_search"] = index.ef_search
        self.rows.timing.append(row | {"ms": median_milliseconds(index, queries, nprobe)})

    def retrieval(self, index: Searched, nprobe: int, activated: bool, queries: dict[str, np.ndarray]) -> None:
        """R@1 by edit and, of activated copies, the gain over the passive ones, which come first."""
        key = {"index": self.name, "nprobe": nprobe}
        # All edits in one search, which keeps more workers busy.
        truth = np.tile(self.material.originals.ids, len(queries))
        found = first_is_original(index, np.concatenate(list(queries.values())), truth, nprobe)
        hits = pd.DataFrame(dict(zip(queries, np.split(found, len(queries)), strict=True)))
        self.hits[nprobe, activated] = hits
        self.rows.retrieval.append(summarise(hits, self._rng()).assign(activated=activated, **key))
        if activated:
            self.rows.gains.append(key | paired_gain(self.hits[nprobe, False], hits, self._rng()))

    def copy_detection(
        self, index: Searched, nprobe: int, activated: bool, which: str, queries: np.ndarray, typical: np.ndarray
    ) -> None:
        """Micro-AP and recall of the pooled predictions, with scores as they are and normalised."""
        truth, query_ids = self.material.truths[which], self.material.query_ids[which]
        for normalised in (False, True):
            shift = typical if normalised else None
            found = predict(index, queries, query_ids, self.material.names, nprobe=nprobe, typical=shift)
            self.rows.predictions[self.name, nprobe, activated, normalised, which] = found
            low, high = micro_ap_interval(found, truth, self._rng())
            scores = score_predictions(found, truth, compare_ids=False)
            row = {
                "index": self.name,
                "nprobe": nprobe,
                "activated": activated,
                "normalised": normalised,
                "queries": which,
                "micro_ap": scores.pop("micro_ap"),
                "low": low,
                "high": high,
            }
            self.rows.copy_detection.append(row | scores)

    def quality(self, released: Released) -> None:
        """Picture quality of the activated originals, and where they were kept."""
        names = self.material.originals.names
        self.rows.quality = pd.DataFrame({"index": self.name, "picture": names, **released.quality})
        self.rows.pictures = str(released.pictures) if released.pictures else None
