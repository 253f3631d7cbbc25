"""WhatIfExplorer without a browser and, where Chromium is, its page in one."""

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import traitlets

from activeindex_lite.sweeps.whatif import load_sweep
from activeindex_lite.widgets import WhatIfExplorer, write_page

SETTINGS = [
    dict(a=dict(nprobe=4), b=dict(nprobe=64, alpha=6, steps=1)),
    dict(
        a=dict(factory="PCA64,LSH", edit="JPEG 10"),
        b=dict(factory="PQ8x8", alpha=1.5, edit="JPEG 10"),
        target=dict(r1=0.6, bytes=8),
    ),
    dict(
        a=dict(references=5000, edit="Identity"),
        b=dict(factory="Flat", references=15000, edit="Rotation 50"),
        target=dict(psnr=45),
    ),
    dict(a=dict(factory="HNSW16,PQ8", ef_search=64), b=dict(nprobe=4), target=dict(r1=0.9, bytes=1000)),
    dict(a=dict(factory="HNSW32,Flat"), b=dict(factory="HNSW16,PQ8", ef_search=1024), target=dict(r1=0.95)),
    dict(a=dict(edit="Crop 0.3"), b=dict(edit="Crop 0.8"), target=dict(r1=1, psnr=50, bytes=4)),
]


@pytest.fixture
def explorer():
    return WhatIfExplorer()


@pytest.mark.parametrize("settings", SETTINGS)
def test_setting_traits_gives_what_building_afresh_gives(explorer, settings):
    explorer.a, explorer.b, explorer.target = dict(nprobe=2), dict(alpha=6), dict(r1=0.3)
    explorer.target = {}
    for name, value in settings.items():
        setattr(explorer, name, value)
    fresh = WhatIfExplorer(**settings)
    assert (explorer.a, explorer.b, explorer.target, explorer.finding, explorer.answer) == (
        fresh.a,
        fresh.b,
        fresh.target,
        fresh.finding,
        fresh.answer,
    )
    pd.testing.assert_frame_equal(explorer.results, fresh.results)
    assert explorer.program("b") == fresh.program("b") and explorer.still().alt == fresh.still().alt


def test_results_table_and_answer_are_the_sweep_s(explorer):
    sweep = load_sweep()
    assert explorer.results.loc["B"].to_dict() == pytest.approx(sweep.measured(explorer.b))
    pd.testing.assert_frame_equal(explorer.table, sweep.table("Mean"))
    assert explorer.answer == sweep.cheapest(0.8, 38)
    assert explorer.a["alpha"] == 0 and explorer.b["alpha"] == 3


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("a", dict(nprobe=3), "1, 2, 4"),
        ("b", dict(index="PQ8x8"), "factory"),
        ("target", dict(r1=1.2), "0 to 1"),
        ("target", dict(bytes=-1), "None"),
        ("target", dict(alpha=1), "r1, psnr, bytes"),
        ("target", dict(psnr="much"), "0 to 100"),
    ],
)
def test_values_out_of_range_are_refused_and_change_nothing(explorer, trait, value, said):
    before = explorer.a, explorer.b, explorer.target
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(explorer, trait, value)
    assert (explorer.a, explorer.b, explorer.target) == before


def test_a_value_from_the_page_that_is_refused_is_told_there(explorer):
    explorer.set_state({"a": {"nprobe": 3}})
    assert "1, 2, 4" in explorer._error and explorer.a["nprobe"] == 1
    explorer.set_state({"a": {"nprobe": 4}})
    assert explorer._error == "" and explorer.a["nprobe"] == 4


def test_what_travels_is_json_and_small(explorer):
    assert len(json.dumps([explorer._about, explorer.a], allow_nan=False)) < 900_000
    assert all(
        text in explorer._about["made"]
        for text in ("48 originals", "seed 0", "activeindex-lite sweep", explorer.sweep.about["made"])
    )


