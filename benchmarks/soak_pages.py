"""Every explorer in a page without a kernel under many random moves: memory, time until drawn, errors.

    python -m benchmarks.soak_pages [moves] [folder]             (default 2000; ten minutes on a quiet machine)

Prints a JSON line per explorer: the JavaScript heap in MB and the nodes of the page after a fifth of the moves and at
the end, milliseconds from a move until the page was drawn (median, 95th percentile; a frame is 17 ms), and what failed.
folder: where screenshots go, at five sizes, light and dark.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.lab import chromium, watched

WARM = 0.2
# As tests/test_explorer_layout.py has them: cells of JupyterLab on a laptop and a projector, 150 % zoom, a phone.
SIZES = {
    "laptop": (974, 647),
    "no-panel": (1240, 647),
    "projector": (1560, 900),
    "zoom": (780, 390),
    "phone": (390, 780),
}
MOVE = """async ([moves, seed]) => {
  let state = seed;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const one = (all) => all[Math.floor(random() * all.length)];
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const named = "input:not([type=file]), select, button, summary, .ai-explorer [tabindex='0']";
  const tell = (node, kind) => node.dispatchEvent(new Event(kind, { bubbles: true }));
  function move(node) {
    if (node.type === "range") {
      node.value = Number(node.min) + random() * (Number(node.max) - Number(node.min));
      tell(node, "input");
      tell(node, "change");
    } else if (node.tagName === "SELECT") {
      node.value = one([...node.options]).value;
      tell(node, "change");
    } else if (["BUTTON", "SUMMARY"].includes(node.tagName) || node.type === "checkbox") node.click();
    else {
      const key = one(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"]);
      node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }
  }
  const times = [];
  for (let i = 0; i < moves; i++) {
    const seen = [...document.querySelectorAll(`.ai-explorer :is(${named})`)];
    const node = one(seen.filter((each) => each.checkVisibility() && !each.disabled));
    const begun = performance.now();
    move(node);
    await drawn();
    times.push(performance.now() - begun);
  }
  return times;
}"""


def explorers():
    """Name -> a function that gives an explorer, or the path of its page."""
    from activeindex_lite.lessons.evaluation import measure_lesson
    from activeindex_lite.pictures import synthetic_pictures
    from activeindex_lite.widgets import (
        BlinkExplorer,
        CellsExplorer,
        CodeSwapExplorer,
        CodewordsExplorer,
        GraphExplorer,
        HyperplanesExplorer,
        NeighboursExplorer,
        NprobeExplorer,
        ResultsExplorer,
        StrengthExplorer,
        ThresholdExplorer,
        VectorsExplorer,
        WhatIfExplorer,
    )
    from activeindex_lite.widgets.alpha_live import write_live_page

    rng, lesson = np.random.default_rng(0), []
    families = {"No index": ("Flat", [1]), "IVF-PQ": ("IVF1536,PQ4x8", [1, 16])}

    def measured():
        if not lesson:
            lesson.append(measure_lesson(np.arange(8), families, {"JPEG": (10, 50, 90)}))
        return lesson[0]

    return {
        "Alpha": lambda folder: write_live_page(folder / "Alpha.html"),
        "Nprobe": lambda _: NprobeExplorer(),
        "WhatIf": lambda _: WhatIfExplorer(),
        "Cells": lambda _: CellsExplorer(),
        "Graph": lambda _: GraphExplorer(),
        "Hyperplanes": lambda _: HyperplanesExplorer(),
        "Codewords": lambda _: CodewordsExplorer(),
        "CodeSwap": lambda _: CodeSwapExplorer(),
        "Neighbours": lambda _: NeighboursExplorer(),
        "Threshold": lambda _: ThresholdExplorer(rng.beta(9, 2, 500), rng.beta(5, 5, 500)),
        "Vectors": lambda _: VectorsExplorer(rng.normal(size=(2000, 16)), "IVF32,PQ8x4"),
        "Blink": lambda _: BlinkExplorer(dict(zip(("original", "released"), synthetic_pictures([1, 2]), strict=True))),
        "Results": lambda _: ResultsExplorer(measured()),
        "Strength": lambda _: StrengthExplorer(measured()),
    }


def page_of(make, folder):
    """The path of an explorer's page in a folder."""
    from activeindex_lite.widgets import write_page

    made = make(folder)
    return made if isinstance(made, Path) else write_page(made, folder / "page.html")


def soaked(browser, path, moves):
    """What many random moves do to a page: a dict, see the head of this file."""
    page = watched(browser.new_page(viewport={"width": 1240, "height": 647}))
    page.goto(path.as_uri())
    page.locator(".ai-finding:not(:empty)").first.wait_for()
    page.wait_for_timeout(2000)
    devtools, sizes, times = page.context.new_cdp_session(page), [], []
    devtools.send("Performance.enable")
    for seed, count in enumerate((int(WARM * moves), moves - int(WARM * moves)), 1):
        times += page.evaluate(MOVE, [count, seed])
        page.wait_for_timeout(1500)
        devtools.send("HeapProfiler.collectGarbage")
        told = {metric["name"]: metric["value"] for metric in devtools.send("Performance.getMetrics")["metrics"]}
        sizes.append((round(told["JSHeapUsedSize"] / 1e6, 1), int(told["Nodes"])))
    problems = page.problems + [text for text in page.locator(".ai-problem").all_inner_texts() if text]
    page.close()
    median, late = np.percentile(times, [50, 95]).round(1).tolist()
    return {
        "heap_mb": [mb for mb, _ in sizes],
        "nodes": [n for _, n in sizes],
        "ms": [median, late],
        "problems": problems,
    }


def photographed(browser, path, name, folder):
    """Screenshots of an explorer's page at five sizes, light and dark."""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")
        page.goto(path.as_uri())
        page.locator(".ai-finding:not(:empty)").first.wait_for()
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(400)
            page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")
        page.close()


def main(moves=2000, folder=None):
    """Print one line per explorer; returns the number of those that grew or failed."""
    bad = 0
    with chromium() as browser:
        for name, make in explorers().items():
            with tempfile.TemporaryDirectory() as temporary:
                path = page_of(make, Path(temporary))
                if folder:
                    Path(folder).mkdir(parents=True, exist_ok=True)
                    photographed(browser, path, name, Path(folder))
                found = soaked(browser, path, int(moves)) if int(moves) else {}
            if found:
                warm, end = found["heap_mb"]
                bad += bool(found["problems"]) or end > warm + 5
            print(json.dumps({"explorer": name, **found}), flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(f"{bad} explorers grew or failed" if (bad := main(*sys.argv[1:3])) else 0)
