"""Explorers of single lessons: what they refuse and tell, and that their pages compute what scratch/ does."""

import json

import numpy as np
import pytest
import traitlets

from activeindex_lite import load_queries
from activeindex_lite.lessons.lsh import directions
from activeindex_lite.scratch import IVF, LSH, PQ, kmeans, nearest
from activeindex_lite.scratch.plane import clouds
from activeindex_lite.widgets import (
    CellsExplorer,
    CodeSwapExplorer,
    CodewordsExplorer,
    HyperplanesExplorer,
    NeighboursExplorer,
    ThresholdExplorer,
    write_page,
)
from activeindex_lite.widgets.module import read


@pytest.fixture
def mathematics(browser):
    """f(files, code, argument): what JavaScript code, a function of the argument, gives with these files loaded."""
    page = browser.new_page()
    loaded = set()

    def run(files, code, argument):
        for name in set(files) - loaded:
            page.add_script_tag(content=read(name))
            loaded.add(name)
        return page.evaluate(code, argument)

    yield run
    page.close()


# ---- an inverted file in the plane --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plane():
    rng = np.random.default_rng(8)
    points, centroids = clouds(rng, N=150), rng.uniform(-1, 1, size=(9, 2)).astype(np.float32)
    ivf = IVF(centroids)
    ivf.add(points)
    return ivf, rng.uniform(-1, 1, size=(60, 2)).astype(np.float32)


def test_the_page_searches_as_scratch_does(mathematics, plane):
    ivf, queries = plane
    given = [ivf.vectors.tolist(), ivf.centroids.tolist(), queries.tolist()]
    code = """([points, centroids, queries]) => {
        const lists = postingLists(points, centroids);
        const search = (at, nprobe) => searchCells(points, centroids, lists, at, nprobe);
        return { lists, at: [1, 2, 4].map((nprobe) => queries.map((at) => search(at, nprobe))) };
    }"""
    seen = mathematics(["ivf_math.js"], code, given)
    assert [sorted(cell) for cell in seen["lists"]] == [ids.tolist() for ids in ivf.lists]
    for nprobe, searches in zip((1, 2, 4), seen["at"], strict=True):
        assert [s["visited"] for s in searches] == ivf.probe(queries, nprobe).tolist()
        assert [s["found"] for s in searches] == ivf.search(queries, 1, nprobe)[1][:, 0].tolist()
        assert [s["compared"] for s in searches] == [ivf.candidates(q, nprobe).tolist() for q in queries]


def test_the_page_marks_the_places_whose_search_misses(mathematics, plane):
    ivf, _ = plane
    code = """([points, centroids]) => {
        const grid = gridOfPlaces(points, 1.2, 20);
        const all = grid.map(({ place }) => place);
        return [all, ...[1, 2, 3].map((n) => missedPlaces(grid, points, centroids, n).map(({ place }) => place))];
    }"""
    places, *missed = mathematics(["ivf_math.js"], code, [ivf.vectors.tolist(), ivf.centroids.tolist()])
    places = np.array(places, np.float32)
    exact = ivf.search(places, 1, ivf.nlist)[1]
    for nprobe, marked in zip((1, 2, 3), missed, strict=True):
        wrong = places[(ivf.search(places, 1, nprobe)[1] != exact)[:, 0]]
        np.testing.assert_allclose(np.array(marked).reshape(-1, 2), wrong, atol=1e-6)
    assert len(missed[0]) > len(missed[1]) > 0


def test_a_step_of_kmeans_in_the_page_is_one_iteration(mathematics, plane):
    ivf, _ = plane
    start = ivf.vectors[:7]
    once = kmeans(ivf.vectors, 7, np.random.default_rng(0), iterations=1, start=start)
    code = """([points, start]) => {
        const centroids = kmeansStep(points, start);
        return [centroids, meanError(points, centroids), kmeansStep(points, [...start, [9, 9]])];
    }"""
    centroids, error, more = mathematics(["ivf_math.js"], code, [ivf.vectors.tolist(), start.tolist()])
    np.testing.assert_allclose(centroids, once.centroids, atol=1e-6)
    assert error == pytest.approx(once.distortions[1], rel=1e-5)
    assert more[7] in ivf.vectors.tolist(), "a centroid without vectors moves onto one"


