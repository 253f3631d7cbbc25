"""What notebook 05 measures on graphs, and its figures."""

import faiss
import numpy as np
import pandas as pd
import pytest

from activeindex_lite import build_index, load_queries, load_world
from activeindex_lite.figures import graphs as draw
from activeindex_lite.lessons import graphs as measure
from activeindex_lite.lessons.graph_walk import first_example
from activeindex_lite.scratch import HNSW


@pytest.fixture(scope="module")
def small():
    world = load_world()
    references, queries = world.references[:2000], np.ascontiguousarray(load_queries().stacked()[0][::40])
    indexes = {name: build_index(name, world.train[:1000], references) for name in ("HNSW8,Flat", "IVF16,Flat")}
    return references, queries, measure.exact_neighbours(references, queries, 5), indexes


def test_recall_and_work(small):
    references, queries, exact, indexes = small
    flat = faiss.IndexFlatL2(128)
    flat.add(references)
    assert np.array_equal(exact, flat.search(queries, 5)[1])
    walk = measure.recall_and_work(indexes["HNSW8,Flat"], queries, exact, [{"ef_search": n} for n in (5, 50, 2000)])
    assert walk.recall.is_monotonic_increasing and walk.compared.is_monotonic_increasing
    assert walk.recall.iloc[-1] > 0.99 and 0 < walk.compared.iloc[0] < 0.2 < walk.compared.iloc[-1] <= 1.05
    cells = measure.recall_and_work(indexes["IVF16,Flat"], queries, exact, [{"nprobe": n} for n in (1, 4, 16)])
    assert cells.recall.iloc[-1] == 1 and cells.compared.iloc[-1] == pytest.approx(1 + 16 / 2000)
    figure = draw.recall_against_work(pd.concat([walk, cells]), 5)
    assert "HNSW8,Flat reaches" in figure.alt and "IVF16,Flat reaches" in figure.alt
    low = draw.recall_against_work(cells[:1].assign(recall=0.3), 5)
    assert "reaches 0.30 at most" in low.alt


def test_bytes_of_links_are_those_of_the_file(small):
    index = small[3]["HNSW8,Flat"]
    without = faiss.serialize_index(faiss.downcast_index(index.faiss.storage)).nbytes
    whole = faiss.serialize_index(index.faiss).nbytes
    assert measure.bytes_of_links(index) == pytest.approx((whole - without) / index.ntotal, rel=0.2)


def test_nodes_of_layers():
    graph = HNSW(2, 4, rng=np.random.default_rng(0))
    graph.add(np.random.default_rng(1).normal(size=(300, 2)))
    table = measure.nodes_per_layer(graph)
    assert table.nodes.iloc[0] == 300 and table.expected.tolist()[:3] == [300, 75, 18.75]
    assert table.nodes.tolist() == [(graph.top >= layer).sum() for layer in table.layer]
    assert "layer 1" in draw.nodes_by_layer(table).alt


def test_the_heuristic_opens_more_directions():
    links = measure.links_example()
    alt = draw.links_of_a_new_node(links).alt
    near, chosen = (draw._widest_gap(np.degrees(np.arctan2(*links.others[ends].T[::-1]))) for ends in links_of(links))
    assert len(links.by_distance) == 4 >= len(links.chosen) >= 2 and chosen < near
    assert f"leave {near:.0f} degrees" in alt and f"leave {chosen:.0f} degrees" in alt


def links_of(links):
    return links.by_distance, links.chosen


def test_greedy_walks_and_rough_codes(small):
    example, query = first_example()
    alt = draw.greedy_walk(example.graph(3), query, ("one", "four"), (1, 4)).alt
    assert "one compares" in alt and "misses the nearest" in alt and "finds the nearest" in alt
    references = small[0]
    index = build_index("HNSW8,PQ8", load_world().train[:2000], references, ef_search=16)
    table = measure.found_by_ef(index, references[:200], np.arange(200), (4, 64, 1024))
    assert table.r1.iloc[0] < table.r1.iloc[-1] <= 1
    assert f"{table.r1.iloc[0]:.2f} at efSearch 4" in draw.found_in_rough_codes(table, 1.0, ("a", "b")).alt
