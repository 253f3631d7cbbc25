"""The still that an explorer leaves in its notebook: what a reader sees where no kernel runs any more."""

from __future__ import annotations

import html
import io
import warnings
from typing import Any

from PIL import Image

from activeindex_lite.pictures.uris import data_uri

# explorer.css hides the still beside a living explorer. This style arrives with the still and outlives the kernel: it
# hides the line "model not found" before it, which has no element in it.
HIDE_THE_DEAD = """<style>
.jp-OutputArea-child:has(> .jupyter-widgets):not(:has(> .jupyter-widgets *)):has(+ .jp-OutputArea-child .ai-still) {
  display: none;
}
</style>
"""
PAGE = """<figure class="ai-still" style="margin:0">
<img alt="{alt}" src="{src}" style="max-width:100%;background:white">
<figcaption>A still: this explorer moves only in the notebook session that made it. Run its cell to have it
again.</figcaption>
</figure>"""
DPI = 80


def still_html(explorer: Any) -> str:
    """The explorer's `still()` as HTML with its text alternative; a small WEBP, since a reader's notebook keeps it."""
    still = explorer.still()
    picture = Image.open(io.BytesIO(still.png(dpi=DPI))).convert("RGB")
    return HIDE_THE_DEAD + PAGE.format(alt=html.escape(still.alt), src=data_uri(picture, "WEBP", quality=80, method=2))


def show_still(explorer: Any) -> None:
    """Put the still into the output of the running cell; a warning where it cannot be drawn."""
    from IPython.display import display

    try:
        text = still_html(explorer)
    except Exception as error:  # noqa: BLE001 - the explorer itself is there, whatever the still lacks
        warnings.warn(f"no still of this explorer: {type(error).__name__}: {error}", stacklevel=2)
        return
    display({"text/html": text, "text/plain": "A still of the explorer"}, raw=True)


def has_form_of_its_own(explorer: Any) -> bool:
    """Whether somebody, such as the command that builds pages, has told IPython how to show this explorer as HTML."""
    from IPython import get_ipython

    formatter = get_ipython().display_formatter.formatters["text/html"]
    try:
        return formatter.lookup(explorer) is not None
    except KeyError:
        return False
