"""What-if on one picture: it agrees with the long way round, and its map keeps true distances."""

import numpy as np
import pytest

from activeindex_lite import EDITS, activate
from activeindex_lite.lessons.one_picture import OnePicture, amplified_difference, places


@pytest.fixture(scope="module", params=["IVF64,Flat", "IVF64,PQ8x6", "PQ8x6", "PCA64,LSH"])
def one(request, world, extractor, small_indexes):
    return OnePicture(world.pictures([7])[0], small_indexes[request.param], extractor, truth=7)


def test_release_is_what_activate_gives(one, extractor):
    release = one.release(alpha=3, steps=4)
    run = activate([one.picture], one.index, extractor, alpha=3, steps=4)
    assert release.psnr == pytest.approx(run.psnr[0], abs=0.05)
    assert len(release.walk) == len(release.loss) == 5
    assert release.loss[-1] < release.loss[0]


def test_alpha_0_changes_nothing(one):
    release = one.release(alpha=0, steps=1)
    assert np.isinf(release.psnr) and release.linf == 0
    assert np.array_equal(np.asarray(release.picture), np.asarray(one.picture))


def test_the_walk_leads_toward_the_code(one):
    start, end = one.release(alpha=6, steps=5).walk[[0, -1]]
    length = np.linalg.norm(one.q - one.x)
    assert np.hypot(end[0] - length, end[1]) < np.hypot(start[0] - length, start[1])


def test_search_says_what_the_index_says(one, extractor):
    nprobes = (1, 5, 64) if one.index.nlist else (1,)
    found = one.search(one.picture, "Contrast 2", nprobes)
    feature = extractor([EDITS["Contrast 2"](one.picture, None)])
    for at, nprobe in enumerate(nprobes):
        distances, ids = one.index.search(feature, k=2, nprobe=nprobe)
        assert found.ids[at] == ids[0, 0] and found.distances[at] == distances[0, 0]
        assert found.first[at] == (ids[0, 0] == 7 and distances[0, 0] < distances[0, 1])
    if one.index.nlist:
        within = one.index.assign(one.x[None])[0] in one.index.probe(feature, found.cell_rank)
        assert within and (
            found.cell_rank == 1
            or one.index.assign(one.x[None])[0] not in one.index.probe(feature, found.cell_rank - 1)
        )
    else:
        assert found.cell_rank is None


def test_an_unknown_edit_is_named(one):
    with pytest.raises(ValueError, match="Sepia.*Contrast 2"):
        one.search(one.picture, "Sepia")


def test_places_keep_the_distances_to_both_ends():
    rng = np.random.default_rng(0)
    x, q, *features = rng.normal(size=(12, 30))
    place = places(features, x, q)
    assert np.allclose(np.linalg.norm(place, axis=1), np.linalg.norm(np.array(features) - x, axis=1))
    end = [np.linalg.norm(q - x), 0]
    assert np.allclose(np.linalg.norm(place - end, axis=1), np.linalg.norm(np.array(features) - q, axis=1))
    assert np.allclose(places([x, q], x, q), [[0, 0], end])
    assert np.isfinite(places(features, x, x)).all()


def test_amplified_difference_is_grey_where_nothing_changed(world):
    picture = world.pictures([3])[0]
    assert set(np.unique(amplified_difference(picture, picture))) == {128}
    changed = np.asarray(picture).copy()
    changed[0, 0, 2] ^= 1
    step = int(changed[0, 0, 2]) - int(np.asarray(picture)[0, 0, 2])
    assert np.asarray(amplified_difference(picture, changed))[0, 0].tolist() == [128, 128, 128 + 10 * step]
