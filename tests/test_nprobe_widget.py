"""NprobeExplorer without a browser and, where Chromium is, its page in one."""

import base64
import functools
import io
import json
import subprocess
import sys

import numpy as np
import pytest
import traitlets
from PIL import Image

from activeindex_lite import build_index, load_queries, load_world
from activeindex_lite.evaluation.retrieval import strictly_first
from activeindex_lite.sweeps.nprobe import recall_by_nprobe
from activeindex_lite.widgets import NprobeExplorer, nprobe_state, write_page


@pytest.fixture(scope="module")
def indexes():
    world = load_world()
    return {
        "cells": build_index("IVF64,Flat", world.train[:5000], world.references),
        "codes": build_index("IVF40,PQ4x6", world.train[:5000], world.references),
    }


@pytest.fixture(scope="module", autouse=True)
def measured_once():
    """The curve of an index of one's own is measured anew by each explorer; here, once per index, on 20 pictures."""
    features = {edit: rows[:20] for edit, rows in load_queries().features.items()}
    with pytest.MonkeyPatch.context() as patch:
        # A cache by the index alone: dicts and arrays cannot be keys.
        once = functools.cache(lambda index: recall_by_nprobe(index, features, load_queries().ids[:20], timed=None))
        patch.setattr(nprobe_state, "recall_by_nprobe", lambda index, *_, **__: once(index))
        yield


@pytest.fixture
def explorer(indexes):
    return NprobeExplorer(indexes=indexes)


@pytest.mark.parametrize(
    "setting", [dict(nprobe=64), dict(index="codes", nprobe=3), dict(query=8, nprobe=17), dict(query=0)]
)
def test_setting_traits_gives_what_building_afresh_gives(explorer, indexes, setting):
    explorer.index, explorer.query, explorer.nprobe = "codes", 5, 30
    wanted = {**dict(index="cells", query=3, nprobe=1), **setting}
    for name, value in wanted.items():
        setattr(explorer, name, value)
    fresh = NprobeExplorer(indexes=indexes, **wanted)
    assert explorer._view == fresh._view and explorer.finding == fresh.finding
    assert explorer.results.equals(fresh.results)
    assert explorer.curve.drop(columns="ms").equals(fresh.curve.drop(columns="ms"))


def test_results_and_finding_are_those_of_faiss_at_every_nprobe(explorer, indexes):
    stored = load_queries()
    for query, (i, edit) in enumerate(explorer.state.queries):
        explorer.query = query
        for nprobe in (1, 2, 5, 13, 40, 64):
            explorer.nprobe = nprobe
            distances, ids = indexes["cells"].search(stored.features[edit][i : i + 1], k=4, nprobe=nprobe)
            assert explorer.results.id.tolist() == ids[0].tolist()
            np.testing.assert_allclose(explorer.results.distance, distances[0], atol=1e-4)
            first = strictly_first(distances, ids, stored.ids[i : i + 1])[0]
            assert explorer.phase["first"] == first
            assert ("comes first" in explorer.finding) == first
            assert (
                explorer._view["scanned"][nprobe - 1]
                == indexes["cells"].list_sizes[indexes["cells"].probe(stored.features[edit][i : i + 1], nprobe)].sum()
            )


def test_a_cell_shows_those_of_its_vectors_that_are_nearest_to_the_query(explorer, indexes):
    stored = load_queries()
    i, edit = explorer.state.queries[explorer.query]
    query = stored.features[edit][i]
    ranked = indexes["cells"].probe(query[None], 64)[0]
    for rank in (1, 5, 64):
        explorer.cell = rank
        ids = indexes["cells"].lists[ranked[rank - 1]]
        distances = ((stored.world.references[ids] - query) ** 2).sum(axis=1)
        shown = explorer._cell["pictures"]
        assert explorer._cell["count"] == len(ids) and explorer._cell["rank"] == rank
        assert [picture["id"] for picture in shown] == ids[np.argsort(distances, kind="stable")[:4]].tolist()
    rank = explorer._view["rank"]
    explorer.cell = rank
    is_original = [picture["original"] for picture in explorer._cell["pictures"]]
    assert is_original == [picture["id"] == stored.ids[i] for picture in explorer._cell["pictures"]]


def test_a_small_picture_is_the_large_one_made_smaller(explorer):
    drawn = explorer.state.small(4711)
    opened = Image.open(io.BytesIO(base64.b64decode(drawn.split(",")[1])))
    large = load_world().pictures(4711)[0].resize(opened.size, Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(opened, float) - np.asarray(large, float)).mean() < 6


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("nprobe", 0, "1 to 64"),
        ("nprobe", 65, "1 to 64"),
        ("cell", 65, "1 to 64"),
        ("index", "IVF9", "cells, codes"),
        ("query", 9, "0 to 8"),
        ("query", -1, "0 to 8"),
    ],
)
def test_values_out_of_range_are_refused_and_change_nothing(explorer, trait, value, said):
    before = explorer.nprobe, explorer.index, explorer.query, explorer._view
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(explorer, trait, value)
    assert (explorer.nprobe, explorer.index, explorer.query, explorer._view) == before


def test_a_value_from_the_page_that_is_refused_is_told_there(explorer):
    explorer.set_state({"nprobe": 65})
    assert "1 to 64" in explorer._error and explorer.nprobe == 1
    explorer.set_state({"nprobe": 2})
    assert explorer._error == "" and explorer.nprobe == 2


