"""Measuring the what-if lab's sweep: every release of a few originals, searched for in every index."""

from __future__ import annotations

import datetime
import json
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader
import numpy as np
from tqdm import tqdm

from activeindex_lite import activation
from activeindex_lite.activation.defaults import SCHEDULES, STEPS
from activeindex_lite.edits import EDITS
from activeindex_lite.edits.strengths import STRENGTHS
from activeindex_lite.evaluation.copy_detection import micro_ap, micro_ap_interval
from activeindex_lite.evaluation.cost import stored_bytes
from activeindex_lite.evaluation.inspection import settings_of
from activeindex_lite.evaluation.predictions import predict
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.evaluation.retrieval import strictly_first
from activeindex_lite.evaluation.timing import search_milliseconds, set_to
from activeindex_lite.index import ActiveIndex, build_index
from activeindex_lite.index.anatomy import is_graph
from activeindex_lite.index.ready import CELLS, CODES
from activeindex_lite.index.targets import can_activate
from activeindex_lite.pictures.synthetic import synthetic_pictures
from activeindex_lite.support.files import whole_file
from activeindex_lite.sweeps.table_file import refuse_existing, resumed
from activeindex_lite.world.world import FRESH_SEED

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor
    from activeindex_lite.world import World

pd = lazy_loader.load("pandas")

FACTORIES = (
    CODES,
    CELLS,
    "PCA64,LSH",
    "IVF256,PQ4x8",
    "IVF256,Flat",
    "IVF1536,PQ8x8",
    "OPQ8_64,PQ8x8",
    "PQ8x8",
    "IVF1024,PQ4x8",
    "IVF1024,Flat",
    "RQ4x8",
    "IVF1536,RQ4x8",
    "IVF1536,RaBitQ",
    "HNSW32,Flat",
    "HNSW16,PQ8",
    "Flat",
)
REFERENCES = (5_000, 15_000, 50_000)
NPROBES = (1, 2, 4, 8, 16, 32, 64)
# As many as there are nprobes: the searches of a graph lie in their places.
EF_SEARCHES = (16, 32, 64, 128, 256, 512, 1024)
# steps -> learning rate.
RATES = {schedule["steps"]: schedule["lr"] for schedule in SCHEDULES.values()}
# Each alpha with each schedule; alpha 0 is a single release, the unchanged pictures.
RELEASES = ((0.0, STEPS), *((alpha, steps) for alpha in (1.5, 3.0, 6.0) for steps in RATES))
# Strengths beyond the 14 edits: name -> (sweep of edits.STRENGTHS, value). Blur is named after its sigma, as in EDITS.
FURTHER = {
    "Brightness 0.7": ("Brightness", 0.7),
    "Brightness 1.5": ("Brightness", 1.5),
    "Blur 1.1": ("Blur", 5),
    "Blur 3.5": ("Blur", 21),
    "JPEG 80": ("JPEG", 80),
    "JPEG 20": ("JPEG", 20),
    "JPEG 10": ("JPEG", 10),
    "Rotation 10": ("Rotation", 10),
    "Rotation 50": ("Rotation", 50),
    "Crop 0.8": ("Crop", 0.8),
    "Crop 0.3": ("Crop", 0.3),
}
ORIGINALS, STRANGERS = 48, 192
ROUNDS = 5
COMMAND = "activeindex-lite sweep --what whatif"


def originals_of(n: int, references: int, seed: int = 0) -> np.ndarray:
    """The ids of n originals, ascending, among the first `references` pictures of the ready world: (n,) int64."""
    return np.sort(np.random.default_rng(seed).choice(references, n, replace=False))


def copies_of(
    pictures: Sequence[Image.Image],
    extractor: Extractor,
    *,
    seed: int = 0,
    edits: Sequence[str] = tuple(EDITS),
    further: Sequence[str] = tuple(FURTHER),
) -> dict[str, np.ndarray]:
    """Features of every picture under edits of EDITS and of FURTHER: dict name -> (N, d) float32."""
    copies = edited_features(pictures, extractor, seed=seed, edits=edits)
    for name in further:
        family, value = FURTHER[name]
        copies[name] = extractor(STRENGTHS[family](picture, value) for picture in pictures)
    return copies


def strangers_of(n: int, extractor: Extractor, size: int, seed: int = 0) -> np.ndarray:
    """Features of n new pictures that no index stores, each under its own Random edit: (n, d) float32."""
    pictures = synthetic_pictures(range(FRESH_SEED, FRESH_SEED + n), size)
    return edited_features(pictures, extractor, seed=seed, edits=("Random",), first=10_000)["Random"]


