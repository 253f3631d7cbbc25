"""VectorsExplorer: its searches are those of the index and of brute force, its page says so, bad input is refused."""

import json

import faiss
import numpy as np
import pytest
import traitlets
from PIL import Image

from activeindex_lite import build_index
from activeindex_lite.evaluation.inspection import inspect, settings_of
from activeindex_lite.widgets import VectorsExplorer, write_page

RNG = np.random.default_rng(3)
X = RNG.normal(size=(600, 8)).astype(np.float32)
QUERIES = (X[:9] + 0.5 * RNG.normal(size=(9, 8))).astype(np.float32)
pytestmark = pytest.mark.filterwarnings("ignore:.*well placed:UserWarning", "ignore:.*may miss most:UserWarning")


def shortest(query, k=10):
    return np.argsort(np.square(X - query).sum(1), kind="stable")[:k]


@pytest.mark.parametrize("factory", ["IVF16,Flat", "HNSW4,Flat", "PQ4x4", "OPQ4,IVF8,PQ4x4"])
def test_results_are_those_of_searches_and_brute_force(factory):
    explorer = VectorsExplorer(X, factory, queries=QUERIES, k=10)
    index = build_index(factory, X, X)
    assert explorer.searches == settings_of(index)
    for search, setting in enumerate(explorer.searches):
        found = index.search(QUERIES, 10, **setting)[1]
        assert explorer._fixed["found"][search] == found.tolist()
        recall = np.mean([np.isin(shortest(query), ids).mean() for query, ids in zip(QUERIES, found, strict=True)])
        assert explorer.results.recall[search] == pytest.approx(recall)
        explorer.search, explorer.query = search, 4
        n = int(np.isin(shortest(QUERIES[4]), found[4]).sum())
        assert f"{n} of the 10 nearest found" in explorer.finding and explorer.finding.startswith("✓✗"[n < 10])
        assert explorer.finding in explorer.still().alt
    assert explorer._fixed["exact"] == [shortest(query).tolist() for query in QUERIES]


def test_cells_are_listed_in_the_order_of_the_search_with_what_they_hold():
    explorer = VectorsExplorer(X, "IVF16,Flat", queries=QUERIES, names=[f"no. {i}" for i in range(600)])
    index, fixed = build_index("IVF16,Flat", X, X), explorer._fixed
    assert fixed["visited"] == index.probe(QUERIES, 12).tolist()
    for cell, (size, names, near) in fixed["cells"].items():
        ids = index.lists[int(cell)]
        assert size == len(ids) and names == [f"no. {i}" for i in ids[:6]]
        assert set(near) == set(ids.tolist()) & set(np.ravel(fixed["exact"]).tolist())
    for query, ids, ranks in zip(QUERIES, fixed["exact"], fixed["ranks"], strict=True):
        order = index.probe(query[None], 16)[0].tolist()
        assert ranks == [1 + order.index(cell) for cell in index.assign(X[ids])]
        # Whole vectors: what is lost is lost with its cell.
    found = np.array(fixed["found"])
    for search, setting in enumerate(explorer.searches):
        met = [np.isin(ids, own) for ids, own in zip(fixed["exact"], found[search], strict=True)]
        assert (np.array(met) == (np.array(fixed["ranks"]) <= setting["nprobe"])).all()
    assert VectorsExplorer(X, "PQ4x4", queries=QUERIES)._fixed["cells"] == {}


def test_inner_products_are_compared_with_inner_products():
    inner = faiss.IndexFlatIP(8)
    inner.add(X)
    index = build_index("Flat", X[:1])
    index.faiss = inner
    seen = inspect(index, X, QUERIES, 5)
    assert seen.exact.tolist() == np.argsort(-(QUERIES @ X.T), 1)[:, :5].tolist() and seen.table.recall[0] == 1


