"""The page of the demonstration: one HTML file with its pictures inside, readable offline and without scripts."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from activeindex_lite.evaluation.tables import FEW, mean_table
from activeindex_lite.figures import gains_by_index, passive_against_activated
from activeindex_lite.report.html import document, edit_table, figure, mean_and_spread, number, table
from activeindex_lite.support.names import counted

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.evaluation.tables import Demo

# Published quality, 10,000 photographs: PSNR, SSIM, largest change.
PAPER_QUALITY = ("paper, 10,000 photographs", "43.8 ± 2.2", "0.98 ± 0.01", "14.5 ± 1.2")
QUALITY = (("psnr", 1), ("ssim", 3), ("linf", 1))
THUMBNAIL = 384
Cell = tuple  # (PIL picture or None, caption, CSS class)


def page(demo: Demo, course: str | None = None) -> str:
    """The whole page of a Demo as HTML text: what was found in a sentence and in pictures, then the tables.

    course: address of the course, for a link; None for words alone.
    """
    pictures = (_finds, _strips, _gains, _by_edit, _course(course))
    tables = (_table, _all_edits, _quality, _timing, _notes)
    return document(
        "Active image indexing: the demonstration", "\n".join(section(demo) for section in (_head, *pictures, *tables))
    )


def _head(demo: Demo) -> str:
    gain = demo.gains[(demo.gains["index"] == "IVF-PQ") & (demo.gains.nprobe == 1)].iloc[0]
    about, size = demo.about, demo.timing[demo.timing["index"] == "IVF-PQ"].bytes.iloc[0]
    return (
        "<h1>Copies that an index finds, before and after activation</h1><p class=lead>A compact index ("
        f"{size:g} bytes per picture) finds the original of an edited copy <b>{gain.passive:.0%}</b> of the time. "
        f"If the originals are activated before their release, it finds <b>{gain.activated:.0%}</b>. The released "
        f"pictures have {_psnr(demo.quality)}.</p><p class=note>{counted(about['queries'], 'original')} among "
        f"{about['references']:,} references, {escape(about['source'])}, 14 edits of each, seed {about['seed']}, alpha "
        f"{about['alpha']:g}; IVF-PQ at nprobe 1. This run measured every number on this page, except those marked "
        "paper.</p>"
    )


def _course(address: str | None) -> Callable[[Demo], str]:
    name = f'<a href="{escape(address)}">The course</a>' if address else "The course"
    text = (
        f"<p class=course>{name} explains each step, with explorers and exercises: start with <code>jupyter lab "
        "notebooks/00_start_here.ipynb</code>, or make pages to read with <code>activeindex-lite pages</code>.</p>"
    )
    return lambda demo: text


def _psnr(quality: pd.DataFrame) -> str:
    finite = quality.psnr[np.isfinite(quality.psnr)]
    return f"a mean PSNR of {finite.mean():.1f} dB" if len(finite) == len(quality) else "no change in some pictures"


def _gains(demo: Demo) -> str:
    return f"<h2>{_finding(demo.gains)}</h2>" + figure(gains_by_index(demo.gains))


def _table(demo: Demo) -> str:
    rows = []
    for _, row in mean_table(demo).iterrows():
        gain = "" if np.isnan(row.gain) else f"{row.gain:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
        passive, activated = number(row.passive), number(row.activated)
        paper = (number(row["paper passive"], 2), number(row["paper activated"], 2))
        rows.append(((row["index"], row.nprobe, passive, activated, gain, *paper), row.gain > 0))
    head = ("index", "nprobe", "passive", "activated", "gain [95 %]", "paper: passive", "paper: activated")
    caption = (
        "R@1, the share of copies whose first result is the original: mean over the 14 edits. The paper's figures: one "
        "million photographs, SSCD features, 512 dimensions."
    )
    return "<h2>The numbers</h2>" + table(head, rows, caption)


def _finding(gains: pd.DataFrame) -> str:
    """What the intervals of the gains say, as a heading: an index gains where its interval lies above 0."""
    won, lost, n = int((gains.low > 0).sum()), int((gains.high < 0).sum()), len(gains)
    if won == n:
        return "Every index gains"
    if not won and not lost:
        return "No index gains or loses beyond its interval"
    losing = f", {lost} of {n} lose" if lost else ""
    return f"{won} of {n} searches gain{losing}"


def _by_edit(demo: Demo) -> str:
    return (
        "<h2>Edit by edit</h2><p>The search finds the original only if the copy falls into the original's cell, and "
        "the original's code is the nearest one there. Activation moves the feature toward the middle of that cell and "
        "toward that code, so an edit has to move it farther to lose it.</p>"
        + figure(passive_against_activated(demo.retrieval, "IVF-PQ", 1))
    )


def _strips(demo: Demo) -> str:
    rows = [
        _row(
            (original, "original", ""),
            (activated, f"released: {psnr:.1f} dB, SSIM {ssim:.3f}", ""),
            (_difference(original, activated), "difference, times 10", ""),
        )
        for original, activated, psnr, ssim in demo.strips
    ]
    return (
        "<h2>What was changed</h2><p>Left: the original. Middle: the released, activated picture. Right: ten times "
        f"their difference; grey means no change. {_blue(demo.strips)}</p>" + "".join(rows)
    )


def _blue(strips: list[tuple]) -> str:
    """How much of the change is blue, in a sentence."""
    squares = np.zeros(3)
    for original, activated, _, _ in strips:
        squares += np.square(_step(original, activated).astype(float)).sum((0, 1))
    if not squares.sum():
        return "Nothing changed in these pictures."
    share = squares[2] / squares.sum()
    return f"Of the squared difference in these pictures, {share:.0%} is blue, which the eye sees least."


def _step(original: Image.Image, activated: Image.Image) -> np.ndarray:
    a, b = (np.asarray(picture).astype(np.int16) for picture in (original, activated))
    return b - a


def _difference(original: Image.Image, activated: Image.Image) -> Image.Image:
    """Ten times the difference around middle grey, clipped."""
    return Image.fromarray(np.clip(128 + 10 * _step(original, activated), 0, 255).astype(np.uint8))


def _finds(demo: Demo) -> str:
    outcomes = [find["outcome"] for find in demo.finds]
    told = " and ".join(f"{outcomes.count(name)} {name}" for name in dict.fromkeys(outcomes))
    shown = (
        f"The seed drew these at random, at most one per edit: {told}. Each row shows one copy; before and after "
        "are the first results for the copy of the passive and of the activated picture."
        if told
        else "There is none."
    )
    text = f"<h2>Searches before and after</h2><p>Searches that go wrong with passive pictures. {shown}</p>"
    return text + "".join(map(_find, demo.finds))


def _find(find: dict) -> str:
    found = find["outcome"] == "won back"
    return f"<p><b>{escape(find['edit'])}</b>: {find['outcome']}</p>" + _row(
        (find["original"], "the original", ""),
        (find["query"], "an edited copy", ""),
        (find["before"], f"before: {_result(find['before'], False)}", "missed"),
        (find["after"], f"after: {_result(find['after'], found)}", "found" if found else "missed"),
    )


def _result(picture: Image.Image | None, found: bool) -> str:
    if picture is None:
        return "✗ nothing"
    return "✓ the original" if found else "✗ another picture"


def _all_edits(demo: Demo) -> str:
    return "<h2>Edit by edit, all indexes</h2>" + edit_table(demo.retrieval)


def _quality(demo: Demo) -> str:
    rows = []
    for name, group in demo.quality.groupby("index", sort=False):
        spread = [mean_and_spread(group[measure], digits) for measure, digits in QUALITY]
        rows.append(((name, *spread), False))
    rows.append((PAPER_QUALITY, False))
    head = ("activated for", "PSNR (dB)", "SSIM", "largest change (grey levels)")
    caption = "Mean and standard deviation over the saved 8-bit pictures."
    return "<h2>Picture quality</h2>" + table(head, rows, caption)


def _timing(demo: Demo) -> str:
    times = demo.timing
    search = [
        ((r["index"], r.nprobe, f"{r.ms:.3f}", f"{r.bytes:g}"), False)
        for _, r in times[times.what == "search"].astype({"nprobe": int}).iterrows()
    ]
    settings = []
    for _, r in times[times.what.str.startswith("settings")].iterrows():
        distances = (f"{r.distance_before:.3f}", f"{r.distance_after:.3f}")
        settings.append(((r.what.removeprefix("settings: "), f"{r.ms:.0f}", f"{r.psnr:.1f}", *distances), False))
    return (
        "<h2>Cost</h2>"
        + table(
            ("index", "nprobe", "ms per search", "bytes per vector"),
            search,
            "Median of real queries, one at a time, on a single thread. IVF also keeps an id of 8 bytes per vector.",
        )
        + table(
            ("activation (IVF-PQ)", "ms per picture", "PSNR (dB)", "distance to the code, before", "after"),
            settings,
            "Squared L2 distance between the feature and its stored code, on the same "
            f"{counted(min(FEW, demo.about['queries']), 'picture')}.",
        )
    )


def _notes(demo: Demo) -> str:
    return (
        "<h2>How it was measured</h2><p class=note>R@1: share of queries whose first result is the original; ties for "
        "the first place count against it. Intervals: 95 % percentile bootstrap over pictures. The index stores the "
        "original features; activation does not change it. Method: Fernandez, Douze, Jégou, Furon, Active Image "
        f"Indexing, ICLR 2023, arXiv 2210.10620. The run took {demo.about['seconds']:.0f} s.</p>"
    )


def _row(*cells: Cell) -> str:
    """Pictures side by side."""
    inside = "".join(
        f"<div>{_image(picture, caption, kind)}<p>{escape(caption)}</p></div>" for picture, caption, kind in cells
    )
    return f'<div class="strip{" four" if len(cells) == 4 else ""}">{inside}</div>'


def _image(picture: Image.Image | None, alt: str, kind: str) -> str:
    if picture is None:
        return "<p>nothing: the visited cell is empty</p>"
    picture = picture.copy()
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    data = BytesIO()
    picture.save(data, "PNG", optimize=True)
    source = base64.b64encode(data.getvalue()).decode()
    return f'<img class="{kind}" alt="{escape(alt)}" src="data:image/png;base64,{source}">'