def test_an_index_with_fewer_cells_visits_all_of_them(explorer):
    explorer.nprobe, explorer.cell = 64, 50
    explorer.index = "codes"
    assert (explorer.nprobe, explorer.cell, explorer._cell["rank"]) == (40, 40, 40)
    with pytest.raises(traitlets.TraitError, match="40"):
        NprobeExplorer(indexes={"codes": explorer.state.index("codes")}, nprobe=41)


def test_queries_can_be_ones_own(indexes):
    explorer = NprobeExplorer(indexes=indexes, queries=[(7, "Meme")])
    assert explorer.query == 0 and "Meme" in explorer._names["queries"][0]
    with pytest.raises(ValueError, match="199"):
        NprobeExplorer(indexes=indexes, queries=[(200, "Meme")])
    with pytest.raises(ValueError, match="Sepia"):
        NprobeExplorer(indexes=indexes, queries=[(0, "Sepia")])


def test_what_travels_is_json_and_small(explorer):
    assert len(json.dumps([explorer._view, explorer._about], allow_nan=False)) < 150_000


def test_still_tells_the_finding(explorer):
    explorer.nprobe = 6
    assert explorer.finding in explorer.still().alt
    assert "nprobe 6" in explorer.still().figure._suptitle.get_text()


def test_no_torch_is_loaded():
    code = "import sys; from activeindex_lite.widgets import NprobeExplorer, write_page; "
    code += "NprobeExplorer; write_page; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


def test_a_page_is_never_overwritten_unasked(explorer, tmp_path):
    path = write_page(explorer, tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert "http" not in text.replace("http-equiv", "")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        write_page(explorer, path)
    explorer.nprobe = 2
    assert write_page(explorer, path, overwrite=True).read_text(encoding="utf-8") != text
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def page(open_page, explorer, tmp_path):
    return open_page(write_page(explorer, tmp_path / "page.html").as_uri(), ".ai-results img")


def test_the_page_says_what_python_says(page, explorer):
    expect = pytest.importorskip("playwright.sync_api").expect
    slider, sentence = page.get_by_role("slider", name="nprobe"), page.locator(".ai-finding")
    expect(sentence).to_contain_text(explorer.finding)
    slider.focus()
    for step in explorer._about["nprobes"][1:5]:
        page.keyboard.press("ArrowRight")
        explorer.nprobe = step
        expect(sentence).to_contain_text(explorer.finding)
        expect(slider).to_have_attribute("aria-valuetext", f"{step} cells")
        expect(page.locator(".ai-share")).to_contain_text(f"{explorer._view['scanned'][step - 1]:,} of 50,000")
    for _ in range(64):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".ai-share")).to_have_text("50,000 of 50,000 vectors compared: 100 %")
    page.locator("select").nth(1).select_option("7")
    page.locator("select").nth(0).select_option("codes")
    explorer.query, explorer.index = 7, "codes"
    expect(sentence).to_contain_text(explorer.finding)
    assert "40 cells" in page.locator("canvas").first.get_attribute("aria-label")


def test_the_mouse_reaches_the_last_cell_and_the_map_is_lit(page):
    lit = """() => {
      const c = document.querySelector("canvas"), p = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
      let n = 0;
      for (let i = 0; i < p.length; i += 4) if (p[i + 3] > 150 && p[i + 2] > p[i] + 60 && p[i] < 150) n++;
      return n;
    }"""
    page.wait_for_function(f"({lit})() > 0")
    dark = page.evaluate(lit)
    slider = page.get_by_role("slider", name="nprobe")
    box = slider.bounding_box()
    # The locator's click waits until the slider no longer moves while pictures are put in place.
    slider.click(position={"x": box["width"] - 3, "y": box["height"] / 2})
    page.wait_for_function("document.querySelector('input[type=range]').getAttribute('aria-valuetext') === '64 cells'")
    page.wait_for_function(f"({lit})() > {5 * dark}")


def test_a_click_or_a_key_looks_into_a_cell(page, explorer):
    expect = pytest.importorskip("playwright.sync_api").expect
    title, lens = page.locator(".ai-found h2").nth(1), page.get_by_role("slider", name="First cells")
    expect(title).to_have_text("Inside cell 1")
    lens.focus()
    lens.press("ArrowRight")
    expect(lens).to_have_attribute(
        "aria-valuetext", f"cell 2: {explorer.state.cell('cells', 3, 2)['count']} vectors, not visited"
    )
    lens.press("Enter")
    expect(title).to_have_text("Inside cell 2")
    wanted = explorer.state.cell("cells", 3, 2)["pictures"]
    shown = page.eval_on_selector_all(".ai-in-cell img", "all => all.map((image) => image.src)")
    assert shown == [picture["src"] for picture in wanted]
    # The outermost cells of the disc lie to the left as well as to the right.
    disc = page.get_by_role("slider", name="All cells")
    box = disc.bounding_box()
    disc.click(position={"x": box["width"] / 2 - min(box["width"], box["height"]) / 2 + 8, "y": box["height"] / 2})
    expect(title).not_to_have_text("Inside cell 2")
    assert int(title.inner_text().split()[-1]) > 20
    expect(page.locator(".ai-found")).to_contain_text("Its pictures need a kernel")


def test_controls_and_pictures_have_names(page):
    assert [page.get_by_role("slider", name=name).count() for name in ("nprobe", "First cells", "All cells")] == [1] * 3
    assert page.get_by_role("combobox").count() == 2
    assert all(alt for alt in page.eval_on_selector_all("img", "all => all.map((image) => image.alt)"))
    assert all(
        label for label in page.eval_on_selector_all("canvas", "all => all.map((c) => c.getAttribute('aria-label'))")
    )
    assert page.locator(".ai-finding").get_attribute("aria-live") == "polite"
