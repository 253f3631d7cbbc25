"""An explorer as one HTML file that needs neither a kernel nor a network."""

import html
import json
from pathlib import Path

from activeindex_lite.support.files import whole_file

# The browser's half asks a model for its traits and listens for changes; here the model is a plain object.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --jp-layout-color0: #fff; --jp-ui-font-color0: #222; --jp-ui-font-color1: #555; --jp-border-color2: #bbb; }}
@media (prefers-color-scheme: dark) {{ :root {{ --jp-layout-color0: #181818; --jp-ui-font-color0: #eee; --jp-ui-font-color1: #bbb; --jp-border-color2: #555; }} }}
body {{ margin: 24px auto; padding: 0 16px; max-width: 960px; font: 16px/1.5 system-ui, sans-serif;
  background: var(--jp-layout-color0); color: var(--jp-ui-font-color0); }}
h1 {{ font-size: 26px; margin: 0 0 6px; }}
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
const listeners = {{}};
const model = {{
  get: (name) => state[name],
  set(name, value) {{
    if (state[name] === value) return;
    state[name] = value;
    (listeners["change:" + name] || []).forEach((listener) => listener());
  }},
  save_changes() {{}},
  send() {{}},
  on(name, listener) {{ (listeners[name] = listeners[name] || []).push(listener); }},
  off(name, listener) {{ listeners[name] = (listeners[name] || []).filter((other) => other !== listener); }},
}};
explorer.render({{ model, el: document.getElementById("explorer") }});
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
        css=explorer._css,
        esm=explorer._esm.replace("export default", "const explorer ="),
        state=data,
    )
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path
