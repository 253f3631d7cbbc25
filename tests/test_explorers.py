"""What all explorers share: refusals of settings that they do not have, numbers of numpy, memory, form of their
files.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import traitlets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from activeindex_lite import build_index
from activeindex_lite.pictures import open_pictures
from activeindex_lite.widgets import AlphaExplorer, NprobeExplorer, WhatIfExplorer, cells, write_page
from activeindex_lite.widgets.alpha_state import own_picture

PACKAGE = Path(__file__).parent.parent / "activeindex_lite"
NUMPY = (int, float, np.int8, np.uint16, np.int64, np.float16, np.float32, np.float64, np.array)
NO_NUMBERS = [None, True, "3", [3], np.array([1, 2]), float("nan"), float("inf"), -np.inf, 10**400, 3j, {}]


@pytest.fixture(scope="module")
def nprobe_explorer():
    return NprobeExplorer()


@pytest.fixture(scope="module")
def alpha_explorer(small_indexes, extractor):
    return AlphaExplorer(7, indexes={"IVF": small_indexes["IVF64,Flat"]}, extractor=extractor, steps=1)


@pytest.fixture(scope="module")
def whatif_explorer():
    return WhatIfExplorer()


def test_lines_of_javascript_and_css_end_at_120_columns():
    sources = [*PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.css")]
    assert len(sources) > 12
    for source in sources:
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
            assert len(line) <= 120, f"{source.name}:{number} has {len(line)} columns; prettier, as .prettierrc sets it"


# ---- settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: NprobeExplorer(nprob=300), "no setting 'nprob': did you mean 'nprobe'"),
        (lambda: NprobeExplorer(Index="IVF"), "did you mean 'index'"),
        (lambda: NprobeExplorer(colour=3), "'colour': it has indexes, queries, nprobe, index, query"),
        (lambda: AlphaExplorer(7, aplha=2), "did you mean 'alpha'"),
        (lambda: AlphaExplorer(7, nprobes=2), "did you mean 'nprobe'"),
        (lambda: WhatIfExplorer(targets={}), "did you mean 'target'"),
        (lambda: WhatIfExplorer(_about={}), "no setting '_about'"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_with_the_nearest(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_an_attribute_that_does_not_exist_is_refused_too(nprobe_explorer, alpha_explorer, whatif_explorer):
    for explorer, name, meant in (
        (nprobe_explorer, "nprob", "nprobe"),
        (alpha_explorer, "aplha", "alpha"),
        (whatif_explorer, "targets", "target"),
    ):
        with pytest.raises(AttributeError, match=f"did you mean '{meant}'"):
            setattr(explorer, name, 3)
    nprobe_explorer.layout = {"width": "90%"}
    assert NprobeExplorer(layout={"width": "90%"}).layout.width == nprobe_explorer.layout.width == "90%"


@pytest.mark.parametrize("kind", NUMPY)
def test_numbers_of_numpy_are_numbers(kind, nprobe_explorer, alpha_explorer, whatif_explorer):
    nprobe_explorer.nprobe, nprobe_explorer.query = kind(5), kind(2)
    alpha_explorer.nprobe, alpha_explorer.steps, alpha_explorer.alpha = kind(2), kind(1), kind(2)
    whatif_explorer.target = {"r1": kind(1), "psnr": kind(40), "bytes": kind(8)}
    whatif_explorer.a = {"nprobe": kind(4), "alpha": kind(3), "steps": kind(10), "edit": np.str_("Meme")}
    for explorer in (nprobe_explorer, alpha_explorer, whatif_explorer):
        state = explorer.get_state()
        values = {name: state[name] for name in explorer.page_traits}
        json.dumps(values, allow_nan=False)
        assert all(type(value) in (int, float, str, dict) for value in values.values())
    assert (nprobe_explorer.nprobe, nprobe_explorer.query, alpha_explorer.alpha) == (5, 2, 2)
    assert whatif_explorer.target == {"r1": 1, "psnr": 40, "bytes": 8} and whatif_explorer.a["nprobe"] == 4


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number_in_range_is_refused_and_changes_nothing(value, nprobe_explorer, alpha_explorer):
    for explorer, names in ((nprobe_explorer, ("nprobe", "query")), (alpha_explorer, ("alpha", "steps", "nprobe"))):
        for name in names:
            before = getattr(explorer, name)
            with pytest.raises(traitlets.TraitError) as refused:
                setattr(explorer, name, value)
            assert getattr(explorer, name) == before
            assert f"{name}=" in str(refused.value) or value is None
            assert len(str(refused.value)) < 900


@pytest.mark.parametrize("value", [None, [], 3, "IVFPQ", np.array(["IVF"]), {}], ids=repr)
def test_a_name_that_is_none_is_refused(value, nprobe_explorer, alpha_explorer):
    for explorer, name in ((nprobe_explorer, "index"), (alpha_explorer, "index"), (alpha_explorer, "edit")):
        with pytest.raises(traitlets.TraitError):
            setattr(explorer, name, value)


@given(
    st.dictionaries(
        st.sampled_from(["r1", "psnr", "bytes"]), st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_target_is_refused_or_travels_as_json(whatif_explorer, target):
    try:
        whatif_explorer.target = target
    except traitlets.TraitError:
        return
    json.dumps(whatif_explorer.target, allow_nan=False)
    assert set(whatif_explorer.target) == {"r1", "psnr", "bytes"}
    assert whatif_explorer.answer is None or whatif_explorer.answer["factory"]


def test_infinite_bytes_are_any(whatif_explorer):
    for any_ in (None, float("inf"), np.inf, np.float32(np.inf)):
        whatif_explorer.target = {"bytes": any_}
        assert whatif_explorer.target["bytes"] is None
    for refused in ({"psnr": np.inf}, {"r1": np.inf}, {"bytes": -np.inf}, {"bytes": np.nan}, [], None, 3):
        with pytest.raises(traitlets.TraitError, match="target"):
            whatif_explorer.target = refused


@pytest.mark.parametrize("value", [None, 3, {"nprobe": [4]}, {"nprobe": np.arange(3)}, {"alpha": np.inf}, {"edit": {}}])
def test_a_setting_of_the_lab_that_is_none_is_refused(whatif_explorer, value):
    before = whatif_explorer.a
    with pytest.raises(traitlets.TraitError):
        whatif_explorer.a = value
    assert whatif_explorer.a == before


# ---- indexes, queries, pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (lambda ivf, pq, small: [ivf], "expected a dict"),
        (lambda ivf, pq, small: ivf, "expected a dict"),
        (lambda ivf, pq, small: {}, "expected a dict"),
        (lambda ivf, pq, small: {3: ivf}, "the name 3"),
        (lambda ivf, pq, small: {"mine": ivf.faiss}, "expected an ActiveIndex"),
        (lambda ivf, pq, small: {"mine": None}, "expected an ActiveIndex"),
        (lambda ivf, pq, small: {"ivf": ivf, "pq": pq}, r"indexes\['pq'\] is PQ8x6, which has no cells"),
        (lambda ivf, pq, small: {"small": small}, "stores 4,000 vectors of 128 dimensions: expected the 50,000"),
    ],
)
def test_indexes_that_cannot_be_explored_are_refused(nprobe_explorer, small_indexes, of, said):
    indexes = of(nprobe_explorer.state.index("IVF"), small_indexes["PQ8x6"], small_indexes["IVF64,Flat"])
    with pytest.raises(ValueError, match=said):
        NprobeExplorer(indexes=indexes)


def test_an_index_of_other_vectors_is_refused(world, small_indexes, extractor):
    other = build_index("IVF4,Flat", world.train[:1000, :64], world.references[:, :64])
    with pytest.raises(ValueError, match="of 64 dimensions: expected the 50,000 references"):
        NprobeExplorer(indexes={"mine": other})
    for picture in (4000, np.int64(9228)):
        with pytest.raises(ValueError, match="stores the references 0 to 3,999"):
            AlphaExplorer(picture, indexes={"mine": small_indexes["IVF64,Flat"]}, extractor=extractor)
    with pytest.raises(ValueError, match="expected a dict"):
        AlphaExplorer(7, indexes=[small_indexes["IVF64,Flat"]], extractor=extractor)


@pytest.mark.parametrize("queries", [[], 3, [1], ["Meme"], [(1.5, "Meme")], [(True, "Meme")], [(0, 3)], [(-1, "Meme")]])
def test_queries_of_another_form_are_refused(queries):
    with pytest.raises(ValueError, match=r"quer.*expected"):
        NprobeExplorer(queries=queries)


@pytest.mark.parametrize("picture", [None, 1.5, True, [], {}, b"x", Path("no such.png"), 50_000, -1])
def test_what_is_no_picture_is_refused_and_the_old_one_stays(alpha_explorer, picture):
    before = alpha_explorer._view
    with pytest.raises((ValueError, OSError)):
        alpha_explorer.choose(picture)
    assert alpha_explorer._view == before


@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16", "P", "CMYK", "L"])
def test_a_given_picture_is_that_of_its_file(mode, tmp_path):
    """Black strokes on transparency, deep grey, a palette: what PIL holds becomes what a file becomes."""
    ramp = np.linspace(0, 1, 40 * 60).reshape(40, 60)
    if mode == "I;16":
        picture = Image.fromarray((65535 * ramp).astype(np.uint16))
    elif mode in ("RGBA", "LA"):
        bands = [Image.new("L", (60, 40))] * (len(mode) - 1)
        picture = Image.merge(mode, [*bands, Image.fromarray((255 * (ramp > 0.5)).astype(np.uint8))])
    else:
        picture = Image.fromarray((255 * ramp).astype(np.uint8)).convert(mode)
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    picture.save(path)
    given_, opened = own_picture(picture), own_picture(path)
    assert given_.mode == "RGB" and np.array_equal(given_, opened)
    assert np.ptp(np.asarray(given_)) > 200, "neither all white nor all black"
    assert np.array_equal(given_, open_pictures([path])[0])


def test_a_given_picture_keeps_its_size():
    mine = Image.new("RGB", (600, 400), "orange")
    assert own_picture(mine).size == (288, 192) and mine.size == (600, 400)


def test_what_is_no_explorer_is_not_written(tmp_path):
    for other in (3, None, NprobeExplorer):
        with pytest.raises(ValueError, match="expected an explorer"):
            write_page(other, tmp_path / "page.html")


# ---- memory ------------------------------------------------------------------------------------------------------


@pytest.fixture
def cell(monkeypatch):
    """cell(name, run): from now on this notebook cell runs."""
    monkeypatch.setattr(cells, "_made", {})
    monkeypatch.setattr(cells, "running_cell", lambda: None)
    return lambda *present: monkeypatch.setattr(cells, "running_cell", lambda: present)


def test_running_a_cell_again_closes_what_it_made(cell, small_indexes, extractor):
    def make():
        return AlphaExplorer(7, indexes={"IVF": small_indexes["IVF64,Flat"]}, extractor=extractor, steps=1)

    cell("a", "1")
    first, second = make(), WhatIfExplorer()
    cell("b", "2")
    other = WhatIfExplorer()
    assert all(explorer._state is not None for explorer in (first, second, other)), "two in one cell, one in the next"
    cell("a", "3")
    third = make()
    assert first._state is None and second._state is None and other._state is not None and third._state is not None
    assert not first.results.empty, "what was shown last can still be read"
    with pytest.raises(ValueError, match="AlphaExplorer is closed .*use the new one"):
        first.alpha = 1.0
    cell("a", "4")
    with pytest.raises(ValueError, match="no setting"):
        WhatIfExplorer(r1=3)
    assert third._state is not None, "a cell that fails closes nothing"


def test_outside_of_a_notebook_nothing_is_closed(cell):
    explorers = [WhatIfExplorer() for _ in range(3)]
    assert all(explorer._state is not None for explorer in explorers)
    explorers[0].close()
    with pytest.raises(ValueError, match="closed"):
        _ = explorers[0].results


def test_the_running_cell_is_what_the_front_end_names(monkeypatch):
    class Shell:
        def get_parent(self):
            return self.request

    shell = Shell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    for request, known in (
        ({"metadata": {"cellId": "c"}, "header": {"msg_id": "m"}}, ("c", "m")),
        ({"metadata": {}, "header": {"msg_id": "m"}}, None),
        ({}, None),
    ):
        shell.request = request
        assert cells.running_cell() == known
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    assert cells.running_cell() is None
