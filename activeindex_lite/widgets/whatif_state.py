"""What the what-if lab sends to its page once: the whole sweep, from which the page answers every question."""

from __future__ import annotations

import base64
import re

import numpy as np

from activeindex_lite.evaluation.retrieval import MEAN
from activeindex_lite.sweeps.whatif import RESAMPLES, SAME_PSNR, Sweep
from activeindex_lite.sweeps.whatif_now import program_parts

GROUPS = (
    (r"IVF\d+,Flat", "IVF: cells, exact vectors"),
    (r"IVF\d+,PQ", "IVF-PQ: cells and codes"),
    (r"IVF\d+,R", "IVF: cells and other codes"),
    (r"PQ|RQ", "PQ, RQ: codes alone"),
    (r"HNSW", "HNSW: a graph"),
    (r"OPQ", "OPQ: rotated codes"),
    (r".*LSH", "LSH: bits"),
    (r"Flat", "No index: brute force"),
)
# How many pictures the page offers to measure now.
PICTURES = (4, 8, 16)
# Kinds of edits whose greater number is the gentler one.
GENTLE_HIGH = ("JPEG", "Crop", "Resize")


def sweep_state(sweep: Sweep) -> dict:
    """A Sweep as JSON: hits and bootstrap weights in base64, the rest as lists with null for what does not exist."""
    about, n = sweep.about, sweep.about["originals"]
    # The draws of retrieval.intervals, so that the page's intervals are Python's.
    weights = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(np.uint8)
    return {
        "axes": sweep.axes,
        "edits": about["edits"],
        "releases": about["releases"],
        "originals": n,
        "groups": groups(sweep),
        "kinds": kinds(sweep),
        "hits": _base64(sweep.hits),
        "weights": _base64(weights),
        "uap": plain(sweep.uap),
        "ms": plain(sweep.ms),
        # Infinity is no JSON: null is "nothing changed" for alpha 0, and "nothing to activate" for the others.
        "psnr": plain(sweep.quality[..., 0]),
        "ssim": plain(sweep.quality[..., 1]),
        "nlist": plain(sweep.nlist),
        "graphs": about["graphs"],
        "bytes": plain(sweep.bytes),
        "code": program_parts(about),
        "same_psnr": SAME_PSNR,
        "pictures": list(PICTURES),
        "made": made(sweep),
    }


def groups(sweep: Sweep) -> list:
    """The indexes by family: a list of [family, [[factory string, what it is], ...]]."""
    found = {}
    for f, factory in enumerate(sweep.about["factories"]):
        family = next((name for pattern, name in GROUPS if re.match(pattern, factory)), "Others")
        cells = f"{sweep.nlist[f]:,} cells, " if sweep.nlist[f] else ""
        links = " with links" if factory in sweep.about["graphs"] else ""
        found.setdefault(family, []).append([factory, f"{factory}: {cells}{sweep.bytes[f]:g} bytes{links}"])
    return [[family, found[family]] for family in (*(name for _, name in GROUPS), "Others") if family in found]


def kinds(sweep: Sweep) -> list:
    """The edits by kind, each from gentle to hard where it has a strength: a list of [kind, [name, ...]]."""
    found = {MEAN: [MEAN]}
    for name in sweep.about["edits"]:
        found.setdefault(name.split(" ")[0], []).append(name)

    def strength(name: str) -> float:
        return float(name.split(" ")[1]) if " " in name else 0.0

    return [[kind, sorted(names, key=strength, reverse=kind in GENTLE_HIGH)] for kind, names in found.items()]


def made(sweep: Sweep) -> str:
    """The sentence on where the numbers come from."""
    about, n = sweep.about, int(np.isfinite(sweep.uap[..., 0]).sum())
    return (
        f"Stored sweep: {n:,} settings x {len(about['edits'])} edits, {about['originals']} originals of the ready "
        f"world, uAP with {about['strangers']} strangers; made on {about['made']}, seed {about['seed']}, by: "
        f"{about['command']}. Intervals are 95 % bootstrap intervals over originals; milliseconds are those of one "
        "search on one thread of the machine that made the sweep."
    )


def plain(array: np.ndarray) -> list | float | None:
    """An array as nested lists, None for what is not finite."""
    if np.ndim(array):
        return [plain(part) for part in array]
    return round(float(array), 4) if np.isfinite(array) else None


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
