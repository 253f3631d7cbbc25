"""What an evaluation runs on: pictures to train the index, references, and strangers; the ready world or a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from activeindex_lite.evaluate.sources import PictureFiles, Source, SyntheticPictures, files_of, source_of
from activeindex_lite.evaluation.duplicates import first_with_bytes
from activeindex_lite.support.names import readable
from activeindex_lite.world import load_world
from activeindex_lite.world.world import FRESH_SEED, REFERENCE_SEED, TRAIN_SEED

if TYPE_CHECKING:
    import pandas as pd

MOST_FRESH = 100_000
# Of a folder of photographs: the share that trains the index, where no other pictures are given for that, and the share
# that is never indexed.
TRAIN_SHARE, STRANGER_SHARE = 0.4, 0.2
FEWEST = 10


@dataclass(frozen=True)
class Collection:
    """Pictures of an evaluation.

    about: a name for people. train: train the index and normalise scores. references: indexed; the originals are drawn
    from the first of these sources, from the positions `candidates`. strangers: never indexed; their edited copies are
    the queries without an original (strangers_edited: they are edited already). queries and truth: the benchmark's own
    queries, used as they are; None where there are none. missing: [(where, name, reason)] of pictures that were named
    but not found, or left out. notes: sentences that the reader should know. fixed: whether a benchmark prescribes the
    references, so that duplicates among them stay.
    """

    about: str
    train: Source
    references: tuple[Source, ...]
    candidates: np.ndarray
    strangers: Source
    strangers_edited: bool = False
    queries: Source | None = None
    truth: pd.DataFrame | None = None
    missing: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    fixed: bool = False


def ready_collection() -> Collection:
    """The ready world: its 60,000 training pictures, its 50,000 references, and fresh pictures as strangers."""
    world = load_world()
    references = SyntheticPictures(REFERENCE_SEED, len(world.references))
    return Collection(
        "the ready world",
        SyntheticPictures(TRAIN_SEED, len(world.train)),
        (references,),
        np.arange(len(references)),
        SyntheticPictures(FRESH_SEED, MOST_FRESH),
    )


def folder_collection(
    folder: str | Path,
    train: str | Path | None = None,
    distractors: str | Path | None = None,
    seed: int = 0,
    keep_duplicates: bool = False,
) -> Collection:
    """The pictures of a folder, divided by the seed: a fifth are strangers, two fifths train, the rest are indexed.

    train: another folder, or synthetic:N, to train the index with; then none of the folder's pictures do. distractors:
    the same, for further references. keep_duplicates: keep files with equal bytes; by default only the first of them is
    used. ValueError for fewer than 10 pictures.
    """
    pictures, missing, notes = files_of(folder), [], []
    if not keep_duplicates:
        pictures, missing, notes = _one_of_each(pictures, folder)
    if len(pictures) < FEWEST:
        different = " different" if missing else ""
        raise ValueError(
            f"{readable(folder)} holds {len(pictures)}{different} pictures: an evaluation needs at least {FEWEST}, to "
            "index some and keep others apart"
        )
    order = np.random.default_rng([seed, len(pictures)]).permutation(len(pictures))
    ends = np.cumsum([round(STRANGER_SHARE * len(pictures)), 0 if train else round(TRAIN_SHARE * len(pictures))])
    strangers, trainers, references = (pictures.part(np.sort(rows)) for rows in np.split(order, ends))
    more = (source_of(distractors, REFERENCE_SEED),) if distractors else ()
    return Collection(
        f"the pictures of {readable(folder)}",
        source_of(train, TRAIN_SEED) if train else trainers,
        (references, *more),
        np.arange(len(references)),
        strangers,
        missing=missing,
        notes=notes,
    )


def _one_of_each(
    pictures: PictureFiles, folder: str | Path
) -> tuple[PictureFiles, list[tuple[str, str, str]], list[str]]:
    """The pictures without files that have the bytes of an earlier one; those as `missing`; and a note about them."""
    first = first_with_bytes(pictures.paths)
    twice = np.flatnonzero(first != np.arange(len(first)))
    if not len(twice):
        return pictures, [], []
    names = pictures.names
    missing = [("the folder", names[i], f"a duplicate of {names[first[i]]}") for i in twice]
    note = (
        f"{len(twice):,} of the {len(pictures):,} files in {readable(folder)} are duplicates of another one, such as "
        f"{names[twice[0]]} of {names[first[twice[0]]]}: one of each is used (--keep-duplicates uses all)"
    )
    return pictures.part(np.flatnonzero(first == np.arange(len(first)))), missing, [note]
