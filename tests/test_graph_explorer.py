"""The explorer of HNSW: its page builds, walks and counts as scratch/ does, follows mouse and keys, and says so."""

import json

import numpy as np
import pytest
import traitlets

from activeindex_lite.lessons.graph_walk import first_example, graph_example, ordinal, walk_result
from activeindex_lite.scratch.brute_force import nearest
from activeindex_lite.scratch.hnsw import HNSW
from activeindex_lite.widgets import GraphExplorer, write_page
from activeindex_lite.widgets.module import read

# Where a bar of the page waits until it shows what it was told.
SAYS = "(text) => document.querySelector('.ai-finding').textContent.includes(text)"
STEP = "(text) => document.querySelector('.ai-stop-said').textContent.startsWith(text)"


@pytest.fixture
def mathematics(browser):
    """f(code, argument): what JavaScript code, a function of the argument, gives with hnsw_math.js loaded."""
    page = browser.new_page()
    page.add_script_tag(content=read("hnsw_math.js"))
    yield page.evaluate
    page.close()


# ---- the page and scratch ------------------------------------------------------------------------------------------

BUILT = """([points, tops, M, efConstruction, queries, efs]) => {
  const graph = buildGraph(points, tops, M, efConstruction);
  const walk = (query) => (ef) => walkGraph(graph, query, ef);
  return { ...graph, walks: queries.map((query) => efs.map(walk(query))) };
}"""


@pytest.mark.parametrize(
    ("N", "seed", "M", "efConstruction"),
    [(150, 3, 2, 40), (150, 3, 3, 40), (90, 1, 4, 3), (200, 5, 7, 40), (60, 2, 16, 8)],
)
def test_the_page_builds_and_walks_as_scratch_does(mathematics, N, seed, M, efConstruction):
    example, efs = graph_example(N, seed), (1, 2, 7, 64)
    graph, queries = HNSW(2, M, efConstruction, np.random.default_rng(seed)), example.queries[:40]
    graph.add(example.points)
    given = [example.points.tolist(), graph.top.tolist(), M, efConstruction, queries.tolist(), efs]
    seen = mathematics(BUILT, given)
    assert seen["entry"] == graph.entry and len(seen["links"]) == len(graph.links)
    for layer, links in enumerate(graph.links):
        theirs = {i: ends for i, ends in enumerate(seen["links"][layer]) if ends is not None}
        assert theirs == {i: ends.tolist() for i, ends in links.items()}
    for query, walks in zip(queries, seen["walks"], strict=True):
        for efSearch, walk in zip(efs, walks, strict=True):
            own, near = graph.walk(query, efSearch)
            assert [(stop["layer"], stop["node"]) for stop in walk["stops"][1:]] == own.path
            assert [i for stop in walk["stops"] for i in stop["fresh"]] == own.compared
            assert walk["found"] == [i for _, i in near]


