"""Looks for growth and drift: every explorer under many random moves, the demonstration with many seeds; prints JSON
lines.

    python -m benchmarks.soak [moves] [demos]                 (default 2000 and 20: half an hour on a quiet machine)

Each explorer runs in a process of its own. Messages like a browser's move it to random values; a few values are invalid
and must be refused. Resident memory is read after the first fifth of the moves, when every cache is warm, and at the
end. The demonstration runs with 30 originals and the seeds 0, 1, ..., each in a process of its own.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

EXPLORERS = ("NprobeExplorer", "WhatIfExplorer", "AlphaExplorer")
WARM, REFUSED = 0.2, 0.02


def resident():
    """Resident memory of this process in MB (Linux)."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def random_move(explorer, rng):
    """The state that a browser sends after one move: a dict of one trait, or of two for AlphaExplorer."""
    from activeindex_lite.edits import EDITS

    def one_of(values):
        values = list(values)
        return values[rng.integers(len(values))]

    kind = type(explorer).__name__
    if kind == "NprobeExplorer":
        return one_of(
            [
                {"nprobe": int(rng.integers(1, explorer._about["nlist"] + 1))},
                {"index": one_of(explorer.state.names)},
                {"query": int(rng.integers(len(explorer.state.queries)))},
                {"cell": int(rng.integers(1, explorer._about["nlist"] + 1))},
            ]
        )
    if kind == "AlphaExplorer":
        # One or two steps instead of ten: only the time differs.
        return {
            "steps": int(rng.integers(1, 3)),
            **one_of(
                [
                    {"alpha": float(rng.integers(0, 33) / 4)},
                    {"edit": one_of(EDITS)},
                    {"index": one_of(explorer.state.names)},
                ]
            ),
        }
    name, values = one_of(explorer.sweep.axes.items())
    side = one_of("ab")
    return one_of(
        [{side: {**getattr(explorer, side), name: one_of(values)}}, {"target": {"r1": round(rng.random(), 2)}}]
    )


def bad_move(explorer, rng):
    """A state that the explorer must refuse."""
    return (
        {"a": {"alpha": -1.0}} if type(explorer).__name__ == "WhatIfExplorer" else {"nprobe": -int(rng.integers(1, 9))}
    )


def soak(explorer, moves, seed=0):
    """Move an explorer at random; returns a dict of what grew and what went wrong.

    warm_mb, end_mb: resident memory in MB after a fifth of the moves and at the end. messages: sent to the browser per
    move, mean and maximum. waiting: messages held back at the end; 0 is right. errors: valid moves that were refused,
    and invalid ones that were accepted.
    """
    rng, sent, errors, warm = np.random.default_rng(seed), [], [], None
    explorer.comm.send = lambda *_, **__: sent.append(1)
    counts = []
    for i in range(moves):
        if i == int(WARM * moves):
            warm = resident()
        sent.clear()
        bad = rng.random() < REFUSED
        explorer.set_state(bad_move(explorer, rng) if bad else random_move(explorer, rng))
        counts.append(len(sent))
        if bool(explorer._error) != bad:
            errors.append(f"move {i}: {explorer._error or 'an invalid value was accepted'}")
    return {
        "explorer": type(explorer).__name__,
        "moves": moves,
        "warm_mb": round(warm, 1),
        "end_mb": round(resident(), 1),
        "messages": [round(float(np.mean(counts)), 2), max(counts)],
        "waiting": len(explorer._states_to_send),
        "errors": errors[:5],
    }


def one_explorer(name, moves):
    """`soak` of the explorer of that name, with its default indexes and queries, in this process."""
    import activeindex_lite.widgets

    return soak(getattr(activeindex_lite.widgets, name)(), moves)


def one_demo(seed, queries=30):
    """Gains of one demonstration: a DataFrame index, nprobe, passive, activated, gain, seed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "activeindex_lite.cli",
                "demo",
                "--queries",
                str(queries),
                "--seed",
                str(seed),
                "--out",
                f"{folder}/demo",
            ],
            check=True,
            capture_output=True,
        )
        table = pd.read_csv(f"{folder}/demo/retrieval.csv").query("edit == 'Mean'")
    key = ["index", "nprobe"]
    wide = table.pivot(index=key, columns="activated", values="r1").dropna()
    return (
        wide.set_axis(["passive", "activated"], axis=1).assign(gain=wide[True] - wide[False], seed=seed).reset_index()
    )


def spread(tables):
    """Mean, standard deviation, smallest and largest gain over the seeds: a DataFrame, one row per index and nprobe."""
    gains = pd.concat(tables).groupby(["index", "nprobe"], sort=False).gain
    return gains.agg(["mean", "std", "min", "max", "count"]).round(3).reset_index()


def main(moves=2000, demos=20):
    for name in EXPLORERS:
        if moves:
            call = f"one_explorer({name!r}, {moves})"
            program = f"import json; from benchmarks.soak import one_explorer; print(json.dumps({call}))"
            found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
            print(found.stdout.splitlines()[-1], flush=True)
    tables = []
    for seed in range(demos):
        tables.append(one_demo(seed))
        gains = tables[-1].set_index(["index", "nprobe"]).gain.round(3)
        print(
            json.dumps({"seed": seed, **{f"{name}, nprobe {nprobe}": gain for (name, nprobe), gain in gains.items()}}),
            flush=True,
        )
    if tables:
        print(spread(tables).to_json(orient="records", lines=True))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
