"""How long the stages of an evaluation take, here or on a cluster: the evaluation's own chunk functions on a few synthetic pictures."""

import os
import signal
import time
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pandas as pd

from activeindex_lite.evaluate.features import extract_chunk
from activeindex_lite.evaluate.release import activated_chunk
from activeindex_lite.evaluate.run import runner_of
from activeindex_lite.evaluate.search import search_chunk
from activeindex_lite.evaluate.settings import Settings
from activeindex_lite.evaluate.sources import SyntheticPictures
from activeindex_lite.support.memory import peak_megabytes
from activeindex_lite.world.world import FRESH_SEED

FACTORY, NPROBE = "IVF1536,PQ4x8", 16
# Smaller chunks than the evaluation's, so that a few hundred pictures are enough chunks for a few workers.
PICTURES, ORIGINALS, QUERIES = 16, 2, 256


@dataclass
class Stages:
    """table: stage, unit, n (how many), seconds, core_seconds, workers; results: {stage: results of its chunks, in order}.

    core_seconds: processor time of all workers, which, unlike seconds, does not grow when other programs want the cores.
    """

    table: pd.DataFrame
    results: dict


def time_stages(client=None, pictures=160, originals=6, queries=8192, accident=False):
    """Extract pictures, activate originals and their edited copies, search for queries, each in chunks: a Stages.

    client: a Dask Client, or None for a loop in this process, on one thread. accident: kill one of the client's workers, on
    this machine, after the first chunk. Starting workers and sending them extractor and index is not timed.
    """
    from activeindex_lite.extractor import load_extractor
    from activeindex_lite.index import ready_index

    index = ready_index(FACTORY)
    rows, results, workers = [], {}, 1 if client is None else len(client.nthreads())
    with runner_of(client).sharing(extractor=load_extractor("lite"), index=index) as runner:
        for stage, unit, n, function, tasks, needs in _stages(index, pictures, originals, queries):
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


def _stages(index, pictures, originals, queries):
    """(stage, unit, n, chunk function, tasks, what it needs) of each stage."""
    from activeindex_lite.world import load_world

    world, source = load_world(), SyntheticPictures(FRESH_SEED, max(pictures, originals))
    asked = np.asarray(world.train[:queries], np.float32)
    features = np.asarray(world.references[:originals], np.float32)

    def spans(n, size):
        return [(start, min(start + size, n)) for start in range(0, n, size)]

    yield (
        "extract",
        "picture",
        pictures,
        extract_chunk,
        [(source.part(range(a, b)), a, None) for a, b in spans(pictures, PICTURES)],
        ("extractor",),
    )
    # The targets are those of other pictures: the work is the same.
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


def core_seconds(client=None):
    """Processor time that all workers together, or this process without a client, have used so far."""
    return time.process_time() if client is None else sum(client.run(time.process_time).values())


def same(a, b):
    """Whether two Stages have the same results to the last digit (the seconds that activation took apart)."""
    return all(
        _equal(one, other) for stage in a.results for one, other in zip(a.results[stage], b.results[stage], strict=True)
    )


def _equal(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            name == "seconds" or np.array_equal(one[name], other[name]) for name in one
        )
    return all(map(np.array_equal, one, other))


def lose_a_worker(client):
    """Kill the process of one worker, which must run on this machine; returns False: one accident is enough."""
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    return False


def memory(client):
    """Peak memory of this process and of each worker: a DataFrame process, peak MB."""
    peaks = {
        "this process": peak_megabytes(),
        **{f"worker {i}": mb for i, mb in enumerate(client.run(peak_megabytes).values(), 1)},
    }
    return pd.DataFrame({"process": list(peaks), "peak MB": list(peaks.values())}).round(0)


def million(table, price, pictures=1_000_000, originals=10_000, queries=200_000):
    """What a large evaluation would take: a DataFrame stage, n, core_hours, cost.

    table: of a Stages. price: of a core-hour, in any currency. pictures, originals, queries: how many of each; core-hours are
    those measured, in proportion. Searching a larger index takes longer than this says.
    """
    wanted = {"extract": pictures, "activate and edit": originals, "search": queries}
    n = table.stage.map(wanted)
    hours = n * table.core_seconds / table.n / 3600
    return pd.DataFrame({"stage": table.stage, "n": n, "core_hours": hours, "cost": price * hours})