def test_equal_distances_are_broken_as_in_scratch(mathematics):
    side = np.linspace(-1, 1, 7, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    points, queries = np.concatenate([grid, grid[:9]]), np.concatenate([grid, np.zeros((1, 2), np.float32)])
    graph = HNSW(2, 3, 6, np.random.default_rng(0))
    graph.add(points)
    seen = mathematics(BUILT, [points.tolist(), graph.top.tolist(), 3, 6, queries.tolist(), [1, 4, 20]])
    for query, walks in zip(queries, seen["walks"], strict=True):
        for efSearch, walk in zip((1, 4, 20), walks, strict=True):
            own, near = graph.walk(query, efSearch)
            assert [(stop["layer"], stop["node"]) for stop in walk["stops"][1:]] == own.path
            assert walk["found"] == [i for _, i in near]


def test_the_curve_of_the_page_is_recall_and_work_over_its_queries(mathematics):
    example = graph_example()
    exact = nearest(example.queries, example.points, 10)[1]
    code = """([points, queries, tops, M, efs]) => {
      const graph = buildGraph(points, tops, M, 40);
      const orders = queries.map((query) => exactOrder(points, query));
      return [orders.map((order) => order.slice(0, 10)), efs.map((ef) => averagesOf(graph, queries, orders, ef))];
    }"""
    efs = (1, 4, 16)
    for M in (2, 6):
        graph = example.graph(M)
        given = [example.points.tolist(), example.queries.tolist(), graph.top.tolist(), M, efs]
        orders, rows = mathematics(code, given)
        np.testing.assert_array_equal(orders, exact)
        for efSearch, row in zip(efs, rows, strict=True):
            walks = [graph.walk(query, efSearch) for query in example.queries]
            ten = graph.search(example.queries, 10, efSearch)[1]
            found = np.mean([near[0][1] for _, near in walks] == exact[:, 0])
            recall = np.mean([np.isin(own, wanted).mean() for own, wanted in zip(ten, exact, strict=True)])
            compared = np.mean([len(np.unique(walk.compared)) for walk, _ in walks]) / len(example.points)
            assert row == pytest.approx({"nearest": found, "recall": recall, "compared": compared}, abs=1e-12)


def test_top_layers_are_those_that_scratch_draws():
    example = graph_example(80, 9)
    for M in (2, 5, 16):
        np.testing.assert_array_equal(example.tops(M), example.graph(M).top)


# ---- the explorer in Python ----------------------------------------------------------------------------------------


def test_it_begins_with_a_search_that_misses_and_a_wider_one_finds():
    explorer = GraphExplorer()
    distances = np.square(explorer.graph.vectors - np.array(explorer.query, np.float32)).sum(1)
    result = explorer.result
    assert not result.right and result.nearest == distances.argmin() and result.nearest not in explorer.walk.compared
    assert result.rank == 1 + (distances < distances[result.found]).sum() > 1
    assert f"finds the {ordinal(result.rank)} nearest; it never met the nearest" in explorer.finding
    assert explorer.finding.startswith("✗ With efSearch 1 ") and explorer.steps == len(explorer.walk.path) > 5
    explorer.ef_search = 4
    assert explorer.result.right and explorer.result.compared > result.compared
    assert explorer.finding.startswith("✓") and explorer.finding in explorer.still().alt
    assert len(json.dumps(explorer._fixed)) < 25_000, "what travels is small"


@pytest.mark.parametrize("settings", [{"M": 2, "layer": 4}, {"ef_search": 64, "step": 3}, {"query": [0.3, -0.2]}])
def test_an_update_equals_one_made_afresh(settings):
    explorer, afresh = GraphExplorer(), GraphExplorer(**settings)
    for name, value in settings.items():
        setattr(explorer, name, value)
    names = explorer.page_traits
    assert {n: getattr(explorer, n) for n in names} == {n: getattr(afresh, n) for n in names}
    assert explorer.walk == afresh.walk and explorer.finding == afresh.finding
    given = GraphExplorer()
    given.set_state(settings)
    assert given._error == "" and {n: getattr(given, n) for n in names} == {n: getattr(afresh, n) for n in names}


def test_a_layer_that_a_larger_M_does_not_have_becomes_its_top_layer():
    explorer = GraphExplorer(M=2, layer=5)
    explorer.M = 16
    assert explorer.layer == explorer.graph.top.max() == 1
    explorer.layer, explorer.M = "all", 2
    assert explorer.layer == "all"


@pytest.mark.parametrize(
    ("trait", "value", "said"),
    [
        ("query", [0, 2], "a point"),
        ("query", [0, float("nan")], "from -1.2 to 1.2"),
        ("query", None, None),
        ("M", 1, "from 2 to 16"),
        ("M", 17, "from 2 to 16"),
        ("M", 2.5, "whole number"),
        ("ef_search", 0, "from 1 to 64"),
        ("ef_search", 65, "from 1 to 64"),
        ("ef_search", True, "from 1 to 64"),
        ("layer", 4, "from 0 to 3"),
        ("layer", "top", "from 0 to 3"),
        ("layer", -1, "from 0 to 3"),
        ("step", -1, "from 0 to 999"),
        ("step", "all", "from 0 to 999"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_changes_nothing(trait, value, said):
    explorer = GraphExplorer(ef_search=5)
    before = explorer.get_state()
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(explorer, trait, value)
    assert explorer.get_state() == before
    if value is not None:
        explorer.set_state({trait: value})
        assert "This did not work" in explorer._error and getattr(explorer, trait) == before[trait]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"N": 19}, "N=19.* 20 to 200"),
        ({"N": 201}, "20 to 200"),
        ({"seed": -1}, "seed=-1"),
        ({"efSearch": 3}, "no setting"),
    ],
)
def test_a_graph_that_cannot_be_made_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        GraphExplorer(**settings)


