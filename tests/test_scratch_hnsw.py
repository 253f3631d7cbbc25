"""HNSW in numpy against faiss: recall at equal settings, the form of the graph, and the record of a walk."""

import faiss
import numpy as np
import pytest

from activeindex_lite import load_queries, load_world
from activeindex_lite.scratch import HNSW, nearest

N = 1000


@pytest.fixture(scope="module")
def features():
    queries = np.ascontiguousarray(load_queries().stacked()[0][::20])
    x = load_world().references[:N]
    return x, queries, nearest(queries, x, 10)[1]


@pytest.fixture(scope="module", params=[(8, 40), (16, 40), (12, 20)], ids=str)
def pairs(request, features):
    """M, and graphs of the same vectors in three orders, built here and by faiss: [(order, mine, faiss's)]."""
    (M, efConstruction), made = request.param, []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(N)
        mine = HNSW(128, M, efConstruction, np.random.default_rng(seed))
        mine.add(features[0][order])
        theirs = faiss.IndexHNSWFlat(128, M)
        theirs.hnsw.efConstruction = efConstruction
        theirs.add(features[0][order])
        made.append((order, mine, theirs))
    return M, made


def recall(ids, exact):
    return np.mean([np.isin(found, true).mean() for found, true in zip(ids, exact, strict=True)])


@pytest.mark.parametrize("efSearch", [16, 64])
def test_recall_is_that_of_faiss(pairs, features, efSearch):
    _, queries, exact = features
    recalls = []
    for order, mine, theirs in pairs[1]:
        theirs.hnsw.efSearch = efSearch
        distances, ids = mine.search(queries, 10, efSearch)
        recalls.append([recall(order[ids], exact), recall(order[theirs.search(queries, 10)[1]], exact)])
        np.testing.assert_allclose(distances, np.square(mine.vectors[ids] - queries[:, None]).sum(2), atol=1e-5)
        assert (np.diff(distances, axis=1) >= 0).all()
    # Levels are drawn by another generator, so walks differ; what they find on average should not.
    mine, theirs = np.mean(recalls, 0)
    assert abs(mine - theirs) < 0.02


def test_links_are_as_many_as_allowed(pairs):
    M, ((_, mine, theirs), *_) = pairs
    for layer, links in enumerate(mine.links):
        degrees = np.array([len(ends) for ends in links.values()])
        assert degrees.max() <= (2 * M if layer == 0 else M)
        assert sorted(links) == np.flatnonzero(mine.top >= layer).tolist()
        assert all(i not in ends and len(set(ends)) == len(ends) for i, ends in links.items())
    theirs_per_node = (faiss.vector_to_array(theirs.hnsw.neighbors) >= 0).sum() / N
    mine_per_node = sum(len(mine.edges(layer)) for layer in range(len(mine.links))) / N
    assert mine_per_node == pytest.approx(theirs_per_node, rel=0.15)


def test_layers_thin_out_by_the_number_of_links():
    graph = HNSW(1, 4, 1, np.random.default_rng(0))
    graph._insert = lambda i: None
    graph.add(np.zeros((20_000, 1)))
    for layer in range(4):
        share = (graph.top >= layer).mean()
        assert share == pytest.approx(4.0**-layer, abs=4 * np.sqrt(4.0**-layer / 20_000))


def test_all_candidates_give_brute_force(features):
    x, queries, _ = features
    graph = HNSW(128, 16, 64, np.random.default_rng(0))
    graph.add(x[:400])
    ids = graph.search(queries, 10, 400)[1]
    assert np.array_equal(ids, nearest(queries, x[:400], 10)[1])


def test_a_walk_says_what_it_did(pairs, features):
    _, graph, _ = pairs[1][0]
    query = features[1][3]
    walk, near = graph.walk(query, 20)
    assert walk.compared[0] == graph.entry and walk.origins[0] == -1
    assert len(walk.compared) == len(walk.distances) == len(walk.layers) == len(walk.origins)
    np.testing.assert_allclose(walk.distances, np.square(graph.vectors[walk.compared] - query).sum(1), atol=1e-5)
    assert walk.layers == sorted(walk.layers, reverse=True)
    for i, layer, origin in zip(walk.compared[1:], walk.layers[1:], walk.origins[1:], strict=True):
        assert i in graph.links[layer][origin] and (layer, origin) in walk.path
    assert len(near) == 20 and {i for _, i in near} <= set(walk.compared)
    assert [layer for layer, _ in walk.path] == sorted((layer for layer, _ in walk.path), reverse=True)


def test_the_heuristic_leaves_out_what_a_chosen_node_leads_to():
    graph = HNSW(1, 3)
    graph.vectors = np.array([[1.0], [1.1], [-2.0], [5.0]], np.float32)
    near = [(1.0, 0), (1.21, 1), (4.0, 2), (25.0, 3)]
    assert graph.chosen(near, 3) == [0, 2]  # 1 and 3 are nearer to node 0 than to the new node at 0
    assert graph.chosen(near, 1) == [0]


def test_few_nodes_and_bad_input():
    graph = HNSW(2, 4, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="no nodes"):
        graph.search(np.zeros((1, 2)), 1)
    assert graph.edges().shape == (0, 2)
    graph.add(np.eye(2))
    distances, ids = graph.search(np.eye(2), 3)
    assert ids.tolist() == [[0, 1, -1], [1, 0, -1]] and np.isinf(distances[:, 2]).all()
    graph.add(np.eye(2))  # equal vectors
    assert set(graph.search(np.eye(2)[:1], 2)[1][0]) == {0, 2}
    for bad in (
        lambda: HNSW(2, 1),
        lambda: HNSW(0),
        lambda: HNSW(2, 4, 0),
        lambda: graph.search(np.zeros((1, 3)), 1),
        lambda: graph.search(np.zeros((1, 2)), 0),
        lambda: graph.walk(np.zeros(2), 0),
        lambda: graph.edges(9),
        lambda: graph.add([[np.nan, 1]]),
    ):
        with pytest.raises(ValueError, match="has to be|expected|NaN"):
            bad()
