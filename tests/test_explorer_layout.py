"""Explorers at five widths of a notebook's output: no control is cut, covered or too small, and what a control changes
is in view beside it; a switch of the theme draws everything anew.
"""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from activeindex_lite import load_extractor, load_world
from activeindex_lite.edits import EDITS
from activeindex_lite.lessons.examples import Examples
from activeindex_lite.pictures import synthetic_pictures
from activeindex_lite.widgets import (
    AlphaExplorer,
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
    nprobe_state,
    write_page,
)
from benchmarks.lab import watched

# The output of a cell in JupyterLab: on a laptop of 1366 x 768 with and without the side panel, on a projector of
# 1920 x 1080, at 150 % zoom, and the page of the course on a phone.
SIZES = {"laptop": (974, 647), "no panel": (1240, 647), "1920": (1560, 900), "zoom": (780, 390), "phone": (390, 780)}
# From this width of the explorer on there may be several controls a line, and targets are for a mouse.
ROOMY = 800
SLIDER, TARGET = 160, 44
# Shared by all checks: what is seen, and boxes.
SEEN = """
const root = document.querySelector(".ai-explorer");
const box = (node) => node.getBoundingClientRect();
const seen = (selector) => [...root.querySelectorAll(selector)].filter((n) => n.checkVisibility() && box(n).width > 0);
const named = (node) =>
  `${node.tagName} ${node.className} ${node.labels?.[0]?.textContent ?? node.textContent}`.slice(0, 60);
const controls = seen("input, select, textarea, button:not(.ai-handle)");
"""
CUT = """() => {SEEN
  const frame = box(root);
  const inside = (node) => box(node).left >= frame.left - 1 && box(node).right <= frame.right + 1;
  const cut = (node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== "visible";
  const texts = seen("h2, p, figcaption, caption, th, td, li, legend, output, label > span, button");
  // A wide table scrolls in a box of its own.
  const scrolls = (node) => node.closest(".ai-scroll");
  const out = [...controls, ...texts, ...seen("canvas, img")].filter((node) => !inside(node) && !scrolls(node));
  const clipped = [...texts, ...seen("div:not(.ai-stage), section")].filter((node) => cut(node) && !scrolls(node));
  const page = document.scrollingElement;
  if (page.scrollWidth > page.clientWidth) out.push(document.body);
  return [...out, ...clipped].map(named);
}""".replace("SEEN", SEEN)
COVERED = """() => {SEEN
  const meet = (one, other) => {
    const [a, b] = [box(one), box(other)];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    return wide > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  };
  const isSticky = (node) => getComputedStyle(node).position === "sticky";
  const sticks = (node) => node !== root && (isSticky(node) || sticks(node.parentElement));
  const all = [...controls, ...seen("canvas, label > span, output, h2, p.ai-finding, img")].filter((n) => !sticks(n));
  const found = [];
  all.forEach((one, i) => all.slice(i + 1).forEach((other) => {
    const apart = !one.contains(other) && !other.contains(one);
    if (apart && meet(one, other)) found.push(`${named(one)} / ${named(other)}`);
  }));
  return found;
}""".replace("SEEN", SEEN)
SMALL = """([slider, target]) => {SEEN
  const narrow = controls.filter((n) => n.type === "range" && box(n).width < slider - 0.5);
  // A box to tick is ticked by its label too.
  const touched = [...controls, ...seen(".ai-handle")].map((n) => (n.type === "checkbox" ? n.labels[0] : n));
  const low = touched.filter((n) => box(n).height < target - 0.5);
  return [...narrow, ...low].map(named);
}""".replace("SEEN", SEEN)
# At which place of the scrolled page all of the control and most of the effect are in view: the shares, and the place.
BESIDE = """async ([control, effect]) => {
  const nodes = [control, effect].map((selector) => document.querySelector(selector));
  const shown = (node) => {
    const { top, bottom, height } = node.getBoundingClientRect();
    return Math.max(0, Math.min(bottom, innerHeight) - Math.max(top, 0)) / Math.min(height, innerHeight);
  };
  const page = document.scrollingElement;
  const best = [0, 0, 0];
  for (let y = 0; y <= page.scrollHeight; y += 20) {
    page.scrollTop = y;
    const [first, second] = nodes.map(shown);
    if (first > 0.99 && second > best[1]) best.splice(0, 3, first, second, y);
  }
  page.scrollTop = 0;
  return best;
}"""
# Of each canvas: whether it has as many pixels as it is large, and what it shows.
DRAWN = """() => [...document.querySelectorAll(".ai-explorer canvas")].filter((c) => c.checkVisibility()).map((c) => {
  const fits = (pixels, size) => Math.abs(pixels - size * devicePixelRatio) <= 1;
  return [fits(c.width, c.clientWidth) && fits(c.height, c.clientHeight), c.toDataURL()];
})"""
STILL = "async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame); }"


