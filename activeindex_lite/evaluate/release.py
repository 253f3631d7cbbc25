"""Originals released as they are or activated, and features of their 14 edited copies: one chunk function, cached on disk."""

import hashlib
import io
import os
from dataclasses import dataclass

import numpy as np
import torch

from activeindex_lite.activation import activate
from activeindex_lite.activation.defaults import ALPHA, STEPS
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation import edited_features
from activeindex_lite.support.chunks import Loop, make_chunks, read_arrays, stage_folder
from activeindex_lite.support.files import LONGEST, whole_file

CHUNK = 16
VERSION = 2  # 2: one thread a chunk
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


def release_chunk(source, features, start, seed, activation, extractor, index=None):
    """Release the pictures of a source, a part of the originals, and extract their copies: a dict of arrays.

    features: (n, d) of the originals; start: the place of the first among all originals, which decides the streams of noise
    and of the Random edit, so that a chunk comes out alike whenever and wherever it is made. activation: None, or a dict of
    settings of `activate` and `keep`, whether to return the pictures as well (files: n PNG files as bytes). queries: (14, n, d).
    """
    pictures, more = [source[i] for i in range(len(source))], {}
    if activation is not None:
        run = activate(
            pictures,
            index,
            extractor,
            alpha=activation["alpha"],
            steps=activation["steps"],
            features=features,
            generator=torch.Generator().manual_seed(1_000_003 * seed + start),
        )
        if not run.complete:
            raise KeyboardInterrupt
        pictures = run.pictures
        more = {"before": run.loss[0], "after": run.loss[-1], **{name: getattr(run, name) for name in QUALITY[:4]}}
        if activation["keep"]:
            more["files"] = [png(picture) for picture in pictures]
    queries = edited_features(pictures, extractor, seed=seed, first=start)
    return {"queries": np.stack(list(queries.values())), **more}


def kept_name(name):
    """The file that keeps the released picture of that name; another name, another file, never longer than file systems allow."""
    flat = name.replace("/", "__")
    if "__" in name or len(os.fsencode(flat)) > LONGEST:
        flat = f"{flat[:30]}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
    return f"{flat}.png"


def png(picture):
    """A picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def release(
    source,
    references,
    originals,
    extractor,
    cache,
    *,
    seed=0,
    index=None,
    alpha=ALPHA,
    steps=STEPS,
    trained=None,
    keep=False,
    progress=True,
    runner=None,
):
    """Release originals, from the cache as far as they are there: a Released.

    references: the Features of the source; originals: (Q,) positions in it. index: None to release them as they are, or what
    to activate them for, with alpha and steps; trained: what it depends on. keep: save the released pictures as PNG files in
    the cache. runner: of the chunks.
    """
    rows = references.rows[originals]
    settings = dict(
        pictures=source.fingerprint,
        rows=rows.tolist(),
        extractor=extractor.fingerprint,
        seed=seed,
        chunk=CHUNK,
        version=VERSION,
        edits=list(EDITS),
    )
    activation = None if index is None else dict(alpha=alpha, steps=steps, keep=keep)
    if activation:
        settings |= dict(index=trained, **activation)
    folder = stage_folder(cache, "activated" if activation else "copies", settings)
    pictures = folder / "pictures" if keep and activation else None
    if pictures:
        pictures.mkdir(exist_ok=True)

    def task(start, stop):
        features = np.asarray(references.features[originals[start:stop]])
        return source.part(rows[start:stop]), features, start, seed, activation

    def put(start, chunk):
        for i, file in zip(originals[start:], chunk.pop("files", ()), strict=False):
            with whole_file(pictures / kept_name(references.names[i])) as temporary:
                temporary.write_bytes(file)

    with (runner or Loop()).sharing(extractor=extractor, **({"index": index} if activation else {})) as sharing:
        paths = make_chunks(
            folder,
            len(rows),
            CHUNK,
            release_chunk,
            task,
            needs=("extractor", "index") if activation else ("extractor",),
            runner=sharing,
            keep=put,
            title=f"activated for {index.factory}" if activation else "passive copies",
            progress=progress,
        )
    chunks = [read_arrays(path) for path in paths]
    queries = dict(zip(EDITS, np.concatenate([chunk["queries"] for chunk in chunks], axis=1), strict=True))
    if not activation:
        return Released(queries)
    return Released(queries, {name: np.concatenate([chunk[name] for chunk in chunks]) for name in QUALITY}, pictures)
