"""Pieces of a report page: one HTML document, readable offline and without scripts, its tables and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.figures.style import Described

STYLE = """
:root { color-scheme: light dark; --ink: #222; --soft: #555; --paper: #fff; --line: #ddd; --better: #eef5fb;
  --link: #0059a0; --ground: #f4f4f4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --soft: #b5b5b5; --paper: #161616; --line: #444; --better: #16283a; --link: #7cc0f4;
    --ground: #222; }
}
body {
  font: 17px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1.2rem; overflow-wrap: break-word;
}
h1 { font-size: clamp(1.5rem, 5vw, 2rem); line-height: 1.2; margin-bottom: .3rem; }
h2 { margin: 2.6rem 0 .4rem; line-height: 1.25; }
a { color: var(--link); }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
td { white-space: nowrap; }
td.words { white-space: normal; text-align: left; min-width: 12rem; }
caption { text-align: left; caption-side: top; color: var(--soft); padding-bottom: .4rem; }
tr.better td { background: var(--better); }
figure { margin: 1.2rem 0; }
figcaption, .note { color: var(--soft); font-size: .95rem; }
.strip { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem; margin: .8rem 0 1.2rem; }
.four { grid-template-columns: repeat(4, 1fr); }
.strip img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--ground);
  border-radius: 4px; box-sizing: border-box; }
.strip p { margin: .25rem 0 0; font-size: .9rem; line-height: 1.35; }
.lead { font-size: 1.25rem; line-height: 1.45; }
.course { border-left: 5px solid #0072b2; padding: .3rem 0 .3rem .9rem; }
.found { border: 5px solid #009E73; }
.missed { border: 5px dashed #D55E00; }
details { margin: 1rem 0; }
summary { cursor: pointer; }
@media (max-width: 600px) {
  body { padding: 0 .8rem; margin-top: 1rem; }
  .four { grid-template-columns: 1fr 1fr; }
  .lead { font-size: 1.1rem; }
  .wide svg { min-width: 32rem; }
}
"""


def document(title: str, body: str) -> str:
    """A whole HTML page around the HTML of its body."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )


def number(value: float, digits: int = 3) -> str:
    """A number as text, NaN as nothing."""
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def mean_and_spread(values: pd.Series, digits: int) -> str:
    """Mean and standard deviation as text; an infinite PSNR, of a picture that did not change, is counted instead."""
    finite = values[~np.isinf(values)]
    shown = f"{finite.mean():.{digits}f} ± {finite.std():.{digits}f}" if len(finite) else ""
    unchanged = len(values) - len(finite)
    return shown + (f" ({unchanged} unchanged)" if unchanged else "")


def table(head: Sequence[str], rows: Iterable[tuple[Sequence, bool]], caption: str) -> str:
    """A table as HTML, which scrolls sideways on a narrow screen. rows: (cells, whether the row is highlighted)."""
    body = "".join(_line(cells, "td", better) for cells, better in rows)
    return (
        f'<div class="wide" tabindex="0"><table><caption>{escape(caption)}</caption><thead>{_line(head, "th")}</thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _line(cells: Sequence, tag: str, better: bool = False) -> str:
    inside = "".join(_cell(str(cell), tag) for cell in cells)
    return f"<tr{' class=better' if better else ''}>{inside}</tr>"


def _cell(text: str, tag: str) -> str:
    # A sentence wraps; a short cell does not.
    kind = ' class="words"' if tag == "td" and len(text) > 40 else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"


def figure(described: Described) -> str:
    """A figure as inline SVG in the colours of the page, with its text alternative; it scrolls on a narrow screen."""
    return f'<div class="wide" tabindex="0">{described._repr_html_()}</div>'


def edit_table(retrieval: pd.DataFrame) -> str:
    """R@1 by edit, one column per index and nprobe, as an HTML table. retrieval: the table of that name."""
    r1 = retrieval.set_index(["index", "nprobe", "activated", "edit"]).r1
    keys = [*dict.fromkeys(zip(retrieval["index"], retrieval.nprobe, strict=True))]

    def cell(key: tuple, edit: str) -> str:
        passive = f"{r1[(*key, False, edit)]:.2f}"
        return f"{passive} → {r1[(*key, True, edit)]:.2f}" if (*key, True, edit) in r1.index else passive

    rows = [((edit, *(cell(key, edit) for key in keys)), False) for edit in dict.fromkeys(retrieval.edit)]
    head = ["edit", *(f"{name}, nprobe {nprobe}" if nprobe > 1 else name for name, nprobe in keys)]
    return table(head, rows, "R@1 by edit, passive → activated. Intervals are in retrieval.csv.")