def test_few_nodes_and_one_layer():
    explorer = GraphExplorer(N=20, seed=11, M=16)
    assert explorer.graph.vectors.shape == (20, 2)
    assert explorer.result.N == 20 and explorer.finding in explorer.still().alt
    explorer.close()
    with pytest.raises(ValueError, match="closed"):
        _ = explorer.graph


# ---- the page ------------------------------------------------------------------------------------------------------


def opened(open_page, tmp_path, **settings):
    """The page of a GraphExplorer with these settings, and the explorer."""
    explorer = GraphExplorer(**settings)
    path = write_page(explorer, tmp_path / f"page{len(list(tmp_path.iterdir()))}.html")
    return open_page(path.as_uri(), ".ai-handle"), explorer


def bar(page, name):
    """A slider of the page, by its name."""
    return page.locator(f".ai-control:has(> span:text-is('{name}')) input")


SETTINGS = [{}, {"M": 2, "ef_search": 3}, {"N": 60, "seed": 8, "query": [-0.5, 0.61]}, {"M": 16, "ef_search": 64}]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_page_says_what_python_says(open_page, tmp_path, settings):
    page, explorer = opened(open_page, tmp_path, **settings)
    assert page.locator(".ai-finding").inner_text() == f"{explorer.finding}."
    result, graph = explorer.result, explorer.graph
    facts = page.locator(".ai-facts").inner_text()
    assert f"{result.compared} of {result.N} (" in facts and f"by {len(explorer.walk.compared)} distances" in facts
    links = len(graph.edges(0)) / result.N
    assert f"M {graph.M}: {len(graph.links)} layer" in facts and f"{links:.1f} links per node" in facts
    assert page.locator("label:has-text('step') output").inner_text() == f"{explorer.steps} of {explorer.steps}"


def test_the_query_follows_mouse_and_keys_in_every_view(open_page, tmp_path):
    page, _ = opened(open_page, tmp_path)
    query = page.get_by_label("query: at")
    for view in ("all", "0", "3"):
        page.locator("select").select_option(view)
        page.wait_for_timeout(50)
        before = query.get_attribute("aria-label")
        query.press("Shift+ArrowRight")
        page.wait_for_function("(old) => document.querySelector('.ai-handle').ariaLabel !== old", arg=before)
        # What is drawn lies where the handle is: a move to the middle of the plane and back by the mouse.
        box = page.locator(".ai-plane").bounding_box()
        x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"]
        query.hover()
        page.mouse.down()
        page.mouse.move(x, y, steps=4)
        page.mouse.up()
        page.wait_for_function(
            "([x, y]) => { const box = document.querySelector('.ai-handle').getBoundingClientRect();"
            "return Math.abs(box.x + box.width / 2 - x) < 2 && Math.abs(box.y + box.height / 2 - y) < 2; }",
            arg=[x, y],
        )


