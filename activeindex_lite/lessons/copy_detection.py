"""Copy detection as a moderator meets it: pictures arrive, each gets one answer, and a threshold decides what is done."""

from dataclasses import dataclass

import faiss
import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.copy_detection import micro_ap_interval, precision_recall, score_predictions
from activeindex_lite.evaluation.predictions import predict, typical_distances
from activeindex_lite.evaluation.queries import edit_stream
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.world.world import FRESH_SEED

# As small as activation's: the network keeps its working memory for each size of batch that it has seen.
BATCH = 2
CAUGHT, MISTAKEN, MISSED = "caught", "blocked as another picture", "missed"
BLOCKED, LEFT = "blocked by mistake", "left alone"
OF_COPIES, OF_STRANGERS = (CAUGHT, MISTAKEN, MISSED), (BLOCKED, LEFT)


@dataclass(frozen=True, eq=False)
class Uploads:
    """Pictures that arrive, each edited by Random: Q of them, first copies of P stored pictures, then strangers.

    released: dict from the name of a release (such as "passive", "activated") to P PIL pictures; ids: (P,) numbers of
    the references they are; features: dict from the same names to (Q, d); names: Q str; truth: DataFrame query_id,
    reference_id (str, empty for a stranger). Upload q has the same edit in every release; copies q, q + P, ... are of one picture.
    """

    released: dict
    ids: np.ndarray
    features: dict
    names: list
    truth: object
    copies: int
    seed: int

    def picture(self, q, release):
        """Upload number q of a release, drawn and edited now: a PIL picture."""
        return _edited(self.released[release], self.copies, self.seed, q)

    @property
    def units(self):
        """query_id -> the picture that it is of: copies of one picture belong together when queries are resampled."""
        return {name: reference or name for name, reference in self.truth.itertuples(index=False)}


def upload(released, ids, extractor, *, copies=3, strangers=240, seed=0):
    """Uploads of released pictures: `copies` Random edits of each, and edited strangers that no index has stored.

    released: dict from a name to P PIL pictures, the same pictures in the same order; ids: (P,) their reference numbers.
    Strangers are synthetic pictures of the seeds 4,000,000 and up, the same in every release.
    """
    import pandas as pd

    ids = np.asarray(ids)
    for name, pictures in released.items():
        if len(pictures) != len(ids):
            raise ValueError(f"{name}: {len(pictures)} pictures but {len(ids)} ids: one id a picture is expected")
    first, one = copies * len(ids), next(iter(released.values()))
    alien = extractor((_edited(one, copies, seed, q) for q in range(first, first + strangers)), BATCH)
    features = {
        name: np.concatenate([extractor((_edited(pictures, copies, seed, q) for q in range(first)), BATCH), alien])
        for name, pictures in released.items()
    }
    names = [f"upload-{q}" for q in range(first + strangers)]
    truth = pd.DataFrame({"query_id": names, "reference_id": [*np.tile(ids, copies).astype(str), *[""] * strangers]})
    return Uploads(released, ids, features, names, truth, copies, seed)


def _edited(pictures, copies, seed, q):
    stranger = q - copies * len(pictures)
    picture = pictures[q % len(pictures)] if stranger < 0 else synthetic_pictures([FRESH_SEED + stranger])[0]
    return EDITS["Random"](picture, edit_stream(seed, q))


@dataclass(frozen=True, eq=False)
class Exact:
    """Brute force over features (N, d) where they are, for `answers`: as a Flat index, without its copy of them."""

    features: np.ndarray

    @property
    def ntotal(self):
        """Number of stored vectors."""
        return len(self.features)

    def search(self, queries, k=1, nprobe=None):
        """As ActiveIndex.search."""
        return faiss.knn(queries, self.features, k)


def answers(index, uploads, release, nprobe=1, background=None):
    """The first result of each upload of a release, as predictions: a DataFrame query_id, reference_id (str), score.

    index: an ActiveIndex or Exact; background: one for `typical_distances`, for normalised scores (None: scores as they are). An upload whose
    visited cells are empty has no row.
    """
    features = uploads.features[release]
    typical = None if background is None else typical_distances(background, features, nprobe)
    return predict(
        index, features, uploads.names, np.arange(index.ntotal).astype(str), k=1, nprobe=nprobe, typical=typical
    )


