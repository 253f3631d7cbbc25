"""How long after a slider moves the explorers have redrawn, in JupyterLab in headless Chromium: one JSON line each.

    python -m benchmarks.latency [moves]

Run it on a quiet machine from the repository's root. Chromium draws in software here, on the same cores as the kernel.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.lab import browser_page, jupyter_lab, run_all

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
# nprobe: the first canvas has a new description. alpha: the released picture has come and is decoded.
CHANGED = """new Promise((done) => {{ const node = {node}; const o = new MutationObserver(() => {{ o.disconnect(); {then} }});
  o.observe(node, {{ attributes: true, attributeFilter: ["{attribute}"] }}); }})"""
READY = {
    "NprobeExplorer": CHANGED.format(node='root.querySelector("canvas")', attribute="aria-label", then="done();"),
    "AlphaExplorer": CHANGED.format(node='root.querySelectorAll("img")[1]', attribute="src", then="node.decode().then(done);"),
}
# Many moves without a pause: how often the picture changed, and how soon the last value stood.
BURST = """async () => {
  const root = document.querySelector(".ai-explorer"), slider = root.querySelector("input[type=range]"), image = root.querySelectorAll("img")[1];
  let redraws = 0;
  new MutationObserver(() => redraws++).observe(image, { attributes: true, attributeFilter: ["src"] });
  for (let i = 0; i <= 200; i++) {
    slider.value = i === 200 ? 20 : i % 33;
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => setTimeout(done, 5));
  }
  const begun = performance.now();
  while (!root.querySelectorAll("figcaption")[1].textContent.includes("5.00")) await new Promise((done) => setTimeout(done, 5));
  return { redraws, last_value_ms: Math.round(performance.now() - begun) };
}"""


def main(moves=100):
    import nbformat

    for name, step in (("NprobeExplorer", 1), ("AlphaExplorer", 7)):
        cell = nbformat.v4.new_code_cell(f"from activeindex_lite.widgets import {name}\n{name}()")
        notebook = nbformat.v4.new_notebook(cells=[cell])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(notebook, Path(folder) / "explorer.ipynb")
            with jupyter_lab(folder) as (address, token), browser_page() as page:
                run_all(page, address, token, "explorer.ipynb")
                page.wait_for_function("document.querySelector('.ai-finding')?.textContent", timeout=60_000)
                page.wait_for_timeout(1000)
                times = page.evaluate(MOVE.replace("READY", READY[name]), [moves, step])
                seen = {"explorer": name, "moves": moves, "median_ms": round(float(np.median(times)), 1),
                        "p95_ms": round(float(np.percentile(times, 95)), 1)}
                if name == "AlphaExplorer":
                    seen["burst_of_200"] = page.evaluate(BURST)
                print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
