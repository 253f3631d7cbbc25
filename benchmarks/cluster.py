"""The evaluation on clusters of 1, 2 and 4 workers of this machine: the same tables? how quick? how much memory?

    python -m benchmarks.cluster [--workers 1 2 4] [--pictures 256] [--originals 8]

A few minutes on two quiet cores. Scheduler and workers are started as on a real cluster (dask scheduler, dask worker).
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pandas as pd
from distributed import Client

from activeindex_lite import load_extractor
from activeindex_lite.evaluate import Settings, folder_collection, run_evaluation
from activeindex_lite.evaluate.results import write_evaluation
from activeindex_lite.lessons import cluster as stages
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.support.memory import peak_megabytes

SETTINGS = Settings(
    {"IVF-PQ": ("IVF8,PQ8x6", (1, 4)), "PCA+LSH": ("PCA32,LSH", (1,)), "No index": ("Flat", (1,))},
    originals=48,
    strangers=64,
)


@contextlib.contextmanager
def cluster(n, folder):
    """A Client of a scheduler and n workers of one thread, each a process that is started by its own command."""
    file = f"{folder}/scheduler-{n}.json"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    commands = [
        ["scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", file],
        [
            "worker",
            "--nthreads",
            "1",
            "--nworkers",
            str(n),
            "--scheduler-file",
            file,
            "--no-dashboard",
            "--local-directory",
            folder,
        ],
    ]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        for command in commands
    ]
    try:
        with Client(scheduler_file=file, timeout=60) as client:
            client.wait_for_workers(n, timeout=120)
            yield client
            client.shutdown()
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def tables(folder, out, client=None):
    """{name: bytes} of the tables and predictions of a small evaluation, times apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out.mkdir()
        write_evaluation(
            run_evaluation(
                folder_collection(folder),
                load_extractor("lite"),
                out / "cache",
                SETTINGS,
                progress=False,
                client=client,
            ),
            out,
        )
    return {
        path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.csv") if path.name != "timing.csv"
    }


def scheduler_peak(client):
    """Peak megabytes of the scheduler, which is not made to load this package for it (Linux)."""
    return int(re.search(r"VmHWM:\s+(\d+)", client.run_on_scheduler(Path("/proc/self/status").read_text))[1]) // 1024


def row(name, measured, equal, files, memory=None):
    """A line of the printed table."""
    seconds = measured.table.set_index("stage").seconds
    rates = (measured.table.set_index("stage").n / seconds).round(2)
    core = (measured.table.set_index("stage").eval("n / core_seconds")).round(1)
    return {
        "": name,
        "pictures/s": rates["extract"],
        "a core-second": core["extract"],
        "originals/s": rates["activate and edit"],
        "queries/s": rates["search"].round(),
        "equal to plain": equal,
        "files equal": files,
        **(memory or {}),
    }


def main(arguments=None):
    """Measure and print one line for the plain run and one for each cluster; returns 1 if a digit differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], metavar="N")
    parser.add_argument("--pictures", type=int, default=256, metavar="N")
    parser.add_argument("--originals", type=int, default=8, metavar="N")
    options = parser.parse_args(arguments)
    size = dict(pictures=options.pictures, originals=options.originals)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "pictures"
        folder.mkdir()
        for i, picture in enumerate(synthetic_pictures(range(9_600_000, 9_600_600), 96)):
            picture.save(folder / f"{i:04}.png")
        plain, files = stages.time_stages(**size), tables(folder, Path(scratch) / "plain")
        rows = [row("plain", plain, "", "", {"peak MB here": round(peak_megabytes())})]
        print(pd.DataFrame(rows).to_string(index=False), flush=True)
        for n in options.workers:
            with cluster(n, scratch) as client:
                there, theirs = stages.time_stages(client, **size), tables(folder, Path(scratch) / str(n), client)
                equal = sum(files[name] == theirs.get(name) for name in files)
                memory = {
                    "peak MB of a worker": round(max(client.run(peak_megabytes).values())),
                    "of the scheduler": scheduler_peak(client),
                }
            rows.append(row(f"{n} workers", there, stages.same(plain, there), f"{equal} of {len(files)}", memory))
            print(pd.DataFrame(rows[-1:]).to_string(index=False), flush=True)
    print("\n" + pd.DataFrame(rows).fillna("").to_string(index=False))
    return int(
        any(
            r["equal to plain"] is False or (r["files equal"] and len({*r["files equal"].split(" of ")}) > 1)
            for r in rows[1:]
        )
    )


if __name__ == "__main__":
    sys.exit(main())
