"""What an evaluation measures with: features of all pictures, the originals that are drawn, and the ground truth."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from activeindex_lite.evaluate.collection import Collection
from activeindex_lite.evaluate.duplicates import Duplicates
from activeindex_lite.evaluate.features import Features, Workplace
from activeindex_lite.evaluate.release import Originals, chosen
from activeindex_lite.evaluate.settings import STRANGERS, Settings
from activeindex_lite.evaluation.duplicates import first_with_feature
from activeindex_lite.pictures import blank_note


@dataclass(frozen=True)
class Material:
    """Features and names for all indexes of an evaluation.

    train: features that train the indexes; references: those that the indexes store, one Features per source; names: of
    all references, (N,); originals: the pictures to activate; strangers: features of the queries without an original;
    benchmark: features of the benchmark's own queries, None where there are none. truths: "own" and "benchmark" ->
    DataFrame query_id, reference_id; query_ids: the same keys -> names of the queries, in the order of their features.
    remarks: what was left out, and what the reader should know.
    """

    train: Features
    references: list[Features]
    names: np.ndarray
    originals: Originals
    strangers: Features
    benchmark: Features | None
    truths: dict[str, pd.DataFrame]
    query_ids: dict[str, list[str]]
    remarks: Remarks


@dataclass
class Remarks:
    """Collects the pictures that are left out, and sentences that the reader should know."""

    skipped: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, where: str, named: list[tuple[str, str]]) -> None:
        """Note pictures, [(name, reason)], as left out."""
        self.skipped += [dict(where=where, picture=name, reason=reason) for name, reason in named]

    def say(self, sentence: str) -> None:
        """Note a sentence, and warn with it at once: the tables may be hours away."""
        self.notes.append(sentence)
        warnings.warn(sentence, stacklevel=3)


def gather(collection: Collection, settings: Settings, work: Workplace) -> Material:
    """Compute or read all features, draw the originals, and write down the truth.

    ValueError where too few pictures can be read.
    """
    remarks = Remarks()
    for where, name, reason in collection.missing:
        remarks.leave_out(where, [(name, reason)])
    for note in collection.notes:
        remarks.say(note)

    def features(source, title: str, seed: int | None = None) -> Features:
        found = work.features(source, title, seed)
        remarks.leave_out(title, found.skipped)
        return found

    train = features(collection.train, "training pictures")
    references = [features(source, "references") for source in collection.references]
    candidates = np.isin(references[0].rows, collection.candidates).sum()
    many = settings.strangers or STRANGERS * settings.originals_of(candidates, collection.about)
    source = collection.strangers.head(many)
    plain = None if source.drawn else work.features(source, "strangers as they are")
    duplicates, denied = Duplicates(references, plain), set()
    if settings.keep_duplicates or collection.fixed:
        duplicates.noted(remarks)
    else:
        references, denied = duplicates.left_out(remarks)
    _check_training(train, references, collection, remarks)
    originals = _drawn(references[0], collection, settings)
    _note_blank(originals, references[0], remarks)
    strangers = features(source, "strangers", None if collection.strangers_edited else settings.seed)
    strangers = strangers.kept(np.array([name not in denied for name in strangers.names]))
    if not len(strangers):
        raise ValueError(
            f"{collection.about}: every stranger is a duplicate of a reference; false alarms need pictures that the "
            "index does not store, so add some to the folder"
        )
    benchmark = None
    if collection.queries is not None:
        benchmark = features(collection.queries, "the benchmark's queries")
    query_ids, truths = _truths(originals, strangers, benchmark, collection)
    names = np.concatenate([part.names for part in references])
    return Material(train, references, names, originals, strangers, benchmark, truths, query_ids, remarks)


def _drawn(references: Features, collection: Collection, settings: Settings) -> Originals:
    """The originals: drawn by the seed from the candidates that could be read, in rising order."""
    ids = np.flatnonzero(np.isin(references.rows, collection.candidates))
    many = settings.originals_of(len(ids), collection.about)
    ids = np.sort(np.random.default_rng(settings.seed).choice(ids, many, replace=False))
    return chosen(collection.references[0], references, ids)


def _note_blank(originals: Originals, references: Features, remarks: Remarks) -> None:
    """Note originals that have one colour all over."""
    rows = set(references.blank.tolist())
    blank = [name for name, row in zip(references.names, references.rows.tolist(), strict=True) if row in rows]
    blank = sorted(set(blank) & set(originals.names))
    if blank:
        remarks.say(blank_note(blank, len(originals), "originals"))


def _check_training(train: Features, references: list[Features], collection: Collection, remarks: Remarks) -> None:
    """Note training pictures that are references too."""
    if collection.train.drawn:
        return
    stored = sum(len(part) for part in references)
    first = first_with_feature(*(part.features for part in references), train.features)[stored:]
    known = np.flatnonzero(first < stored)
    if len(known):
        remarks.say(
            f"{len(known):,} of {len(train):,} training pictures are references too, such as {train.names[known[0]]}: "
            "R@1 and normalised scores come out better than with other pictures; give some with --train"
        )


def _truths(
    originals: Originals, strangers: Features, benchmark: Features | None, collection: Collection
) -> tuple[dict[str, list[str]], dict[str, pd.DataFrame]]:
    """Names of the queries, and the truth about them, for the own queries and for the benchmark's."""
    copies = [f"copy-{name}" for name in originals.names]
    queries = copies + [f"stranger-{name}" for name in strangers.names]
    truth = pd.DataFrame({"query_id": queries, "reference_id": originals.names + [""] * len(strangers)})
    if benchmark is None:
        return {"own": queries}, {"own": truth}
    return {"own": queries, "benchmark": benchmark.names}, {"own": truth, "benchmark": collection.truth}
