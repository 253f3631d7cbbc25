"""The frame of each page: head, style, links to the next and the previous page; and the index of the course."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd

from activeindex_lite.figures.style import Described

# The name and the title of a page.
Link = tuple[str, str]
STYLE = Path(__file__).parent / "style.css"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
{style}
</style></head><body>
<nav aria-label="Course">{top}</nav>
<main>
{body}
</main>
<nav aria-label="Previous and next page">{bottom}</nav>
<script>
// Each explorer is a page in a frame and sends its height.
addEventListener("message", (event) => {{
  for (const frame of document.querySelectorAll("iframe.explorer"))
    if (frame.contentWindow === event.source && event.data && event.data.explorer)
      frame.style.height = Math.ceil(event.data.height) + "px";
}});
</script>
</body></html>
"""


def page(title: str, body: str, others: list[Link], before: Link | None = None, after: Link | None = None) -> str:
    """A whole page. body: HTML; others: (name, title) of pages for the head; before, after: the same, or None."""
    top = " ".join(anchor(*other) for other in others)
    bottom = "".join(
        (
            f"<span>← {anchor(*before)}</span>" if before else "<span></span>",
            f"<span>{anchor(*after)} →</span>" if after else "",
        )
    )
    return PAGE.format(title=html.escape(title), style=style(), top=top, body=body, bottom=bottom)


def anchor(name: str, title: str) -> str:
    """A link."""
    return f'<a href="{html.escape(name)}">{html.escape(title)}</a>'


def style() -> str:
    """The pages' style sheet, with the colours of code."""
    from pygments.formatters import HtmlFormatter

    return STYLE.read_text(encoding="utf-8") + HtmlFormatter(style="default").get_style_defs(".highlight")


def index_body(course: pd.DataFrame, picture: Described, pictures: dict[str, tuple[str, str]]) -> str:
    """The body of index.html: the map of the course and one row per notebook.

    picture: the map; pictures: {name of a notebook: (file, text alternative)}, which may lack some.
    """
    rows = "".join(_index_row(row, pictures.get(row.name)) for row in course.itertuples(index=False))
    return (
        "<h1>Active image indexing: the course</h1>"
        "<p>Change a picture a little before it is released, and a compact index finds its edited copies. These pages "
        "were made from the notebooks of activeindex_lite; the explorers in them work offline.</p>"
        f"{picture._repr_html_()}"
        '<div class="scroll" tabindex="0"><table class="course">'
        "<thead><tr><th>a picture from it</th><th>notebook</th><th>minutes</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _index_row(row: Any, picture: tuple[str, str] | None) -> str:
    link = anchor(f"{row.name}.html", f"{row.number} {row.title}")
    return (
        f"<tr><td>{thumbnail(picture)}</td><td>{link}<br>{html.escape(plain(row.does))}</td><td>{row.minutes}</td></tr>"
    )


def thumbnail(found: tuple[str, str] | None) -> str:
    """A small picture as HTML, or nothing."""
    return f'<img src="{html.escape(found[0])}" alt="{html.escape(found[1])}">' if found else ""


def plain(text: str) -> str:
    """A sentence without the links and stars of Markdown."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text).replace("*", "").replace("`", "")
