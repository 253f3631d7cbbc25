"""DISC21 as its owners lay it out, in one folder or in numbered ones, and as people rearrange it, as a Collection.

The owners' downloads are numbered archives (references_0.zip, train_0.zip, dev_queries_50k_0.zip,
test_queries_50k_0.zip), two ground truths without a header (dev_queries_groundtruth.csv, test_queries_groundtruth.csv),
and lists of photographers (disc21_yfcc_attributions.csv). A mirror calls them dev_queries, final_queries and
dev_ground_truth.csv.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from activeindex_lite.evaluate.collection import Collection
from activeindex_lite.evaluate.sources import PictureFiles, files_in, source_of
from activeindex_lite.evaluation.benchmark_files import read_truth
from activeindex_lite.support.names import quoted, readable
from activeindex_lite.world.world import REFERENCE_SEED, TRAIN_SEED

LAYOUT = (
    "DISC21 is one folder with references/ (or references_0/, references_1/, ...), train/ (or train_0/, ...), the "
    "queries in queries/ (or dev_queries.../, test_queries.../), and their ground truth as a CSV file of "
    "query_id,reference_id"
)
# Query folders and ground truths of one split begin with the same word.
SPLITS = ("dev", "test", "final")
TRUTH = re.compile(r"ground_?-?truth|(^|[^a-z])(truth|gt)([^a-z]|$)", re.IGNORECASE)
ABSENT = "named in the ground truth, not in the folder"


def disc21_collection(
    folder: str | Path,
    ground_truth: str | Path | None = None,
    train: str | Path | None = None,
    distractors: str | Path | None = None,
) -> Collection:
    """DISC21: the references, training pictures, queries and ground truth of a folder, see `LAYOUT`.

    ground_truth: the CSV (None: the only one in the folder). Pictures are called by their files' stems (R000000).
    Originals are references that the truth names; strangers are queries, edited already, to which the truth gives no
    original. A truth that lists matches alone makes every other query in the folders a stranger. train, distractors: as
    `folder_collection`. ValueError says what must be where; a picture that the truth names and no folder holds is noted
    in `missing`.
    """
    folder = Path(folder)
    path = Path(ground_truth) if ground_truth else _only_truth(folder)
    truth = read_truth(path).map(quoted)  # as the names of files are
    references = files_in(_folders(folder, "references"), stems=True)
    queries = files_in(_query_folders(folder, path), stems=True)
    truth, notes = _with_strangers(truth, queries)
    candidates, missing = _named(truth, references, queries, folder)
    place = {name: i for i, name in enumerate(queries.names)}
    copies = set(truth.query_id[truth.reference_id != ""])
    listed = [name for name in dict.fromkeys(truth.query_id) if name in place]
    strangers = [place[name] for name in listed if name not in copies]
    if not strangers:
        raise ValueError(
            f"{folder}: every query is a copy according to the ground truth; false alarms cannot be measured without a "
            "query without an original: put some among the queries (a line that ends in an empty second field, Q00000, "
            "or none)"
        )
    more = (source_of(distractors, REFERENCE_SEED),) if distractors else ()
    return Collection(
        f"DISC21 in {readable(folder)}",
        source_of(train, TRAIN_SEED) if train else files_in(_folders(folder, "train"), stems=True),
        (references, *more),
        candidates,
        queries.part(strangers),
        True,
        queries.part([place[name] for name in listed]),
        truth,
        missing,
        notes,
        fixed=True,
    )


def _only_truth(folder: Path) -> Path:
    """The ground truth of a folder: its only CSV file, or the only one named so; hidden files do not count."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder. {LAYOUT}")
    files = [path for path in folder.glob("*") if path.suffix.lower() == ".csv" and not path.name.startswith(".")]
    named = [path for path in files if TRUTH.search(path.stem)]
    for found in (files, named):
        if len(found) == 1:
            return found[0]
    names = ", ".join(sorted(path.name for path in named or files)) or "no CSV file"
    raise ValueError(f"{folder} holds {names:.200}: name the ground truth with --ground-truth. {LAYOUT}")


def _folders(folder: Path, name: str) -> list[Path]:
    """The folder of that name, or the numbered ones (references_0, references_1, ...) in their order."""
    if (folder / name).is_dir():
        return [folder / name]
    numbered = [
        (int(path.name[len(name) + 1 :]), path) for path in folder.glob(f"{name}_*") if _is_numbered(path, name)
    ]
    if not numbered:
        raise ValueError(f"{folder} has no folder {name}/. {LAYOUT}")
    return [path for _, path in sorted(numbered)]


def _is_numbered(path: Path, name: str) -> bool:
    return path.is_dir() and re.fullmatch(r"_[0-9]{1,6}", path.name[len(name) :]) is not None


def _query_folders(folder: Path, truth: Path) -> list[Path]:
    """The folders of the queries that a ground truth is about: those of its split (dev, test, final), or all."""
    if (folder / "queries").is_dir():
        return [folder / "queries"]
    found = sorted(path for path in folder.glob("*queries*") if path.is_dir())
    if not found:
        raise ValueError(f"{folder} has no folder queries/. {LAYOUT}")
    for split in SPLITS:
        own = [path for path in found if path.name.lower().startswith(split)]
        if own and truth.name.lower().startswith(split):
            return own
    splits = {split for split in SPLITS for path in found if path.name.lower().startswith(split)}
    if len(splits) > 1:
        raise ValueError(
            f"{folder} holds queries of several splits ({', '.join(path.name for path in found):.100}), and the name "
            f"of {truth.name} does not say which it is about: begin it with {' or '.join(sorted(splits))}, or keep one "
            "split"
        )
    return found


def _with_strangers(truth: pd.DataFrame, queries: PictureFiles) -> tuple[pd.DataFrame, list[str]]:
    """A truth that lists matches alone, completed by the other queries, which have no original; and a note."""
    if (truth.reference_id == "").any():
        return truth, []
    named = set(truth.query_id)
    others = [name for name in queries.names if name not in named]
    if not others:
        return truth, []
    note = (
        f"the ground truth lists matches alone: the {len(others):,} queries that it does not name are taken as "
        "strangers, which are copies of nothing"
    )
    more = pd.DataFrame({"query_id": others, "reference_id": ""})
    return pd.concat([truth, more], ignore_index=True), [note]


def _named(
    truth: pd.DataFrame, references: PictureFiles, queries: PictureFiles, folder: Path
) -> tuple[np.ndarray, list[tuple[str, str, str]]]:
    """Positions of the references that the truth names, and the pictures that it names and no folder holds."""
    place = {name: i for i, name in enumerate(references.names)}
    originals = [name for name in dict.fromkeys(truth.reference_id) if name]
    here = set(queries.names)
    missing = [("references", name, ABSENT) for name in originals if name not in place]
    missing += [("queries", name, ABSENT) for name in dict.fromkeys(truth.query_id) if name not in here]
    candidates = np.array(sorted(place[name] for name in originals if name in place), int)
    if not len(candidates):
        example = f"{originals[0]!r:.60}" if originals else "none"
        raise ValueError(
            f"{folder}: none of the {len(originals)} references that the ground truth names ({example}) is among the "
            f"references ({references.names[0]!r:.60} and others): do the CSV and the folder belong together?"
        )
    return candidates, missing
