"""Cost of brute force and indexes, similarities of copies and strangers, and thresholds."""

import faiss
import numpy as np
import pandas as pd
import pytest

from activeindex_lite import load_queries, load_world
from activeindex_lite.index.anatomy import file_bytes
from activeindex_lite.lessons.similarity import (
    copies_and_impostors,
    cost_by_size,
    detections,
    extrapolate,
    threshold_at_precision,
)


def test_cost_is_measured_at_every_size_and_counts_what_faiss_writes():
    world = load_world()
    table = cost_by_size(
        world.train[:600], world.references, world.references[:5], ["Flat", "IVF8,PQ4x4"], sizes=(500, 100), timed=2
    )
    assert table[["index", "N"]].to_numpy().tolist() == [
        ["Flat", 100],
        ["Flat", 500],
        ["IVF8,PQ4x4", 100],
        ["IVF8,PQ4x4", 500],
    ]
    assert (table.ms > 0).all()
    flat = faiss.IndexFlatL2(128)
    flat.add(world.references[:500])
    assert table.bytes[1] == file_bytes(flat) == faiss.serialize_index(flat).nbytes
    # Codes of 2 bytes and ids of 8.
    assert table.bytes[3] - table.bytes[2] == pytest.approx(400 * 10, rel=0.1)
    with pytest.raises(ValueError, match="50000"):
        cost_by_size(world.train[:600], world.references, world.references[:5], ["Flat"], sizes=(60_000,))


def test_what_is_linear_is_continued_exactly():
    N = np.array([1000, 10_000, 50_000])
    cost = pd.concat(
        [
            pd.DataFrame({"index": name, "N": N, "d": 128, "ms": 0.1 + 2e-5 * N, "bytes": 1000 + 16 * N})
            for name in ("Flat", "PQ")
        ]
    )
    flat, coded = extrapolate(cost, 1_000_000, 512).itertuples()
    assert flat.ms == pytest.approx(4 * (0.1 + 20)) and flat.bytes == pytest.approx(4 * (1000 + 16e6))
    assert coded.ms == pytest.approx(4 * 0.1 + 20) and coded.bytes == pytest.approx(4 * 1000 + 16e6)


def test_times_that_waver_never_give_an_estimate_below_what_was_measured():
    cost = pd.DataFrame(
        {
            "index": "IVF8,PQ4x4",
            "N": [1000, 10_000, 50_000],
            "d": 128,
            "ms": [0.07, 0.065, 0.03],
            "bytes": [1e3, 1e4, 5e4],
        }
    )
    assert extrapolate(cost, 1_000_000, 128).ms[0] >= 0.03


def test_similarities_are_those_of_brute_force():
    stored = load_queries()
    features, references = stored.features["Random"][:30], stored.world.references
    table = copies_and_impostors(features, stored.ids[:30], references, at_a_time=7)
    index = faiss.IndexFlatIP(128)
    index.add(references)
    best, ids = index.search(features, 2)
    right = ids[:, 0] == stored.ids[:30]
    np.testing.assert_array_equal(table["copy"] > table.impostor, right)
    np.testing.assert_allclose(table.impostor, np.where(right, best[:, 1], best[:, 0]), atol=1e-6)
    with pytest.raises(ValueError, match="30 queries but 2 ids"):
        copies_and_impostors(features, [1, 2], references)


def test_threshold_is_the_lowest_precise_enough():
    copies, others = np.array([0.9, 0.8, 0.5, 0.3]), np.array([0.6, 0.3, 0.2])
    assert threshold_at_precision(copies, others, 1) == (0.8, 0.5)
    assert threshold_at_precision(copies, others, 0.75) == (0.5, 0.75)
    # At .3 a stranger stands on equal score: both pass or none.
    assert threshold_at_precision(copies, others, 4 / 6) == (0.3, 1)
    assert threshold_at_precision(np.array([0.1]), np.array([0.2, 0.3]), 0.9) == (np.inf, 0)


def test_fit_without_negative_terms_is_scipys():
    from scipy.optimize import nnls

    from activeindex_lite.lessons.similarity import _not_negative

    rng, negative = np.random.default_rng(0), 0
    for _ in range(50):
        # Times that waver too much to tell whether they rise.
        columns = np.stack([np.ones(5), np.linspace(0.01, 1, 5)], axis=1) / rng.uniform(0.5, 2, (5, 1))
        wanted = nnls(columns, np.ones(5))[0]
        negative += (wanted == 0).any()
        np.testing.assert_allclose(_not_negative(columns), wanted, atol=1e-9)
    assert negative > 5


def test_detections_count_what_passes():
    rng = np.random.default_rng(1)
    copies, others = rng.integers(0, 9, 50) / 8, rng.integers(-4, 7, 80) / 8
    table = detections(copies, others, np.linspace(-1, 2, 49))
    for row in table.itertuples():
        assert row.recall == pytest.approx((copies >= row.threshold).mean())
        assert row.false == pytest.approx((others >= row.threshold).mean())
