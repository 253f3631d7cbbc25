"""Ready indexes: made once, trained with the package, and what a read-only world protects."""

import faiss
import numpy as np
import pytest

from activeindex_lite import build_index, load_world, ready_index
from activeindex_lite.index import ActiveIndex, ready
from activeindex_lite.index.ready import CELLS, CODES, SEED, SEED_AGAIN, TRAINED, trained_index
from activeindex_lite.lessons.pq import mean_error
from activeindex_lite.world.world import unit, write_packed


@pytest.fixture(scope="module")
def world():
    return load_world()


def test_a_ready_index_is_made_once_and_the_world_cannot_be_spoilt(world):
    assert ready_index("IVF256,Flat") is ready_index("IVF256,Flat")
    assert load_world() is world
    with pytest.raises(ValueError, match="read-only"):
        world.references[0, 0] = 1


@pytest.mark.parametrize(("factory", "seed"), [*TRAINED, (CELLS, SEED)])
def test_a_trained_index_of_the_package_is_read_anew_and_empty(factory, seed):
    index = trained_index(factory, seed)
    assert index.factory == factory and index.seed == seed and index.ntotal == 0
    assert trained_index(factory, seed) is not index


def test_another_seed_is_trained_now(world):
    assert ready.is_stored(CODES) and not ready.is_stored(CODES, 5) and not ready.is_stored("PCA64,LSH")
    index, other = trained_index("PQ4x4", 5), build_index("PQ4x4", world.train, seed=5)
    assert index.seed == 5 and index.ntotal == 0
    rows = world.references[:100]
    np.testing.assert_array_equal(index.quantize(rows), other.quantize(rows))
    assert (index.quantize(rows) != trained_index("PQ4x4").quantize(rows)).any()


def could_be_saved(points, centroids):
    """The share of the squared error that one more iteration of k-means would save: almost 0 after a training."""
    errors, own = faiss.knn(points, np.ascontiguousarray(centroids), 1)
    counts = np.bincount(own[:, 0], minlength=len(centroids))
    sums = np.zeros(centroids.shape)
    np.add.at(sums, own[:, 0], points)
    means = sums / np.maximum(counts, 1)[:, None]
    return (counts * np.square(means - centroids).sum(1)).sum() / errors.sum()


@pytest.mark.parametrize("seed", [SEED, SEED_AGAIN])
def test_the_trained_indexes_of_the_package_are_where_k_means_on_its_features_ends(seed, world):
    cells, codes = trained_index(CELLS, seed).centroids, trained_index(CODES, seed)
    np.testing.assert_array_equal(cells, codes.centroids)
    assert could_be_saved(world.train, cells) < 0.01
    # The parts of the residuals, on which PQ was trained.
    residuals = world.train - cells[faiss.knn(world.train, cells, 1)[1][:, 0]]
    pq = codes.faiss.pq
    parts = np.split(np.ascontiguousarray(residuals), pq.M, axis=1)
    for part, book in zip(parts, faiss.vector_to_array(pq.centroids).reshape(pq.M, pq.ksub, -1), strict=True):
        assert could_be_saved(np.ascontiguousarray(part), book) < 0.01
    # Centroids from other features would not pass.
    assert could_be_saved(world.train[:5000], world.references[: len(cells)]) > 0.1


def test_another_training_has_other_cells():
    first, again = (trained_index(CODES, seed).centroids for seed in (SEED, SEED_AGAIN))
    assert not np.isclose(first[:, None, :4], again[None, :, :4]).all(-1).any()


def test_the_trained_opq_keeps_more_than_pca_with_the_same_codes(world):
    x = world.references[:5000]
    plain = build_index("PCA64,PQ8x8", world.train[:20_000])
    assert mean_error(trained_index("OPQ8_64,PQ8x8"), x) < mean_error(plain, x)


def test_trained_indexes_are_made_from_the_features_beside_them_and_never_overwritten(world, tmp_path, monkeypatch):
    monkeypatch.setattr(ready, "TRAINED", (("IVF8,Flat", SEED), ("PCA8,LSH", SEED), ("IVF8,Flat", 3)))
    write_packed(tmp_path / "train.npz", world.train[:1000].astype(np.float16))
    (tmp_path / "PCA8,LSH.npz").write_text("mine")
    ready.build_trained(tmp_path, progress=False)
    expected = build_index("IVF8,Flat", unit(world.train[:1000].astype(np.float16)))
    np.testing.assert_array_equal(ActiveIndex.load(tmp_path / "IVF8,Flat.npz").centroids, expected.centroids)
    again = build_index("IVF8,Flat", unit(world.train[:1000].astype(np.float16)), seed=3)
    np.testing.assert_array_equal(ActiveIndex.load(tmp_path / "IVF8,Flat,seed3.npz").centroids, again.centroids)
    assert (tmp_path / "PCA8,LSH.npz").read_text() == "mine"
