"""AlphaExplorer without a browser: what it shows, what it refuses, and that the way to a setting does not matter."""

import asyncio
import io
import json

import numpy as np
import pytest
import traitlets
from PIL import Image

from activeindex_lite.edits import EDITS
from activeindex_lite.lessons.one_plane import truly_inside
from activeindex_lite.widgets import write_page
from activeindex_lite.widgets.alpha import LARGEST_UPLOAD, AlphaExplorer


@pytest.fixture(scope="module")
def indexes(small_indexes):
    return {
        "IVF": small_indexes["IVF64,Flat"],
        "IVF-PQ": small_indexes["IVF64,PQ8x6"],
        "LSH": small_indexes["PCA64,LSH"],
    }


@pytest.fixture
def explorer(indexes, extractor):
    return AlphaExplorer(7, indexes=indexes, extractor=extractor, steps=2)


def without_times(view):
    return {**view, "release": {k: v for k, v in view["release"].items() if k != "ms"}}


@pytest.mark.parametrize(
    "setting",
    [
        dict(alpha=0.0),
        dict(alpha=6.0, steps=3),
        dict(index="LSH"),
        dict(edit="Random"),
        dict(index="IVF-PQ", edit="Meme", alpha=1.5, nprobe=8),
    ],
)
def test_setting_traits_gives_what_building_afresh_gives(explorer, indexes, extractor, setting):
    explorer.edit, explorer.alpha, explorer.index = "Hue 0.2", 5.0, "IVF-PQ"
    before = {**dict(alpha=3.0, steps=2, index="IVF", edit="Contrast 2", nprobe=1), **setting}
    for name, value in before.items():
        setattr(explorer, name, value)
    fresh = AlphaExplorer(7, indexes=indexes, extractor=extractor, **before)
    assert without_times(explorer._view) == without_times(fresh._view)
    assert explorer.results.equals(fresh.results)


def test_what_is_shown_can_travel_as_json_and_is_small(explorer):
    explorer.alpha = 0.0
    text = json.dumps([explorer._view, explorer._about], allow_nan=False)
    assert len(text) < 600_000
    assert explorer.quality["psnr"] is None and explorer.quality["linf"] == 0


def test_the_measures_are_those_of_the_picture_that_is_shown(explorer):
    import base64

    from activeindex_lite import psnr

    data = explorer._view["release"]["picture"].partition(",")[2]
    shown = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    assert psnr(explorer.state.picture, shown) == pytest.approx(explorer.quality["psnr"])


def test_results_follow_nprobe_without_a_new_activation(explorer):
    view = explorer._view
    explorer.nprobe = 64
    assert explorer._view is view or explorer._view == view
    assert (explorer.results.nprobe == 64).all()
    assert explorer.results["first"].tolist() == [view["passive"]["ids"][-1], view["active"]["ids"][-1]]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("alpha", -1.0, "from 0 to 8"),
        ("alpha", 9.0, "from 0 to 8"),
        ("alpha", float("nan"), "from 0 to 8"),
        ("steps", 0, "from 1 to 20"),
        ("nprobe", 0, "from 1 to 128"),
        ("index", "IVF9", "IVF-PQ"),
        ("edit", "Sepia", "Contrast 2"),
    ],
)
def test_a_value_out_of_range_is_named_and_changes_nothing(explorer, name, value, words):
    before, view = getattr(explorer, name), explorer._view
    with pytest.raises(traitlets.TraitError, match=words):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before and explorer._view == view


