"""The demonstration: activate a few pictures of a large world, edit them, search, and measure what activation won."""

import time

import numpy as np
from tqdm import tqdm

from activeindex_lite.activation import activate, check_settings
from activeindex_lite.activation.defaults import ALPHA
from activeindex_lite.edits import EDITS
from activeindex_lite.evaluation import edited_features
from activeindex_lite.evaluation.originals import photo_originals, synthetic_originals
from activeindex_lite.evaluation.tables import Measured
from activeindex_lite.extractor import load_extractor
from activeindex_lite.index import build_index
from activeindex_lite.pictures import open_pictures
from activeindex_lite.support.checks import whole_number
from activeindex_lite.world import load_world

# Name in the paper's tables -> (faiss factory string, numbers of cells to visit). As many cells as the training features
# feed (39 a cell): the share of copies that fall out of their cell, which is what activation mends, rises with the cells.
# The paper's PQ8x8 cuts 2048 bytes to 8; ours, PQ4x8, 512 bytes to 4: a comparable loss, where PQ8x8 would leave little to win.
INDEXES = {
    "No index": ("Flat", (1,)),
    "IVF-PQ": ("IVF1536,PQ4x8", (1, 16)),
    "IVF": ("IVF1536,Flat", (1,)),
    "PCA+LSH": ("PCA64,LSH", (1,)),
    "OPQ": ("OPQ8_64,PQ8x8", (1,)),
}
SHOWN = "IVF-PQ"


def check_demo(queries, seed, pictures, alpha):
    """ValueError, or an OSError about the folder, for arguments that `run_demo` would refuse later."""
    most, least = (None, 1) if pictures else (len(load_world().references), 2)
    whole_number(queries, "queries", most, "the pictures to activate", least)
    whole_number(seed, "seed", 2**31 - 1, least=0)
    check_settings(alpha)
    if pictures:
        open_pictures(pictures)


def run_demo(queries=100, seed=0, pictures=None, alpha=ALPHA, progress=True):
    """Measure every row of the demonstration; returns a Demo. The same arguments give the same tables (times aside).

    queries: pictures to activate; pictures: a folder to take them from instead of the ready world; alpha: as `activate`.
    """
    begun, extractor = time.perf_counter(), load_extractor("lite")
    world = photo_originals(pictures, queries, extractor) if pictures else synthetic_originals(queries, seed)
    passive = edited_features(world.pictures, extractor, seed=seed, progress=progress)
    measured = Measured(seed)
    for name, (factory, nprobes) in tqdm(INDEXES.items(), desc="indexes", unit="index", disable=not progress):
        clock = time.perf_counter()
        index = build_index(factory, world.train, world.references, seed=1234 + seed)
        measured.time("build", name, 1000 * (time.perf_counter() - clock), bytes=index.bytes_per_vector)
        measured.searches(name, index, nprobes, False, passive, world.truth)
        if name == "No index":
            continue
        result = activate(
            world.pictures, index, extractor, alpha=alpha, features=world.references[world.truth], progress=progress
        )
        if not result.complete:
            raise KeyboardInterrupt
        measured.activation(name, result)
        active = edited_features(result.pictures, extractor, seed=seed, progress=progress)
        measured.searches(name, index, nprobes, True, active, world.truth)
        if name == SHOWN:
            shown = (index, result, passive, active)
            measured.settings(name, world, index, extractor, alpha)
    demo = measured.demo()
    demo.strips = _strips(world, shown[1])
    demo.finds = _finds(world, *shown, seed)
    demo.about = dict(
        queries=len(world.pictures),
        references=len(world.references),
        source=world.source,
        seed=seed,
        alpha=alpha,
        seconds=time.perf_counter() - begun,
    )
    return demo


def _strips(world, result, n=5):
    """(original, activated, psnr, ssim) of a few pictures spread over the queries."""
    rows = np.linspace(0, len(world.pictures) - 1, min(n, len(world.pictures))).astype(int)
    return [(world.pictures[i], result.pictures[i], result.psnr[i], result.ssim[i]) for i in rows]


def _finds(world, index, result, passive, active, seed, won=4, open_=2):
    """What comes first before and after, for queries that activation won back and for some that it did not.

    Chosen by the seed among all such queries, each of another edit: not picked by hand.
    """
    cases = {"won back": [], "still lost": []}
    for edit in EDITS:
        before, after = index.search(passive[edit])[1][:, 0], index.search(active[edit])[1][:, 0]
        for i in np.nonzero(before != world.truth)[0]:
            cases["won back" if after[i] == world.truth[i] else "still lost"].append((edit, i, before[i], after[i]))
    rng, finds, used = np.random.default_rng(seed), [], set()
    for (outcome, found), wanted in zip(cases.items(), (won, open_)):
        for k in rng.permutation(len(found)):
            edit, i, first, then = found[k]
            if wanted and edit not in used:
                used.add(edit)
                wanted -= 1
                query = EDITS[edit](result.pictures[i], np.random.default_rng([seed, i]))
                finds.append(
                    dict(
                        outcome=outcome,
                        edit=edit,
                        original=world.pictures[i],
                        query=query,
                        before=_picture(world, first),
                        after=_picture(world, then),
                    )
                )
    return finds


def _picture(world, i):
    """The picture of a result, or None where the index returned nothing (an empty cell)."""
    return world.picture_of(int(i)) if i >= 0 else None
