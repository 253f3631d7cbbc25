"""Pieces of a report page: one HTML document, readable offline and without scripts, its tables and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from activeindex_lite.figures.style import Described

STYLE = """
:root { color-scheme: light; }
body {
  font: 17px/1.55 system-ui, sans-serif; color: #222; background: #fff;
  max-width: 62rem; margin: 2rem auto; padding: 0 1.2rem;
}
h1 { font-size: 2rem; line-height: 1.2; margin-bottom: .3rem; }
h2 { margin-top: 2.6rem; }
table {
  border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1rem 0; display: block; overflow-x: auto;
}
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
td { white-space: nowrap; }
caption { text-align: left; caption-side: top; color: #555; padding-bottom: .4rem; }
tr.better td { background: #eef5fb; }
figure { margin: 1.2rem 0; }
figure > svg { width: 100%; height: auto; }
figcaption, .note { color: #555; font-size: .95rem; }
.strip { display: grid; grid-template-columns: repeat(3, 1fr); gap: .6rem; margin: .8rem 0; }
.four { grid-template-columns: repeat(4, 1fr); }
.strip img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #f4f4f4; border-radius: 4px; }
.strip p { margin: .1rem 0; font-size: .9rem; }
.lead { font-size: 1.25rem; }
.found { outline: 4px solid #0072B2; }
.missed { outline: 4px dashed #D55E00; }
"""


def document(title: str, body: str) -> str:
    """A whole HTML page around the HTML of its body."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body><main>{body}</main>'
        "</body></html>"
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
    """A table as HTML. rows: (cells, whether the row is highlighted)."""
    body = "".join(_line(cells, "td", better) for cells, better in rows)
    return f"<table><caption>{escape(caption)}</caption><thead>{_line(head, 'th')}</thead><tbody>{body}</tbody></table>"


def _line(cells: Sequence, tag: str, better: bool = False) -> str:
    inside = "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells)
    return f"<tr{' class=better' if better else ''}>{inside}</tr>"


def figure(described: Described) -> str:
    """A figure as inline SVG with its text alternative."""
    text = StringIO()
    described.figure.savefig(text, format="svg")
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{escape(described.alt)}"', 1)
    return f"<figure>{svg}</figure>"


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
