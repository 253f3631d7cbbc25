"""R@1: right against faiss and hand-made cases, ties against, and honest intervals."""

import re

import faiss
import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap

from activeindex_lite import EDITS, build_index, evaluate_retrieval
from activeindex_lite.comparison import gain_ratio
from activeindex_lite.evaluation import (
    MEAN,
    PUBLISHED,
    edited_features,
    first_is_original,
    hit_table,
    intervals,
    load_queries,
    paired_gain,
    search_milliseconds,
    summarise,
)
from activeindex_lite.evaluation.cells import cell_ranks, cell_visited
from activeindex_lite.evaluation.predictions import predict, typical_distances
from activeindex_lite.scratch import IVF


def unit(rng, n, d=16):
    x = rng.normal(size=(n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def references():
    return unit(np.random.default_rng(0), 2000)


def test_hits_are_faiss_top_one(references):
    rng = np.random.default_rng(1)
    truth = rng.choice(2000, 300, replace=False)
    queries = references[truth] + 0.9 * unit(rng, 300)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    exact = faiss.IndexFlatL2(16)
    exact.add(references)
    expected = exact.search(queries, 1)[1][:, 0] == truth
    assert 0.2 < expected.mean() < 0.99
    index = build_index("Flat", references, references)
    assert np.array_equal(first_is_original(index, queries, truth), expected)


def test_a_tie_for_first_place_counts_against(references):
    doubled = np.concatenate([references[:50], references[:1]])
    index = build_index("Flat", doubled, doubled)
    hits = first_is_original(index, doubled[:3], [0, 1, 2])
    assert hits.tolist() == [False, True, True]


def test_a_single_reference_is_found(references):
    index = build_index("Flat", references[:1], references[:1])
    assert first_is_original(index, references[:1], [0]).all()


def test_nprobe_is_for_this_evaluation_only(references):
    index = build_index("IVF32,Flat", references, references)
    rng = np.random.default_rng(2)
    queries = references[:200] + 0.3 * unit(rng, 200)
    one, all_cells = (first_is_original(index, queries, np.arange(200), nprobe).mean() for nprobe in (1, 32))
    exact = build_index("Flat", references, references)
    assert one < all_cells == first_is_original(exact, queries, np.arange(200)).mean()
    assert index.nprobe == 1


def test_table_and_mean(references):
    index = build_index("Flat", references, references)
    rng = np.random.default_rng(3)
    queries = {"Identity": references[:40], "Noise": references[:40] + 1.2 * unit(rng, 40)}
    table = evaluate_retrieval(index, queries, np.arange(40), rng=np.random.default_rng(0)).set_index("edit")
    assert list(table.columns) == ["r1", "low", "high", "queries"] and list(table.index) == ["Identity", "Noise", MEAN]
    assert table.r1["Identity"] == 1 and table.r1["Noise"] < 1
    assert table.r1[MEAN] == pytest.approx((table.r1["Identity"] + table.r1["Noise"]) / 2)
    assert ((table.low <= table.r1) & (table.r1 <= table.high)).all()
    again = evaluate_retrieval(index, queries, np.arange(40), rng=np.random.default_rng(0)).set_index("edit")
    assert table.equals(again)


def test_intervals_agree_with_scipy():
    values = (np.random.default_rng(0).random(120) < 0.7).astype(float)
    low, high = intervals(values[:, None], np.random.default_rng(1), resamples=20000)
    reference = bootstrap((values,), np.mean, n_resamples=20000, method="percentile").confidence_interval
    assert (low[0], high[0]) == pytest.approx((reference.low, reference.high), abs=0.01)


def test_mean_interval_keeps_a_picture_together():
    # Two edits that hit and miss together: their mean is as uncertain as one of them, not less.
    hits = np.random.default_rng(0).random(100) < 0.5
    table = summarise(pd.DataFrame({"a": hits, "b": hits})).set_index("edit")
    assert (table.low[MEAN], table.high[MEAN]) == pytest.approx((table.low["a"], table.high["a"]))


def test_bad_calls_are_named(references):
    index = build_index("Flat", references, references)
    with pytest.raises(ValueError, match="at least one edit"):
        hit_table(index, {}, [])
    with pytest.raises(ValueError, match="3 queries but 2 ids"):
        first_is_original(index, references[:3], [0, 1])


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (5, 5), ()])
def test_ids_are_one_per_query(references, shape):
    # A column (5, 1) against (5,) results made a square table with a mean of .2 where every query is found.
    index, ids = build_index("Flat", references, references), np.arange(5)
    wrong = np.resize(ids, shape)
    for call in (
        lambda: first_is_original(index, references[:5], wrong),
        lambda: evaluate_retrieval(index, {"Identity": references[:5]}, wrong),
        lambda: cell_ranks(build_index("IVF4,Flat", references, references), references[:5], wrong),
        lambda: cell_visited(build_index("IVF4,Flat", references, references), references[:5], wrong),
        lambda: predict(index, references[:5], wrong),
    ):
        with pytest.raises(ValueError, match=re.escape(f"has shape {shape}: expected (5,)")):
            call()
    assert first_is_original(index, references[:5], ids).mean() == 1


