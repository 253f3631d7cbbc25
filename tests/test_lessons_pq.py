"""What PQ loses, against faiss."""

import faiss
import numpy as np
import pytest

from activeindex_lite import load_queries, load_world
from activeindex_lite.index import build_index
from activeindex_lite.lessons.pq import at_equal_bytes, mean_error, pq_tradeoff, variance_of_parts


def test_error_is_that_of_the_product_quantizer_of_faiss():
    world = load_world()
    table = pq_tradeoff(world.train[:2000], world.references[:300], settings=((4, 4), (4, 8), (16, 4)))
    index = build_index("PQ4x8", world.train[:2000])
    pq = faiss.downcast_index(index.faiss).pq
    x = world.references[:300]
    expected = np.square(x - pq.decode(pq.compute_codes(x))).sum(1).mean()
    assert table.error[1] == pytest.approx(expected, rel=1e-4) == pytest.approx(mean_error(index, x), rel=1e-4)
    assert table.bytes.tolist() == [2, 4, 8]
    assert table.error[0] > table.error[1] > table.error[2]


def test_more_bytes_lose_fewer_copies():
    stored = load_queries()
    world, own = stored.world, stored.ids < 3000
    table = at_equal_bytes(
        world.train[:3000],
        world.references[:3000],
        stored.features["Crop 0.5"][own],
        stored.ids[own],
        ["PQ2x4", "PQ16x8", "IVF16,PQ16x8"],
    )
    assert table.bytes.tolist() == [1, 16, 16]
    assert table.r1[0] < table.r1[1] and table.error[0] > table.error[1] > table.error[2]


def test_variances_of_parts_add_up():
    x = np.random.default_rng(0).normal(size=(500, 12)) * np.arange(1, 13)
    assert variance_of_parts(x, 3).sum() == pytest.approx(x.var(0).sum())
    assert np.all(np.diff(variance_of_parts(x, 3)) > 0)