def search_rows(
    indexes: dict[int, ActiveIndex],
    copies: dict[str, np.ndarray],
    truth: np.ndarray,
    strangers: np.ndarray,
    searches: Sequence[dict[str, int]],
    seed: int = 0,
) -> list[dict]:
    """Search for the copies in each index with each setting: a list of dicts references, search, hits, uap.

    indexes: dict number of references -> ActiveIndex; copies: dict edit -> (Q, d); truth: (Q,) ids; strangers: (S,
    d); searches: from `settings_of`, whose places are the numbers `search`. hits: the (edits, Q) table of "the original
    comes strictly first" as packed bits in hexadecimal; uap: micro-AP of the Random copies and the strangers together,
    and its 95 % bootstrap interval over queries.
    """
    queries, rows = np.concatenate(list(copies.values())), []
    for n, index in indexes.items():
        for place, search in enumerate(searches):
            found = index.search(queries, 2, **search)
            hits = strictly_first(*found, np.tile(truth, len(copies))).reshape(len(copies), -1)
            rows.append(
                {
                    "references": n,
                    "search": place,
                    "hits": np.packbits(hits, axis=1, bitorder="little").tobytes().hex(),
                    "uap": _uap(index, copies["Random"], truth, strangers, search, seed),
                }
            )
    return rows


def _uap(
    index: ActiveIndex, copies: np.ndarray, truth: np.ndarray, strangers: np.ndarray, search: dict, seed: int
) -> list[float]:
    """Micro-AP and the two ends of its interval."""
    names = [f"copy-{i}" for i in truth] + [f"stranger-{i}" for i in range(len(strangers))]
    found = predict(index, np.concatenate([copies, strangers]), names, [str(i) for i in range(index.ntotal)], **search)
    pairs = pd.DataFrame({"query_id": names, "reference_id": [*map(str, truth), *[""] * len(strangers)]})
    interval = micro_ap_interval(found, pairs, np.random.default_rng(seed), resamples=300)
    return [round(value, 4) for value in (micro_ap(found, pairs), *interval)]


def build_sweep(
    path: str | Path,
    world: World,
    extractor: Extractor,
    *,
    factories: Sequence[str] = FACTORIES,
    references: Sequence[int] = REFERENCES,
    nprobes: Sequence[int] = NPROBES,
    ef_searches: Sequence[int] = EF_SEARCHES,
    releases: Sequence[tuple[float, int]] = RELEASES,
    further: Sequence[str] = tuple(FURTHER),
    originals: int = ORIGINALS,
    strangers: int = STRANGERS,
    seed: int = 0,
    command: str = COMMAND,
    progress: bool = True,
) -> None:
    """Measure every setting into one npz file for `load_sweep`; an interrupted call resumes where it stopped.

    world: a World; extractor: the one that made its features. releases: (alpha, steps) pairs, (0, 10) first. The
    other arguments are the axes of the sweep; command: how to make the file again, which it stores. FileExistsError
    if the file exists; ValueError if an unfinished one was begun with other settings, and if nprobes and ef_searches
    differ in number.
    """
    path = Path(path)
    if len(nprobes) != len(ef_searches):
        raise ValueError(f"{len(nprobes)} nprobes and {len(ef_searches)} ef_searches: expected as many of both")
    refuse_existing(path)
    settings = dict(
        factories=list(factories),
        references=list(references),
        nprobes=list(nprobes),
        ef_searches=list(ef_searches),
        releases=[list(r) for r in releases],
        edits=[*EDITS, *further],
        originals=originals,
        strangers=strangers,
        seed=seed,
    )
    part = path.with_suffix(".part")
    with resumed(part, settings) as (rows, note):
        wanted = {factory: _missing(factory, releases, rows, world.train.shape[1]) for factory in factories}
        with tqdm(total=sum(map(len, wanted.values())), desc="what if", unit="release", disable=not progress) as bar:
            for row in _measured(wanted, world, extractor, settings, further):
                note(row)
                bar.update()
        _store(path, rows, {"made": datetime.date.today().isoformat(), "command": command, **settings})
        part.unlink()