def test_the_walk_is_stepped_and_played(open_page, tmp_path):
    page, explorer = opened(open_page, tmp_path)
    walk, steps = explorer.walk, explorer.steps
    slider = bar(page, "step")
    for step in (0, 3, steps):
        slider.fill(str(step))
        layer, node = walk.path[step - 1] if step else (len(explorer.graph.links) - 1, explorer.graph.entry)
        page.wait_for_function(STEP, arg=f"Step {step} of {steps}, layer {layer}")
        assert f"node {node}" in page.locator(".ai-stop-said").inner_text()
    play = page.get_by_role("button", name="play the walk")
    play.click()
    page.wait_for_function(STEP, arg=f"Step 2 of {steps}")
    page.get_by_role("button", name="pause").click()
    play.wait_for()
    slider.press("End")
    # Whole stays whole.
    bar(page, "efSearch").fill("3")
    page.wait_for_function(SAYS, arg="With efSearch 4 ")
    explorer.ef_search = 4
    assert page.locator(".ai-stop-said").inner_text().startswith(f"Step {explorer.steps} of {explorer.steps}")


def test_little_motion_makes_single_steps(browser, tmp_path):
    path = write_page(GraphExplorer(step=0), tmp_path / "page.html")
    page = browser.new_page(reduced_motion="reduce")
    page.goto(path.as_uri())
    press = page.get_by_role("button", name="next step")
    press.click()
    page.wait_for_function(STEP, arg="Step 1 of")
    press.click()
    page.wait_for_function(STEP, arg="Step 2 of")
    page.wait_for_timeout(800)
    assert page.locator(".ai-stop-said").inner_text().startswith("Step 2 of")
    page.close()


def test_buttons_bring_queries_and_the_curve_sets_efsearch(open_page, tmp_path):
    page, explorer = opened(open_page, tmp_path, ef_search=2)
    at = page.get_by_label("query: at")
    page.get_by_role("button", name="a query that misses").click()
    page.wait_for_function("document.querySelector('.ai-finding').textContent.startsWith('✗')")
    missing = at.get_attribute("aria-label")
    queries = first_example()[0].queries
    misses = [query for query in queries if not walk_result(explorer.graph, query, 2).right]
    assert missing == f"query: at {misses[0][0]:.2f}, {misses[0][1]:.2f}"
    page.get_by_role("button", name="another query").click()
    page.wait_for_function("(old) => document.querySelector('.ai-handle').ariaLabel !== old", arg=missing)
    curve = page.get_by_label("efSearch of the curve")
    curve.scroll_into_view_if_needed()
    box = curve.bounding_box()
    curve.click(position={"x": box["width"] - 20, "y": 60})
    page.wait_for_function(SAYS, arg="With efSearch 64 ")
    curve.press("Home")
    curve.press("Enter")
    page.wait_for_function(SAYS, arg="With efSearch 1 ")
    # Where every one of the 200 queries finds its nearest, none can be brought that misses.
    bar(page, "M").fill("6")
    curve.press("End")
    curve.press("Enter")
    page.wait_for_function("document.querySelector('.ai-facts').textContent.includes('100\\u00a0% find their nearest')")
    assert page.get_by_role("button", name="a query that misses").is_disabled()


def test_a_page_that_was_moved_looks_like_one_made_afresh(open_page, tmp_path):
    drawn = """() => [...document.querySelectorAll("canvas")].map((node) => [node.toDataURL(), node.ariaLabel])
      .concat([document.querySelector(".ai-facts").innerText])"""
    measured = "!document.querySelector('.ai-facts').textContent.includes('being measured')"
    moved, _ = opened(open_page, tmp_path)
    bar(moved, "M").fill("0")
    bar(moved, "efSearch").fill("7")
    for layer in (2, "all"):
        moved.locator("select").select_option(str(layer))
        afresh, _ = opened(open_page, tmp_path, M=2, ef_search=10, layer=layer)
        moved.wait_for_function(measured)
        moved.wait_for_timeout(1000)
        assert moved.evaluate(drawn) == afresh.evaluate(drawn)