def test_an_own_picture_joins_the_references(explorer, indexes, tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "own.png"
    Image.fromarray(rng.integers(0, 255, (12, 17, 3), np.uint8)).resize((600, 400)).save(path)
    explorer.choose(path)
    explorer.edit, explorer.nprobe = "Identity", 64
    assert explorer.state.picture.size == (288, 192)
    assert explorer.results["first"].tolist() == [4000, 4000]
    assert indexes["IVF"].ntotal == 4000, "the index that was handed over is not changed"


def upload(explorer, data, name="p.png"):
    explorer._received(explorer, {"kind": "picture", "name": name}, [memoryview(data)])


def test_a_picture_from_the_browser(explorer):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "orange").save(buffer, "PNG")
    upload(explorer, buffer.getvalue())
    assert explorer._error == "" and explorer.state.picture.size == (64, 48) and explorer._about["own"]


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty file"), (b"no picture", "not a picture"), (bytes(LARGEST_UPLOAD + 1), "take a smaller file")],
)
def test_a_bad_upload_is_told_in_the_page_and_the_picture_stays(explorer, data, words):
    view = explorer._view
    upload(explorer, data, "<b>x</b>.png")
    assert words in explorer._error and explorer._view == view


def test_what_fails_after_a_move_in_the_page_is_told_there(explorer, monkeypatch):
    explorer.set_state({"alpha": 99.0})
    assert "from 0 to 8" in explorer._error and explorer.alpha == 3
    explorer.set_state({"alpha": 4.0})
    assert explorer._error == "" and explorer._view["release"]["alpha"] == 4
    with monkeypatch.context() as patch:
        patch.setattr(explorer.state, "search", lambda *_: 1 / 0)
        explorer.set_state({"edit": "Meme"})
        assert "ZeroDivisionError" in explorer._error
        with pytest.raises(ZeroDivisionError):
            explorer.edit = "Hue 0.2"
    explorer.set_state({"alpha": 2.0})
    assert explorer._error == "" and explorer._view["release"]["alpha"] == 2


def test_bits_are_not_called_a_code_that_is_kept(explorer):
    assert explorer._view["release"]["goal"] == "its code q(x)"
    explorer.index = "LSH"
    assert explorer._view["release"]["goal"] == "where its bits point"
    still = explorer.still()
    assert "mean distance to the hyperplanes" in still.alt and "cell" not in still.alt


def test_still_tells_what_the_page_shows(explorer):
    alt = explorer.still().alt
    assert f"{explorer.quality['psnr']:.1f} dB" in alt and "Contrast 2" in alt
    for row, name in (("passive", "passive"), ("active", "activated")):
        first = "the original" if explorer.results.is_original[row] else "another picture"
        assert f"{name} copy finds {first} first" in alt


# ---- step by step --------------------------------------------------------------------------------------------------


def told(explorer, *moves, until=None):
    """The kinds of events that the page hears while an event loop runs, as (kind, alpha, number), after moves in it.

    until: move on once so many events were heard (None: wait until all is done).
    """
    heard = []

    async def all_moves():
        for move in moves:
            explorer.set_state(move)
            task = explorer._task
            while not task.done() and (until is None or move is moves[-1] or len(heard) < until):
                await asyncio.sleep(0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explorer, "_tell", lambda event: heard.append(event) or AlphaExplorer._tell(explorer, event))
        asyncio.run(all_moves())
    return heard


def test_a_move_in_the_page_is_told_step_by_step_and_ends_as_set_from_python(explorer, indexes, extractor):
    explorer._pace = 0.0
    heard = told(explorer, {"alpha": 5.0, "steps": 3})
    # Two traits, two moves: the first ends before its first step.
    steps = [event for event in heard if event["kind"] == "step"]
    assert [event["kind"] for event in heard][-5:] == ["step", "step", "step", "finished", "searched"]
    assert [event["number"] for event in steps] == [1, 2, 3] and {event["alpha"] for event in steps} == {5.0}
    assert "found" in steps[0] and [len(event["path"]) for event in steps] == [2, 2, 4]
    fresh = AlphaExplorer(7, indexes=indexes, extractor=extractor, alpha=5.0, steps=3)
    assert without_times(explorer._view) == without_times(fresh._view) and explorer._searched == fresh._searched
    assert set(explorer._searched["found"]) == {"1", "2"}