def score_table(found, uploads, resamples=1000, seed=0):
    """Figures of several sets of predictions on the same uploads: a DataFrame, a row each, with its name in `what`.

    found: dict from a name to a DataFrame of `answers`. micro_ap with low and high (95 % bootstrap in which all copies of a
    picture are drawn together), recall_at_p90 and threshold_at_p90 (NaN where no threshold has that precision).
    """
    import pandas as pd

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


def curves(found, uploads, table):
    """What figures.copy_detection.precision_recall_curves shows: dict name -> (curve, micro_ap, low, high).

    found: as for `score_table`, table: what it returned.
    """
    return {
        row.what: (precision_recall(found[row.what], uploads.truth), row.micro_ap, row.low, row.high)
        for row in table.itertuples()
    }


def judge(predictions, truth, threshold=np.nan):
    """What is done with each upload if everything that scores at least `threshold` is blocked: a DataFrame, a row a query.

    Columns query_id, answer (the first result, NaN where there is none), score, copy (it has an original), right (the
    answer is its original), threshold, outcome: for copies caught, blocked as another picture, missed; for strangers blocked
    by mistake, left alone. A threshold of NaN blocks nothing. ValueError if a query has more than one prediction.
    """
    if predictions.query_id.duplicated().any():
        raise ValueError(
            f"{predictions.query_id[predictions.query_id.duplicated()].iloc[0]} has several predictions: one "
            "answer a query is judged, as with predict(..., k=1)"
        )
    first = predictions.set_index("query_id").reindex(truth.query_id)
    copies = truth.reference_id.fillna("").to_numpy() != ""
    right = first.reference_id.to_numpy() == truth.reference_id.to_numpy()
    acted = first.score.to_numpy() >= threshold
    outcome = np.where(
        copies, np.where(acted, np.where(right, CAUGHT, MISTAKEN), MISSED), np.where(acted, BLOCKED, LEFT)
    )
    return (
        first.reset_index()
        .rename(columns={"reference_id": "answer"})
        .assign(copy=copies, right=right & copies, threshold=float(threshold), outcome=outcome)
    )


def actions(judged):
    """How often each outcome occurs: a DataFrame, a row a name, a column an outcome, and precision and recall of what is blocked.

    judged: dict from a name to a DataFrame of `judge`. precision is NaN where nothing is blocked.
    """
    import pandas as pd

    table = pd.DataFrame({name: rows.outcome.value_counts() for name, rows in judged.items()}).T
    table = table.reindex(columns=[*OF_COPIES, *OF_STRANGERS]).fillna(0).astype(int)
    blocked = table[[CAUGHT, MISTAKEN, BLOCKED]].sum(axis=1)
    return table.assign(
        precision=table[CAUGHT] / blocked.where(blocked > 0), recall=table[CAUGHT] / table[[*OF_COPIES]].sum(axis=1)
    )


def telling(before, after, n=5):
    """Uploads that show most, (at most n,) int positions: each pair of outcomes once, those that differ and errors first.

    before, after: DataFrames of `judge` on the same uploads. Of one pair, the upload with the highest score is taken.
    """
    pairs = before.outcome + " / " + after.outcome
    order = [
        (MISSED, CAUGHT),
        (CAUGHT, CAUGHT),
        (MISSED, MISSED),
        (BLOCKED, BLOCKED),
        (LEFT, BLOCKED),
        (BLOCKED, LEFT),
        (LEFT, LEFT),
        (CAUGHT, MISSED),
        (MISSED, MISTAKEN),
        (MISTAKEN, MISTAKEN),
    ]
    found = [np.flatnonzero(pairs == " / ".join(pair)) for pair in order]
    best = [rows[np.argmax(after.score.fillna(-np.inf).to_numpy()[rows])] for rows in found if len(rows)]
    return np.array(best[:n], int)
