"""The page of the demonstration: one HTML file with its pictures inside, readable offline and without scripts."""

import base64
from html import escape
from io import BytesIO, StringIO

import numpy as np
from PIL import Image

from activeindex_lite.demo import mean_table
from activeindex_lite.figures import gains_by_index, passive_against_activated

STYLE = """
:root { color-scheme: light; }
body { font: 17px/1.55 system-ui, sans-serif; color: #222; background: #fff; max-width: 62rem; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 2rem; line-height: 1.2; margin-bottom: .3rem; } h2 { margin-top: 2.6rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid #ddd; } th:first-child, td:first-child { text-align: left; } td { white-space: nowrap; }
caption { text-align: left; caption-side: top; color: #555; padding-bottom: .4rem; }
tr.better td { background: #eef5fb; } figure { margin: 1.2rem 0; } figure > svg { width: 100%; height: auto; }
figcaption, .note { color: #555; font-size: .95rem; }
.strip { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem; margin: .8rem 0; }
.four { grid-template-columns: repeat(4, 1fr); }
.strip img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #f4f4f4; border-radius: 4px; }
.strip p { margin: .1rem 0; font-size: .9rem; } .lead { font-size: 1.25rem; }
.found { outline: 4px solid #0072B2; } .missed { outline: 4px dashed #D55E00; }
"""


def page(demo):
    """The whole page of a Demo as HTML text."""
    sections = (_head, _gains, _by_edit, _strips, _finds, _edit_table, _quality, _timing, _notes)
    body = "\n".join(section(demo) for section in sections)
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Active indexing: what it wins back</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>{body}</main>'
            "</body></html>")


def _head(demo):
    gain = demo.gains[(demo.gains["index"] == "IVF-PQ") & (demo.gains.nprobe == 1)].iloc[0]
    about, size = demo.about, demo.timing[demo.timing["index"] == "IVF-PQ"].bytes.iloc[0]
    return (f"<h1>What an index loses, and what activation wins back</h1><p class=lead>A compact index (IVF-PQ, {size:g} bytes "
            f"a picture, one cell visited) finds the original of an edited copy <b>{gain.passive:.0%}</b> of the time. "
            f"After the originals were changed a little before release, {demo.quality.psnr.mean():.1f} dB and hardly "
            f"visible, it finds <b>{gain.activated:.0%}</b>.</p><p class=note>{about['queries']} originals among "
            f"{about['references']:,} references, {escape(about['source'])}, 14 edits each, seed {about['seed']}, alpha "
            f"{about['alpha']:g}. Every figure on this page was measured by this run, except those marked paper.</p>")


def _gains(demo):
    rows = []
    for _, row in mean_table(demo).iterrows():
        gain = "" if np.isnan(row.gain) else f"{row.gain:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
        cells = (row["index"], row.nprobe, _number(row.passive), _number(row.activated), gain,
                 _number(row["paper passive"], 2), _number(row["paper activated"], 2))
        rows.append((cells, row.gain > 0))
    head = ("index", "nprobe", "passive", "activated", "gain [95 %]", "paper: passive", "paper: activated")
    return ("<h2>Every index gains</h2>" + _table(head, rows, "R@1, mean over the 14 edits. The paper's figures: one "
            "million photographs, SSCD features, 512 dimensions.") + _figure(gains_by_index(demo.gains)))


def _by_edit(demo):
    return ("<h2>Edit by edit</h2><p>The first result is right only if the edited copy falls into the cell of its original "
            "and its code is the nearest there. Activation moves the feature toward the middle of that cell and toward "
            "the code that the index stored, so an edit must push harder to get it lost.</p>"
            + _figure(passive_against_activated(demo.retrieval, "IVF-PQ", 1)))


def _strips(demo):
    rows = []
    for original, activated, psnr, ssim in demo.strips:
        rows.append(_row((original, "original", ""), (activated, f"activated: {psnr:.1f} dB, SSIM {ssim:.3f}", ""),
                         (_difference(original, activated), "difference x 10", "")))
    return ("<h2>What was changed</h2><p>Left as it was, in the middle as it is released, on the right ten times the "
            "difference (grey means no change). Most of it is blue, which the eye sees least, and where texture hides it."
            "</p>" + "".join(rows))


def _difference(original, activated):
    """Ten times the difference around middle grey, clipped."""
    a, b = (np.asarray(p).astype(np.int16) for p in (original, activated))
    return Image.fromarray(np.clip(128 + 10 * (b - a), 0, 255).astype(np.uint8))


