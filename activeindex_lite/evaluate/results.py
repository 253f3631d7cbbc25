"""The folder of an evaluation: tables as CSV files, predictions in the benchmark's form, and its settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from activeindex_lite.evaluation.benchmark_files import write_benchmark_file
from activeindex_lite.support.files import is_free, mark_as_output, whole_file

if TYPE_CHECKING:
    from activeindex_lite.evaluate.run import Evaluation

TABLES = ("retrieval", "gains", "copy_detection", "quality", "timing", "skipped", "failed")
BEGUN, DONE = "settings.json", "about.json"


def is_finished(folder: str | Path, settings: dict[str, Any]) -> bool:
    """Whether a folder holds a finished evaluation with these settings (a dict that JSON can hold).

    FileExistsError where something else is in the folder, or an evaluation with other settings: the message names them.
    """
    folder, settings = Path(folder), json.loads(json.dumps(settings))
    if is_free(folder):
        return False
    if not (folder / BEGUN).is_file():
        raise FileExistsError(
            f"{folder} exists and holds something else: name another folder with --out, or move it away"
        )
    before = json.loads((folder / BEGUN).read_text(encoding="utf-8"))
    other = [
        f"{name} ({before.get(name)!r}, now {settings.get(name)!r})"
        for name in {**before, **settings}
        if before.get(name) != settings.get(name)
    ]
    if other:
        raise FileExistsError(
            f"{folder} holds an evaluation with another {', '.join(other)}: name another folder with --out "
            f"(with --cache {folder / 'cache'} what both have in common is not computed again)"
        )
    return (folder / DONE).is_file()


def begin_folder(folder: str | Path, settings: dict[str, Any]) -> None:
    """Make the folder of an evaluation and note its settings there, for `is_finished`.

    The folder is marked, so that an evaluation of a folder above it does not read its cache as pictures.
    """
    folder = Path(folder)
    mark_as_output(folder)
    with whole_file(folder / BEGUN) as temporary:
        temporary.write_text(json.dumps(settings, indent=1), encoding="utf-8")


def write_evaluation(evaluation: Evaluation, folder: str | Path) -> None:
    """Write the tables, predictions/ and about.json of an Evaluation into its folder; each file whole or not at all.

    Predictions are called INDEX-nprobeN-passive|activated[-normalised]-own|benchmark.csv and go with truth-own.csv and
    truth-benchmark.csv beside them.
    """
    folder = Path(folder)
    (folder / "predictions").mkdir(exist_ok=True)
    for which, truth in evaluation.truths.items():
        write_benchmark_file(folder / "predictions" / f"truth-{which}.csv", truth)
    for (index, nprobe, activated, normalised, which), table in evaluation.predictions.items():
        write_benchmark_file(
            folder / "predictions" / predictions_file(index, nprobe, activated, normalised, which), table
        )
    for name in TABLES:
        with whole_file(folder / f"{name}.csv") as temporary:
            getattr(evaluation, name).to_csv(temporary, index=False)
    with whole_file(folder / DONE) as temporary:  # last: it says that the evaluation is finished
        temporary.write_text(json.dumps(evaluation.about, indent=1), encoding="utf-8")


def read_tables(folder: str | Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The tables of a finished evaluation: (dict name -> DataFrame, what it was made of)."""
    folder = Path(folder)
    # A picture may be called NA or nan; only an empty field is a missing number.
    tables = {name: pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""]) for name in TABLES}
    return tables, json.loads((folder / DONE).read_text(encoding="utf-8"))


def predictions_file(index: str, nprobe: int, activated: bool, normalised: bool, which: str) -> str:
    """The name of the file in predictions/ that holds these predictions."""
    name = "".join(c if c.isalnum() or c in "_+" else "-" for c in index)
    parts = [name, f"nprobe{nprobe}", "activated" if activated else "passive"]
    if normalised:
        parts.append("normalised")
    return "-".join([*parts, which]) + ".csv"


def summary(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per index and nprobe: R@1 passive and activated, gain with interval, and micro-AP of the own queries."""
    key = ["index", "nprobe"]
    means = tables["retrieval"].query("edit == 'Mean'")
    rows = means[~means.activated].set_index(key)[["r1"]].set_axis(["R@1 passive"], axis=1)
    rows["R@1 activated"] = means[means.activated].set_index(key).r1
    gains = tables["gains"].set_index(key)
    rows["gain"] = gains.gain
    rows["95 %"] = pd.Series(
        [f"[{low:.3f}, {high:.3f}]" for low, high in zip(gains.low, gains.high)], gains.index, dtype=str
    )
    rows["95 %"] = rows["95 %"].fillna("")
    own = tables["copy_detection"].query("queries == 'own'")
    for normalised, activated, label in (
        (False, False, "uAP passive"),
        (False, True, "uAP activated"),
        (True, False, "normalised: passive"),
        (True, True, "activated"),
    ):
        some = own[(own.activated == activated) & (own.normalised == normalised)]
        rows[label] = some.set_index(key).micro_ap
    return rows.reset_index()
