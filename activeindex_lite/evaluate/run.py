"""The evaluation from features to tables: long stages, each resumed from its cache, then one index after the other."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from activeindex_lite.evaluate.features import Workplace
from activeindex_lite.evaluate.material import Material, gather
from activeindex_lite.evaluate.measure import Measured, NotMeasured, measure
from activeindex_lite.evaluate.release import release_passive
from activeindex_lite.evaluate.settings import Settings
from activeindex_lite.support.chunks import Loop, Runner

if TYPE_CHECKING:
    from distributed import Client

    from activeindex_lite.evaluate.collection import Collection
    from activeindex_lite.extractor.extractor import Extractor

RETRIEVAL = ["index", "nprobe", "activated", "edit", "r1", "low", "high", "queries"]
GAINS = ["index", "nprobe", "passive", "activated", "gain", "low", "high"]


@dataclass
class Evaluation:
    """What was measured; every table is a DataFrame.

    retrieval: index, nprobe, activated, edit, r1, low, high, queries. gains: index, nprobe, passive, activated, gain,
    low, high. copy_detection: index, nprobe, activated, normalised, queries ("own": Random copies of originals and
    strangers; "benchmark": the benchmark's own), micro_ap, low, high, recall_at_p90, threshold_at_p90, recall_at_1,
    recall_at_10. quality: index, picture, psnr, ssim, linf, before, after. timing: index, factory, nprobe, bytes, ms,
    activation_ms. skipped: where, picture, reason, of pictures. failed: index, factory, reason, of indexes that could
    not be measured. predictions: (index, nprobe, activated, normalised, queries) -> DataFrame; truths: "own",
    "benchmark" -> DataFrame. about: the settings, the numbers of pictures, and notes, sentences that the reader should
    know.
    """

    retrieval: pd.DataFrame
    gains: pd.DataFrame
    copy_detection: pd.DataFrame
    quality: pd.DataFrame
    timing: pd.DataFrame
    skipped: pd.DataFrame
    failed: pd.DataFrame
    predictions: dict[tuple, pd.DataFrame] = field(default_factory=dict)
    truths: dict[str, pd.DataFrame] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)


def run_evaluation(
    collection: Collection,
    extractor: Extractor,
    cache: str | Path,
    settings: Settings,
    progress: bool = True,
    client: Client | None = None,
) -> Evaluation:
    """Evaluate every index of the settings on a Collection.

    cache: a folder; what an interrupted call left there is used, and the tables come out the same (except times).
    client: a Dask Client, whose workers then extract, activate, fill and search; the tables are the same again.
    ValueError for settings that cannot be carried out, before the long part begins, and where no index can be measured.
    """
    settings = settings.fitted(collection, extractor)
    with runner_of(client, None if extractor.reentrant else 1).sharing(extractor=extractor) as runner:
        work = Workplace(extractor, cache, runner, progress)
        material = gather(collection, settings, work)
        passive = release_passive(material.originals, settings, work)
        settings = settings.with_indexes(extractor.d, len(material.train))
        measured, failed = {}, []
        for name, (factory, nprobes) in settings.indexes.items():
            try:
                measured[name] = measure(name, factory, nprobes, material, passive, collection, settings, work)
            except NotMeasured as error:
                # Each index is on its own: the hours that the others took are not lost.
                failed.append({"index": name, "factory": factory, "reason": str(error)})
                warnings.warn(f"{name} is not measured: {error}", stacklevel=2)
    if not measured:
        raise ValueError(f"no index could be measured; {failed[0]['index']}: {failed[0]['reason']}")
    return _tables(measured, failed, material, _about(collection, material, settings, measured, extractor))


def runner_of(client: Client | None, workers: int | None = None) -> Runner:
    """What runs the chunks: the workers of a Dask client, or, without one, a loop in this process.

    workers: chunks that the loop makes at a time (None: one per core). ValueError where a worker of Dask has several
    threads, or other versions of what the figures depend on.
    """
    if client is None:
        return Loop(workers=workers)
    # Dask is an extra that need not be installed.
    from activeindex_lite.evaluate.cluster import Cluster, check_workers

    check_workers(client)
    return Cluster(client)


def _tables(
    measured: dict[str, Measured], failed: list[dict[str, str]], material: Material, about: dict[str, Any]
) -> Evaluation:
    """The rows of all indexes as tables."""
    rows = list(measured.values())
    quality = [one.quality for one in rows if one.quality is not None]
    quality = (
        pd.concat(quality, ignore_index=True) if quality else pd.DataFrame(columns=["index", "picture", "seconds"])
    )
    timing = pd.DataFrame([row for one in rows for row in one.timing])
    timing["activation_ms"] = timing["index"].map(1000 * quality.groupby("index").seconds.mean())
    return Evaluation(
        retrieval=pd.concat([table for one in rows for table in one.retrieval], ignore_index=True)[RETRIEVAL],
        gains=pd.DataFrame([row for one in rows for row in one.gains], columns=GAINS),
        copy_detection=pd.DataFrame([row for one in rows for row in one.copy_detection]),
        quality=quality.drop(columns="seconds"),
        timing=timing,
        skipped=pd.DataFrame(material.remarks.skipped, columns=["where", "picture", "reason"]),
        failed=pd.DataFrame(failed, columns=["index", "factory", "reason"]),
        predictions={key: table for one in rows for key, table in one.predictions.items()},
        truths=material.truths,
        about=about,
    )


def _about(
    collection: Collection, material: Material, settings: Settings, measured: dict[str, Measured], extractor: Extractor
) -> dict[str, Any]:
    """The settings and the numbers of pictures of an evaluation, as JSON can hold them."""
    about = dict(
        collection=collection.about,
        extractor=f"{extractor.name}@{extractor.size}",
        d=int(material.train.features.shape[1]),
        train=len(material.train),
        references=len(material.names),
        queries=len(material.originals),
        strangers=len(material.strangers),
        indexes={name: factory for name, (factory, _) in settings.indexes.items()},
        alpha=settings.alpha,
        steps=settings.steps,
        seed=settings.seed,
        notes=material.remarks.notes,
    )
    pictures = {name: one.pictures for name, one in measured.items() if one.pictures}
    return about | ({"pictures": pictures} if pictures else {})
