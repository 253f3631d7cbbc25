"""The page of the demonstration: one HTML file with its pictures inside, readable offline and without scripts."""

import base64
from html import escape
from io import BytesIO

import numpy as np

from activeindex_lite.evaluation.tables import mean_table
from activeindex_lite.figures import gains_by_index, passive_against_activated
from activeindex_lite.lessons.one_picture import amplified_difference
from activeindex_lite.report.html import document, edit_table, figure, number, table


def page(demo):
    """The whole page of a Demo as HTML text."""
    sections = (_head, _gains, _by_edit, _strips, _finds, _all_edits, _quality, _timing, _notes)
    body = "\n".join(section(demo) for section in sections)
    return document("Active indexing: what it wins back", body)


def _head(demo):
    gain = demo.gains[(demo.gains["index"] == "IVF-PQ") & (demo.gains.nprobe == 1)].iloc[0]
    about, size = demo.about, demo.timing[demo.timing["index"] == "IVF-PQ"].bytes.iloc[0]
    return (
        f"<h1>What an index loses, and what activation wins back</h1><p class=lead>A compact index (IVF-PQ, {size:g} bytes "
        f"a picture, one cell visited) finds the original of an edited copy <b>{gain.passive:.0%}</b> of the time. "
        f"After the originals were changed a little before release, {demo.quality.psnr.mean():.1f} dB and hardly "
        f"visible, it finds <b>{gain.activated:.0%}</b>.</p><p class=note>{about['queries']} originals among "
        f"{about['references']:,} references, {escape(about['source'])}, 14 edits each, seed {about['seed']}, alpha "
        f"{about['alpha']:g}. Every figure on this page was measured by this run, except those marked paper.</p>"
    )


def _gains(demo):
    rows = []
    for _, row in mean_table(demo).iterrows():
        gain = "" if np.isnan(row.gain) else f"{row.gain:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
        cells = (
            row["index"],
            row.nprobe,
            number(row.passive),
            number(row.activated),
            gain,
            number(row["paper passive"], 2),
            number(row["paper activated"], 2),
        )
        rows.append((cells, row.gain > 0))
    head = ("index", "nprobe", "passive", "activated", "gain [95 %]", "paper: passive", "paper: activated")
    return (
        "<h2>Every index gains</h2>"
        + table(
            head,
            rows,
            "R@1, mean over the 14 edits. The paper's figures: one million photographs, SSCD features, 512 dimensions.",
        )
        + figure(gains_by_index(demo.gains))
    )


def _by_edit(demo):
    return (
        "<h2>Edit by edit</h2><p>The first result is right only if the edited copy falls into the cell of its original "
        "and its code is the nearest there. Activation moves the feature toward the middle of that cell and toward "
        "the code that the index stored, so an edit must push harder to get it lost.</p>"
        + figure(passive_against_activated(demo.retrieval, "IVF-PQ", 1))
    )


def _strips(demo):
    rows = []
    for original, activated, psnr, ssim in demo.strips:
        rows.append(
            _row(
                (original, "original", ""),
                (activated, f"activated: {psnr:.1f} dB, SSIM {ssim:.3f}", ""),
                (amplified_difference(original, activated), "difference x 10", ""),
            )
        )
    return (
        "<h2>What was changed</h2><p>Left as it was, in the middle as it is released, on the right ten times the "
        "difference (grey means no change). Most of it is blue, which the eye sees least, and where texture hides it."
        "</p>" + "".join(rows)
    )


def _finds(demo):
    parts = [
        (
            "<h2>Searches before and after</h2><p>Queries that the passive index gets wrong, drawn at random, one an "
            "edit: some are won back, some stay lost. IVF-PQ, one cell visited.</p>"
        )
    ]
    for find in demo.finds:
        good = find["outcome"] == "won back"
        parts.append(
            f"<p><b>{escape(find['edit'])}</b>: {find['outcome']}</p>"
            + _row(
                (find["original"], "the original", ""),
                (find["query"], "the query: an edited copy", ""),
                (find["before"], "first result, passive: another picture", "missed"),
                (
                    find["after"],
                    "first result, activated: " + ("the original" if good else "another picture"),
                    "found" if good else "missed",
                ),
            )
        )
    return "".join(parts)


def _all_edits(demo):
    return "<h2>All figures</h2>" + edit_table(demo.retrieval)


def _quality(demo):
    rows = []
    for name, group in demo.quality.groupby("index", sort=False):
        cells = [
            f"{group[m].mean():.{d}f} ± {group[m].std():.{d}f}" for m, d in (("psnr", 1), ("ssim", 3), ("linf", 1))
        ]
        rows.append(((name, *cells), False))
    rows.append((("paper, 10,000 photographs", "43.8 ± 2.2", "0.98 ± 0.01", "14.5 ± 1.2"), False))
    return "<h2>Picture quality</h2>" + table(
        ("activated for", "PSNR (dB)", "SSIM", "largest change (grey levels)"),
        rows,
        "Mean and standard deviation over the saved 8-bit pictures.",
    )


def _timing(demo):
    times = demo.timing
    search = [
        ((r["index"], r.nprobe, f"{r.ms:.3f}", f"{r.bytes:g}"), False)
        for _, r in times[times.what == "search"].astype({"nprobe": int}).iterrows()
    ]
    settings = [
        (
            (
                r.what.removeprefix("settings: "),
                f"{r.ms:.0f}",
                f"{r.psnr:.1f}",
                f"{r.distance_before:.3f}",
                f"{r.distance_after:.3f}",
            ),
            False,
        )
        for _, r in times[times.what.str.startswith("settings")].iterrows()
    ]
    return (
        "<h2>Cost</h2>"
        + table(
            ("index", "nprobe", "ms a search", "bytes a vector"),
            search,
            "Median of real queries, one at a time, on a single thread. IVF keeps 8 bytes of id a vector besides.",
        )
        + table(
            ("activation (IVF-PQ)", "ms a picture", "PSNR (dB)", "distance to the code, before", "after"),
            settings,
            "Squared L2 distance between the feature and its stored code; the same sixteen pictures.",
        )
    )


def _notes(demo):
    return (
        f"<h2>How it was measured</h2><p class=note>R@1: share of queries whose first result is the original, ties for "
        f"the first place counted against. Intervals: 95 % percentile bootstrap over pictures. The index stores the "
        f"ORIGINAL features and is not changed by activation. Method: Fernandez, Douze, Jégou, Furon, Active Image "
        f"Indexing, ICLR 2023, arXiv 2210.10620. The run took {demo.about['seconds']:.0f} s.</p>"
    )


def _row(*cells):
    """Pictures side by side: (PIL picture or None, caption, CSS class) each."""
    inside = "".join(
        f"<div>{_image(picture, caption, kind)}<p>{escape(caption)}</p></div>" for picture, caption, kind in cells
    )
    return f'<div class="strip{" four" if len(cells) == 4 else ""}">{inside}</div>'


def _image(picture, alt, kind):
    if picture is None:
        return "<p>nothing: the visited cell is empty</p>"
    picture = picture.copy()
    picture.thumbnail((384, 384))
    data = BytesIO()
    picture.save(data, "PNG", optimize=True)
    source = base64.b64encode(data.getvalue()).decode()
    return f'<img class="{kind}" alt="{escape(alt)}" src="data:image/png;base64,{source}">'
