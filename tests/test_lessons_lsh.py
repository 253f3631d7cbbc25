"""What bits lose, against faiss and theory."""

import numpy as np
import pytest

from activeindex_lite import load_queries, load_world
from activeindex_lite.index import build_index
from activeindex_lite.lessons.lsh import differing_bits, hamming_by_angle, recall_by_bits
from activeindex_lite.scratch import LSH


def test_theory_at_known_angles():
    mean, spread = differing_bits(64, np.array([0, np.pi / 2, np.pi]))
    assert mean.tolist() == [0, 32, 64] and spread.tolist() == [0, 4, 0]


def test_measured_bits_follow_the_theory():
    world = load_world()
    lsh = LSH.random(128, 1024, np.random.default_rng(0))
    table = hamming_by_angle(lsh, 3 * world.references[:400], world.references[400:800])
    mean, spread = differing_bits(1024, table.angle)
    np.testing.assert_allclose(
        np.cos(table.angle), (world.references[:400] * world.references[400:800]).sum(1), atol=1e-5
    )
    assert (np.abs(table.differing - mean) < 2 * spread).mean() > 0.9


def test_recall_by_bits_agrees_with_the_index_of_faiss():
    stored = load_queries()
    world, own = stored.world, stored.ids < 3000
    queries, truth = stored.features["Contrast 2"][own], stored.ids[own]
    table = recall_by_bits(
        world.train[:3000], world.references[:3000], queries, truth, nbits=(8, 64), rng=np.random.default_rng(0)
    )
    assert table.kind.tolist() == ["random", "random", "PCA", "PCA"] and table.bytes.tolist() == [1, 8, 1, 8]
    distances, ids = build_index("PCA64,LSH", world.train[:3000], world.references[:3000]).search(queries, 2)
    expected = ((ids[:, 0] == truth) & (distances[:, 0] < distances[:, 1])).mean()
    assert table.r1[3] == pytest.approx(expected, abs=2 / len(truth))
    assert table.r1[2] < table.r1[3] and table.tied[2] > table.tied[3]