def _missing(factory: str, releases: Sequence[tuple[float, int]], rows: list[dict], d: int) -> list[tuple[float, int]]:
    """The releases of an index that no row holds yet. Flat and graphs have nothing to activate: alpha 0 alone."""
    done = {(row["alpha"], row["steps"]) for row in rows if row["factory"] == factory}
    can = can_activate(ActiveIndex(factory, d).faiss)
    return [(alpha, steps) for alpha, steps in releases if (alpha, steps) not in done and (can or not alpha)]


def _measured(
    wanted: dict[str, list], world: World, extractor: Extractor, settings: dict, further: Sequence[str]
) -> Iterator[dict]:
    """Generate a dict per wanted release: name, quality and search_rows; at alpha 0 also the search times."""
    seed = settings["seed"]
    truth = originals_of(settings["originals"], min(settings["references"]), seed)
    pictures = world.pictures(truth)
    features, passive = extractor(pictures), copies_of(pictures, extractor, seed=seed, further=further)
    strangers = strangers_of(settings["strangers"], extractor, world.size, seed)
    for factory, releases in wanted.items():
        if not releases:
            continue
        with warnings.catch_warnings():
            # Each search says how many candidates a graph keeps.
            warnings.filterwarnings("ignore", ".*may miss most")
            trained = build_index(factory, world.train)
        indexes = {n: trained.refilled(world.references[:n]) for n in settings["references"]}
        searches = settings_of(trained, settings["nprobes"], settings["ef_searches"])
        for alpha, steps in releases:
            row, copies = {"factory": factory, "alpha": alpha, "steps": steps}, passive
            if alpha:
                run = activation.activate(
                    pictures, trained, extractor, alpha=alpha, steps=steps, lr=RATES[steps], features=features
                )
                if not run.complete:
                    raise KeyboardInterrupt
                copies = copies_of(run.pictures, extractor, seed=seed, further=further)
                row |= {"psnr": float(run.psnr.mean()), "ssim": float(run.ssim.mean())}
            row["searches"] = search_rows(indexes, copies, truth, strangers, searches, seed)
            if not alpha:
                row |= {
                    "nlist": trained.nlist or 0,
                    "graph": is_graph(trained.faiss),
                    "bytes": round(stored_bytes([*indexes.values()][-1])),
                }
                # Several rounds, of which the lowest time counts: a busy machine only ever adds time, and not for long.
                for found in ROUNDS * row["searches"]:
                    ms = milliseconds(indexes[found["references"]], passive, searches[found["search"]])
                    found["ms"] = min(ms, found.get("ms", ms))
            yield row


def milliseconds(index: ActiveIndex, copies: dict[str, np.ndarray], search: dict[str, int]) -> float:
    """Milliseconds of a search for one copy: the median over four copies of each edit. search: from `settings_of`."""
    queries = np.concatenate([features[:4] for features in copies.values()])
    with set_to(index, search):
        return float(np.median(search_milliseconds(index, queries)))


def _store(path: Path, rows: list[dict], about: dict) -> None:
    """Write the rows as dense arrays to one npz file, whole or not at all; NaN or 0 where a setting does not exist."""
    F, N, P, R = (len(about[name]) for name in ("factories", "references", "nprobes", "releases"))
    E, B = len(about["edits"]), -(-about["originals"] // 8)
    hits, uap = np.zeros((F, N, P, R, E, B), np.uint8), np.full((F, N, P, R, 3), np.nan, np.float32)
    ms, quality = np.full((F, N, P), np.nan, np.float32), np.full((F, R, 2), np.nan, np.float32)
    nlist, size = np.zeros(F, np.int32), np.zeros(F, np.float32)
    about["graphs"] = [row["factory"] for row in rows if row.get("graph")]
    for row in rows:
        f, r = about["factories"].index(row["factory"]), about["releases"].index([row["alpha"], row["steps"]])
        quality[f, r] = row.get("psnr", np.inf), row.get("ssim", 1.0)
        for search in row["searches"]:
            n, p = about["references"].index(search["references"]), search["search"]
            hits[f, n, p, r] = np.frombuffer(bytes.fromhex(search["hits"]), np.uint8).reshape(E, B)
            uap[f, n, p, r] = search["uap"]
            if "ms" in search:
                # Two digits: times on a shared machine are no more exact, and equal times should look equal.
                ms[f, n, p] = float(f"{search['ms']:.2g}")
        if "bytes" in row:
            nlist[f], size[f] = row["nlist"], row["bytes"]
    with whole_file(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(
            file, about=json.dumps(about), hits=hits, uap=uap, ms=ms, quality=quality.round(4), nlist=nlist, bytes=size
        )
