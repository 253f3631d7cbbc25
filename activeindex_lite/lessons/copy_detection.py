"""Notebook 09: copy detection for a moderator, who gets uploads, one answer per upload, and a threshold to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

import faiss
import numpy as np
import pandas as pd

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.copy_detection import micro_ap_interval, precision_recall, score_predictions
from activeindex_lite.evaluation.predictions import predict, typical_distances
from activeindex_lite.evaluation.queries import edit_stream
from activeindex_lite.lessons.moderation import (
    BLOCKED,
    CAUGHT,
    LEFT,
    MISSED,
    MISTAKEN,
    OF_COPIES,
    OF_STRANGERS,
    actions,
    judge,
    judge_releases,
    right_and_wrong,
    telling,
)
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.world.world import FRESH_SEED

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

__all__ = [
    "BLOCKED",
    "CAUGHT",
    "LEFT",
    "MISSED",
    "MISTAKEN",
    "OF_COPIES",
    "OF_STRANGERS",
    "Exact",
    "Uploads",
    "actions",
    "all_answers",
    "answers",
    "curves",
    "judge",
    "judge_releases",
    "right_and_wrong",
    "score_table",
    "searches",
    "telling",
    "upload",
]

# The batch size of activation too: the network keeps working memory for each batch size that it has seen.
BATCH = 8


@dataclass(frozen=True, eq=False)
class Uploads:
    """Q uploads, each edited by Random: first copies of P stored pictures, then strangers.

    released: dict from the name of a release (such as "passive", "activated") to P PIL pictures; ids: (P,) their ids
    as references; features: dict from the same names to (Q, d); names: Q str; truth: DataFrame query_id, reference_id
    (str, empty for a stranger). Upload q has the same edit in every release; uploads q, q + P, ... are copies of one
    picture.
    """

    released: dict
    ids: np.ndarray
    features: dict
    names: list
    truth: pd.DataFrame
    copies: int
    seed: int

    def picture(self, q: int, release: str) -> Image.Image:
        """Upload number q of a release, drawn and edited now."""
        return _edited(self.released[release], self.copies, self.seed, q)

    @property
    def units(self) -> dict[str, str]:
        """query_id -> the picture that it shows: resampling keeps the copies of one picture together."""
        return {name: reference or name for name, reference in self.truth.itertuples(index=False)}


def upload(
    released: dict[str, Sequence[Image.Image]],
    ids: Sequence[int],
    extractor: Extractor,
    *,
    copies: int = 3,
    strangers: int = 240,
    seed: int = 0,
) -> Uploads:
    """Upload released pictures: `copies` Random edits of each, then edited strangers, which no index stores.

    released: dict from a name to P PIL pictures, the same pictures in the same order; ids: (P,) their ids as
    references. Strangers are synthetic pictures with seeds from FRESH_SEED on, the same in every release.
    """
    ids = np.asarray(ids)
    for name, pictures in released.items():
        if len(pictures) != len(ids):
            raise ValueError(f"{name}: {len(pictures)} pictures but {len(ids)} ids: expected one id per picture")
    first, one = copies * len(ids), next(iter(released.values()))
    alien = extractor((_edited(one, copies, seed, q) for q in range(first, first + strangers)), BATCH)
    features = {
        name: np.concatenate([extractor((_edited(pictures, copies, seed, q) for q in range(first)), BATCH), alien])
        for name, pictures in released.items()
    }
    names = [f"upload-{q}" for q in range(first + strangers)]
    truth = pd.DataFrame({"query_id": names, "reference_id": [*np.tile(ids, copies).astype(str), *[""] * strangers]})
    return Uploads(released, ids, features, names, truth, copies, seed)


def _edited(pictures: Sequence[Image.Image], copies: int, seed: int, q: int) -> Image.Image:
    stranger = q - copies * len(pictures)
    picture = pictures[q % len(pictures)] if stranger < 0 else synthetic_pictures([FRESH_SEED + stranger])[0]
    return EDITS["Random"](picture, edit_stream(seed, q))


@dataclass(frozen=True, eq=False)
class Exact:
    """Brute force over features (N, d) for `answers`: as a Flat index, but without a copy of the features."""

    features: np.ndarray
    factory: ClassVar[str] = "Flat"

    @property
    def ntotal(self) -> int:
        """Number of stored vectors."""
        return len(self.features)

    def search(self, queries: np.ndarray, k: int = 1, nprobe: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """As ActiveIndex.search."""
        return faiss.knn(queries, self.features, k)

    def targets(self, features: np.ndarray) -> NoReturn:
        """As of every Flat index: ValueError."""
        raise ValueError(
            "brute force (Flat) stores the features themselves, so there is no target: activate for an index with "
            "cells or codes"
        )


def answers(
    index: ActiveIndex | Exact,
    uploads: Uploads,
    release: str,
    nprobe: int = 1,
    background: ActiveIndex | Exact | None = None,
) -> pd.DataFrame:
    """The first result of each upload of a release, as predictions: a DataFrame query_id, reference_id (str), score.

    background: an index of other pictures for `typical_distances`, which normalises the scores (None: not
    normalised). An upload whose visited cells are empty has no row.
    """
    features = uploads.features[release]
    typical = None if background is None else typical_distances(background, features, nprobe)
    return predict(
        index, features, uploads.names, np.arange(index.ntotal).astype(str), k=1, nprobe=nprobe, typical=typical
    )


def searches(
    brute: ActiveIndex | Exact, index: ActiveIndex, uploads: Uploads, nprobes: Sequence[int] = (1, 16)
) -> dict[str, tuple]:
    """What notebook 09 compares: dict from a name to (index, release, nprobe), for `all_answers`.

    "no index" is brute force over the passive pictures; then each nprobe with each release, as "passive, nprobe 1".
    """
    found = {"no index": (brute, "passive", 1)}
    return found | {f"{name}, nprobe {n}": (index, name, n) for n in nprobes for name in uploads.features}


def all_answers(
    searches: dict[str, tuple],
    uploads: Uploads,
    background: dict[ActiveIndex | Exact, ActiveIndex | Exact] | None = None,
) -> dict[str, pd.DataFrame]:
    """`answers` of several searches: dict from their names to DataFrames.

    searches: from `searches`; background: dict from each of their indexes to one of other pictures (None: scores are
    not normalised).
    """
    return {
        name: answers(index, uploads, release, nprobe, background and background[index])
        for name, (index, release, nprobe) in searches.items()
    }


def score_table(found: dict[str, pd.DataFrame], uploads: Uploads, resamples: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Scores of several sets of predictions on the same uploads: a DataFrame with one row per set.

    found: dict from a name to a DataFrame of `answers`. Columns: what (the name), micro_ap, low, high (95 % bootstrap
    interval that draws all copies of a picture together), recall_at_p90, threshold_at_p90 (NaN where no threshold has
    that precision).
    """
    rows = []
    for name, predictions in found.items():
        scores = score_predictions(predictions, uploads.truth)
        low, high = micro_ap_interval(predictions, uploads.truth, np.random.default_rng(seed), resamples, uploads.units)
        rows.append(
            {
                "what": name,
                "micro_ap": scores["micro_ap"],
                "low": low,
                "high": high,
                "recall_at_p90": scores["recall_at_p90"],
                "threshold_at_p90": scores["threshold_at_p90"],
            }
        )
    return pd.DataFrame(rows).astype({"recall_at_p90": float, "threshold_at_p90": float})


def curves(found: dict[str, pd.DataFrame], uploads: Uploads, table: pd.DataFrame) -> dict[str, tuple]:
    """The input of figures.copy_detection.precision_recall_curves: dict name -> (curve, micro_ap, low, high).

    found: as for `score_table`; table: what it returned.
    """
    return {
        row.what: (precision_recall(found[row.what], uploads.truth), row.micro_ap, row.low, row.high)
        for row in table.itertuples()
    }