def test_the_cells_of_the_page_are_those_of_the_nearest_centroid(mathematics, plane):
    from matplotlib.path import Path

    ivf, queries = plane
    code = "(centroids) => centroids.map((_, cell) => cellCorners(centroids, cell, 1.2))"
    polygons = mathematics(["ivf_math.js"], code, ivf.centroids.tolist())
    inside = np.array([Path(polygon).contains_points(queries) for polygon in polygons])
    assert inside.sum(0).tolist() == [1] * len(queries)
    np.testing.assert_array_equal(inside.argmax(0), ivf.assign(queries))


def test_the_readers_own_search_is_asked_at_each_move():
    asked = []

    def search(query, centroids, lists, vectors, nprobe):
        asked.append(nprobe)
        ivf = IVF(centroids)
        ivf.add(vectors)
        return ivf.search(query[None], 1, nprobe)[1][0, 0]

    explorer = CellsExplorer(search)
    assert not explorer.result["right"] and explorer._answer["id"] == explorer.result["found"]
    explorer.nprobe = 2
    assert explorer.result["right"] and explorer._answer["id"] == explorer.result["nearest"]
    explorer.query = [0.5, -0.25]
    assert explorer._answer["of"] == [[0.5, -0.25], 2, explorer.centroids]
    assert explorer.finding == f"Your search returns {explorer.result['found']}"
    assert explorer.needed == 2, "of the query at the start"
    explorer.centroids = [[0, 0]]
    assert explorer.nprobe == 1 and asked[-1] == 1 and explorer.result["right"]


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (lambda *_: None, "returns None: solve exercise 2.3"),
        (lambda *_: 1 / 0, "raises ZeroDivisionError"),
        (lambda *_: [1, 2], "returns 2 values"),
        (lambda *_: 400, "returns 400: expected an id from 0 to 399"),
        (lambda *_: 1.5, "expected a whole number"),
        (lambda *_: True, "expected a whole number"),
        (lambda query, centroids, lists, vectors, nprobe: vectors.fill(9), "None"),
    ],
)
def test_a_search_that_does_not_work_is_told_and_harms_nothing(search, said):
    explorer = CellsExplorer(search)
    assert said in explorer.finding and np.abs(explorer.state).max() < 2
    explorer.nprobe = 3
    assert said in explorer.finding


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("query", [0, 2], "a point"),
        ("query", None, None),
        ("query", [[0, 0], [1, 1]], "a point"),
        ("query", [0, float("nan")], "from -1.2 to 1.2"),
        ("centroids", [], "1 to 40 points"),
        ("centroids", [[0, 0]] * 41, "1 to 40 points"),
        ("centroids", "abc", "1 to 40 points"),
        ("nprobe", 0, "from 1 to 5"),
        ("nprobe", 6, "from 1 to 5"),
        ("missed", 1, "True or False"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_changes_nothing(trait, value, said):
    explorer = CellsExplorer()
    before = explorer.get_state()
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(explorer, trait, value)
    assert explorer.get_state() == before


def test_own_points_and_still(tmp_path):
    explorer = CellsExplorer(points=[[0, 0], [1, 1], [0.9, 1]], centroids=[[0, 0], [1, 1]], query=[0.8, 0.8])
    assert explorer.result == {"found": 2, "nearest": 2, "compared": 2, "right": True}
    assert "nprobe 1 compares 2 vectors and finds the nearest" in explorer.still().alt
    assert len(json.dumps(CellsExplorer()._fixed)) < 12_000, "what travels is small"
    with pytest.raises(traitlets.TraitError, match="points"):
        CellsExplorer(points=np.zeros((3, 3)))


def test_the_page_follows_keys_fingers_and_buttons(open_page, tmp_path):
    page = open_page(write_page(CellsExplorer(), tmp_path / "page.html").as_uri(), ".ai-handle")
    verdict = page.locator(".ai-finding").first
    assert "✗ Visiting 1 cell" in verdict.inner_text() and page.locator(".ai-handle").count() == 17
    page.get_by_label("nprobe").press("ArrowRight")
    page.wait_for_function("document.querySelector('.ai-finding').textContent.startsWith('✓')")
    query = page.get_by_label("query: at")
    before = query.bounding_box()
    query.press("Shift+ArrowLeft")
    page.wait_for_function(f"document.querySelector('[aria-label^=query]').getBoundingClientRect().x < {before['x']}")
    box = page.locator(".ai-plane").bounding_box()
    query.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 50, steps=3)
    page.mouse.up()
    page.wait_for_function(f"document.querySelector('[aria-label^=query]').getBoundingClientRect().x < {box['x'] + 60}")
    page.get_by_role("button", name="add a centroid").click()
    page.wait_for_function("document.querySelectorAll('.ai-handle').length === 18")
    page.get_by_role("button", name="k-means: one step").click()
    page.wait_for_function("document.querySelector('.ai-facts').textContent.includes('step 1: ')")
    page.get_by_role("button", name="remove a centroid").click()
    page.wait_for_function("document.querySelectorAll('.ai-handle').length === 17")


