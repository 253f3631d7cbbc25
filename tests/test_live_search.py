"""Search without a kernel finds what faiss finds, and activation without a kernel has the same targets and rivals."""

import numpy as np
import pytest
from live_run import numbers_of, run_js, text_of

from activeindex_lite import ready_index
from activeindex_lite.activation.methods import METHODS
from activeindex_lite.evaluation.stored_queries import load_queries
from activeindex_lite.live.export import index_data
from activeindex_lite.live.targets import loss_forms

NPROBES = [1, 2, 4, 8, 16, 32, 64]
OPEN = """
const index = openIndexes({ one: data.index }).one;
const features = numbersOf(Float32Array, data.features);
const rows = Array.from({ length: features.length / 128 }, (_, i) => features.subarray(128 * i, 128 * (i + 1)));
"""


@pytest.fixture(scope="module")
def queries():
    """1,000 of the stored queries, of all edits."""
    features, truth = load_queries().stacked()
    rows = np.random.default_rng(5).choice(len(features), 1000, replace=False)
    return features[rows], truth[rows]


@pytest.mark.parametrize("factory", ["IVF1536,PQ4x8", "PCA64,LSH"])
def test_ids_are_those_of_faiss(factory, queries, tmp_path):
    features, _ = queries
    index = ready_index(factory)
    nprobes = NPROBES if index.nlist else [1]
    body = "return rows.map((x) => { const { ids, distances, second, compared } ="
    body += " index.search(x, data.nprobes); return { ids, distances, second, compared }; });"
    data = {"index": index_data(factory), "features": text_of(features), "nprobes": nprobes}
    found = run_js(["core", "search"], OPEN + body, data, tmp_path)
    for at, nprobe in enumerate(nprobes):
        distances, ids = index.search(features, k=2, nprobe=nprobe if index.nlist else None)
        assert [one["ids"][at] for one in found] == ids[:, 0].tolist(), f"nprobe {nprobe}"
        np.testing.assert_allclose([one["distances"][at] for one in found], distances[:, 0], atol=2e-6)
        tied = [one["distances"][at] == one["second"][at] for one in found]
        assert tied == (distances[:, 0] == distances[:, 1]).tolist()
        cells = index.probe(features, nprobe) if index.nlist else None
        compared = index.list_sizes[cells].sum(1) if index.nlist else np.full(len(found), index.ntotal)
        assert [one["compared"][at] for one in found] == compared.tolist()


@pytest.mark.parametrize("name", ["published", "quick"])
@pytest.mark.parametrize("factory", ["IVF1536,PQ4x8", "PCA64,LSH"])
def test_losses_are_those_of_python(factory, name, queries, tmp_path):
    features = queries[0][:12]
    index, method = ready_index(factory), METHODS[name]
    body = "return rows.map((x) => index.losses(x, data.isMargin).map(({ kind, forms }) => [kind, textOf(forms)]));"
    data = {"index": index_data(factory), "features": text_of(features), "isMargin": name != "published"}
    found = run_js(["core", "search"], OPEN + body, data, tmp_path)
    for row, told in enumerate(found):
        expected = loss_forms(method.targets(index, features[row : row + 1]), name != "published")
        assert [kind for kind, _ in told] == [kind for kind, _ in expected]
        for (_, text), (_, forms) in zip(told, expected, strict=True):
            np.testing.assert_allclose(numbers_of(text).reshape(forms.shape), forms, atol=2e-4, rtol=1e-4)


def test_the_nearest_come_in_order_and_of_equals_the_first(tmp_path):
    measures = np.random.default_rng(1).integers(0, 40, 200)
    order = np.argsort(measures, kind="stable")
    body = "const measures = Float64Array.from(data.measures);"
    body += "const ranks = data.measures.map((_, i) => rankOf(measures, i));"
    body += "return [[1, 7, 200].map((n) => [...smallest(measures, n)]), ranks];"
    found, ranks = run_js(["core", "search"], body, {"measures": measures.tolist()}, tmp_path)
    assert found == [order[:n].tolist() for n in (1, 7, 200)]
    assert np.array_equal(np.array(ranks)[order], np.arange(1, 201))


def test_an_index_that_pages_cannot_search_is_refused():
    with pytest.raises(ValueError, match=r"OPQ8_64,PQ8x8: pages search in IVF"):
        index_data("OPQ8_64,PQ8x8")
