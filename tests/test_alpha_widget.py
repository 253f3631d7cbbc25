"""AlphaExplorer without a browser: what it shows, what it refuses, and that the way to a setting does not matter."""

import io
import json

import numpy as np
import pytest
import traitlets
from PIL import Image

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
        patch.setattr(explorer.state, "view", lambda *_: 1 / 0)
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
    assert "where its bits point" in still.alt and "cell" not in still.alt


def test_still_tells_what_the_page_shows(explorer):
    alt = explorer.still().alt
    assert f"{explorer.quality['psnr']:.1f} dB" in alt and "passive copy under Contrast 2" in alt


@pytest.mark.slow
def test_everything_a_page_without_a_kernel_needs_is_stored(explorer):
    stored = explorer.stored()
    assert set(stored["passive"]) == {"IVF", "IVF-PQ", "LSH"}
    for index in stored["passive"]:
        for alpha in stored["alphas"]:
            assert set(stored["active"][f"{index} {alpha:g}"]) == set(stored["edits"])
            assert stored["releases"][f"{index} {alpha:g}"]["alpha"] == alpha
