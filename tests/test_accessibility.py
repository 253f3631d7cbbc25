"""What axe-core, the engine of browsers' accessibility audits, finds in explorers, in a page of the course and in a
report.
"""

from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image
from test_explorer_layout import results_explorer, strength_explorer

from activeindex_lite import build_index
from activeindex_lite.exercises import start
from activeindex_lite.pages import build_pages
from activeindex_lite.sweeps.nprobe import recall_by_nprobe
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
    ThresholdExplorer,
    VectorsExplorer,
    WhatIfExplorer,
    nprobe_state,
    write_page,
)

pytestmark = pytest.mark.slow

SERIOUS = ("serious", "critical")
# A page with all that pages hold: text, code, a table, a figure, an exercise with its verdict, an explorer.
CELLS = [
    """# A page

**What you will do.** Look.

**What you will learn.** Words such as **centroid**.

**What you need.** Nothing.

**How long.** 3 minutes.

| a | b |
|---|---|
| 1 | [2](#then) |

> |f - q|² = 1

<details><summary>Hint</summary><code>np.sum</code></details>""",
    """from activeindex_lite.figures.style import Described, new_figure
figure, axes = new_figure(3, 2)
Described(figure, "An empty figure, of no other use than to be looked at.")""",
    "import pandas as pd\npd.DataFrame({'r1': [0.5]}).style.hide(axis='index')",
    "from activeindex_lite.exercises import start\nstart.share_found(lambda first, truth: None)",
    """@staticmethod
def words(a: int, *, b=None) -> str:  # each kind of word that has a colour of its own
    assert a in (1, 2.5) and not b is True or ~a
    return f"{a!r:>4}" + "\\n" + len(str(a)) * 'b' """
    + "+ 'a line that is far too long for the page' " * 4,
    "print('long' * 60)",
    "from activeindex_lite.widgets import WhatIfExplorer\nWhatIfExplorer()",
    "## Then\n\nThe end.",
]


@pytest.fixture
def violations(browser):
    """f(path, dark): serious and critical violations of the page and of the pages in it, a sentence each, once what
    `ready` selects is there.
    """
    axe = Path(
        pytest.importorskip(
            "axe_playwright_python", reason="axe-core is not here: pip install axe-playwright-python"
        ).__file__
    ).with_name("axe.min.js")

    def violations_of(path, ready="h1", dark=False):
        context = browser.new_context(offline=True, color_scheme="dark" if dark else "light")
        page = context.new_page()
        page.goto(Path(path).as_uri())
        place = page
        if page.locator("iframe").count():  # it waits to be seen
            page.locator("iframe").scroll_into_view_if_needed()
            place = page.frame_locator("iframe")
        place.locator(ready).first.wait_for()
        for frame in page.frames:
            frame.evaluate(axe.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")
        context.close()
        assert len(found["passes"]) > 10, "nothing was looked at"
        return [
            f"{v['impact']}: {v['id']}, {v['help']}: {[node['html'][:100] for node in v['nodes'][:3]]}"
            for v in found["violations"]
            if v["impact"] in SERIOUS
        ]

    return violations_of


@pytest.fixture(scope="module")
def index(world):
    return build_index("IVF40,Flat", world.train[:2000], world.references)


def nprobe_explorer(index, extractor, patch):
    # Its curve over ten pictures instead of 200: what it shows does not matter here.
    patch.setattr(
        nprobe_state,
        "recall_by_nprobe",
        lambda index, features, ids, timed: recall_by_nprobe(
            index, {edit: rows[:10] for edit, rows in features.items()}, ids[:10], timed=timed
        ),
    )
    return NprobeExplorer(indexes={"cells": index})


def alpha_explorer(index, extractor, patch):
    patch.setattr("activeindex_lite.widgets.alpha.ALPHAS", (0, 3))
    return AlphaExplorer(7, indexes={"cells": index}, extractor=extractor, steps=1)


def whatif_explorer(index, extractor, patch):
    return WhatIfExplorer()


def cells_explorer(index, extractor, patch):
    return CellsExplorer()


def hyperplanes_explorer(index, extractor, patch):
    return HyperplanesExplorer()


def codewords_explorer(index, extractor, patch):
    return CodewordsExplorer()


def swap_explorer(index, extractor, patch):
    return CodeSwapExplorer()


def blink_explorer(index, extractor, patch):
    picture = Image.effect_noise((48, 48), 40).convert("RGB")
    return BlinkExplorer({"original": picture, "released": picture.rotate(90)})


MAKERS = [
    nprobe_explorer,
    alpha_explorer,
    whatif_explorer,
    cells_explorer,
    hyperplanes_explorer,
    codewords_explorer,
    swap_explorer,
    blink_explorer,
]


@pytest.mark.parametrize("make", MAKERS)
def test_an_explorer_has_no_serious_violation(make, index, extractor, violations, tmp_path, monkeypatch):
    path = write_page(make(index, extractor, monkeypatch), tmp_path / "page.html")
    for dark in (False, True):
        assert violations(path, ".ai-finding:not(:empty)", dark) == []


def threshold_explorer():
    return ThresholdExplorer([0.9, 0.8, 0.4], [0.5, 0.3, 0.2])


def vectors_explorer():
    x = np.random.default_rng(0).normal(size=(800, 8))
    return VectorsExplorer(x, "IVF16,Flat")


@pytest.mark.parametrize("make", [GraphExplorer, NeighboursExplorer, threshold_explorer, vectors_explorer])
def test_an_explorer_of_a_lesson_has_no_serious_violation(make, violations, tmp_path):
    path = write_page(make(), tmp_path / "page.html")
    for dark in (False, True):
        assert violations(path, ".ai-finding:not(:empty)", dark) == []


@pytest.mark.parametrize("make", [results_explorer, strength_explorer])
def test_an_explorer_of_a_table_has_no_serious_violation(make, small_indexes, violations, tmp_path):
    path = write_page(make(small_indexes, None), tmp_path / "page.html")
    for dark in (False, True):
        assert violations(path, ".ai-finding:not(:empty)", dark) == []


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "notebooks"
    folder.mkdir()
    (folder / "GLOSSARY.md").write_text("# Glossary\n\n### centroid\nA point. (00)\n")
    cells = [
        nbformat.v4.new_markdown_cell(text) if text.startswith("#") else nbformat.v4.new_code_cell(text)
        for text in CELLS
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "00_page.ipynb")
    build_pages(folder, folder.parent / "pages")
    return folder.parent / "pages"


@pytest.mark.parametrize(
    ("name", "ready"),
    [("index", ".ai-finding:not(:empty)"), ("GLOSSARY", "h3"), ("00_page", ".ai-finding:not(:empty)")],
)
def test_a_page_of_the_course_has_no_serious_violation(name, ready, pages, violations):
    for dark in (False, True):
        assert violations(pages / f"{name}.html", ready, dark) == []


def test_axe_would_have_found_one(violations, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text(
        f'<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><p style="color:#ccc">pale</p>'
        '<input type="range"><img src="data:,">'
        f"{start.share_found(None)._repr_html_()}</main></html>"
    )
    assert {line.split(",")[0] for line in violations(path)} == {
        "serious: color-contrast",
        "critical: label",
        "critical: image-alt",
    }
