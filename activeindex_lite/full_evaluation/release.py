"""Originals released as they are or activated, and features of their 14 edited copies: one chunk function, cached on disk."""

import hashlib
import os
from dataclasses import dataclass

import numpy as np
import torch

from activeindex_lite.activation import activate
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation import edited_features
from activeindex_lite.files import LONGEST, whole_file
from activeindex_lite.full_evaluation.chunks import make_chunks, read_arrays, stage_folder

CHUNK = 16
VERSION = 1
QUALITY = ("psnr", "ssim", "linf", "seconds", "before", "after")


@dataclass(frozen=True)
class Released:
    """Q originals as they were released.

    queries: dict from the name of an edit to (Q, d) float32, features of the edited copies; quality: dict of (Q,) float64
    psnr, ssim, linf, seconds, before, after (L_f of the original and of the saved picture), None where nothing was
    activated; pictures: the folder of the saved PNG files, None where they were not kept.
    """

    queries: dict
    quality: dict = None
    pictures: object = None


@dataclass(frozen=True)
class Activator:
    """How originals are activated: the index and the settings of `activate`; keep: a folder for the pictures, or None."""

    index: object
    alpha: float = 3.0
    steps: int = 10
    keep: object = None


def release_chunk(source, rows, names, features, start, extractor, seed, activator=None):
    """Release the originals at the positions rows of a source and extract their copies: a dict of arrays.

    features: (n, d) of the originals; names: n texts; start: the place of the first among all originals, which decides the
    streams of noise and of the Random edit, so that a chunk comes out alike whenever it is made. queries: (14, n, d).
    """
    pictures, quality = [source[i] for i in rows], {}
    if activator is not None:
        run = activate(pictures, activator.index, extractor, alpha=activator.alpha, steps=activator.steps, features=features,
                       generator=torch.Generator().manual_seed(1_000_003 * seed + start))
        if not run.complete:
            raise KeyboardInterrupt
        pictures = run.pictures
        quality = {"before": run.loss[0], "after": run.loss[-1], **{name: getattr(run, name) for name in QUALITY[:4]}}
        if activator.keep:
            for name, picture in zip(names, pictures, strict=True):
                with whole_file(activator.keep / kept_name(name)) as temporary:
                    picture.save(temporary, "PNG")
    queries = edited_features(pictures, extractor, seed=seed, first=start)
    return {"queries": np.stack(list(queries.values())), **quality}


def kept_name(name):
    """The file that keeps the released picture of that name; another name, another file, never longer than file systems allow."""
    flat = name.replace("/", "__")
    if "__" in name or len(os.fsencode(flat)) > LONGEST:
        flat = f"{flat[:30]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
    return f"{flat}.png"


def release(source, references, originals, extractor, cache, *, seed=0, activator=None, trained=None, keep=False, progress=True):
    """Release originals, from the cache as far as they are there: a Released.

    references: the Features of the source; originals: (Q,) positions in it. activator: None to release them as they are;
    trained: what its index depends on. keep: save the released pictures as PNG files in the cache.
    """
    rows = references.rows[originals]
    settings = dict(pictures=source.fingerprint, rows=rows.tolist(), extractor=extractor.fingerprint, seed=seed, chunk=CHUNK,
                    version=VERSION, edits=list(EDITS))
    title = "passive copies"
    if activator is not None:
        settings |= dict(index=trained, alpha=activator.alpha, steps=activator.steps, keep=keep)
        title = f"activated for {activator.index.factory}"
    folder = stage_folder(cache, "copies" if activator is None else "activated", settings)
    pictures = folder / "pictures" if keep and activator is not None else None
    if pictures:
        pictures.mkdir(exist_ok=True)
        activator = Activator(activator.index, activator.alpha, activator.steps, pictures)

    def chunk(start, stop):
        some = originals[start:stop]
        names = [references.names[i] for i in some]
        return release_chunk(source, rows[start:stop], names, np.asarray(references.features[some]), start, extractor, seed, activator)

    paths = make_chunks(folder, len(rows), CHUNK, chunk, title=title, progress=progress)
    chunks = [read_arrays(path) for path in paths]
    queries = dict(zip(EDITS, np.concatenate([chunk["queries"] for chunk in chunks], axis=1), strict=True))
    if activator is None:
        return Released(queries)
    return Released(queries, {name: np.concatenate([chunk[name] for chunk in chunks]) for name in QUALITY}, pictures)