def _finds(demo):
    parts = [("<h2>Searches before and after</h2><p>Queries that the passive index gets wrong, drawn at random, one an "
              "edit: some are won back, some stay lost. IVF-PQ, one cell visited.</p>")]
    for find in demo.finds:
        good = find["outcome"] == "won back"
        parts.append(f"<p><b>{escape(find['edit'])}</b>: {find['outcome']}</p>" + _row(
            (find["original"], "the original", ""), (find["query"], "the query: an edited copy", ""),
            (find["before"], "first result, passive: another picture", "missed"),
            (find["after"], "first result, activated: " + ("the original" if good else "another picture"),
             "found" if good else "missed")))
    return "".join(parts)


def _edit_table(demo):
    r1 = demo.retrieval.set_index(["index", "nprobe", "activated", "edit"]).r1
    keys = [*dict.fromkeys(zip(demo.retrieval["index"], demo.retrieval.nprobe))]

    def cell(key, edit):
        passive = f"{r1[(*key, False, edit)]:.2f}"
        return f"{passive} → {r1[(*key, True, edit)]:.2f}" if (*key, True, edit) in r1.index else passive

    rows = [((edit, *(cell(key, edit) for key in keys)), False) for edit in dict.fromkeys(demo.retrieval.edit)]
    head = ["edit", *(f"{name}, 16 probes" if nprobe == 16 else name for name, nprobe in keys)]
    return "<h2>All figures</h2>" + _table(head, rows, "R@1 by edit, passive → activated. Intervals are in retrieval.csv.")


def _quality(demo):
    rows = []
    for name, group in demo.quality.groupby("index", sort=False):
        cells = [f"{group[m].mean():.{d}f} ± {group[m].std():.{d}f}" for m, d in (("psnr", 1), ("ssim", 3), ("linf", 1))]
        rows.append(((name, *cells), False))
    rows.append((("paper, 10,000 photographs", "43.8 ± 2.2", "0.98 ± 0.01", "14.5 ± 1.2"), False))
    return "<h2>Picture quality</h2>" + _table(("activated for", "PSNR (dB)", "SSIM", "largest change (grey levels)"), rows,
                                               "Mean and standard deviation over the saved 8-bit pictures.")


def _timing(demo):
    times = demo.timing
    search = [((r["index"], r.nprobe, f"{r.ms:.3f}", f"{r.bytes:g}"), False)
              for _, r in times[times.what == "search"].astype({"nprobe": int}).iterrows()]
    settings = [((r.what.removeprefix("settings: "), f"{r.ms:.0f}", f"{r.psnr:.1f}", f"{r.distance_before:.3f}",
                  f"{r.distance_after:.3f}"), False) for _, r in times[times.what.str.startswith("settings")].iterrows()]
    return ("<h2>Cost</h2>" + _table(("index", "nprobe", "ms a search", "bytes a vector"), search,
            "Median of real queries, one at a time, on a single thread. IVF keeps 8 bytes of id a vector besides.")
            + _table(("activation (IVF-PQ)", "ms a picture", "PSNR (dB)", "distance to the code, before", "after"), settings,
                     "Squared L2 distance between the feature and its stored code; the same sixteen pictures."))


def _notes(demo):
    return (f"<h2>How it was measured</h2><p class=note>R@1: share of queries whose first result is the original, ties for "
            f"the first place counted against. Intervals: 95 % percentile bootstrap over pictures. The index stores the "
            f"ORIGINAL features and is not changed by activation. Method: Fernandez, Douze, Jégou, Furon, Active Image "
            f"Indexing, ICLR 2023, arXiv 2210.10620. The run took {demo.about['seconds']:.0f} s.</p>")


def _number(value, digits=3):
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def _table(head, rows, caption):
    def line(cells, tag, better=False):
        inside = "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells)
        return f"<tr{' class=better' if better else ''}>{inside}</tr>"

    body = "".join(line(cells, "td", better) for cells, better in rows)
    return f"<table><caption>{escape(caption)}</caption><thead>{line(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _figure(described):
    text = StringIO()
    described.figure.savefig(text, format="svg")
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(described.alt)}"', 1)
    return f"<figure>{svg}</figure>"


def _row(*cells):
    """Pictures side by side: (PIL picture or None, caption, CSS class) each."""
    inside = "".join(f'<div>{_image(picture, caption, kind)}<p>{escape(caption)}</p></div>' for picture, caption, kind in cells)
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
