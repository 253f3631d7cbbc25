"""An explorer as one HTML file that needs neither a kernel nor a network."""

from __future__ import annotations

import html
import json
from pathlib import Path

from activeindex_lite.support.files import whole_file
from activeindex_lite.widgets.module import Explorer, read

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
{css}
</style></head><body><main>
<h1>{title}</h1>
<p>{intro}</p>
<div id="explorer"></div>
<noscript>This page draws with JavaScript, which is switched off.</noscript>
</main>
<script type="module">
{esm}
const state = {state};
{model}
</script></body></html>
"""


def write_page(explorer: Explorer, path: str | Path, overwrite: bool = False) -> Path:
    """Write an explorer at its present setting to one HTML file that needs neither a kernel nor a network.

    explorer: any of this package, such as NprobeExplorer(). The page holds all that `explorer.stored()` measures now,
    1 to 5 MB. Returns its Path. FileExistsError if the file exists, unless overwrite; the file is written whole or not
    at all.
    """
    if isinstance(explorer, type) or not hasattr(explorer, "page_traits"):
        raise ValueError(
            f"explorer is a {type(explorer).__name__}: expected an explorer, as NprobeExplorer() makes one"
        )
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists: give another name, or set overwrite=True")
    state = {name: getattr(explorer, name) for name in explorer.keys if name in explorer.page_traits}
    state["_stored"] = explorer.stored()
    # "</" would end the script element, and "<!--" would keep it from ending.
    data = json.dumps(state, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    text = PAGE.format(
        title=html.escape(explorer.title),
        intro=html.escape(explorer.intro),
        css=read("page.css") + explorer._css,
        model=read("page.js"),
        esm=explorer._esm.replace("export default", "const explorer ="),
        state=data,
    )
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path
