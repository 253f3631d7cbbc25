"""An explorer as one HTML file that needs neither a kernel nor a network."""

import html
import json
from pathlib import Path

from activeindex_lite.support.files import whole_file
from activeindex_lite.widgets.module import read

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


def write_page(explorer, path, overwrite=False):
    """Write an explorer (NprobeExplorer, AlphaExplorer) at its present setting to one HTML file; returns its Path.

    The page shows what `explorer.stored()` measures now, 1 to 5 MB. FileExistsError if the file is there, unless
    overwrite; it is written whole or not at all.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists: give another name, or overwrite=True")
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
