"""Ready indexes: made once, trained with the package, and what a read-only world protects."""

import numpy as np
import pytest

from activeindex_lite import build_index, load_world, ready_index
from activeindex_lite.index import ActiveIndex, ready
from activeindex_lite.index.ready import CELLS, TRAINED, trained_index
from activeindex_lite.lessons.pq import mean_error
from activeindex_lite.world.world import unit


@pytest.fixture(scope="module")
def world():
    return load_world()


def test_a_ready_index_is_made_once_and_the_world_cannot_be_spoilt(world):
    assert ready_index("IVF256,Flat") is ready_index("IVF256,Flat")
    assert load_world() is world
    with pytest.raises(ValueError, match="read-only"):
        world.references[0, 0] = 1


@pytest.mark.slow
@pytest.mark.parametrize("factory", [*TRAINED, CELLS])
def test_a_trained_index_of_the_package_is_what_training_gives(factory, world):
    index, x = trained_index(factory), world.references[:5000]
    assert index.factory == factory and index.ntotal == 0 and trained_index(factory) is not index
    # OPQ trains for ten seconds or more; the same codes behind PCA's rotation, which are quick to train, must keep
    # less.
    now = build_index(factory if factory.startswith("IVF") else "PCA64,PQ8x8", world.train)
    if factory == now.factory:
        assert mean_error(index, x) == pytest.approx(mean_error(now, x), rel=0.01)
    else:
        assert mean_error(index, x) < mean_error(now, x)


def test_trained_indexes_are_made_from_the_features_beside_them_and_never_overwritten(world, tmp_path, monkeypatch):
    monkeypatch.setattr(ready, "TRAINED", ("IVF8,Flat", "PCA8,LSH"))
    np.save(tmp_path / "train.npy", world.train[:1000].astype(np.float16))
    (tmp_path / "PCA8,LSH.npz").write_text("mine")
    ready.build_trained(tmp_path, progress=False)
    expected = build_index("IVF8,Flat", unit(world.train[:1000].astype(np.float16)))
    np.testing.assert_array_equal(ActiveIndex.load(tmp_path / "IVF8,Flat.npz").centroids, expected.centroids)
    assert (tmp_path / "PCA8,LSH.npz").read_text() == "mine"