def nprobe_explorer(small_indexes, patch):
    # No curve is measured: where it lies does not depend on its values.
    curve = nprobe_state.load_curves().query("index == 'IVF256'").drop(columns="index")
    patch.setattr(nprobe_state, "recall_by_nprobe", lambda *_, **__: curve)
    patch.setattr(nprobe_state, "TIMED", 14)
    return NprobeExplorer(
        indexes={"IVF256": nprobe_state.ready_index("IVF256,Flat")}, queries=[(0, "Meme"), (1, "Meme")]
    )


def whatif_explorer(small_indexes, patch):
    return WhatIfExplorer()


def alpha_explorer(small_indexes, patch):
    patch.setattr("activeindex_lite.widgets.alpha.ALPHAS", (0, 3))
    return AlphaExplorer(7, indexes={"IVF": small_indexes["IVF64,Flat"]}, steps=1)


def cells_explorer(small_indexes, patch):
    return CellsExplorer()


def hyperplanes_explorer(small_indexes, patch):
    return HyperplanesExplorer()


def graph_explorer(small_indexes, patch):
    return GraphExplorer()


def codewords_explorer(small_indexes, patch):
    return CodewordsExplorer()


def swap_explorer(small_indexes, patch):
    return CodeSwapExplorer()


def neighbours_explorer(small_indexes, patch):
    return NeighboursExplorer()


def threshold_explorer(small_indexes, patch):
    rng = np.random.default_rng(0)
    return ThresholdExplorer(rng.beta(9, 2, 500), rng.beta(5, 5, 500))


def vectors_explorer(small_indexes, patch):
    world = load_world()
    names = [f"picture {i} of the ready world" for i in range(2000)]
    return VectorsExplorer(world.references[:2000], "IVF16,PQ8x4", names=names, pictures=world.pictures)


def blink_explorer(small_indexes, patch):
    pictures = synthetic_pictures([1, 2])
    return BlinkExplorer({"original": pictures[0], "released": pictures[1]})


@cache
def lesson(flat, cells):
    """What the explorers of notebook 08 take of a lesson, with made-up results of 24 originals under all edits."""
    world, ids, edits = load_world(), np.arange(24), list(EDITS)
    pictures, indexes = (
        world.pictures(ids),
        {"No index": flat, "IVF-PQ": cells, "IVF": cells, "OPQ": cells, "LSH": cells},
    )
    rows = [
        ("No index", 1, False),
        *((name, n, a) for name in list(indexes)[1:] for n in (1, 16) for a in (False, True)),
    ]
    table = [
        dict(zip(("index", "nprobe", "activated"), row), edit=edit, r1=0.5) for row in rows for edit in [*edits, "Mean"]
    ]
    points = [
        dict(zip(("index", "nprobe", "activated"), row), sweep="JPEG", value=v) for row in rows for v in (10, 50, 90)
    ]
    return SimpleNamespace(
        hits={row: pd.DataFrame(dict.fromkeys(edits, np.zeros(24, bool))) for row in rows},
        retrieval=pd.DataFrame(table),
        curves=pd.DataFrame(points).assign(r1=0.5, low=0.4, high=0.6),
        examples=Examples(
            ids, world.references[ids], dict.fromkeys([None, *indexes], pictures), indexes, load_extractor("lite")
        ),
    )


