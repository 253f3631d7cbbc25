"""Measures how long after a slider moves the explorers have redrawn, in a kernel alone and in JupyterLab in Chromium.

Prints one JSON line per explorer and place.

    python -m benchmarks.latency [moves]

Run it on a quiet machine from the repository's root. Headless Chromium draws in software, on the same cores as the
kernel.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.lab import chromium, jupyter_lab, run_all

# The kernel's share of a move: it takes the message of the browser and sends its answer. Nothing is drawn.
IN_KERNEL = """
import json, time
from activeindex_lite.widgets import {name}
explorer, times = {name}(), []
for i in range({moves} + 3):
    begun = time.perf_counter()
    explorer.set_state({{"{trait}": {value}}})
    times.append(1000 * (time.perf_counter() - begun))
assert explorer._error == "", explorer._error
print(json.dumps(times[3:]))
"""
MOVED = {"NprobeExplorer": ("nprobe", "1 + i % 128"), "AlphaExplorer": ("alpha", "(7 * i % 33) / 4")}
# Moves the first slider, waits until `ready(root)` resolves and a frame was drawn, and times it.
MOVE = """async ([moves, step]) => {
  const root = document.querySelector(".ai-explorer"), slider = root.querySelector("input[type=range]");
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const times = [];
  for (let i = 0; i < moves; i++) {
    const begun = performance.now(), redrawn = READY;
    slider.value = (Number(slider.value) + step) % (Number(slider.max) + 1);
    slider.dispatchEvent(new Event("input"));
    await redrawn; await frame();
    times.push(performance.now() - begun);
    await new Promise((done) => setTimeout(done, 60));
  }
  return times;
}"""
# nprobe: the first canvas has a new description. alpha: the released picture has arrived and is decoded.
CHANGED = """new Promise((done) => {{ const node = {node};
  const o = new MutationObserver(() => {{ o.disconnect(); {then} }});
  o.observe(node, {{ attributes: true, attributeFilter: ["{attribute}"] }}); }})"""
READY = {
    "NprobeExplorer": CHANGED.format(node='root.querySelector("canvas")', attribute="aria-label", then="done();"),
    "AlphaExplorer": CHANGED.format(
        node='root.querySelectorAll("img")[1]', attribute="src", then="node.decode().then(done);"
    ),
}
# Many moves without a pause: how often the picture changes, and how soon it shows the last value.
BURST = """async () => {
  const root = document.querySelector(".ai-explorer"), slider = root.querySelector("input[type=range]");
  const image = root.querySelectorAll("img")[1];
  let redraws = 0;
  new MutationObserver(() => redraws++).observe(image, { attributes: true, attributeFilter: ["src"] });
  for (let i = 0; i <= 200; i++) {
    slider.value = i === 200 ? 20 : i % 33;
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => setTimeout(done, 5));
  }
  const begun = performance.now();
  while (!root.querySelectorAll("figcaption")[1].textContent.includes("5.00"))
    await new Promise((done) => setTimeout(done, 5));
  return { redraws, last_value_ms: Math.round(performance.now() - begun) };
}"""


def notebook_of(source):
    """A notebook of one cell."""
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def in_kernel(name, moves):
    """Milliseconds per move of the first slider, in a kernel without a browser."""
    from nbclient import NotebookClient

    trait, value = MOVED[name]
    notebook = notebook_of(IN_KERNEL.format(name=name, trait=trait, value=value, moves=moves))
    NotebookClient(notebook, timeout=600).execute()
    return json.loads(notebook.cells[0].outputs[-1].text)


def in_browser(name, step, moves):
    """Milliseconds until the page has redrawn, per move of the first slider; for alpha also a burst of moves."""
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(
            notebook_of(f"from activeindex_lite.widgets import {name}\n{name}()"), Path(folder) / "explorer.ipynb"
        )
        with jupyter_lab(folder) as (address, token), chromium() as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 1200})
            run_all(page, address, token, "explorer.ipynb")
            page.wait_for_function("document.querySelector('.ai-finding')?.textContent", timeout=60_000)
            page.wait_for_timeout(1000)
            times = page.evaluate(MOVE.replace("READY", READY[name]), [moves, step])
            return times, page.evaluate(BURST) if name == "AlphaExplorer" else None


def main(moves=100):
    for name, step in (("NprobeExplorer", 1), ("AlphaExplorer", 7)):
        alone, (drawn, burst) = in_kernel(name, moves), in_browser(name, step, moves)
        for place, times, more in (("kernel", alone, {}), ("browser", drawn, {"burst_of_200": burst} if burst else {})):
            print(
                json.dumps(
                    {
                        "explorer": name,
                        "in": place,
                        "moves": moves,
                        "median_ms": round(float(np.median(times)), 1),
                        "p95_ms": round(float(np.percentile(times, 95)), 1),
                        **more,
                    }
                ),
                flush=True,
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
