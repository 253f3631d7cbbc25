"""One search followed over every nprobe, and the cells it visits, against faiss's own searches."""

import faiss
import numpy as np
import pytest

from activeindex_lite import build_index, load_queries, load_world
from activeindex_lite.evaluation.cells import cell_ranks, cell_visited, mean_scanned, scanned_by_nprobe
from activeindex_lite.lessons.ivf import disc_map, probing


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
    for nprobe in (1, 7, 40):
        np.testing.assert_array_equal(cell_visited(index, features["Crop 0.5"], own, nprobe), ranks <= nprobe)


def test_scanned_vectors_of_one_query_add_up_to_the_mean(index, queries):
    features = queries[0]["Random"][:5]
    each = [scanned_by_nprobe(index.list_sizes, cells) for cells in index.probe(features, index.nlist)]
    np.testing.assert_allclose(np.mean(each, 0), mean_scanned(index, features))


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
