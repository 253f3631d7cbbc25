"""The explorers of notebook 08: copies behind the big table and behind the curves of strength."""

from pathlib import Path

import numpy as np
import pytest
import traitlets

from activeindex_lite import load_queries
from activeindex_lite.lessons.evaluation import measure_lesson
from activeindex_lite.lessons.examples import ordinal, why
from activeindex_lite.widgets import ResultsExplorer, StrengthExplorer, write_page

FAMILIES = {"No index": ("Flat", [1]), "IVF-PQ": ("IVF1536,PQ4x8", [1, 16]), "PCA+LSH": ("PCA64,LSH", [1])}


def test_ordinals():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 1113)] == (
        ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "1,113th"]
    )


@pytest.mark.parametrize(
    ("factory", "found", "rank", "first", "own", "said"),
    [
        ("IVF64,Flat", True, 2, 0.1, 0.1, "Found: its own cell is the 2nd nearest of 64."),
        ("IVF64,Flat", False, 9, 0.1, 0.3, "Lost at the border: its own cell is the 9th nearest of 64, and the search"),
        ("IVF64,Flat", False, 1, 0.1, 0.3, "its cell is visited, but another code is nearer (squared distance: 0.10"),
        ("PCA64,LSH", False, None, 7, 12, "another code is nearer (bits differ: 7, against 12 for its own)"),
        ("PCA64,LSH", False, None, 7, 7, "Lost by a tie"),
    ],
)
def test_the_reason_is_said(small_indexes, factory, found, rank, first, own, said):
    assert said in why("an index", small_indexes[factory], 4, found, rank, first, own)


@pytest.fixture(scope="module")
def lesson():
    return measure_lesson(load_queries().ids[:5], FAMILIES, {"JPEG": (10, 50, 90), "Rotation": (0, 90)})


@pytest.mark.slow
def test_an_example_is_what_the_table_counts(lesson):
    examples, agree = lesson.examples, []
    for (name, nprobe, activated), hits in lesson.hits.items():
        for edit in ("Hue 0.2", "Rotation 90", "Random"):
            agree += [examples.of(i, name, nprobe, activated, edit).found == hits[edit][i] for i in range(5)]
    # Alone or in a batch, a feature may differ in its last digit.
    assert np.mean(agree) > 0.97
    for i in range(5):
        shown = examples.of(i, "IVF-PQ", 1, False, "Rotation 90")
        assert shown.found == (shown.first == examples.ids[i]) == shown.why.startswith("Found")
        # A copy that is lost at the border is found, or lost to another code, once its cell is visited.
        if shown.why.startswith("Lost at the border"):
            assert "border" not in examples.of(i, "IVF-PQ", 1536, False, "Rotation 90").why


@pytest.mark.slow
def test_the_table_shows_a_lost_copy_first_and_refuses_what_is_not_there(lesson):
    table = ResultsExplorer(lesson)
    assert table.rows[table.row] == ("IVF-PQ", 1, True) and table.edit == "Crop 0.5"
    hits = lesson.hits["IVF-PQ", 1, True]["Crop 0.5"]
    assert hits[table.picture] == hits.min()
    table.row, table.edit, table.picture = 0, "Identity", 4
    assert table.example.found and table._example["first"] == table._example["original"]
    for name, value, said in (("row", 7, "7 rows"), ("edit", "JPG", "JPEG 50"), ("picture", 5, "5 originals")):
        with pytest.raises(traitlets.TraitError, match=said):
            setattr(table, name, value)
    assert (table.row, table.edit, table.picture) == (0, "Identity", 4)
    assert "Heat map" in table.still().alt


@pytest.mark.slow
def test_the_curves_show_the_copy_of_the_strength(lesson):
    curves = StrengthExplorer(lesson, edit="JPEG", curve=3, point=0)
    assert curves.lines[3] == ("IVF-PQ", 1, False) and len(curves._strip) == 3
    weak = curves.example
    curves.point = 2
    assert curves.example.copy != weak.copy
    curves.edit = "Rotation"
    # Rotation has two strengths here.
    assert curves.point == 1 and len(curves._strip) == 2
    table = lesson.curves.set_index(["sweep", "index", "nprobe", "activated", "value"])
    assert curves._curves["edits"]["Rotation"]["curves"][3][1][0] == pytest.approx(
        table.r1["Rotation", "IVF-PQ", 1, False, 90], abs=1e-3
    )


@pytest.mark.slow
@pytest.mark.parametrize("make", [ResultsExplorer, StrengthExplorer])
def test_an_explorer_has_no_serious_violation(make, lesson, browser, tmp_path):
    axe = pytest.importorskip("axe_playwright_python").__file__
    script = Path(axe).with_name("axe.min.js").read_text(encoding="utf-8")
    path = write_page(make(lesson), tmp_path / "page.html")
    for scheme in ("light", "dark"):
        context = browser.new_context(offline=True, color_scheme=scheme)
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('.ai-finding').textContent.length > 10")
        page.evaluate(script)
        found = page.evaluate("axe.run()")
        context.close()
        assert len(found["passes"]) > 10
        bad = [violation for violation in found["violations"] if violation["impact"] in ("serious", "critical")]
        assert not bad, [(v["id"], [node["html"][:120] for node in v["nodes"][:3]]) for v in bad]


def opened(browser, path, width=860):
    page = browser.new_page(viewport={"width": width, "height": 768})
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelector('.ai-finding').textContent.length > 10")
    return page


@pytest.mark.slow
def test_the_page_of_the_table_by_mouse_and_keyboard(lesson, browser, tmp_path):
    page = opened(browser, write_page(ResultsExplorer(lesson), tmp_path / "page.html"))
    heading = page.locator(".ai-explorer h2")
    assert heading.text_content().startswith("IVF-PQ, nprobe 1, activated, Crop 0.5")
    page.locator("tbody tr").nth(0).locator("td").nth(0).hover()
    page.wait_for_function("document.querySelector('.ai-explorer h2').textContent.startsWith('No index')")
    # What was only pointed at goes when the mouse leaves the table.
    heading.hover()
    page.wait_for_function("document.querySelector('.ai-explorer h2').textContent.startsWith('IVF-PQ')")
    page.locator("td[aria-selected=true]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.ai-explorer h2').textContent.includes('Resize 0.5')")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("document.querySelector('.ai-explorer h2').textContent.includes('nprobe 16')")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("IVF-PQ, nprobe 16")
    box = page.locator(".ai-explorer").bounding_box()
    assert box["height"] < 647 and page.problems == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


@pytest.mark.slow
def test_the_page_of_the_curves_by_mouse_and_keyboard(lesson, browser, tmp_path):
    page = opened(browser, write_page(StrengthExplorer(lesson, edit="JPEG", curve=3, point=0), tmp_path / "page.html"))
    heading = page.locator(".ai-explorer h2")
    assert heading.text_content().startswith("passive, nprobe 1, JPEG 10 (quality)")
    page.get_by_role("slider", name="R@1 against the strength").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.ai-explorer h2').textContent.startsWith('No index: brute force, JPEG 50')"
    )
    page.locator("select").focus()
    page.locator("select").select_option("Rotation")
    page.wait_for_function("document.querySelector('.ai-explorer h2').textContent.includes('Rotation 90 (degrees)')")
    assert page.locator(".ai-strip img").count() == 2
    assert page.locator(".ai-explorer").bounding_box()["height"] < 647 and page.problems == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