@pytest.mark.parametrize("name", ["Mean"])
def test_an_edit_cannot_be_called_as_the_row_of_means(references, name):
    index = build_index("Flat", references, references)
    queries = {"Identity": references[:5], name: -references[:5]}
    for call in (
        lambda: hit_table(index, queries, np.arange(5)),
        lambda: evaluate_retrieval(index, queries, np.arange(5)),
        lambda: summarise(pd.DataFrame({"Identity": [True], name: [False]})),
    ):
        with pytest.raises(ValueError, match="the name of the row of means: give the edit another name"):
            call()


@pytest.mark.parametrize(
    "make", [faiss.IndexFlatL2, lambda d: IVF(np.eye(4, d)), lambda d: None, lambda d: "index.npz"]
)
def test_only_an_active_index_is_evaluated(references, make):
    index = make(16)
    if hasattr(index, "add"):
        index.add(references)
    with pytest.raises(ValueError, match="expected an ActiveIndex, as build_index") as error:
        evaluate_retrieval(index, {"Identity": references[:5]}, np.arange(5))
    assert type(index).__name__ in str(error.value)
    with pytest.raises(ValueError, match="expected an ActiveIndex, as build_index"):
        predict(index, references[:5], np.arange(5))
    with pytest.raises(ValueError, match="expected an ActiveIndex, as build_index"):
        typical_distances(index, references[:5])


def test_gains_are_of_the_same_pictures_and_edits():
    before = pd.DataFrame({"a": [True, False], "b": [True, True]})
    for after in (before[:1], before[["a"]], before.rename(columns={"a": "c"})):
        with pytest.raises(ValueError, match="expected the same pictures under the same edits"):
            paired_gain(before, after)
        with pytest.raises(ValueError, match="expected the same pictures under the same edits"):
            gain_ratio(before, before, after, np.random.default_rng(0))
    with pytest.raises(ValueError, match="cannot bootstrap an empty table"):
        intervals(np.empty((0, 2)), np.random.default_rng(0))


def test_edited_features_pair_passive_and_activated(world, extractor):
    pictures = world.pictures(range(3))
    features = edited_features(pictures, extractor, seed=5)
    assert list(features) == list(EDITS)
    assert all(x.shape == (3, 128) and x.dtype == np.float32 for x in features.values())
    by_hand = extractor([EDITS["Random"](pictures[2], np.random.default_rng([5, 2]))])
    assert np.allclose(features["Random"][2:], by_hand, atol=1e-5)
    again = edited_features(pictures, extractor, seed=5, edits=["Random"])
    assert np.array_equal(features["Random"], again["Random"])


def test_search_is_timed_on_one_thread_and_leaves_threads_alone(references):
    index, before = build_index("Flat", references, references), faiss.omp_get_max_threads()
    times = search_milliseconds(index, references[:20])
    assert times.shape == (20,) and (times > 0).all()
    assert faiss.omp_get_max_threads() == before


def test_published_rows_average_to_their_mean():
    for row in PUBLISHED.values():
        edits = [value for edit, value in row.items() if edit != MEAN]
        if edits:
            assert set(row) - {MEAN} == set(EDITS)
            assert np.mean(edits) == pytest.approx(row[MEAN], abs=0.011)


def test_stored_queries_are_what_the_extractor_says_today(world, extractor):
    queries = load_queries(world)
    live = edited_features(world.pictures(queries.ids[:2]), extractor, seed=0)
    assert list(queries.features) == list(live)
    for edit, features in live.items():
        assert np.allclose(queries.features[edit][:2], features, atol=2e-3), edit
    again = extractor([queries.picture(1, "Random")])
    assert np.allclose(queries.features["Random"][1], again[0], atol=2e-3)


def test_stored_queries_find_their_originals_by_brute_force(world):
    features, truth = load_queries(world).stacked()
    assert features.shape == (2800, 128) and len(np.unique(truth)) == 200
    assert np.mean((features @ world.references.T).argmax(1) == truth) > 0.95


@pytest.mark.parametrize(
    ("i", "edit", "words"), [(200, "Identity", "0 to 199"), (-1, "Identity", "0 to 199"), (0, "Sepia", "Contrast 2")]
)
def test_stored_queries_say_what_they_have(world, i, edit, words):
    with pytest.raises(ValueError, match=words):
        load_queries(world).picture(i, edit)
