"""The frame of each page: head, style, links to the next and the previous page; and the index of the course."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pandas as pd

from activeindex_lite.figures.course_map import IDEAS, CourseMap

# The name and the title of a page.
Link = Hero = tuple[str, str]
STYLE = Path(__file__).parent / "style.css"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
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
    """The pages' style sheet, with the colours of code in the light and in the dark."""
    from pygments.formatters import HtmlFormatter

    light, dark = (HtmlFormatter(style=name).get_style_defs(".highlight") for name in ("default", "github-dark"))
    return f"{STYLE.read_text(encoding='utf-8')}{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"


def index_body(
    course: pd.DataFrame,
    course_map: CourseMap,
    pictures: dict[str, tuple[str, str]],
    hero: Hero | None = None,
    downloads: dict[str, str] | None = None,
) -> str:
    """The body of index.html: what this is, the live explorer, a card per notebook, and the map of the course.

    pictures: {name of a notebook: (file, text alternative)}, which may lack some; hero: (address, title) of the page of
    an explorer, or None; downloads: {name of a notebook: its address}, or None.
    """
    downloads = downloads or {}
    cards = "".join(_card(row, pictures.get(row.name), downloads.get(row.name)) for row in course.itertuples())
    return (
        "<h1>Active image indexing</h1>"
        '<p class="lead">Change a picture a little before its release, and a compact index finds more of its edited '
        "copies.</p>"
        f"{_frame(*hero) if hero else ''}"
        f"<h2>The course</h2><p>{len(course)} lessons, {course.minutes.sum()} minutes. Each page shows a notebook with "
        "its results, and its explorers work offline. To run the code and solve the exercises, open the notebooks in "
        "JupyterLab.</p>"
        f'<ul class="cards">{cards}</ul>'
        f'<section class="wide"><h2>How the lessons build on one another</h2>{course_map._repr_html_()}</section>'
    )


def _frame(address: str, title: str) -> str:
    address, title = html.escape(address), html.escape(title)
    return (
        "<p>Move alpha: the picture looks the same, and its feature walks inward. Choose an edit and see where the "
        "copy lands. Or take a picture of your own: it never leaves your computer, which computes everything here.</p>"
        f'<iframe class="explorer" src="{address}" title="{title}"></iframe>'
        f'<p class="note"><a href="{address}">The explorer on a page of its own</a>, one file that works offline.</p>'
    )


def _card(row: Any, picture: tuple[str, str] | None, download: str | None) -> str:
    idea, title = IDEAS.get(row.number, plain(row.does)), f"{row.number} {html.escape(row.title)}"
    notebook = (
        f' · <a href="{html.escape(download)}" download aria-label="Download notebook {row.number}">notebook</a>'
        if download
        else ""
    )
    return (
        f'<li>{thumbnail(picture)}<a class="lesson" href="{html.escape(row.name)}.html">{title}</a>'
        f"<span>{html.escape(idea)}</span><small>{row.minutes} minutes{notebook}</small></li>"
    )


def thumbnail(found: tuple[str, str] | None) -> str:
    """A small picture as HTML, or nothing."""
    return f'<img src="{html.escape(found[0])}" alt="{html.escape(found[1])}" loading="lazy">' if found else ""


def plain(text: str) -> str:
    """A sentence without the links and stars of Markdown."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text).replace("*", "").replace("`", "")