def test_steps_that_the_page_has_no_time_for_come_with_the_searches(explorer, indexes, extractor):
    explorer._pace = 1e9
    heard = told(explorer, {"alpha": 5.0, "steps": 4})
    assert [event["number"] for event in heard if event["kind"] == "step"] == [1]
    trail, later = explorer._view["trail"], explorer._searched["pictures"]
    assert [stage["number"] for stage in trail if "picture" in stage] == [1, 4] and set(later) == {"2", "3"}
    assert all(stage["psnr"] > 30 for stage in trail[1:])
    fresh = AlphaExplorer(7, indexes=indexes, extractor=extractor, alpha=5.0, steps=4)
    assert [{**stage, **later.get(str(stage["number"]), {})} for stage in trail] == fresh._view["trail"]


# ---- where the page computes -----------------------------------------------------------------------------------------


def test_what_the_page_computes_is_computed_here_when_it_is_asked_for(explorer):
    view = explorer._view
    explorer.set_state({"_here": True, "alpha": 6.0})
    assert explorer._view is view and explorer.alpha == 6
    assert explorer.quality["psnr"] == explorer._view["release"]["psnr"] and explorer._view["release"]["alpha"] == 6
    assert not explorer._here


@pytest.mark.parametrize("last", [{"_here": False}, {"_here": False, "alpha": 2.0}])
def test_the_page_gives_the_work_back(explorer, last):
    explorer.set_state({"_here": True, "alpha": 6.0})
    told(explorer, last)
    assert explorer._view["release"]["alpha"] == explorer.alpha == last.get("alpha", 6.0)


def test_python_takes_the_work_back(explorer):
    explorer.set_state({"_here": True, "alpha": 6.0})
    explorer.edit = "Rotation 40"
    assert explorer._view["active"]["edit"] == "Rotation 40" and explorer._view["release"]["alpha"] == 6
    assert not explorer._here


def test_a_page_may_ask_for_what_it_computes_with_and_for_pictures(extractor, explorer, monkeypatch):
    sent = []
    monkeypatch.setattr(explorer, "send", sent.append)
    explorer._received(explorer, {"kind": "browser"}, [])
    assert sent == [] and not explorer._about["isReadyWorld"], "these indexes are not those of the package"
    explorer._received(explorer, {"kind": "thumbnails", "ids": [3, -1, "x", 10**9]}, [])
    assert list(sent.pop()["thumbnails"]) == ["3"]
    ready = AlphaExplorer(7, alpha=1.0, steps=1)
    monkeypatch.setattr(ready, "send", sent.append)
    ready._received(ready, {"kind": "browser"}, [])
    assert ready._about["isReadyWorld"] and set(sent[0]["live"]["indexes"]) == {"IVF-PQ", "PCA+LSH"}


@pytest.mark.parametrize("edit", ["Rotation 40", "Crop 0.3", "Blur 1.4", "Hue -0.25"])
def test_an_edit_has_any_strength(explorer, edit):
    explorer.edit = edit
    assert explorer.edit == edit and explorer._view["active"]["edit"] == edit


@pytest.mark.parametrize("edit", ["Rotation 400", "Crop 0", "Blur", "Hue x", "Contrast 1e9", "Turn 3", "JPEG 37.5x", 5])
def test_an_edit_beyond_its_strengths_is_refused(explorer, edit):
    with pytest.raises(traitlets.TraitError, match="choose one of"):
        explorer.edit = edit
    assert explorer.edit == "Contrast 2"


def test_a_quality_that_no_encoder_knows_is_refused(explorer):
    with pytest.raises(traitlets.TraitError, match="JPEG 37.5: a quality is a whole number, such as 37"):
        explorer.edit = "JPEG 37.5"


def test_a_new_move_ends_the_one_before(explorer):
    heard = told(explorer, *({"alpha": alpha} for alpha in (1.0, 2.0, 4.0, 6.5)), until=1)
    finished = [event["view"]["release"]["alpha"] for event in heard if event["kind"] == "finished"]
    assert finished[-1] == 6.5 == explorer._view["release"]["alpha"] and len(finished) < 4
    assert explorer.results["first"].tolist() == [explorer._view[name]["ids"][0] for name in ("passive", "active")]