def test_measuring_now_tells_its_progress_and_its_result(explorer):
    told = []
    explorer.observe(lambda change: told.append(change["new"]), "_live")
    explorer.a = dict(factory="PCA64,LSH", references=5000, edit="Meme")
    explorer._received(None, {"kind": "measure", "side": "a", "pictures": 4}, [])
    assert [live["busy"] for live in told] == [True] * (len(told) - 1) + [False]
    assert "training PCA64,LSH" in told[0]["text"] and "on 4 of the 48 originals: R@1" in told[-1]["text"]
    explorer._received(None, {"kind": "measure", "side": "a", "pictures": 99}, [])
    assert "did not work" in explorer._live["text"] and "48" in explorer._live["text"] and not explorer._live["busy"]
    explorer._received(None, {"kind": "measure", "side": "c", "pictures": 4}, [])
    assert "'a' or 'b'" in explorer._live["text"]


def test_stills_tell_their_finding(explorer):
    from activeindex_lite.figures.whatif import field

    assert explorer.finding in explorer.still().alt
    target = dict(r1=0.75, psnr=38)
    alt = field(explorer.sweep, target, shown={"A": explorer.a, "B": explorer.b}).alt
    assert explorer.sweep.cheapest(0.75, 38)["factory"] in alt
    assert "No setting reaches the target" in field(explorer.sweep, dict(r1=1.0, psnr=99, bytes=4)).alt


def test_no_torch_is_loaded():
    code = "import sys; from activeindex_lite.widgets import WhatIfExplorer; WhatIfExplorer().still(); "
    code += "print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


@pytest.fixture
def show(open_page, tmp_path):
    """show(explorer) is its page without a kernel."""
    return lambda explorer: open_page(
        write_page(explorer, tmp_path / "page.html", overwrite=True).as_uri(), ".ai-finding:not(:empty)"
    )


def said_of(answer, sweep):
    """What the page has to say of Python's answer."""
    if answer is None:
        return "no setting of the sweep reaches that"
    return f"{answer['factory']}, " if sweep.measured(answer) else ""


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_page_says_what_python_says(show, settings):
    explorer = WhatIfExplorer(**settings)
    page = show(explorer)
    assert page.locator(".ai-finding").text_content() == explorer.finding
    answer = page.locator(".ai-answer").text_content()
    assert said_of(explorer.answer, explorer.sweep) in answer
    if explorer.answer:
        assert f"R@1 {explorer.sweep.measured(explorer.answer)['r1'] + 1e-9:.2f}" in answer
    cells = page.locator(".ai-table td").all_text_contents()
    for at, side in ((0, "A"), (1, "B")):
        m = explorer.results.loc[side]
        assert cells[at] == f"{m.r1 + 1e-9:.2f} [{m.low + 1e-9:.2f}, {m.high + 1e-9:.2f}]"
        assert cells[3 + at] == f"{m.uap + 1e-9:.2f} [{m.uap_low + 1e-9:.2f}, {m.uap_high + 1e-9:.2f}]"
    gain, low, high = (
        f"{x + np.copysign(1e-9, x):+.2f}".replace("-0.00", "+0.00").replace("-", "−")
        for x in explorer.sweep.gain(explorer.a, explorer.b)
    )
    assert cells[2] == f"{gain} [{low}, {high}]"
    for side in ("a", "b"):
        page.get_by_label("take").select_option(side)
        assert page.locator("textarea").input_value() == explorer.program(side)


def test_the_csv_of_the_page_is_python_s_table(show, tmp_path):
    explorer = WhatIfExplorer(a=dict(edit="Blur 3.5"))
    page = show(explorer)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="as CSV").click()
    table = pd.read_csv(io.StringIO(waiting.value.path().read_text(encoding="utf-8")))
    keys = ["factory", "references", "nprobe", "ef_search", "alpha", "steps"]
    theirs, ours = (t.sort_values(keys, ignore_index=True) for t in (table, explorer.table))
    pd.testing.assert_frame_equal(theirs, ours, check_dtype=False, rtol=1e-4, atol=1e-5)