# ---- hyperplanes --------------------------------------------------------------------------------------------------


def test_the_bits_and_angles_of_the_page_are_those_of_scratch(mathematics):
    rng = np.random.default_rng(2)
    normals, at = rng.uniform(-360, 360, 40).tolist(), rng.uniform(-360, 360, 25).tolist()
    code = """([normals, at]) => [
        at.map((direction) => bitsOf(normals, direction)),
        at.map((direction) => turnBetween(at[0], direction)),
        at.map((direction) => differing(bitsOf(normals, direction), bitsOf(normals, at[0]))),
    ]"""
    bits, turns, differ = mathematics(["lsh_math.js"], code, [normals, at])
    lsh, x = LSH(directions(normals)), directions(at)
    np.testing.assert_array_equal(bits, lsh.bits(x))
    np.testing.assert_allclose(np.abs(turns), np.degrees(np.arccos((x @ x[0]).clip(-1, 1))), atol=1e-4)
    lsh.add(x)
    assert differ == lsh.hamming(x[:1])[0].tolist()


def test_activation_in_the_page_goes_where_python_goes_and_away_from_all_hyperplanes(mathematics):
    code = "([normals, most]) => activatedDirection(normals, 30, most)"
    rng = np.random.default_rng(5)
    for n in (1, 2, 3, 9):
        explorer = HyperplanesExplorer(normals=rng.uniform(-180, 180, n))
        margins = []
        for explorer.activation in (0, 7, 30):
            there = mathematics(["lsh_math.js"], code, [explorer.normals, explorer.activation])
            assert there == pytest.approx(explorer.released, abs=0.01)
            assert abs(there - 30) <= explorer.activation + 1e-9
            margins.append(np.abs(explorer.lsh.project(directions([there]))).min())
            assert (explorer.lsh.bits(directions([30, there])).std(0) == 0).all(), "no bit of its own flips"
        assert margins == sorted(margins)


def test_the_angles_are_those_of_the_features_and_activation_saves_the_bits():
    explorer, queries = HyperplanesExplorer(), load_queries()
    x = queries.world.references[queries.ids[124]]
    for edit in explorer._fixed["edits"]:
        cosine = x @ queries.features[edit["name"]][124]
        assert np.cos(np.radians(edit["angle"])) == pytest.approx(cosine, abs=0.005)
    stored, copy, _ = explorer.bits
    assert (stored != copy).sum() == 1 and "1 of the copy differ" in explorer.finding
    explorer.activation = 15
    assert "0 of the copy differ" in explorer.finding and explorer.finding in explorer.still().alt
    assert len(json.dumps(explorer._fixed)) < 90_000


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("normals", [], "1 to 64 directions"),
        ("normals", [0] * 65, "1 to 64 directions"),
        ("normals", ["a"], "1 to 64 directions"),
        ("normals", [float("nan")], "1 to 64 directions"),
        ("copy", 181, "from -180 to 180"),
        ("activation", 31, "from 0 to 30"),
        ("activation", 1.5, "from 0 to 30"),
    ],
)
def test_a_direction_that_is_none_is_refused(trait, value, said):
    explorer = HyperplanesExplorer()
    before = getattr(explorer, trait)
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(explorer, trait, value)
    assert getattr(explorer, trait) == before


