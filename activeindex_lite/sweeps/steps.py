"""R@1 against the work of an activation, at equal PSNR: how many steps the published and the margin method need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader

from activeindex_lite.activation.defaults import LR, SCHEDULES
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.sweeps.table_file import build_table, load_table
from activeindex_lite.world.world import DATA

if TYPE_CHECKING:
    from activeindex_lite.comparison import Bench

pd = lazy_loader.load("pandas")

FILE = "steps.csv"
STEPS = {"published": (1, 2, 3, 5, 10), "quick": (1, 2, 3, 4, 5), "margin": (2, 3, 5, 7, 10)}
PSNR, PICTURES, SEEDS = 43.0, 100, (0, 1)
KEPT = ("alpha", "psnr", "nprobe", "r1", "gain", "low", "high", "ratio", "ratio_low", "ratio_high")


def settings_of(method: str, steps: int) -> dict:
    """The arguments of `activate` for a method and a number of steps; the published schedules have their own lr."""
    if method == "published":
        return dict(steps=steps, lr={one["steps"]: one["lr"] for one in SCHEDULES.values()}.get(steps, LR))
    return dict(method=method, steps=steps)


def step_rows(bench: Bench, method: str, steps: int) -> list[dict]:
    """One method with one number of steps on a Bench: a list of dicts, one per nprobe of the bench.

    Each has method, steps, passes (of the network per picture, forward and gradient), seed, alpha, psnr, nprobe, r1,
    and gain, ratio with their intervals, see `Bench.methods`. ValueError if no alpha gives the PSNR of the bench.
    """
    name = f"{method}, {steps} steps"
    table = bench.measure(name, **settings_of(method, steps))
    place = dict(method=method, steps=steps, passes=METHODS[method].passes * steps, seed=bench.seed)
    return [place | {key: row[key] for key in KEPT} for row in table[table.method == name].to_dict("records")]


def build_steps(
    path: str | Path,
    bench_of: Callable[[int], Bench],
    *,
    steps: dict[str, Sequence[int]] = STEPS,
    seeds: Sequence[int] = SEEDS,
    about: dict | None = None,
    progress: bool = True,
) -> None:
    """Measure every method, number of steps and seed into one CSV file; an interrupted call resumes.

    bench_of: seed -> the Bench of other pictures; about: what it measures on, for the first line of the file.
    FileExistsError if the file exists; ValueError if an unfinished one was begun with other settings.
    """
    jobs = [[seed, method, n] for seed in seeds for method, numbers in steps.items() for n in numbers]
    bench = cache(bench_of)

    def rows_of(job: list) -> list[dict]:
        seed, method, n = job
        return step_rows(bench(seed), method, n)

    build_table(path, {**(about or {}), "jobs": jobs}, jobs, rows_of, title="steps", unit="setting", progress=progress)


def steps_enough(table: pd.DataFrame, method: str = "quick", nprobe: int = 1) -> int:
    """The smallest measured number of steps with which a method gains as much R@1 as the published one with its most.

    table: of `load_steps`; gains are means over its seeds. ValueError if no number of steps gains as much.
    """
    gains = table[table.nprobe == nprobe].groupby(["method", "steps"]).gain.mean()
    enough = gains[method][gains[method] >= gains["published"].iloc[-1]]
    if enough.empty:
        raise ValueError(
            f"with at most {gains[method].index.max()} steps, {method} gains less than the published method"
        )
    return int(enough.index[0])


def load_steps(path: str | Path = DATA / FILE) -> pd.DataFrame:
    """The stored table, see `step_rows`; its .attrs say how it was made."""
    return load_table(path)