def test_a_graph_has_a_slider_of_its_own(show):
    expect = pytest.importorskip("playwright.sync_api").expect
    explorer = WhatIfExplorer()
    page = show(explorer)
    side = page.get_by_role("group", name="Setting A")
    expect(side.get_by_role("slider", name="efSearch")).to_be_hidden()
    side.get_by_role("combobox", name="index").select_option("HNSW16,PQ8")
    explorer.a = {**explorer.a, "factory": "HNSW16,PQ8"}
    expect(page.locator(".ai-finding")).to_have_text(explorer.finding)
    expect(side.get_by_role("slider", name="nprobe")).to_be_hidden()
    expect(side.get_by_role("slider", name="alpha")).to_be_disabled()
    side.get_by_role("slider", name="efSearch").press("End")
    explorer.a = {**explorer.a, "ef_search": 1024}
    expect(page.locator(".ai-finding")).to_have_text(explorer.finding)
    chart = page.get_by_role("img", name="R@1 over A: efSearch, below B: nprobe")
    assert "at 1024 and 64" in chart.get_attribute("aria-label")
    page.get_by_label("take").select_option("a")
    assert "ef_search=1024)" in page.locator("textarea").input_value()
    side.get_by_role("combobox", name="index").select_option("PQ8x8")
    explorer.a = {**explorer.a, "factory": "PQ8x8"}
    assert explorer.a["ef_search"] == 0
    expect(page.locator(".ai-finding")).to_have_text(explorer.finding)


def test_keys_and_buttons_move_the_settings(show):
    expect = pytest.importorskip("playwright.sync_api").expect
    explorer = WhatIfExplorer()
    page, side_b = show(explorer), None
    side_b = page.get_by_role("group", name="Setting B")
    side_b.get_by_role("slider", name="nprobe").focus()
    page.keyboard.press("ArrowRight")
    explorer.b = {**explorer.b, "nprobe": 2}
    expect(page.locator(".ai-finding")).to_have_text(explorer.finding)
    side_b.get_by_role("combobox", name="edit").select_option("JPEG")
    # The page makes a new slider for the strengths of another edit.
    page.wait_for_timeout(500)
    side_b.get_by_role("slider", name="strength").press("End")
    explorer.b = {**explorer.b, "edit": "JPEG 10"}
    expect(page.locator(".ai-finding")).to_have_text(explorer.finding)
    side_b.get_by_role("combobox", name="index").select_option("Flat")
    explorer.b = {**explorer.b, "factory": "Flat"}
    expect(page.locator(".ai-finding")).to_have_text(explorer.finding)
    expect(side_b.get_by_role("slider", name="nprobe")).to_be_disabled()
    page.get_by_role("button", name="Take it as B").click()
    explorer.b = explorer.answer
    expect(page.locator(".ai-finding")).to_have_text(explorer.finding)
    page.get_by_role("button", name="Make B the same as A").click()
    expect(page.get_by_text("A and B are the same.")).to_be_visible()
    expect(page.get_by_role("button", name="Measure A now")).to_be_disabled()
    expect(page.get_by_text("This page has no kernel")).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()


def test_controls_and_pictures_have_names(show):
    page = show(WhatIfExplorer())
    unnamed = """() => [...document.querySelectorAll('.ai-explorer :is(input, select, button, textarea)')]
        .filter((n) => !(n.labels && n.labels.length) && !n.textContent.trim() && !n.ariaLabel).length"""
    assert page.evaluate(unnamed) == 0
    assert all(
        len(label) > 40
        for label in page.eval_on_selector_all("canvas", "all => all.map((c) => c.getAttribute('aria-label'))")
    )
    assert (
        page.locator(".ai-finding").get_attribute("aria-live")
        == page.locator(".ai-answer").get_attribute("aria-live")
        == "polite"
    )
    before = page.locator(".ai-explorer").bounding_box()["height"]
    page.get_by_role("slider", name="R@1 at least").focus()
    page.keyboard.press("End")
    assert page.locator(".ai-explorer").bounding_box()["height"] == before