def results_explorer(small_indexes, patch):
    return ResultsExplorer(lesson(small_indexes["Flat"], small_indexes["IVF64,Flat"]))


def strength_explorer(small_indexes, patch):
    return StrengthExplorer(lesson(small_indexes["Flat"], small_indexes["IVF64,Flat"]))


# What makes the explorer; a control, and what it changes; how much of that has to be in view beside the control.
EXPLORERS = {
    "nprobe": (nprobe_explorer, ".ai-nprobe input[type=range]", ".ai-lens canvas", 0.9),
    "nprobe, sentence": (nprobe_explorer, ".ai-nprobe input[type=range]", ".ai-finding", 1),
    "whatif": (whatif_explorer, ".ai-side-b input[type=range]", ".ai-finding", 1),
    "whatif, question": (whatif_explorer, ".ai-ask input[type=range]", ".ai-answer", 1),
    "alpha": (alpha_explorer, ".ai-alpha input[type=range]", ".aa-plane", 0.6),
    "cells": (cells_explorer, ".ai-explorer input[type=range]", ".ai-explorer canvas", 0.6),
    "hyperplanes": (hyperplanes_explorer, ".ai-explorer input[type=range]", ".ai-explorer canvas", 0.6),
    "graph": (graph_explorer, ".ai-explorer input[type=range]", ".ai-explorer canvas", 0.6),
    "graph, sentence": (graph_explorer, ".ai-explorer input[type=range]", ".ai-finding", 1),
    "graph, step": (graph_explorer, ".ai-step input[type=range]", ".ai-explorer canvas", 0.6),
    "codewords": (codewords_explorer, ".ai-explorer input[type=range]", ".ai-explorer canvas", 0.6),
    "codewords, code": (codewords_explorer, ".ai-explorer canvas", ".ai-code", 0.6),
    "swap": (swap_explorer, ".ai-explorer input[type=range]", ".ai-finding", 1),
    "neighbours": (neighbours_explorer, ".ai-small-row button", ".ai-two .ai-row", 0.6),
    "vectors": (vectors_explorer, ".ai-explorer input[type=range]", ".ai-neighbours", 0.6),
    "vectors, sentence": (vectors_explorer, ".ai-explorer input[type=range]", ".ai-finding", 1),
    "threshold": (threshold_explorer, ".ai-explorer input[type=range]", ".ai-explorer canvas", 0.9),
    "threshold, recall": (threshold_explorer, ".ai-explorer input[type=range]", ".ai-meters", 0.6),
    "results": (results_explorer, "td[aria-selected=true]", ".ai-example", 0.6),
    "strength": (strength_explorer, ".ai-strengths select", ".ai-explorer canvas", 0.9),
    "blink": (blink_explorer, ".ai-choices button", ".ai-explorer canvas", 0.6),
}


@pytest.fixture(scope="module")
def pages(browser, small_indexes, tmp_path_factory):
    """pages(make) is the explorer's page without a kernel, opened once."""
    made = {}

    def open_(make):
        if make not in made:
            with pytest.MonkeyPatch.context() as patch:
                path = write_page(make(small_indexes, patch), tmp_path_factory.mktemp("page") / "page.html")
            made[make] = watched(browser.new_page())
            made[make].goto(path.as_uri())
            made[make].wait_for_selector(".ai-finding:not(:empty)")
        return made[make]

    yield open_
    for page in made.values():
        assert page.problems == []
        page.close()


MAKERS = list(dict.fromkeys(make for make, *_ in EXPLORERS.values()))


@pytest.mark.parametrize("make", MAKERS)
def test_nothing_is_cut_covered_or_too_small(make, pages):
    page = pages(make)
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(STILL)
        roomy = page.evaluate("document.querySelector('.ai-explorer').clientWidth") > ROOMY
        assert page.evaluate(CUT) == [], name
        assert page.evaluate(COVERED) == [], name
        assert page.evaluate(SMALL, [SLIDER, 0 if roomy else TARGET]) == [], name
        assert all(sharp for sharp, _ in page.evaluate(DRAWN)), name


