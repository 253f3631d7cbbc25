"""The page of an evaluation: what was found, edit by edit, as copies, at which quality and cost; one HTML file."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from activeindex_lite.evaluate.results import predictions_file, read_tables, summary
from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth
from activeindex_lite.evaluation.copy_detection import precision_recall
from activeindex_lite.figures import gains_by_index, passive_against_activated, precision_recall_curves
from activeindex_lite.report.html import document, edit_table, figure, mean_and_spread, number, table
from activeindex_lite.support.files import whole_file
from activeindex_lite.support.names import counted

FILE = "report.html"
SKIPPED_SHOWN = 50
# Measures of picture quality, and the digits to show.
QUALITY = (("psnr", 1), ("ssim", 3), ("linf", 1))

Tables = dict[str, pd.DataFrame]


def write_evaluation_page(folder: str | Path) -> Path:
    """Write report.html into the folder of a finished evaluation, from its tables and predictions; returns its path."""
    folder = Path(folder)
    tables, about = read_tables(folder)
    sections = (
        _head(about),
        _summary(tables),
        _by_edit(tables),
        _copies(tables, folder),
        _all_edits(tables),
        _quality(tables),
        _cost(tables),
        _failed(tables),
        _skipped(tables),
        _notes(),
    )
    with whole_file(folder / FILE) as temporary:
        temporary.write_text(document(f"Evaluation of {about['collection']}", "\n".join(sections)), encoding="utf-8")
    return folder / FILE


def _head(about: dict[str, Any]) -> str:
    title = about["collection"]
    notes = "".join(f"<p class=note>{escape(note[0].upper() + note[1:])}.</p>" for note in about["notes"])
    return (
        f"<h1>Search among {escape(title)}</h1><p class=lead>{counted(about['queries'], 'original')} "
        f"among {about['references']:,} references, released as they are (passive) and activated. The queries are 14 "
        f"edited copies of each original, and edited copies of {counted(about['strangers'], 'stranger')}, which the "
        "index does not "
        f"store.</p><p class=note>Features of {escape(about['extractor'])} ({about['d']} dimensions), indexes trained "
        f"on {about['train']:,} pictures, alpha {about['alpha']:g}, {counted(about['steps'], 'step')}, seed "
        f"{about['seed']}.</p>{notes}"
    )


def _arrow(passive: float, activated: float) -> str:
    """Passive → activated, or passive alone where nothing was activated."""
    return number(passive) + ("" if np.isnan(activated) else f" → {activated:.3f}")


def _summary(tables: Tables) -> str:
    rows = []
    for _, r in summary(tables).iterrows():
        cells = (
            r["index"],
            r.nprobe,
            _arrow(r["R@1 passive"], r["R@1 activated"]),
            r["95 %"] and f"{r.gain:+.3f} {r['95 %']}",
            _arrow(r["uAP passive"], r["uAP activated"]),
            _arrow(r["normalised: passive"], r["activated"]),
        )
        rows.append((cells, r.gain > 0))
    head = ("index", "nprobe", "R@1, passive → activated", "gain [95 %]", "uAP, passive → activated", "uAP, normalised")
    caption = (
        "R@1: mean over the 14 edits. uAP: micro-average precision of copy detection, Random copies and strangers."
    )
    shown = figure(gains_by_index(tables["gains"])) if len(tables["gains"]) else ""
    return "<h2>What is found</h2>" + shown + table(head, rows, caption)


def _shown(tables: Tables) -> tuple[str, int] | None:
    """The (index, nprobe) that pictures show: the first one with activated copies."""
    gains = tables["gains"]
    return (gains["index"].iloc[0], int(gains.nprobe.iloc[0])) if len(gains) else None


def _exact(tables: Tables) -> list[str]:
    """The name of the exact index, in a list, empty where none was measured."""
    return tables["timing"].loc[tables["timing"].factory == "Flat", "index"].tolist()[:1]


def _by_edit(tables: Tables) -> str:
    shown = _shown(tables)
    if not shown:
        return ""
    return "<h2>Edit by edit</h2>" + figure(passive_against_activated(tables["retrieval"], *shown, *_exact(tables)))


def _copies(tables: Tables, folder: Path) -> str:
    """Precision-recall curves: exact search, and the shown index with scores as they are and normalised."""
    shown = _shown(tables)
    if not shown:
        return ""
    wanted = [("no index, normalised", (name, 1, False, True)) for name in _exact(tables)]
    wanted += [
        ("passive", (*shown, False, False)),
        ("activated", (*shown, True, False)),
        ("passive, normalised", (*shown, False, True)),
        ("activated, normalised", (*shown, True, True)),
    ]
    truth, curves = read_truth(folder / "predictions" / "truth-own.csv"), {}
    own = tables["copy_detection"].query("queries == 'own'")
    scores = own.set_index(["index", "nprobe", "activated", "normalised"])
    for label, key in wanted:
        row = scores.loc[key]
        found = read_predictions(folder / "predictions" / predictions_file(*key, "own"))
        curves[label] = precision_recall(found, truth), row.micro_ap, row.low, row.high
    return (
        f"<h2>Copy or not?</h2><p>{escape(shown[0])}, nprobe {shown[1]}: the predictions of all queries are pooled, "
        "and those "
        "with the highest scores are accepted first.</p>" + figure(precision_recall_curves(curves))
    )


def _all_edits(tables: Tables) -> str:
    return "<h2>All edits</h2>" + edit_table(tables["retrieval"])


def _quality(tables: Tables) -> str:
    rows = []
    for name, group in tables["quality"].groupby("index", sort=False):
        spread = [mean_and_spread(group[measure], digits) for measure, digits in QUALITY]
        rows.append(((name, *spread, f"{group.before.mean():.3f} → {group.after.mean():.3f}"), False))
    if not rows:
        return ""
    head = ("activated for", "PSNR (dB)", "SSIM", "largest change (grey levels)", "loss, before → after")
    caption = "Mean and standard deviation over the saved 8-bit pictures."
    return "<h2>Picture quality</h2>" + table(head, rows, caption)


def _cost(tables: Tables) -> str:
    rows = []
    for _, r in tables["timing"].iterrows():
        activation = "" if np.isnan(r.activation_ms) else f"{r.activation_ms:.0f}"
        rows.append(((r["index"], r.factory, r.nprobe, f"{r.ms:.3f}", f"{r.bytes:g}", activation), False))
    head = ("index", "faiss string", "nprobe", "ms per search", "bytes per vector", "activation, ms per picture")
    return "<h2>Cost</h2>" + table(head, rows, "Median of real queries, one at a time, on a single thread.")


def _failed(tables: Tables) -> str:
    rows = [(tuple(row), False) for row in tables["failed"].itertuples(index=False)]
    if not rows:
        return ""
    return "<h2>Indexes not measured</h2>" + table(
        ("index", "faiss string", "reason"), rows, "The others are complete."
    )


def _skipped(tables: Tables) -> str:
    skipped = tables["skipped"]
    if not len(skipped):
        return ""
    rows = [(tuple(row), False) for row in skipped.head(SKIPPED_SHOWN).itertuples(index=False)]
    all_shown = len(skipped) <= SKIPPED_SHOWN
    caption = "skipped.csv holds the same." if all_shown else f"The first {SKIPPED_SHOWN}; all are in skipped.csv."
    heading = f"<h2>{counted(len(skipped), 'picture')} left out</h2>"
    return heading + table(("where", "picture", "reason"), rows, caption)


def _notes() -> str:
    return (
        "<h2>How it was measured</h2><p class=note>R@1: share of queries whose first result is the original; ties "
        "count against it. Intervals: 95 % bootstrap over pictures; the interval of the gain is paired. uAP: DISC21's "
        "micro-average precision, ten predictions per query, wrong ones first at equal scores. Normalised: the mean "
        "distance of a query to its first 3 training pictures is added to its scores (SSCD). The index stores the "
        "original features; activation does not change it.</p>"
    )
