"""What an evaluation measures with: features of all pictures, the originals that are drawn, and the ground truth."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from activeindex_lite.evaluate.collection import Collection
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

    def report_blank(self, blank: list[str], originals: int) -> None:
        """Note the originals of one colour all over, if there are some."""
        if blank:
            self.say(
                f"{len(blank)} of {originals} originals have one colour all over, such as {blank[0]}: no search tells "
                "them from other blank pictures; leave them out"
            )


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
    references = _without_duplicates(references, collection, settings, remarks)
    _check_training(train, references, collection, remarks)
    originals = _drawn(references[0], collection, settings)
    _note_blank(originals, references[0], remarks)
    source = collection.strangers.head(settings.strangers or STRANGERS * len(originals))
    strangers = features(source, "strangers", None if collection.strangers_edited else settings.seed)
    strangers = _unlisted_left_out(strangers, source, references, collection, settings, work, remarks)
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


def _without_duplicates(
    references: list[Features], collection: Collection, settings: Settings, remarks: Remarks
) -> list[Features]:
    """The references, with one of each duplicate unless the settings or the collection keep all; the rest is noted."""
    names = np.concatenate([part.names for part in references])
    first = first_with_feature(*(part.features for part in references))
    alone = first == np.arange(len(first))
    if alone.all():
        return references
    many = f"{(~alone).sum():,} of {len(first):,} references are duplicates of another one"
    example = np.flatnonzero(~alone)[0]
    example = f"such as {names[example]} of {names[first[example]]}"
    if settings.keep_duplicates or collection.fixed:
        remarks.say(f"{many}, {example}: all are indexed, and a tie for the first place counts against R@1")
        return references
    remarks.say(f"{many}, {example}: one of each is indexed (--keep-duplicates indexes all)")
    twice = [(names[i], f"a duplicate of {names[first[i]]}") for i in np.flatnonzero(~alone)]
    remarks.leave_out("references", twice)
    ends = np.cumsum([len(part) for part in references])[:-1]
    return [part.kept(keep) for part, keep in zip(references, np.split(alone, ends), strict=True)]


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


def _unlisted_left_out(
    strangers: Features,
    source,
    references: list[Features],
    collection: Collection,
    settings: Settings,
    work: Workplace,
    remarks: Remarks,
) -> Features:
    """The strangers without those that are references too: such a query would be a copy that the truth denies."""
    if source.drawn:
        return strangers
    plain = strangers if collection.strangers_edited else work.features(source, "strangers as they are")
    stored = sum(len(part) for part in references)
    names = [*(name for part in references for name in part.names), *plain.names]
    first = first_with_feature(*(part.features for part in references), plain.features)[stored:]
    known = {plain.names[i]: names[at] for i, at in enumerate(first) if at < stored}
    if not known:
        return strangers
    stranger, reference = next(iter(known.items()))
    many = (
        f"{len(known):,} of {len(plain):,} strangers are duplicates of a reference, such as {stranger} of {reference}"
    )
    if settings.keep_duplicates or collection.fixed:
        remarks.say(
            f"{many}: they are searched for as strangers all the same, and finding them counts as a false alarm"
        )
        return strangers
    remarks.say(f"{many}: they are left out")
    remarks.leave_out("strangers", [(name, f"a duplicate of {known[name]}") for name in known])
    kept = strangers.kept(np.array([name not in known for name in strangers.names]))
    if not len(kept):
        raise ValueError(
            f"every stranger is a duplicate of a reference, such as {stranger} of {reference}: false alarms need "
            "pictures that the index does not store"
        )
    return kept


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
