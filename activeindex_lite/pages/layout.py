"""What is around each page: head, style, the way on and back, and the index of the course."""

import base64
import html
import io
import re
from pathlib import Path

from activeindex_lite.support.files import whole_file

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
<nav aria-label="Way on">{bottom}</nav>
<script>
// Each explorer is a page in a frame and tells its height.
addEventListener("message", (event) => {{
  for (const frame of document.querySelectorAll("iframe.explorer"))
    if (frame.contentWindow === event.source && event.data && event.data.explorer)
      frame.style.height = Math.ceil(event.data.height) + "px";
}});
</script>
</body></html>
"""


def page(title, body, others, before=None, after=None):
    """A whole page. body: HTML; others: (name, title) of pages for the head; before, after: the same, or None."""
    top = " ".join(anchor(*other) for other in others)
    bottom = "".join(
        (
            f"<span>← {anchor(*before)}</span>" if before else "<span></span>",
            f"<span>{anchor(*after)} →</span>" if after else "",
        )
    )
    return PAGE.format(title=html.escape(title), style=style(), top=top, body=body, bottom=bottom)


def anchor(name, title):
    """A link."""
    return f'<a href="{html.escape(name)}">{html.escape(title)}</a>'


def style():
    """The pages' style sheet, with the colours of code."""
    from pygments.formatters import HtmlFormatter

    return STYLE.read_text(encoding="utf-8") + HtmlFormatter(style="default").get_style_defs(".highlight")


def index_body(course, picture, pictures):
    """The body of index.html: the map and a row a notebook. picture: Described map; pictures: {name: (file, alt)},
    may lack some.
    """
    rows = "".join(
        f"<tr><td>{thumbnail(pictures.get(row.name))}</td>"
        f"<td>{anchor(f'{row.name}.html', f'{row.number} {row.title}')}<br>"
        f"{html.escape(plain(row.does))}</td><td>{row.minutes}</td></tr>"
        for row in course.itertuples(index=False)
    )
    return (
        "<h1>Active image indexing: the course</h1><p>Change a picture a little before it is released, and a "
        "compact index finds its edited "
        "copies. These pages were made from the notebooks of activeindex_lite; the explorers in them move "
        "without a network.</p>"
        f'{picture._repr_html_()}<div class="scroll" tabindex="0"><table class="course"><thead><tr><th>a '
        "picture from it</th><th>notebook</th>"
        f"<th>minutes</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def thumbnail(found):
    """A small picture, or nothing."""
    return f'<img src="{html.escape(found[0])}" alt="{html.escape(found[1])}">' if found else ""


def plain(text):
    """Markdown's links and stars taken away from a sentence."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text).replace("*", "").replace("`", "")


def save_thumbnail(source, path, side=240):
    """Save a data: picture in small; source: its src."""
    from PIL import Image

    with Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))) as picture:
        picture.thumbnail((2 * side, 2 * side))
        with whole_file(path) as temporary:
            picture.convert("RGB").save(temporary, "WEBP", quality=85)
