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

# The kernel's share of a move: it takes the message of the browser and sends its answer. Nothing is drawn. Of the alpha
# explorer a pair, until the first step is sent and until the last.
IN_KERNEL = """
import json, time
from activeindex_lite.widgets import {name}
explorer, times, told = {name}(), [], []
if hasattr(explorer, "_tell"):
    send = explorer._tell
    explorer._tell = lambda event: (send(event), told.append((event["kind"], time.perf_counter())))
for i in range({moves} + 3):
    begun = time.perf_counter()
    told.clear()
    explorer.set_state({{"{trait}": {value}}})
    if getattr(explorer, "_task", None):
        await explorer._task
        first = next(at for kind, at in told if kind == "step")
        last = next(at for kind, at in told if kind == "finished")
        times.append([1000 * (first - begun), 1000 * (last - begun)])
    else:
        times.append([1000 * (time.perf_counter() - begun)] * 2)
assert explorer._error == "", explorer._error
print(json.dumps(times[3:]))
"""
# No alpha comes twice: the kernel keeps the last few.
MOVED = {
    "NprobeExplorer": ("nprobe", "1 + i % 128"),
    "GraphExplorer": ("ef_search", "1 + i % 64"),
    "AlphaExplorer": ("alpha", "0.25 + (0.617 * i) % 7.5"),
}
# Moves the first slider, waits until a frame with the first and with the last change was drawn, and times both.
MOVE = """async ([moves, step]) => {
  const root = document.querySelector(".ai-explorer"), slider = root.querySelector("input[type=range]");
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const changed = (node, attribute, until) => new Promise((done) => {
    const look = () => until() && (observer.disconnect(), done());
    const observer = new MutationObserver(look);
    observer.observe(node, { attributes: true, attributeFilter: [attribute] });
  });
  const times = [];
  for (let i = 0; i < moves; i++) {
    const begun = performance.now();
    slider.value = (Number(slider.value) + step) % (Number(slider.max) + 1);
    const [first, last] = READY;
    slider.dispatchEvent(new Event("input"));
    await first; await frame();
    const seen = performance.now() - begun;
    if (last !== first) {
      await last; await frame();
    }
    times.push([seen, last === first ? seen : performance.now() - begun]);
    await new Promise((done) => setTimeout(done, 250));
  }
  return times;
}"""
# nprobe, efSearch: the first canvas has a new description. alpha: the explorer says which step of which alpha it shows.
SHOWN = """((alpha) => [
  changed(root, "data-shown", () => root.dataset.shown.startsWith(`alpha ${alpha},`)),
  changed(root, "data-shown", () => root.dataset.shown.startsWith(`alpha ${alpha},`) &&
    root.dataset.shown.endsWith("done"))
])(Number(slider.value) / 4)"""
DESCRIBED = '((seen) => [seen, seen])(changed(root.querySelector("canvas"), "aria-label", () => true))'
READY = {"NprobeExplorer": DESCRIBED, "GraphExplorer": DESCRIBED, "AlphaExplorer": SHOWN}
# Many moves without a pause: how many steps are shown, and how soon the last value's first and last.
BURST = """async () => {
  const root = document.querySelector(".ai-explorer"), slider = root.querySelector("input[type=range]");
  let redraws = 0;
  new MutationObserver(() => redraws++).observe(root, { attributes: true, attributeFilter: ["data-shown"] });
  for (let i = 0; i <= 200; i++) {
    slider.value = i === 200 ? 19 : i % 18;
    slider.dispatchEvent(new Event("input"));
    await new Promise((done) => setTimeout(done, 5));
  }
  const begun = performance.now();
  const until = async (seen) => {
    while (!seen(root.dataset.shown)) await new Promise((done) => setTimeout(done, 5));
    return Math.round(performance.now() - begun);
  };
  const first_ms = await until((shown) => shown.startsWith("alpha 4.75,"));
  const last_ms = await until((shown) => shown.startsWith("alpha 4.75,") && shown.endsWith("done"));
  await new Promise((done) => setTimeout(done, 1000));
  return { redraws, first_ms, last_ms, shown_a_second_later: root.dataset.shown };
}"""


def notebook_of(source):
    """A notebook of one cell."""
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def in_kernel(name, moves):
    """Milliseconds per move of the first slider until the first and the last answer, in a kernel without a browser."""
    from nbclient import NotebookClient

    trait, value = MOVED[name]
    notebook = notebook_of(IN_KERNEL.format(name=name, trait=trait, value=value, moves=moves))
    NotebookClient(notebook, timeout=600).execute()
    return json.loads(notebook.cells[0].outputs[-1].text)


def in_browser(name, step, moves):
    """Milliseconds until the page has first and last redrawn, per move of the first slider; for alpha also a burst."""
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


def percentiles(times):
    """Median and 95th percentile of pairs of milliseconds, as a dict; one pair of numbers where both are the same."""
    first, last = np.transpose(times)
    named = {"": last} if np.array_equal(first, last) else {"first_": first, "last_": last}
    figures = {"median": 50, "p95": 95}
    return {
        f"{name}{figure}_ms": round(float(np.percentile(values, at)), 1)
        for name, values in named.items()
        for figure, at in figures.items()
    }


def main(moves=100):
    for name, step in (("NprobeExplorer", 1), ("GraphExplorer", 1), ("AlphaExplorer", 7)):
        alone, (drawn, burst) = in_kernel(name, moves), in_browser(name, step, moves)
        for place, times, more in (("kernel", alone, {}), ("browser", drawn, {"burst_of_200": burst} if burst else {})):
            said = {"explorer": name, "in": place, "moves": moves, **percentiles(times), **more}
            print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