@pytest.mark.parametrize(("make", "control", "effect", "share"), EXPLORERS.values(), ids=EXPLORERS)
def test_the_effect_is_in_view_beside_its_control(make, control, effect, share, pages):
    page = pages(make)
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(STILL)
        first, second, _ = page.evaluate(BESIDE, [control, effect])
        assert first > 0.99 and second >= share - 0.01, name


def test_a_wide_output_is_used(pages):
    width, height = SIZES["1920"]
    for make in (nprobe_explorer, whatif_explorer):
        page = pages(make)
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(STILL)
        edges = "all => all.map((canvas) => canvas.getBoundingClientRect().right)"
        right = max(page.eval_on_selector_all(".ai-explorer canvas", edges))
        assert right > 0.9 * width


@pytest.mark.parametrize("make", MAKERS)
def test_a_switch_of_the_theme_draws_all_anew(make, pages):
    """As the page draws itself when it is opened in the dark: no ellipse, no white hole, no dark ink on dark ground."""
    page = pages(make)
    page.set_viewport_size({"width": 974, "height": 647})
    page.evaluate(STILL)
    light = page.evaluate(DRAWN)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(100)
    switched = page.evaluate(DRAWN)
    page.reload()
    page.wait_for_selector(".ai-finding:not(:empty)")
    page.wait_for_timeout(100)
    assert switched == page.evaluate(DRAWN)
    # The canvas of the pictures that blink is all picture.
    assert make is blink_explorer or all(a != b for a, b in zip(switched, light, strict=True))
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(100)
    assert page.evaluate(DRAWN) == light


def test_hollow_marks_are_filled_with_the_ground(pages):
    page = pages(nprobe_explorer)
    hollow = """() => {
      const sheet = startDrawing(document.querySelector(".ai-explorer canvas"));
      drawMark(sheet.pen, "circle", 20, 20, 9, ORANGE, false);
      return [...sheet.pen.getImageData(20 * devicePixelRatio, 20 * devicePixelRatio, 1, 1).data.slice(0, 3)];
    }"""
    # Names of a module are not those of the page, so the kit is put into the page once more, as a plain script.
    from activeindex_lite.widgets.module import read

    page.add_script_tag(content="\n".join(read(f"{part}.js") for part in ("parts", "drawing")))
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(100)
    assert page.evaluate(hollow) == [24, 24, 24]
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(100)
    assert page.evaluate(hollow) == [255, 255, 255]


def test_only_keys_that_move_are_kept_from_the_notebook(pages):
    page = pages(whatif_explorer)
    passed = """([selector, key, more]) => {
      let heard = false;
      const hear = () => { heard = true; };
      document.addEventListener("keydown", hear);
      const event = new KeyboardEvent("keydown", { key, bubbles: true, ...more });
      document.querySelector(`.ai-explorer ${selector}`).dispatchEvent(event);
      document.removeEventListener("keydown", hear);
      return heard;
    }"""
    slider, listed, pressed = "input[type=range]", "select", "button"
    for key in ("ArrowLeft", "ArrowUp", "Home", "End", "PageUp", "PageDown"):
        assert not page.evaluate(passed, [slider, key, {}]), key
    for selector, key, more in [
        (slider, "s", {"ctrlKey": True}),
        (listed, "s", {"metaKey": True}),
        (slider, "ArrowUp", {"altKey": True}),
        (slider, "Escape", {}),
        (slider, "b", {}),
        (pressed, "Enter", {"shiftKey": True}),
    ]:
        assert page.evaluate(passed, [selector, key, more]), (selector, key)
    # "x" would cut the cell, and Enter would open it for editing.
    for selector, key in ((listed, "x"), (listed, "Enter"), (pressed, "Enter"), (pressed, " ")):
        assert not page.evaluate(passed, [selector, key, {}]), (selector, key)