def test_files_and_what_is_not_given(tmp_path):
    np.save(tmp_path / "x.npy", X)
    made = faiss.index_factory(8, "IVF8,Flat")
    made.train(X), made.add(X)
    faiss.write_index(made, str(tmp_path / "mine.index"))
    explorer = VectorsExplorer(tmp_path / "x.npy", str(tmp_path / "mine.index"))
    assert explorer._fixed["own"] and len(explorer._fixed["queries"]) == 12
    assert all(
        found[0] == place
        for found, place in zip(explorer._fixed["found"][0], np.linspace(0, 599, 12).astype(int), strict=True)
    )
    assert VectorsExplorer(X)._fixed["index"] == "IVF8,Flat"
    assert VectorsExplorer(X, "IVF8,ITQ8,SH1.2")._fixed["index"] == "IVF8,ITQ8,SH1.2"
    assert VectorsExplorer(X[:5])._fixed["stored"] == 5


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: VectorsExplorer(X[0]), "vectors"),
        (lambda: VectorsExplorer(np.full((3, 4), np.nan)), "NaN"),
        (lambda: VectorsExplorer(X, queries=X[:9, :5]), "8"),
        (lambda: VectorsExplorer(X, queries=X[:65]), "65 queries: expected at most 64"),
        (lambda: VectorsExplorer(X, names=["one"]), "names"),
        (lambda: VectorsExplorer(X, "none.index"), "no such file"),
        (lambda: VectorsExplorer(X, "IFV8,Flat"), "IFV8"),
        (lambda: VectorsExplorer(X, build_index("Flat", X, X[:10])), "600 vectors beside an index that stores 10"),
        (lambda: VectorsExplorer(X, k=0), "k=0"),
        (lambda: VectorsExplorer(X, faiss.IndexFlatL2(8)), "expected an ActiveIndex"),
        (lambda: VectorsExplorer(X, 7), "expected an ActiveIndex"),
        (lambda: VectorsExplorer(X, index=build_index("Flat", X)), "stores 0"),
    ],
)
def test_bad_input_gets_a_sentence(make, said):
    with pytest.raises(ValueError, match=said) as refused:
        make()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("trait", "value"), [("query", 9), ("query", -1), ("search", 5), ("search", "all"), ("query", 1.5)]
)
def test_values_out_of_range_are_refused_and_change_nothing(trait, value):
    explorer = VectorsExplorer(X, "IVF16,Flat", queries=QUERIES, query=3, search=2)
    with pytest.raises(traitlets.TraitError, match=trait):
        setattr(explorer, trait, value)
    assert explorer.query == 3 and explorer.search == 2


# ---- the page ------------------------------------------------------------------------------------------------------


def colours(places):
    """A picture per place, whose red is the place."""
    return [Image.new("RGB", (40, 30), (int(place) % 256, 80, 120)) for place in places]


@pytest.fixture
def page(open_page, tmp_path):
    explorer = VectorsExplorer(
        X, "IVF16,PQ4x4", queries=QUERIES, names=[f"vector <{i}>" for i in range(600)], pictures=colours, query=2
    )
    address = write_page(explorer, tmp_path / "page.html").as_uri()
    return open_page(address, ".ai-neighbours tbody tr"), explorer


def test_the_page_says_what_python_says_after_mouse_and_keys(page):
    page, explorer = page

    def check():
        said = page.locator(".ai-finding").inner_text()
        assert explorer.finding.startswith(said.rstrip("."))
        exact, found = explorer.state.exact[explorer.query], explorer.state.found[explorer.search, explorer.query]
        for table, ids, others in ((0, exact, found), (1, found, exact)):
            rows = page.locator(".ai-neighbours").nth(table).locator("tbody tr").all_inner_texts()
            expected = [f"{'✓' if i in others else '✗'} {place} vector <{i}>" for place, i in enumerate(ids, 1)]
            assert [" ".join(row.split()[:4]) for row in rows] == expected
        assert page.locator(".ai-visited").count() == min(explorer.searches[explorer.search]["nprobe"], 12)
        assert f"{explorer.results.recall[explorer.search]:.2f}" in page.locator("section .ai-note").first.inner_text()

    check()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    explorer.search = 2
    page.wait_for_function("document.querySelector('.ai-finding').textContent.includes('4 of 16 cells')")
    check()
    page.get_by_role("combobox").select_option("5")
    explorer.query = 5
    page.wait_for_function("document.querySelector('select').value === '5'")
    page.wait_for_timeout(100)
    check()
    assert page.locator(".ai-neighbours img").count() == 20


def test_a_page_is_small_and_plain_json():
    explorer = VectorsExplorer(X, "IVF16,PQ4x4", queries=QUERIES)
    assert len(json.dumps(explorer._fixed, allow_nan=False)) < 40_000


def test_too_few_results_and_no_cells_are_shown_as_such(open_page, tmp_path):
    few = VectorsExplorer(X[:30], build_index("IVF16,Flat", X, X[:30]), queries=QUERIES, k=10)
    page = open_page(write_page(few, tmp_path / "few.html").as_uri(), ".ai-neighbours tbody tr")
    assert "nothing more was met" in page.locator(".ai-neighbours").nth(1).inner_text()
    codes = VectorsExplorer(X, "PQ4x4", queries=QUERIES)
    page = open_page(write_page(codes, tmp_path / "codes.html").as_uri(), ".ai-neighbours tbody tr")
    assert not page.locator(".ai-cells").is_visible() and page.get_by_role("slider").is_disabled()
