"""Originals released as they are (passive) or activated, and the features of their 14 edited copies, cached on disk."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from activeindex_lite.activation import activate
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation import edited_features
from activeindex_lite.support.chunks import make_chunks, read_arrays, stage_folder
from activeindex_lite.support.files import LONGEST, whole_file

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.evaluate.features import Features, Workplace
    from activeindex_lite.evaluate.settings import Settings
    from activeindex_lite.evaluate.sources import Source
    from activeindex_lite.extractor.extractor import Extractor
    from activeindex_lite.index import ActiveIndex

CHUNK = 16
# Raised when the code that makes chunks changes what it makes: older caches are then left alone.
VERSION = 3  # 2: one thread per chunk; 3: pictures of every mode as pictures.rgb makes them
QUALITY = ("psnr", "ssim", "linf", "seconds", "before", "after")


@dataclass(frozen=True)
class Originals:
    """Q pictures to activate: source, (Q,) positions in it, names, features (Q, d), and (Q,) ids in the index."""

    source: Source
    rows: np.ndarray
    names: list[str]
    features: np.ndarray
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


def chosen(source: Source, references: Features, ids: np.ndarray) -> Originals:
    """The Originals at the places ids (Q,) among the references, which are the features of the source."""
    names = [references.names[i] for i in ids]
    return Originals(source, references.rows[ids], names, np.asarray(references.features[ids]), ids)


@dataclass(frozen=True)
class Released:
    """Q originals as they were released.

    queries: dict from the name of an edit to (Q, d) float32, features of the edited copies. quality: dict of (Q,)
    float64 psnr, ssim, linf, seconds, before, after (L_f of the original and of the saved picture), None where nothing
    was activated. pictures: the folder of the saved PNG files, None where they were not kept.
    """

    queries: dict[str, np.ndarray]
    quality: dict[str, np.ndarray] | None = None
    pictures: Path | None = None


def copies_chunk(source: Source, start: int, settings: Settings, extractor: Extractor) -> dict[str, np.ndarray]:
    """Features of the edited copies of all pictures of a source, which are released as they are: queries (14, n, d).

    start: the number of the first picture among all originals. It decides the streams of the Random edit, so that the
    chunk does not depend on where and when it is made.
    """
    return {"queries": _queries([source[i] for i in range(len(source))], extractor, settings.seed, start)}


def activated_chunk(
    source: Source, features: np.ndarray, start: int, settings: Settings, extractor: Extractor, index: ActiveIndex
) -> dict[str, Any]:
    """As `copies_chunk`, of the pictures as `activate` changes them for an index, and what activation measured.

    features: (n, d) of the pictures. Returns queries (14, n, d), (n,) arrays of QUALITY, and with
    settings.keep_pictures also files: n PNG files as bytes.
    """
    run = activate(
        [source[i] for i in range(len(source))],
        index,
        extractor,
        alpha=settings.alpha,
        steps=settings.steps,
        features=features,
        generator=torch.Generator().manual_seed(1_000_003 * settings.seed + start),
    )
    if not run.complete:
        raise KeyboardInterrupt
    result = {
        "queries": _queries(run.pictures, extractor, settings.seed, start),
        "before": run.loss[0],
        "after": run.loss[-1],
        **{name: getattr(run, name) for name in ("psnr", "ssim", "linf", "seconds")},
    }
    if settings.keep_pictures:
        result["files"] = [png(picture) for picture in run.pictures]
    return result


def _queries(pictures: list[Image.Image], extractor: Extractor, seed: int, start: int) -> np.ndarray:
    return np.stack(list(edited_features(pictures, extractor, seed=seed, first=start).values()))


def kept_name(name: str) -> str:
    """The file that keeps the released picture of a name: another name, another file, none too long for a disk."""
    flat = name.replace("/", "__")
    if "__" in name or len(os.fsencode(flat)) > LONGEST:
        flat = f"{flat[:30]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
    return f"{flat}.png"


def png(picture: Image.Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def release_passive(originals: Originals, settings: Settings, work: Workplace) -> Released:
    """Release the originals as they are."""
    folder = stage_folder(work.cache, "copies", _key(originals, settings, work))

    def task(start: int, stop: int) -> tuple:
        return originals.source.part(originals.rows[start:stop]), start, settings

    with work.runner.sharing(extractor=work.extractor) as sharing:
        paths = make_chunks(
            folder,
            len(originals),
            CHUNK,
            copies_chunk,
            task,
            needs=("extractor",),
            runner=sharing,
            title="passive copies",
            progress=work.progress,
        )
    return Released(_joined_queries([read_arrays(path) for path in paths]))


def release_activated(
    originals: Originals, index: ActiveIndex, trained: dict[str, str], settings: Settings, work: Workplace
) -> Released:
    """Release the originals activated for an index. trained: what the index depends on, a part of the cache's key."""
    key = dict(index=trained, alpha=settings.alpha, steps=settings.steps, keep=settings.keep_pictures)
    folder = stage_folder(work.cache, "activated", _key(originals, settings, work) | key)
    pictures = folder / "pictures" if settings.keep_pictures else None
    if pictures:
        pictures.mkdir(exist_ok=True)

    def task(start: int, stop: int) -> tuple:
        part = originals.source.part(originals.rows[start:stop])
        return part, originals.features[start:stop], start, settings

    def keep(start: int, chunk: dict[str, Any]) -> None:
        for name, file in zip(originals.names[start:], chunk.pop("files", ()), strict=False):
            with whole_file(pictures / kept_name(name)) as temporary:
                temporary.write_bytes(file)

    with work.runner.sharing(extractor=work.extractor, index=index) as sharing:
        paths = make_chunks(
            folder,
            len(originals),
            CHUNK,
            activated_chunk,
            task,
            needs=("extractor", "index"),
            runner=sharing,
            keep=keep,
            title=f"activated for {index.factory}",
            progress=work.progress,
        )
    chunks = [read_arrays(path) for path in paths]
    quality = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in QUALITY}
    return Released(_joined_queries(chunks), quality, pictures)


def _key(originals: Originals, settings: Settings, work: Workplace) -> dict[str, Any]:
    """What the edited copies of the originals depend on, whether they are activated or not."""
    return dict(
        pictures=originals.source.fingerprint,
        rows=originals.rows.tolist(),
        extractor=work.extractor.fingerprint,
        seed=settings.seed,
        chunk=CHUNK,
        version=VERSION,
        edits=list(EDITS),
    )


def _joined_queries(chunks: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return dict(zip(EDITS, np.concatenate([chunk["queries"] for chunk in chunks], axis=1), strict=True))
