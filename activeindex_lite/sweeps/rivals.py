"""Activation against passive indexes at equal cost, measured once and stored for a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader

from activeindex_lite.sweeps.table_file import build_table, load_table
from activeindex_lite.world.world import DATA

if TYPE_CHECKING:
    from activeindex_lite.comparison import Bench

pd = lazy_loader.load("pandas")

FILE = "rivals.csv"
PSNR, PICTURES, SEED = 43.0, 100, 0
METHODS = ("published", "quick", "margin")


def rival_rows(bench: Bench, methods: Sequence[str]) -> list[dict]:
    """The passive rows and one row per method and nprobe, as dicts of plain numbers and strings.

    The passive ones have method "passive" and the columns of `passive_baselines`; the others those of `equal_cost`.
    """
    from activeindex_lite.comparison import equal_cost, passive_baselines  # loads torch

    for method in methods:
        bench.measure(method, **({} if method == "published" else dict(method=method)))
    passive = passive_baselines(bench)
    table = pd.concat([passive.table.assign(method="passive"), equal_cost([bench], passive)])
    # Through JSON: NaN becomes None, and numpy's numbers become Python's.
    return json.loads(table.to_json(orient="records"))


def build_rivals(
    path: str | Path, bench_of: Callable[[], Bench], *, about: dict | None = None, progress: bool = True
) -> None:
    """Measure `rival_rows` of one Bench, which bench_of makes, into a CSV file.

    about: what is measured, for the first line of the file. FileExistsError if the file exists.
    """
    build_table(
        path,
        {**(about or {}), "methods": list(METHODS)},
        ["all"],
        lambda _: rival_rows(bench_of(), METHODS),
        title="rivals",
        unit="bench",
        progress=progress,
    )


def load_rivals(path: str | Path = DATA / FILE) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The stored tables (baselines, equal_cost) of a comparison; their .attrs say how they were made."""
    table = load_table(path)
    passive = table.method == "passive"
    baselines, beside = (
        table[chosen].dropna(axis=1, how="all").reset_index(drop=True) for chosen in (passive, ~passive)
    )
    return baselines.drop(columns="method"), beside
