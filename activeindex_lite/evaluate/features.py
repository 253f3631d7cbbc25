"""Features of whole collections, cached on disk and mapped from there; pictures that cannot be read are left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from activeindex_lite.edits import EDITS
from activeindex_lite.pictures import UnreadablePicture, is_blank
from activeindex_lite.support.chunks import Loop, make_chunks, read_arrays, stage_folder, write_arrays
from activeindex_lite.support.files import whole_file
from activeindex_lite.support.locks import alone

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.evaluate.sources import Source
    from activeindex_lite.extractor.extractor import Extractor
    from activeindex_lite.support.chunks import Runner

CHUNK = 256
# Raised when the code that makes features changes what it makes: older caches are then left alone.
VERSION = 3  # 2: one thread per chunk; 3: pictures of every mode as pictures.rgb makes them


@dataclass(frozen=True)
class Features:
    """Features of the readable pictures of a source.

    features: (N, d) float32, mapped from disk where they were computed; rows: (N,) int64, their positions in the
    source; names: N texts; skipped: [(name, reason)] of the pictures that could not be read; blank: positions in the
    source of pictures that have one colour all over (none are known of stored features).
    """

    features: np.ndarray
    rows: np.ndarray
    names: list[str]
    skipped: list[tuple[str, str]]
    blank: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.features)

    def kept(self, keep: np.ndarray) -> Features:
        """Those where keep, (N,) bool, is true; in memory, unless all are kept."""
        if keep.all():
            return self
        names = [name for name, kept in zip(self.names, keep, strict=True) if kept]
        return replace(self, features=np.asarray(self.features)[keep], rows=self.rows[keep], names=names)


@dataclass(frozen=True)
class Workplace:
    """Where the long work of an evaluation runs, and where its results are kept: what every stage of it needs."""

    extractor: Extractor
    cache: str | Path
    runner: Runner
    progress: bool = True

    def features(self, source: Source, title: str, seed: int | None = None) -> Features:
        """Features of a source, see `cached_features`."""
        return cached_features(
            source, self.extractor, self.cache, title=title, seed=seed, progress=self.progress, runner=self.runner
        )


def read_some(source: Source, start: int) -> tuple[list[int], list[Image.Image], list[tuple[int, str]]]:
    """Positions and pictures of those that can be read, and (position, reason) of the others; the first is at start."""
    kept, pictures, bad = [], [], []
    for i in range(len(source)):
        try:
            pictures.append(source[i])
            kept.append(start + i)
        except UnreadablePicture as error:
            bad.append((start + i, error.reason))
    return kept, pictures, bad


def extract_chunk(source: Source, start: int, seed: int | None, extractor: Extractor) -> dict[str, np.ndarray]:
    """A part of a source that begins at position start, as dict of arrays: features, rows, bad, reasons, blank.

    seed: None for the pictures as they are; a number to give each a Random edit first. The result depends on a
    picture's position and on its chunk alone, not on where and when the chunk is made.
    """
    kept, pictures, bad = read_some(source, start)
    blank = [i for i, picture in zip(kept, pictures, strict=True) if is_blank(picture)]
    if seed is not None:
        # A third number in the seed: no stranger meets the edit that an original in the same place meets.
        pictures = [
            EDITS["Random"](picture, np.random.default_rng([seed, 1, i]))
            for i, picture in zip(kept, pictures, strict=True)
        ]
    return {
        "features": extractor(pictures),
        "rows": np.array(kept, np.int64),
        "bad": np.array([i for i, _ in bad], np.int64),
        "reasons": np.array([reason for _, reason in bad], str),
        "blank": np.array(blank, np.int64),
    }


def cached_features(
    source: Source,
    extractor: Extractor,
    cache: str | Path,
    *,
    title: str,
    seed: int | None = None,
    progress: bool = True,
    runner: Runner | None = None,
) -> Features:
    """Features of every readable picture of a source; those that the cache holds are not computed again.

    cache: its folder. title: what the pictures are, for the progress bar and errors. seed: as in `extract_chunk`.
    runner: of the chunks (None: this process). ValueError where no picture can be read.
    """
    stored = source.stored(extractor) if seed is None else None
    if stored is not None:
        return Features(stored, np.arange(len(stored)), source.names, [])
    settings = dict(
        pictures=source.fingerprint, extractor=extractor.fingerprint, seed=seed, chunk=CHUNK, version=VERSION
    )
    folder = stage_folder(cache, "features", settings)
    if not (folder / "rows.npz").exists():
        with (runner or Loop()).sharing(extractor=extractor) as sharing:
            paths = make_chunks(
                folder,
                len(source),
                CHUNK,
                extract_chunk,
                lambda start, stop: (source.part(range(start, stop)), start, seed),
                needs=("extractor",),
                runner=sharing,
                title=title,
                progress=progress,
            )
        # Another run on this cache may have gathered and deleted its chunks meanwhile.
        with alone(folder / "gather.lock"):
            if not (folder / "rows.npz").exists():
                _gather(folder, paths, extractor.d)
            for path in paths:
                path.unlink(missing_ok=True)
    about = read_arrays(folder / "rows.npz")
    names = source.names
    skipped = [(names[i], str(reason)) for i, reason in zip(about["bad"], about["reasons"], strict=True)]
    if not len(about["rows"]):
        raise ValueError(
            f"{title}: none of the {len(source)} pictures can be read; the first: {skipped[0][0]}: {skipped[0][1]}"
        )
    features, kept = np.load(folder / "features.npy", mmap_mode="r"), [names[i] for i in about["rows"]]
    return Features(features, about["rows"], kept, skipped, about["blank"])


def _gather(folder: Path, paths: list[Path], d: int) -> None:
    """Join the files of the chunks in one array, to be mapped."""
    columns: dict[str, Any] = {name: [] for name in ("rows", "bad", "reasons", "blank")}
    for path in paths:
        chunk = read_arrays(path)
        for name, parts in columns.items():
            parts.append(chunk[name])
    columns = {name: np.concatenate(parts) for name, parts in columns.items()}
    n = len(columns["rows"])
    # Written, not mapped: on a full disk that is an error, not the end of the process. numpy cannot map an array
    # without rows.
    with whole_file(folder / "features.npy") as temporary, open(temporary, "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (max(n, 1), d)})
        for path in paths:
            file.write(np.ascontiguousarray(read_arrays(path)["features"], "<f4").data)
        file.write(b"" if n else bytes(4 * d))
    write_arrays(folder / "rows.npz", **columns)  # last: it says that the rest is complete
