"""Pieces of a report page: one HTML document, readable offline and without scripts, its tables and figures."""

from html import escape
from io import StringIO

import numpy as np

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


def document(title, body):
    """A whole HTML page around the text of its body."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>{body}</main>'
        "</body></html>"
    )


def number(value, digits=3):
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def table(head, rows, caption):
    def line(cells, tag, better=False):
        inside = "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells)
        return f"<tr{' class=better' if better else ''}>{inside}</tr>"

    body = "".join(line(cells, "td", better) for cells, better in rows)
    return f"<table><caption>{escape(caption)}</caption><thead>{line(head, 'th')}</thead><tbody>{body}</tbody></table>"


def figure(described):
    text = StringIO()
    described.figure.savefig(text, format="svg")
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(described.alt)}"', 1)
    return f"<figure>{svg}</figure>"


def edit_table(retrieval):
    """R@1 by edit, passive and activated, a column an index and nprobe, as HTML. retrieval: a table of that name."""
    r1 = retrieval.set_index(["index", "nprobe", "activated", "edit"]).r1
    keys = [*dict.fromkeys(zip(retrieval["index"], retrieval.nprobe))]

    def cell(key, edit):
        passive = f"{r1[(*key, False, edit)]:.2f}"
        return f"{passive} → {r1[(*key, True, edit)]:.2f}" if (*key, True, edit) in r1.index else passive

    rows = [((edit, *(cell(key, edit) for key in keys)), False) for edit in dict.fromkeys(retrieval.edit)]
    head = ["edit", *(f"{name}, {nprobe} probes" if nprobe > 1 else name for name, nprobe in keys)]
    return table(head, rows, "R@1 by edit, passive → activated. Intervals are in retrieval.csv.")
