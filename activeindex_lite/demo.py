"""The demonstration: activate a few pictures of a large world, edit them, search, and measure the gain."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from activeindex_lite.activation import activate, check_settings
from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation.originals import Originals, check_originals, originals_of
from activeindex_lite.evaluation.queries import edit_stream, edited_features
from activeindex_lite.evaluation.tables import Demo, Measured
from activeindex_lite.extractor import load_extractor
from activeindex_lite.index import ActiveIndex
from activeindex_lite.index.ready import CELLS, SEED, cells_alone, is_stored, trained_index

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.activation import Activation

# Name in the paper's tables -> (faiss factory string, values of nprobe). As many cells as the training features allow
# (39 per cell): the share of copies that leave their cell, which activation lowers, rises with the number of cells. The
# paper's PQ8x8 turns 2048 bytes into 8; our PQ4x8 turns 512 bytes into 4, a comparable loss; PQ8x8 would leave little
# to gain.
INDEXES = {
    "No index": ("Flat", (1,)),
    "IVF-PQ": ("IVF1536,PQ4x8", (1, 16)),
    "IVF": ("IVF1536,Flat", (1,)),
    "PCA+LSH": ("PCA64,LSH", (1,)),
    "OPQ": ("OPQ8_64,PQ8x8", (1,)),
}
SHOWN = "IVF-PQ"


@dataclass(frozen=True)
class DemoSettings:
    """Settings of the demonstration.

    originals: number of pictures to activate; seed: of the originals, the Random edits, the training of the indexes and
    the intervals; pictures: a folder to take the originals from (None: the ready world); alpha: as for `activate`.
    """

    originals: int = 100
    seed: int = 0
    pictures: str | None = None
    alpha: float = ALPHA


def check_demo(settings: DemoSettings) -> None:
    """ValueError, or an OSError about the folder, for settings that `run_demo` would refuse later."""
    check_originals(settings.originals, settings.seed, settings.pictures)
    check_settings(settings.alpha)


def run_demo(
    settings: DemoSettings = DemoSettings(), progress: bool = True, tell: Callable[[dict], None] | None = None
) -> Demo:
    """Measure every row of the demonstration. The same settings give the same tables, times aside.

    tell: called with every row as soon as it is measured, see `Measured.figures`: first with those of passive copies,
    later with those of activated ones.
    """
    begun, extractor, seed = time.perf_counter(), load_extractor("lite"), settings.seed
    originals = originals_of(settings.originals, seed, settings.pictures, extractor)
    passive = edited_features(originals.pictures, extractor, seed=seed, progress=progress)
    measured, indexes, tell = Measured(seed), {}, tell or (lambda row: None)
    for name, (_, nprobes) in tqdm(INDEXES.items(), desc="passive", unit="index", leave=False, disable=not progress):
        indexes[name] = _filled(name, originals, seed, indexes, measured)
        for row in measured.searches(name, indexes[name], nprobes, False, passive, originals.truth):
            tell(row)
    activated = {name: nprobes for name, (_, nprobes) in INDEXES.items() if name != "No index"}
    for name, nprobes in tqdm(activated.items(), desc="activated", unit="index", disable=not progress):
        index = indexes[name]
        result = _activated(originals, index, extractor, settings.alpha, progress)
        measured.activation(name, result)
        active = edited_features(result.pictures, extractor, seed=seed, progress=progress)
        for row in measured.searches(name, index, nprobes, True, active, originals.truth):
            tell(row)
        if name == SHOWN:
            strips, finds = _strips(originals, result), _finds(originals, index, result, passive, active, seed)
            measured.settings(name, originals, index, extractor, settings.alpha)
    demo = measured.demo()
    demo.strips, demo.finds = strips, finds
    demo.about = dict(
        queries=len(originals.pictures),
        references=len(originals.references),
        source=originals.source,
        seed=seed,
        alpha=settings.alpha,
        seconds=time.perf_counter() - begun,
    )
    return demo


def _filled(
    name: str, originals: Originals, seed: int, indexes: Mapping[str, ActiveIndex], measured: Measured
) -> ActiveIndex:
    """The index of this name, trained and filled; indexes: those made before it."""
    factory, seed, begun = INDEXES[name][0], SEED + seed, time.perf_counter()
    # The cells of IVF are those of IVF-PQ, whose k-means is the same.
    index = cells_alone(indexes[SHOWN]) if factory == CELLS else trained_index(factory, seed)
    index.add(originals.references)
    what = "load and fill" if is_stored(factory, seed) else "build"
    measured.time(what, name, 1000 * (time.perf_counter() - begun), bytes=index.bytes_per_vector)
    return index


def _activated(originals: Originals, index: ActiveIndex, extractor, alpha: float, progress: bool) -> Activation:
    features = originals.references[originals.truth]
    result = activate(originals.pictures, index, extractor, alpha=alpha, features=features, progress=progress)
    if not result.complete:
        raise KeyboardInterrupt
    return result


def _strips(originals: Originals, result: Activation, n: int = 5) -> list[tuple]:
    """(original, activated, psnr, ssim) of n pictures, spread over all of them."""
    pictures = originals.pictures
    rows = np.linspace(0, len(pictures) - 1, min(n, len(pictures))).astype(int)
    return [(pictures[i], result.pictures[i], result.psnr[i], result.ssim[i]) for i in rows]


def _finds(
    originals: Originals,
    index: ActiveIndex,
    result: Activation,
    passive: Mapping[str, np.ndarray],
    active: Mapping[str, np.ndarray],
    seed: int,
    won: int = 4,
    lost: int = 2,
) -> list[dict]:
    """First results before and after, of queries that activation won back and of some that it did not.

    The seed draws them among all such queries, each with another edit: nobody picked them.
    """
    rng, finds, used = np.random.default_rng(seed), [], set()
    cases = _cases(originals, index, passive, active)
    for (outcome, found), wanted in zip(cases.items(), (won, lost), strict=True):
        for k in rng.permutation(len(found)):
            edit, i, before, after = found[k]
            if wanted and edit not in used:
                used.add(edit)
                wanted -= 1
                find = dict(outcome=outcome, edit=edit, original=originals.pictures[i])
                find["query"] = EDITS[edit](result.pictures[i], edit_stream(seed, i))
                find |= dict(before=_picture(originals, before), after=_picture(originals, after))
                finds.append(find)
    return finds


def _cases(
    originals: Originals, index: ActiveIndex, passive: Mapping[str, np.ndarray], active: Mapping[str, np.ndarray]
) -> dict[str, list[tuple]]:
    """Queries whose first result was wrong when passive, by outcome of activation: (edit, row, id before, id after)."""
    cases = {"won back": [], "still lost": []}
    for edit in EDITS:
        before, after = index.search(passive[edit])[1][:, 0], index.search(active[edit])[1][:, 0]
        for i in np.nonzero(before != originals.truth)[0]:
            outcome = "won back" if after[i] == originals.truth[i] else "still lost"
            cases[outcome].append((edit, i, before[i], after[i]))
    return cases


def _picture(originals: Originals, i: int) -> Image.Image | None:
    """The picture of a result, or None where the index returned nothing (an empty cell)."""
    return originals.picture_of(int(i)) if i >= 0 else None