def test_hyperplanes_turn_in_the_page(open_page, tmp_path):
    page = open_page(write_page(HyperplanesExplorer(), tmp_path / "page.html").as_uri(), ".ai-handle")
    assert page.locator(".ai-finding").inner_text().startswith("✗ The copy crosses 1 hyperplane")
    page.get_by_label("activation").fill("15")
    page.wait_for_function("document.querySelector('.ai-finding').textContent.startsWith('✓ The copy keeps every bit')")
    page.get_by_label("hyperplane 2: ").press("ArrowDown")
    # Drawn with the next frame.
    label = "document.querySelector('[aria-label^=\"hyperplane 2: \"]').getAttribute('aria-label')"
    page.wait_for_function(f"!{label}.includes('normal at 137 degrees')")
    page.get_by_label("copy: ").press("Shift+ArrowDown")
    page.locator(".ai-bar input").first.fill("11")
    page.wait_for_function("document.body.textContent.includes('of 64 bits differ')")
    assert page.locator(".ai-handle").count() == 9


# ---- product quantizers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("M", "nbits"), [(1, 1), (1, 5), (2, 1), (2, 4)])
def test_the_codes_of_the_page_are_those_of_scratch(mathematics, M, nbits):
    rng = np.random.default_rng(M + nbits)
    pq, x = PQ.train(clouds(rng), M, nbits, rng), rng.uniform(-1.1, 1.1, size=(40, 2)).astype(np.float32)
    code = """([books, x]) => [
        x.map((at) => encodePoint(books, at)),
        x.map((at) => decodePoint(books, encodePoint(books, at))),
        x.map((at) => codeCell(books, encodePoint(books, at), 1.2)),
        allCodes(books),
    ]"""
    given = [pq.codebooks.tolist(), x.tolist()]
    codes, decoded, cells, every = mathematics(["ivf_math.js", "pq_math.js"], code, given)
    np.testing.assert_array_equal(codes, pq.encode(x))
    np.testing.assert_allclose(decoded, pq.decode(pq.encode(x)), atol=1e-6)
    assert len(every) == pq.K**M
    from matplotlib.path import Path

    for own, cell in zip(pq.encode(x), cells, strict=True):
        inside = Path(cell).contains_points(x)
        np.testing.assert_array_equal(inside, (pq.encode(x) == own).all(1))


def test_the_code_follows_the_vector_and_the_setting():
    explorer = CodewordsExplorer(nbits=4)
    for explorer.M, explorer.nbits in ((2, 4), (2, 1), (1, 6), (1, 2)):
        explorer.x = [0.4, -0.3]
        y = explorer.pq.decode(explorer.pq.encode(np.array([explorer.x])))[0]
        np.testing.assert_allclose(explorer.reconstruction, y, atol=1e-4)
        assert " and ".join(map(str, explorer.code)) in explorer.finding
        assert explorer.finding in explorer.still().alt
    explorer.nbits = 6
    explorer.M = 2
    assert explorer.nbits == 4, "two parts have at most 4 bits here"
    for trait, value, said in (
        ("M", 3, "1 to 2"),
        ("nbits", 5, "1 to 4"),
        ("nbits", 0, "1 to 4"),
        ("x", [9, 0], "1.2"),
    ):
        with pytest.raises(traitlets.TraitError, match=said):
            setattr(explorer, trait, value)
    with pytest.raises(ValueError, match="64 or more"):
        CodewordsExplorer(points=np.zeros((63, 2)))


def test_a_vector_snaps_in_the_page(open_page, tmp_path):
    page = open_page(write_page(CodewordsExplorer(), tmp_path / "page.html").as_uri(), ".ai-code-box")
    assert page.locator(".ai-code-box").count() == 2
    before = page.locator(".ai-code").inner_text()
    page.get_by_label("vector x: ").press("Shift+ArrowRight")
    page.wait_for_function(f"document.querySelector('.ai-code').innerText !== {json.dumps(before)}")
    page.get_by_role("button", name="1: cells").click()
    page.wait_for_function("document.querySelectorAll('.ai-code-box').length === 1")
    assert "1 · 6 = 6 bits" in page.locator(".ai-facts").inner_text(), "as many bits as before"


@pytest.fixture(scope="module")
def swap():
    return CodeSwapExplorer()


