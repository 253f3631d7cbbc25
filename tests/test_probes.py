"""What more visited cells bring and cost, and one search followed over all nprobe, against faiss's own searches."""

import faiss
import numpy as np
import pytest

from activeindex_lite import build_index, evaluate_retrieval, load_queries, load_world, ready_index
from activeindex_lite.evaluation.cells import cell_ranks, mean_scanned
from activeindex_lite.index import ActiveIndex, ready
from activeindex_lite.index.ready import CELLS, TRAINED, trained_index
from activeindex_lite.lessons.ivf import disc_map, probing
from activeindex_lite.lessons.pq import mean_error
from activeindex_lite.sweeps.nprobe import build_curves, load_curves, nprobes_of, recall_by_nprobe
from activeindex_lite.world.world import unit


@pytest.fixture(scope="module")
def world():
    return load_world()


@pytest.fixture(scope="module", params=["IVF40,Flat", "IVF40,PQ8x4"])
def index(request, world):
    return build_index(request.param, world.train[:3000], world.references[:4000])


@pytest.fixture(scope="module")
def queries():
    stored = load_queries()
    own = stored.ids < 4000
    return {edit: stored.features[edit][own] for edit in ("Contrast 2", "Crop 0.5", "Random")}, stored.ids[own]


def test_recall_is_that_of_the_evaluation_and_all_cells_compare_everything(index, queries):
    features, truth = queries
    table = recall_by_nprobe(index, features, truth, (1, 5, 40), timed=5).set_index("nprobe")
    for nprobe in (1, 5, 40):
        mean = evaluate_retrieval(index, features, truth, nprobe=nprobe).set_index("edit").loc["Mean"]
        assert table.r1[nprobe] == pytest.approx(mean.r1)
        assert table.low[nprobe] <= mean.r1 <= table.high[nprobe]
    assert table.scanned[40] == index.ntotal and table["share"][40] == 1
    assert table.scanned.is_monotonic_increasing and (table.ms > 0).all()
    assert nprobes_of(index)[-1] == 40


def test_scanned_vectors_are_what_faiss_counts(index, queries):
    features = queries[0]["Random"]
    means = mean_scanned(index, features, at_a_time=3)
    stats = faiss.cvar.indexIVF_stats
    for nprobe in (1, 7, 40):
        stats.reset()
        index.search(features, k=1, nprobe=nprobe)
        assert means[nprobe - 1] == pytest.approx(stats.ndis / len(features))


def test_rank_says_from_which_nprobe_on_a_cell_is_visited(index, queries):
    features, truth = queries
    own = index.assign(load_world().references[truth])
    ranks = cell_ranks(index, features["Crop 0.5"], own)
    for feature, cell, rank in zip(features["Crop 0.5"], own, ranks, strict=True):
        assert cell in index.probe(feature[None], int(rank))[0]
        assert rank == 1 or cell not in index.probe(feature[None], int(rank) - 1)[0]


@pytest.mark.parametrize("edit", ["Contrast 2", "Random"])
def test_one_pass_equals_faiss_at_every_nprobe(index, queries, edit):
    features, truth = queries
    for i in range(0, len(truth), 4):
        followed = probing(index, features[edit][i], truth[i], k=4)
        for nprobe in range(1, 41):
            distances, ids = index.search(features[edit][i : i + 1], k=4, nprobe=nprobe)
            s = followed.at(nprobe)
            found = ids[0] >= 0
            np.testing.assert_array_equal(followed.ids[s] >= 0, found)
            np.testing.assert_allclose(followed.distances[s][found], distances[0][found], atol=1e-6)
            # Equal distances may stand in another order, and at the last place another of them may stand.
            inner = found & (np.abs(distances[0] - distances[0][-1]) > 1e-6)
            assert set(followed.ids[s][inner]) == set(ids[0][inner])
            alone = distances[0][0] < distances[0][1] - 1e-6
            if alone:
                assert followed.first[s] == (ids[0][0] == truth[i])
        assert followed.scanned[-1] == index.ntotal
        assert followed.cells[followed.rank - 1] == index.assign(load_world().references[truth[i]][None])[0]


def test_cells_of_the_map_stand_in_order_of_distance(index, queries):
    query = queries[0]["Random"][0]
    cells = index.probe(query[None], 40)[0]
    places = disc_map(index.centroids, query, cells)
    radius = np.linalg.norm(places, axis=1)
    assert np.all(np.diff(radius) > 0) and radius[-1] == pytest.approx(1)
    nearest = np.linalg.norm(places[:, None] - places + 9 * np.eye(40)[:, :, None], axis=2).min()
    assert nearest > 0.02  # no two cells on one spot


def test_lists_hold_what_was_assigned(index, world):
    cells = index.assign(world.references[:4000])
    for cell, ids in enumerate(index.lists):
        np.testing.assert_array_equal(np.sort(ids), np.flatnonzero(cells == cell))
    with pytest.raises(ValueError, match="no cells"):
        build_index("Flat", world.train[:100]).lists  # noqa: B018


def test_stored_curves_are_those_of_the_ready_world():
    curves, stored = load_curves().set_index(["index", "nprobe"]), load_queries()
    index = ready_index("IVF256,Flat")
    fresh = recall_by_nprobe(index, stored.features, stored.ids, (1, 8), timed=None).set_index("nprobe")
    for nprobe in (1, 8):
        row = curves.loc[("IVF256", nprobe)]
        # k-means on another number of threads may end a little elsewhere.
        assert row.r1 == pytest.approx(fresh.r1[nprobe], abs=0.02)
        assert row.scanned == pytest.approx(fresh.scanned[nprobe], rel=0.05)


def test_curves_are_written_once(index, queries, tmp_path):
    path = tmp_path / "nprobe.csv"
    build_curves(path, {"own": index}, *queries, nprobes=(1, 2))
    assert load_curves(path)[["index", "nprobe"]].to_numpy().tolist() == [["own", 1], ["own", 2]]
    with pytest.raises(FileExistsError, match="another file"):
        build_curves(path, {"own": index}, *queries)


def test_a_ready_index_is_made_once_and_the_world_cannot_be_spoilt(world):
    assert ready_index("IVF256,Flat") is ready_index("IVF256,Flat")
    assert load_world() is world
    with pytest.raises(ValueError, match="read-only"):
        world.references[0, 0] = 1


@pytest.mark.parametrize("factory", [*TRAINED, CELLS])
def test_a_trained_index_of_the_package_is_what_training_gives(factory, world):
    index, x = trained_index(factory), world.references[:5000]
    assert index.factory == factory and index.ntotal == 0 and trained_index(factory) is not index
    # OPQ trains for ten seconds or more; the same codes behind PCA's rotation, which are quick to train, must keep less.
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
