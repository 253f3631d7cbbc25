"""The page of a full evaluation: what was found, edit by edit, as copies, at which quality and cost; one HTML file."""

from html import escape
from pathlib import Path

import numpy as np

from activeindex_lite.evaluate.results import predictions_file, read_tables, summary
from activeindex_lite.evaluation.benchmark_files import read_predictions, read_truth
from activeindex_lite.evaluation.copy_detection import precision_recall
from activeindex_lite.figures import gains_by_index, passive_against_activated, precision_recall_curves
from activeindex_lite.report.html import document, edit_table, figure, number, table
from activeindex_lite.support.files import whole_file

FILE = "report.html"


def write_evaluation_page(folder):
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
        _skipped(tables),
        _notes(about),
    )
    with whole_file(folder / FILE) as temporary:
        temporary.write_text(document(f"Evaluation of {about['collection']}", "\n".join(sections)), encoding="utf-8")
    return folder / FILE


def _head(about):
    title = about["collection"]
    return (
        f"<h1>{escape(title[0].upper() + title[1:])}, searched</h1><p class=lead>{about['queries']} originals among "
        f"{about['references']:,} references, released as they are and activated; 14 edited copies of each are searched for, "
        f"and {about['strangers']} edited pictures that are not there.</p><p class=note>Features of {escape(about['extractor'])} "
        f"({about['d']} dimensions), indexes trained on {about['train']:,} other pictures, alpha {about['alpha']:g}, "
        f"{about['steps']} steps, seed {about['seed']}.</p>"
    )


def _summary(tables):
    def arrow(row, passive, activated):
        return number(row[passive]) + (f" → {row[activated]:.3f}" if not np.isnan(row[activated]) else "")

    rows = [
        (
            (
                r["index"],
                r.nprobe,
                arrow(r, "R@1 passive", "R@1 activated"),
                r["95 %"] and f"{r.gain:+.3f} {r['95 %']}",
                arrow(r, "uAP passive", "uAP activated"),
                arrow(r, "normalised: passive", "activated"),
            ),
            r.gain > 0,
        )
        for _, r in summary(tables).iterrows()
    ]
    head = (
        "index",
        "nprobe",
        "R@1, passive → activated",
        "gain [95 %]",
        "uAP, passive → activated",
        "uAP, scores normalised",
    )
    shown = figure(gains_by_index(tables["gains"])) if len(tables["gains"]) else ""
    return (
        "<h2>What is found</h2>"
        + table(
            head,
            rows,
            "R@1: mean over the 14 edits. uAP: micro-average precision of copy detection, Random copies and strangers.",
        )
        + shown
    )


def _shown(tables):
    """The index that pictures show: the first that is activated for and compresses cells, else the first activated."""
    gains = tables["gains"]
    return None if not len(gains) else (gains["index"].iloc[0], int(gains.nprobe.iloc[0]))


def _by_edit(tables):
    shown = _shown(tables)
    if not shown:
        return ""
    exact = tables["timing"].loc[tables["timing"].factory == "Flat", "index"]
    return "<h2>Edit by edit</h2>" + figure(passive_against_activated(tables["retrieval"], *shown, *exact[:1]))


def _copies(tables, folder):
    """Precision-recall curves: exact search, and the shown index with scores as they are and normalised."""
    shown = _shown(tables)
    if not shown:
        return ""
    exact = tables["timing"].loc[tables["timing"].factory == "Flat", "index"]
    wanted = [("no index, normalised", (name, 1, False, True)) for name in exact[:1]]
    for normalised in (False, True):
        wanted += [
            (label + ", normalised" * normalised, (*shown, activated, normalised))
            for label, activated in (("passive", False), ("activated", True))
        ]
    truth, curves = read_truth(folder / "predictions" / "truth-own.csv"), {}
    scores = (
        tables["copy_detection"].query("queries == 'own'").set_index(["index", "nprobe", "activated", "normalised"])
    )
    for label, key in wanted:
        row = scores.loc[key]
        found = read_predictions(folder / "predictions" / predictions_file(*key, "own"))
        curves[label] = precision_recall(found, truth), row.micro_ap, row.low, row.high
    return (
        f"<h2>Copy or not?</h2><p>{escape(shown[0])}, nprobe {shown[1]}: of the pooled predictions of all queries, those with the "
        "highest scores are accepted first.</p>" + figure(precision_recall_curves(curves))
    )


def _all_edits(tables):
    return "<h2>All edits</h2>" + edit_table(tables["retrieval"])


def _quality(tables):
    rows = [
        (
            (
                name,
                *(
                    f"{group[m].mean():.{d}f} ± {group[m].std():.{d}f}"
                    for m, d in (("psnr", 1), ("ssim", 3), ("linf", 1))
                ),
                f"{group.before.mean():.3f} → {group.after.mean():.3f}",
            ),
            False,
        )
        for name, group in tables["quality"].groupby("index", sort=False)
    ]
    head = ("activated for", "PSNR (dB)", "SSIM", "largest change (grey levels)", "loss, before → after")
    return (
        "<h2>Picture quality</h2>" + table(head, rows, "Mean and standard deviation over the saved 8-bit pictures.")
        if rows
        else ""
    )


def _cost(tables):
    rows = [
        (
            (
                r["index"],
                r.factory,
                r.nprobe,
                f"{r.ms:.3f}",
                f"{r.bytes:g}",
                "" if np.isnan(r.activation_ms) else f"{r.activation_ms:.0f}",
            ),
            False,
        )
        for _, r in tables["timing"].iterrows()
    ]
    return "<h2>Cost</h2>" + table(
        ("index", "faiss string", "nprobe", "ms a search", "bytes a vector", "activation, ms a picture"),
        rows,
        "Median of real queries, one at a time, on a single thread.",
    )


def _skipped(tables):
    skipped = tables["skipped"]
    rows = [(tuple(row), False) for row in skipped.head(50).itertuples(index=False)]
    return (
        f"<h2>{len(skipped)} pictures left out</h2>"
        + table(("where", "picture", "reason"), rows, "The first 50; all are in skipped.csv.")
        if rows
        else ""
    )


def _notes(about):
    return (
        "<h2>How it was measured</h2><p class=note>R@1: share of queries whose first result is the original, ties counted against. "
        "Intervals: 95 % bootstrap over pictures; the gain's is paired. uAP: DISC21's micro-average precision, ten predictions a query, "
        "negatives first at equal scores. Normalised: a query's mean distance to its first 3 training pictures is added (SSCD). The "
        "index stores the ORIGINAL features and is not changed by activation.</p>"
    )