def test_python_ends_a_move_of_the_page_and_has_its_result_at_once(explorer):
    async def both():
        explorer.set_state({"alpha": 1.0})
        task = explorer._task
        explorer.alpha = 6.0
        assert explorer._view["release"]["alpha"] == 6.0 and explorer._task is None
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled() and explorer._view["release"]["alpha"] == 6.0

    asyncio.run(both())


def test_what_fails_between_steps_is_told_in_the_page(explorer, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(explorer.state, "search", lambda *_: 1 / 0)
        told(explorer, {"alpha": 4.0})
    assert "ZeroDivisionError" in explorer._error
    told(explorer, {"alpha": 5.0})
    assert explorer._error == "" and explorer._view["release"]["alpha"] == 5


def test_a_closed_explorer_does_no_more_work(explorer):
    async def closing():
        explorer.set_state({"alpha": 1.0})
        task = explorer._task
        explorer.close()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(closing())


# ---- what is drawn -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", ["IVF", "IVF-PQ", "LSH", "PQ"])
def test_in_the_plane_both_copies_lie_on_their_true_side(index, small_indexes, extractor, world):
    indexes = {
        "IVF": small_indexes["IVF64,Flat"],
        "IVF-PQ": small_indexes["IVF64,PQ8x6"],
        "LSH": small_indexes["PCA64,LSH"],
        "PQ": small_indexes["PQ8x6"],
    }
    explorer = AlphaExplorer(7, indexes=indexes, extractor=extractor, index=index, alpha=3.0, steps=10)
    for edit in ("Contrast 2", "Rotation 90", "Identity"):
        explorer.edit = edit
        view = explorer._view
        for name in ("passive", "active"):
            found = view[name]
            assert found["inside"] == found["drawn"]
        one = explorer.state.one(index)
        feature = extractor([EDITS[edit](explorer.state.picture, None)])
        assert view["passive"]["inside"] == bool(truly_inside(one, feature)[0])
        distance = np.linalg.norm(feature[0] - one.x)
        assert np.linalg.norm(view["passive"]["place"]) == pytest.approx(distance, abs=2e-3)
        assert view["trail"][0]["inside"] and view["plane"]["codeInside"] in (
            (None,) if index == "LSH" else (True, False)
        )
        assert view["trail"][0]["place"] == pytest.approx([0, 0], abs=3e-3)
        if view["plane"]["parts"]:
            changed = np.not_equal(view["passive"]["parts"], view["plane"]["parts"]).sum()
            assert (changed == 0) == view["passive"]["inside"]
            if index == "LSH":
                # A search by bits counts those that flip: the distance is the Hamming distance.
                assert (
                    view["active"]["distances"][0]
                    <= np.not_equal(view["active"]["parts"], view["plane"]["parts"]).sum()
                )


def test_the_plane_stays_while_alpha_moves(explorer):
    planes = []
    for alpha in (0.0, 2.0, 7.0):
        explorer.alpha = alpha
        planes.append(explorer._view["plane"])
    assert planes[0] == planes[1] == planes[2]


def test_cells_light_up_with_nprobe_as_the_search_visits_them(explorer):
    one, view = explorer.state.one("IVF"), explorer._view
    cells = explorer.state.plane(explorer._move()).own_cells
    feature = extractor_of(explorer)([EDITS["Contrast 2"](explorer.state.picture, None)])
    for nprobe in (1, 8, 64):
        visited = set(one.index.probe(feature, nprobe)[0].tolist())
        lit = {int(cell) for cell, rank in zip(cells, view["passive"]["ranks"]) if 0 < rank <= nprobe}
        assert lit == visited & set(cells.tolist())


def test_the_price_of_a_search_is_what_its_cells_store(explorer, indexes):
    found, lists = explorer._view["passive"], indexes["IVF"].lists
    feature = extractor_of(explorer)([EDITS["Contrast 2"](explorer.state.picture, None)])
    for nprobe, compared in zip(found["nprobes"], found["compared"], strict=True):
        assert compared == sum(len(lists[cell]) for cell in indexes["IVF"].probe(feature, nprobe)[0])
    assert found["compared"][-1] == explorer._view["plane"]["stored"] == 4000
    explorer.index = "LSH"
    assert explorer._view["passive"]["compared"] == [4000]


def extractor_of(explorer):
    return explorer.state.extractor


def test_the_margin_method_walks_by_the_features_of_its_pictures(explorer, extractor):
    explorer.method = "margin"
    stages = explorer.state.run(explorer._move())
    assert len(stages) == 2
    for number, stage in enumerate(stages, 1):
        assert np.allclose(stage.path[number], extractor([stage.picture])[0], atol=1e-6)


@pytest.mark.slow
def test_everything_a_page_without_a_kernel_needs_is_stored(explorer):
    stored = explorer.stored()
    assert {key.partition(" ")[0] for key in stored["planes"]} == {"IVF", "IVF-PQ", "LSH"}
    for index in ("IVF", "IVF-PQ", "LSH"):
        for alpha in stored["alphas"]:
            run = stored["runs"][f"{index} {alpha:g}"]
            assert run["release"]["alpha"] == alpha and len(run["trail"]) == stored["steps"] + 1
            for edit in stored["edits"]:
                copy = stored["copies"][f"{index} {alpha:g} {edit}"]
                assert len(copy["path"]) == len(run["trail"])
                assert {str(i) for i in copy["active"]["ids"]} <= set(stored["thumbnails"])
        shown = stored["runs"][f"{index} 3"]["trail"]
        assert all("picture" in stage for stage in shown[1:])
        assert set(stored["searched"][f"{index} 3 Meme"]) == {str(k) for k in range(1, stored["steps"])}


@pytest.mark.slow
def test_a_page_without_a_kernel_shows_what_python_measured(browser, indexes, extractor, tmp_path, monkeypatch):
    monkeypatch.setattr("activeindex_lite.widgets.alpha.ALPHAS", (0, 3))
    monkeypatch.setattr("activeindex_lite.widgets.alpha.PAGE_EDITS", ("Contrast 2", "Rotation 25"))
    explorer = AlphaExplorer(7, indexes=indexes, extractor=extractor)
    address = write_page(explorer, tmp_path / "page.html").as_uri()
    context = browser.new_context(offline=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".ai-finding:not(:empty)")

    def finding():
        page.evaluate("() => new Promise(requestAnimationFrame)")
        return page.locator(".ai-finding").text_content()

    assert page.locator(".ai-explorer").get_attribute("data-shown") == "alpha 3, step 10 of 10, done"
    for index in ("IVF", "LSH"):
        page.get_by_role("combobox", name="index").select_option(index)
        for edit in ("Rotation 25", "Contrast 2"):
            page.get_by_role("button", name=edit).click()
            explorer.index, explorer.edit = index, edit
            said = [
                f"original finds {'the original ✓' if right else 'another picture ✗'}" for right in _firsts(explorer)
            ]
            assert f"PSNR {explorer.quality['psnr']:.1f} dB" in finding()
            assert said[0] in finding() and said[1].replace("original", "release", 1) in finding()
    strip = page.locator(".aa-strip").nth(1)
    changed = np.not_equal(explorer._view["passive"]["parts"], explorer._view["plane"]["parts"]).sum()
    assert strip.locator(".aa-bit").count() == 64 and strip.locator(".aa-changed").count() == changed
    assert f"{changed} of 64 bits flip" in strip.get_attribute("aria-label")
    step = page.get_by_role("slider", name="step")
    step.fill("4")
    quality = explorer._view["trail"][4]["psnr"]
    assert f"After step 4 of 10: PSNR {quality:.1f} dB" in finding()
    step.fill("0")
    assert "nothing is changed yet" in finding()
    context.close()


def _firsts(explorer):
    return [bool(right) for right in explorer.results.is_original]
