"""Notebook 12: how long the stages of an evaluation take, in this process or on a cluster."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from activeindex_lite.evaluate.features import extract_chunk
from activeindex_lite.evaluate.release import activated_chunk
from activeindex_lite.evaluate.run import runner_of
from activeindex_lite.evaluate.search import search_chunk
from activeindex_lite.evaluate.settings import Settings
from activeindex_lite.evaluate.sources import SyntheticPictures
from activeindex_lite.index import ActiveIndex, ready_index
from activeindex_lite.index.ready import CODES
from activeindex_lite.support.memory import peak_megabytes
from activeindex_lite.support.waiting import waiting
from activeindex_lite.world import load_world
from activeindex_lite.world.world import FRESH_SEED

if TYPE_CHECKING:
    from dask.distributed import Client

NPROBE = 16
# Smaller chunks than those of the evaluation, so that a few hundred pictures give every worker several.
PICTURES, ORIGINALS, QUERIES = 16, 2, 256


@dataclass
class Stages:
    """What `time_stages` measured.

    table: DataFrame stage, unit, n (number of units), seconds, core_seconds, workers; results: dict from a stage to
    the results of its chunks, in order. core_seconds: processor time of all workers, which other programs on the same
    cores do not lengthen.
    """

    table: pd.DataFrame
    results: dict


def time_stages(
    client: Client | None = None, pictures: int = 160, originals: int = 6, queries: int = 8192, accident: bool = False
) -> Stages:
    """Time three stages, each in chunks: extract pictures, activate originals and edit them, search for queries.

    client: a Dask Client, or None for a loop in this process on one thread. accident: kill one of the client's
    workers, on this machine, after the first chunk. The time to start workers and to send them extractor and index is
    not counted.
    """
    from activeindex_lite.extractor import load_extractor

    index = ready_index(CODES)
    rows, results, workers = [], {}, 1 if client is None else len(client.nthreads())
    with runner_of(client, workers=1).sharing(extractor=load_extractor("lite"), index=index) as runner:
        stages = waiting(_stages(index, pictures, originals, queries), "timing the stage", itemgetter(0), total=3)
        for stage, unit, n, function, tasks, needs in stages:
            used, begun, found = core_seconds(client), time.perf_counter(), {}
            with closing(runner.run(function, tasks, needs)) as arriving:
                for number, result in arriving:
                    found[number] = result
                    if accident and client is not None:
                        accident = lose_a_worker(client)
            seconds, used = time.perf_counter() - begun, core_seconds(client) - used
            rows.append(
                {"stage": stage, "unit": unit, "n": n, "seconds": seconds, "core_seconds": used, "workers": workers}
            )
            results[stage] = [found[number] for number in range(len(found))]
    return Stages(pd.DataFrame(rows), results)


def _stages(index: ActiveIndex, pictures: int, originals: int, queries: int) -> Iterator[tuple]:
    """(stage, unit, n, chunk function, tasks, names of the shared things it needs) of each stage."""
    world, source = load_world(), SyntheticPictures(FRESH_SEED, max(pictures, originals))
    asked = np.asarray(world.train[:queries], np.float32)
    features = np.asarray(world.references[:originals], np.float32)

    def spans(n: int, size: int) -> list[tuple[int, int]]:
        return [(start, min(start + size, n)) for start in range(0, n, size)]

    yield (
        "extract",
        "picture",
        pictures,
        extract_chunk,
        [(source.part(range(a, b)), a, None) for a, b in spans(pictures, PICTURES)],
        ("extractor",),
    )
    # The targets belong to other pictures, which makes no difference to the work.
    yield (
        "activate and edit",
        "original",
        originals,
        activated_chunk,
        [(source.part(range(a, b)), features[a:b], a, Settings()) for a, b in spans(originals, ORIGINALS)],
        ("extractor", "index"),
    )
    yield (
        "search",
        "query",
        queries,
        search_chunk,
        [(asked[a:b], 10, NPROBE) for a, b in spans(queries, QUERIES)],
        ("index",),
    )


def core_seconds(client: Client | None = None) -> float:
    """Processor time used so far, in seconds: by all workers together, or by this process if there is no client."""
    return time.process_time() if client is None else sum(client.run(time.process_time).values())


def same(a: Stages, b: Stages) -> bool:
    """Whether two Stages have the same results to the last digit (except the seconds that activation took)."""
    return all(
        _equal(one, other) for stage in a.results for one, other in zip(a.results[stage], b.results[stage], strict=True)
    )


def _equal(one: dict | tuple, other: dict | tuple) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            name == "seconds" or np.array_equal(one[name], other[name]) for name in one
        )
    return all(map(np.array_equal, one, other))


def lose_a_worker(client: Client) -> bool:
    """Kill the process of one worker, which must run on this machine. Returns False: no further accident."""
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    return False


def memory(client: Client) -> pd.DataFrame:
    """Peak memory of this process and of each worker: a DataFrame process, peak MB."""
    peaks = {
        "this process": peak_megabytes(),
        **{f"worker {i}": mb for i, mb in enumerate(client.run(peak_megabytes).values(), 1)},
    }
    return pd.DataFrame({"process": list(peaks), "peak MB": list(peaks.values())}).round(0)


def million(
    table: pd.DataFrame, price: float, pictures: int = 1_000_000, originals: int = 10_000, queries: int = 200_000
) -> pd.DataFrame:
    """An estimate for a large evaluation: a DataFrame stage, n, core_hours, cost.

    table: of a Stages; price: per core-hour, in any currency; pictures, originals, queries: the size of the
    evaluation. Core hours grow in proportion to n, so the estimate for searches is too low: a larger index takes
    longer per query.
    """
    wanted = {"extract": pictures, "activate and edit": originals, "search": queries}
    n = table.stage.map(wanted)
    hours = n * table.core_seconds / table.n / 3600
    return pd.DataFrame({"stage": table.stage, "n": n, "core_hours": hours, "cost": price * hours})