def test_a_swap_finds_what_a_search_in_changed_codes_finds(swap):
    state, queries = swap.state, load_queries()
    for swap.picture, swap.part, swap.rank in ((0, 1, 0), (0, 1, 8), (1, 3, 128), (2, 4, 255), (0, 2, 77)):
        n, edit = state.copies[swap.picture]
        i, book = int(queries.ids[n]), state.pq.codebooks[swap.part - 1]
        index = PQ(state.pq.codebooks)
        index.codes = state.codes.copy()
        away = np.square(book - book[index.codes[i, swap.part - 1]]).sum(1)
        index.codes[i, swap.part - 1] = away.argsort(kind="stable")[swap.rank]
        assert swap.swap["code"] == index.codes[i].tolist()
        distances, ids = index.search(queries.features[edit][n][None], 3)
        assert [result["id"] for result in swap.swap["results"]] == ids[0].tolist()
        np.testing.assert_allclose([result["distance"] for result in swap.swap["results"]], distances[0], atol=1e-3)
        assert (swap.swap["place"] == 1) == (ids[0, 0] == i) == swap.finding.startswith("✓")
        assert swap.finding in swap.still().alt


def test_no_swap_finds_the_picture_and_some_lose_it(swap):
    for number in range(3):
        view = swap.state.view(number)
        assert all(view["swaps"][f"{part} 0"]["place"] == 1 for part in (1, 2, 3, 4))
        assert sum(each["place"] > 1 for each in view["swaps"].values()) > 8
        assert len(json.dumps(view, allow_nan=False)) < 90_000
    for trait, value, said in (("picture", 3, "0 to 2"), ("part", 0, "1 to 4"), ("rank", 256, "0 to 255")):
        with pytest.raises(traitlets.TraitError, match=said):
            setattr(swap, trait, value)
    with pytest.raises(ValueError, match="expected a scratch.PQ"):
        CodeSwapExplorer(PQ(np.zeros((2, 4, 3))))


def test_a_codeword_is_swapped_in_the_page(swap, open_page, tmp_path):
    swap.picture, swap.part, swap.rank = 0, 1, 0
    page = open_page(write_page(swap, tmp_path / "page.html").as_uri(), ".ai-row img")
    assert page.locator(".ai-finding").inner_text().startswith("✓ With its own code")
    page.get_by_label("codeword").fill("4")
    page.wait_for_function("document.querySelector('.ai-finding').textContent.startsWith('✗ With codeword')")
    assert page.locator("img.ai-wrong").count() == 3
    page.locator("select").select_option("1")
    page.wait_for_function("document.querySelector('.ai-row').textContent.includes('JPEG 50')")


# ---- a picture and its neighbours ---------------------------------------------------------------------------------


def test_neighbours_are_those_of_brute_force():
    explorer, queries = NeighboursExplorer(), load_queries()
    references = queries.world.references
    for explorer.picture, explorer.edit in ((9228, ""), (9228, "Meme"), (int(queries.ids[60]), "Random"), (7, "")):
        n = np.flatnonzero(queries.ids == explorer.picture)
        query = queries.features[explorer.edit][n] if explorer.edit else references[[explorer.picture]]
        distances, ids = nearest(query, references, 5)
        kept = [i for i in range(5) if explorer.edit or ids[0, i] != explorer.picture][:4]
        assert [result["id"] for result in explorer.results] == ids[0, kept].tolist()
        np.testing.assert_allclose([r["distance"] for r in explorer.results], distances[0, kept], atol=1e-4)
        assert explorer.finding.startswith("✓") == bool(explorer.edit and ids[0, 0] == explorer.picture)
        assert explorer.finding in explorer.still().alt
        assert len(explorer._copies) == (14 if len(n) else 0)


def test_copies_are_in_the_order_of_their_distances_and_a_lost_copy_says_its_place():
    explorer, queries = NeighboursExplorer(), load_queries()
    x = queries.world.references[9228]
    n = int(np.flatnonzero(queries.ids == 9228)[0])
    for edit, distance in explorer.away.items():
        assert distance == pytest.approx(np.square(queries.features[edit][n] - x).sum(), abs=1e-3)
    assert list(explorer.away.values()) == sorted(explorer.away.values())
    explorer.edit = "Random"
    place = 1 + (np.square(queries.world.references - queries.features["Random"][n]).sum(1) < 1.4449).sum()
    told = int(explorer.finding.split("number ")[1].split(" among")[0].replace(",", ""))
    assert told == pytest.approx(place, rel=0.01) and told > 1
    explorer.picture = 7
    assert explorer.edit == "" and explorer._copies == [] and len(explorer.away) == 14
    for trait, value, said in (("picture", 50_000, "49,999"), ("edit", "Meme", "choose one of"), ("edit", None, None)):
        with pytest.raises(traitlets.TraitError, match=said):
            setattr(explorer, trait, value)


