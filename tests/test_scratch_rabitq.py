"""RaBitQ in numpy: equal to faiss given its rotation and centroid, unbiased, and as exact as its theory says."""

import faiss
import numpy as np
import pytest

from activeindex_lite import build_index, load_queries, load_world
from activeindex_lite.figures.rabitq import estimates_against_truth
from activeindex_lite.index.anatomy import anatomy
from activeindex_lite.lessons import pq as measure
from activeindex_lite.scratch import PQ, RaBitQ

X = load_world().references[:800]
QUERIES = np.ascontiguousarray(load_queries().stacked()[0][::100])


@pytest.mark.parametrize("factory", ["RaBitQ", "RR128,RaBitQ"])
def test_codes_and_distances_are_those_of_faiss(factory):
    index = build_index(factory, load_world().train[:2000], X)
    chain, core = anatomy(index.faiss)
    rotation = faiss.vector_to_array(chain[0].A).reshape(128, 128) if chain else np.eye(128, dtype=np.float32)
    mine = RaBitQ(rotation, faiss.vector_to_array(core.center) @ rotation)
    mine.add(X)
    codes = core.sa_encode(np.ascontiguousarray(X @ rotation.T))
    assert (codes[:, :16] == mine.codes).all(1).mean() > 0.995  # a number near 0 may round to either side
    same = (codes[:, :16] == mine.codes).all(1)
    squared, multiplier = codes[:, 16:].copy().view(np.float32).T
    np.testing.assert_allclose(mine.lengths**2, squared, rtol=1e-4)
    np.testing.assert_allclose((mine.lengths / mine.cosines)[same], multiplier[same], rtol=1e-4)
    np.testing.assert_allclose(mine.decode()[same], index.quantize(X)[same], atol=1e-5)
    core.qb = 0  # without rounding the query
    np.testing.assert_allclose(
        mine.estimates(QUERIES)[:, same], measure.estimated_distances(index, QUERIES)[:, same], atol=5e-3
    )
    found = mine.search(QUERIES, 5)
    assert (found[1] == index.search(QUERIES, 5)[1]).mean() > 0.95


def test_estimates_are_right_on_average_and_better_in_more_dimensions():
    rng, spreads = np.random.default_rng(0), []
    for d in (32, 128, 512):
        # At a right angle and of length 1 in every number of dimensions.
        x, q = np.linalg.qr(rng.normal(size=(d, 2)))[0].T
        true, estimates = np.square(x - q).sum(), []
        for _ in range(400 if d < 512 else 100):
            rabitq = RaBitQ.train(np.zeros((1, d)), rng)
            rabitq.add(x[None])
            estimates.append(float(rabitq.estimates(q[None])[0, 0]))
        standard_error = np.std(estimates) / np.sqrt(len(estimates))
        assert abs(np.mean(estimates) - true) < 4 * standard_error
        spreads.append(np.std(estimates))
    # 1 / sqrt(d): half of the spread in four times the dimensions, within the error of a spread from so few rotations.
    assert 0.4 < spreads[1] / spreads[0] < 0.6 and 0.38 < spreads[2] / spreads[1] < 0.65


def test_the_points_of_a_code():
    rabitq = RaBitQ.train(X, np.random.default_rng(1))
    rabitq.add(X)
    long, near = rabitq.decode() - rabitq.centroid, rabitq.nearest_points() - rabitq.centroid
    r = X - rabitq.centroid
    assert (np.linalg.norm(near, axis=1) < np.linalg.norm(r, axis=1)).all()
    assert (np.linalg.norm(long, axis=1) > np.linalg.norm(r, axis=1)).all()
    # The nearest point of a line is where the rest is at a right angle to it.
    np.testing.assert_allclose(((r - near) * near).sum(1), 0, atol=1e-5)
    beyond = rabitq.estimates(QUERIES) - np.square(QUERIES[:, None] - rabitq.decode()[None]).sum(2)
    np.testing.assert_allclose(beyond, np.broadcast_to(beyond[:1], beyond.shape), atol=1e-4)


def test_odd_and_bad_input():
    rabitq = RaBitQ.train(X[:10], np.random.default_rng(0))
    rabitq.add(np.repeat(rabitq.centroid[None], 2, 0))  # no direction at all
    np.testing.assert_allclose(rabitq.estimates(X[:3])[:, 0], np.square(X[:3] - rabitq.centroid).sum(1), atol=1e-5)
    with pytest.raises(ValueError, match="shape"):
        RaBitQ(np.eye(3)[:2], np.zeros(3))
    with pytest.raises(ValueError, match="at least one"):
        RaBitQ.train(np.empty((0, 4)), np.random.default_rng(0))
    with pytest.raises(ValueError, match="shape"):
        rabitq.add(X[:, :5])


def test_the_table_and_the_figure_of_the_lesson():
    asked, truth = QUERIES[:14], np.arange(14)
    table = measure.distances_from_codes(load_world().train[:1000], X, asked, truth, ["PQ4x4", "RaBitQ", "SQ8"], 300)
    table = table.set_index("index")
    assert table.bytes.tolist() == [2, 24, 128]
    assert table.bias["PQ4x4"] < -0.3 and abs(table.bias["RaBitQ"]) < 0.03 and abs(table.bias["SQ8"]) < 0.01
    assert table.spread["SQ8"] < table.spread["RaBitQ"]
    rabitq, pq = RaBitQ.train(X, np.random.default_rng(0)), PQ.train(X, 4, 4, np.random.default_rng(0), 3)
    rabitq.add(X[:50])
    alt = estimates_against_truth(rabitq, pq, X[:50], asked).alt
    off = rabitq.estimates(asked) - np.square(asked[:, None] - X[None, :50]).sum(2)
    assert f"off by {off.mean():+.2f} on average, standard deviation {off.std():.2f}" in alt
