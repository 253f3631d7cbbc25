"""What an evaluation runs on: pictures to train the index, references, never-indexed ones; ready, from a folder, or DISC21."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from activeindex_lite.evaluate.sources import SyntheticPictures, files_of, source_of
from activeindex_lite.evaluation.benchmark_files import read_truth
from activeindex_lite.world import load_world
from activeindex_lite.world.world import FRESH_SEED, REFERENCE_SEED, TRAIN_SEED

MOST_FRESH = 100_000
# Of a folder of photographs: the share that trains the index, where no other pictures are given for that, and the share that
# is never indexed.
TRAIN_SHARE, STRANGER_SHARE = 0.4, 0.2


@dataclass(frozen=True)
class Collection:
    """Pictures of an evaluation; a source is PictureFiles or SyntheticPictures.

    train: train the index and normalise scores; references: indexed, the originals lie in the first of these sources, at
    the positions `candidates`; strangers: never indexed, their edited copies are the queries without an original
    (strangers_edited: they are edited already). queries and truth: the benchmark's own queries, used as they are; None
    where there are none. missing: [(where, name, reason)] of pictures that are named but not there.
    """

    about: str
    train: object
    references: tuple
    candidates: np.ndarray
    strangers: object
    strangers_edited: bool = False
    queries: object = None
    truth: object = None
    missing: list = field(default_factory=list)


def ready_collection():
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


def folder_collection(folder, train=None, distractors=None, seed=0):
    """The pictures of a folder, parted by the seed: references, a fifth never indexed, and two fifths to train with.

    train: another folder, or synthetic:N, to train the index with; then none of the folder's pictures do. distractors:
    likewise, further references. ValueError for fewer than 10 pictures.
    """
    pictures = files_of(folder)
    if len(pictures) < 10:
        raise ValueError(
            f"{folder} holds {len(pictures)} pictures: an evaluation needs at least 10, to index some and keep others apart"
        )
    order = np.random.default_rng([seed, len(pictures)]).permutation(len(pictures))
    ends = np.cumsum([round(STRANGER_SHARE * len(pictures)), 0 if train else round(TRAIN_SHARE * len(pictures))])
    strangers, trainers, references = (pictures.part(np.sort(rows)) for rows in np.split(order, ends))
    more = (source_of(distractors, REFERENCE_SEED),) if distractors else ()
    return Collection(
        f"the pictures of {folder}",
        source_of(train, TRAIN_SEED) if train else trainers,
        (references, *more),
        np.arange(len(references)),
        strangers,
    )


def disc21_collection(folder, ground_truth=None, train=None, distractors=None):
    """DISC21 as its owners lay it out: folder/references, folder/train, folder/queries and a ground truth CSV.

    ground_truth: the CSV (None: the only one in the folder). Pictures are called by their files' stems (R000000). Originals
    are references that the truth names; strangers are the queries that it gives no original, edited already.
    ValueError says what is missing; a picture that the truth names and that is not there is noted in `missing`.
    """
    folder = Path(folder)
    truth = read_truth(ground_truth or _only_csv(folder))
    references, queries = files_of(folder / "references", stems=True), files_of(folder / "queries", stems=True)
    known = {name: i for i, name in enumerate(references.names)}
    originals = list(dict.fromkeys(name for name in truth.reference_id if name))
    here = {name: i for i, name in enumerate(queries.names)}
    listed = list(dict.fromkeys(truth.query_id))
    missing = [
        ("references", name, "named in the ground truth, not in the folder") for name in originals if name not in known
    ]
    missing += [
        ("queries", name, "named in the ground truth, not in the folder") for name in listed if name not in here
    ]
    candidates = np.array(sorted(known[name] for name in originals if name in known), int)
    if not len(candidates):
        raise ValueError(
            f"{folder}: none of the {len(originals)} references that the ground truth names is in references/ (it "
            f"holds {references.names[0]} and others): do the CSV and the folder belong together?"
        )
    copies = set(truth.query_id[truth.reference_id != ""])
    strangers = [here[name] for name in listed if name in here and name not in copies]
    if not strangers:
        raise ValueError(
            f"{folder}: the ground truth names no query without an original that is in queries/; false alarms "
            "cannot be measured without them (such a line ends in an empty second field: Q00000,)"
        )
    more = (source_of(distractors, REFERENCE_SEED),) if distractors else ()
    return Collection(
        f"DISC21 in {folder}",
        source_of(train, TRAIN_SEED) if train else files_of(folder / "train"),
        (references, *more),
        candidates,
        queries.part(strangers),
        True,
        queries.part([here[n] for n in listed if n in here]),
        truth,
        missing,
    )


def _only_csv(folder):
    found = sorted(folder.glob("*.csv"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ValueError(
            f"{folder}: one CSV file is expected there, the ground truth, found {names}; name it with --ground-truth"
        )
    return found[0]