def test_results_and_copies_are_buttons_in_the_page(open_page, tmp_path):
    explorer = NeighboursExplorer()
    path = write_page(explorer, tmp_path / "page.html")
    assert path.stat().st_size < 1_200_000
    page = open_page(path.as_uri(), ".ai-small-row img")
    page.get_by_title("Search for the copy under Meme").click()
    page.wait_for_function("document.querySelector('.ai-finding').textContent.startsWith('✓ The copy under Meme')")
    assert page.locator(".ai-small-row [aria-pressed=true]").count() == 1
    page.get_by_title("Back to the picture itself").click()
    page.wait_for_function("!document.querySelector('.ai-finding').textContent.includes('Meme')")
    page.get_by_title("Make this picture the query").first.press("Enter")
    first = f"{explorer.results[0]['id']:,}"
    page.wait_for_function(f"document.querySelector('.ai-query figcaption').textContent === 'picture {first}'")
    assert page.locator(".ai-small-row").is_hidden(), "its copies are not stored"


# ---- a threshold --------------------------------------------------------------------------------------------------


def test_precision_and_recall_are_counts():
    copies, others = np.array([0.9, 0.8, 0.5, 0.4]), np.array([0.6, 0.3, 0.2, 0.1, 0.1])
    explorer = ThresholdExplorer(copies, others, precision=0.75)
    assert explorer.threshold == pytest.approx(0.4), "the lowest of this precision: 4 of 5 alarms are right"
    for explorer.threshold in (0.1, 0.3, 0.45, 0.6, 0.9):
        for explorer.share in (0.5, 0.01):
            right, wrong = (copies >= explorer.threshold).mean(), (others >= explorer.threshold).mean()
            p = explorer.share
            assert explorer.result["recall"] == right and explorer.result["false"] == pytest.approx(wrong)
            assert explorer.result["precision"] == pytest.approx(p * right / (p * right + (1 - p) * wrong))
            assert f"recall {right:.1%}" in explorer.still().alt
    assert ThresholdExplorer([0.2], [0.1, 0.3], 1.0).threshold == 0.3, "no threshold is that precise: the highest score"
    for trait, value in (("threshold", 0.95), ("threshold", None), ("share", 0), ("share", 1.1)):
        with pytest.raises(traitlets.TraitError):
            setattr(explorer, trait, value)
    for copies in ([], [[1.0]], [np.nan]):
        with pytest.raises(ValueError, match="expected one or more finite scores"):
            ThresholdExplorer(copies, others)


def test_the_line_is_dragged_in_the_page(open_page, tmp_path):
    rng = np.random.default_rng(0)
    explorer = ThresholdExplorer(rng.normal(2, 1, 400), rng.normal(0, 1, 400), names=("a", "b"), quantity="score")
    page = open_page(write_page(explorer, tmp_path / "page.html").as_uri(), ".ai-handle")
    steps = explorer._fixed["steps"]

    def shown():
        texts = [page.locator(".ai-meter-line output").nth(i).inner_text() for i in range(3)]
        return [float(text.removesuffix(" %")) for text in texts]

    def expected(at):
        step = int(np.abs(np.array(steps["threshold"]) - at).argmin())
        recall, wrong = steps["recall"][step], steps["false"][step]
        return pytest.approx([100 * value for value in (recall / (recall + wrong), recall, wrong)], abs=0.06)

    assert shown() == expected(explorer.threshold)
    before = float(page.get_by_label("threshold: ").get_attribute("aria-label").split(": ")[1])
    page.get_by_label("threshold: ").press("Shift+ArrowLeft")
    page.wait_for_function(f"!document.querySelector('.ai-handle').ariaLabel.endsWith('{before:.3f}')")
    after = float(page.get_by_label("threshold: ").get_attribute("aria-label").split(": ")[1])
    assert after < before and shown() == expected(after)
    said = page.locator(".ai-finding").text_content()
    page.locator("select").select_option("0.01")
    page.wait_for_function("(said) => document.querySelector('.ai-finding').textContent !== said", arg=said)
    rare = shown()
    assert rare != expected(after) and rare[0] < 0.5 * expected(after).expected[0]
    assert [expected(after).expected[0], *rare[1:]] == expected(after)
