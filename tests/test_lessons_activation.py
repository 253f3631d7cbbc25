"""Activation among the features: planes, borders where the index really has them, the identity of distances, what
stays.
"""

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.path import Path

from activeindex_lite import activate, build_index
from activeindex_lite.activation.margin import bit_margins
from activeindex_lite.evaluation.queries import edited_features
from activeindex_lite.lessons import activation as latent
from activeindex_lite.lessons import borders

EDITS = ("Identity", "Contrast 2", "Crop 0.5")


@pytest.fixture(scope="module")
def originals(world, extractor):
    pictures = world.pictures(range(6))
    return pictures, extractor(pictures)


@pytest.fixture(scope="module", params=["IVF64,Flat", "IVF64,PQ8x6", "PQ8x6", "OPQ8,PQ8x6", "PCA64,LSH"])
def walked(request, small_indexes, originals, extractor):
    """(index, features of the originals, Activation in three steps)."""
    pictures, x = originals
    index = small_indexes[request.param]
    return index, x, activate(pictures, index, extractor, steps=3, features=x)


def code_of(index, x):
    """What `x` (N, d) is stored as, by way of the index itself, as one row of bytes or cells for each part of the
    code.
    """
    if index.nlist is not None:
        return index.assign(x)[:, None]
    return index.faiss.sa_encode(np.ascontiguousarray(x, np.float32))


def test_plane_holds_start_and_code_and_says_what_it_keeps(walked):
    index, x, run = walked
    scene = latent.scene(index, x[0], run.path[1:, 0])
    np.testing.assert_allclose(scene.plane.axes @ scene.plane.axes.T, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(scene.start, 0, atol=1e-9)
    assert scene.code[0] > 0
    np.testing.assert_allclose(scene.code[1], 0, atol=1e-9)
    cloud = np.concatenate([x[:1], run.path[1:, 0]]).astype(float)
    back = scene.plane.flat(cloud) @ scene.plane.axes + scene.plane.origin
    lost = np.square(cloud - back - (cloud - back).mean(0)).sum() / np.square(cloud - cloud.mean(0)).sum()
    assert scene.kept == pytest.approx(1 - lost, abs=1e-6)
    # Where the walk ends is no projection: its distances to start and code are the true ones.
    end, code = run.path[-1, 0], latent.anchor(index.targets(x[:1]))
    np.testing.assert_allclose(np.linalg.norm(scene.features[-1] - scene.start), np.linalg.norm(end - x[0]), rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(scene.features[-1] - scene.code), np.linalg.norm(end - code), rtol=1e-5)
    # So the picture tells the truth about its code.
    assert (
        Path(scene.own).contains_point(scene.features[-1]) == (code_of(index, end[None]) == code_of(index, x[:1])).all()
    )


def test_a_scene_like_another_is_as_wide(walked):
    index, x, run = walked
    wide = latent.scene(index, x[0], x[3:4])
    near = latent.scene(index, x[0], run.path[1:, 0], like=wide)
    np.testing.assert_allclose(np.ptp(near.window, axis=0), np.ptp(wide.window, axis=0))
    np.testing.assert_allclose(np.ptp(near.window, axis=0), np.ptp(near.window, axis=0)[0])
    assert np.ptp(latent.scene(index, x[0], run.path[1:, 0]).window, axis=0)[0] < np.ptp(near.window, axis=0)[0]


def test_one_copy_lies_in_its_plane_exactly(walked, originals, extractor):
    index, x, run = walked
    copy = edited_features(run.pictures[:1], extractor, edits=("Crop 0.5",))["Crop 0.5"]
    scene = latent.scene(index, x[0], copy, start=run.features[0])
    assert scene.kept == pytest.approx(1)
    np.testing.assert_allclose(
        np.linalg.norm(scene.features[0] - scene.start), np.linalg.norm(copy[0] - run.features[0]), rtol=1e-5
    )


def test_own_region_is_where_the_index_gives_the_same_code(walked):
    index, x, run = walked
    # With another picture's feature in it, the window reaches beyond the region.
    scene = latent.scene(index, x[0], np.concatenate([run.path[1:, 0], x[3:4]]))
    rng = np.random.default_rng(1)
    low, high = scene.window.min(0), scene.window.max(0)
    flat = np.concatenate([rng.uniform(low, high, (1500, 2)), rng.normal(0, 0.02, (500, 2))])
    same = (code_of(index, flat @ scene.plane.axes + scene.plane.origin) == code_of(index, x[:1])).all(1)
    within = (low <= flat).all(1) & (flat <= high).all(1)
    inside = Path(scene.own).contains_points(flat) if len(scene.own) else np.zeros(len(flat), bool)
    assert 0 < same.sum() < len(flat)
    # float32 in the index: points all but on a border may fall either way.
    assert (same == inside)[within].mean() > 0.998


def test_cells_of_the_window_are_those_of_the_index(small_indexes, originals):
    index, x = small_indexes["IVF64,Flat"], originals[1]
    scene = latent.scene(index, x[0], x[1:3])
    low, high = scene.window.min(0), scene.window.max(0)
    flat = np.random.default_rng(0).uniform(low, high, (2000, 2))
    cells = index.assign((flat @ scene.plane.axes + scene.plane.origin).astype(np.float32))
    assert scene.names[0] == index.assign(x[:1])[0]
    assert set(cells) <= set(scene.names)
    for name, region in zip(scene.names, scene.regions, strict=True):
        assert np.mean(Path(region).contains_points(flat) == (cells == name)) > 0.998


def test_clip_cuts_a_square():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    corners, edges = borders.clip(square, np.array([[1.0, 0]]), np.array([0.25]))
    assert sorted(map(tuple, corners.tolist())) == [(0, 0), (0, 1), (0.25, 0), (0.25, 1)]
    assert sorted(edges.tolist()) == [-1, -1, -1, 0]
    assert len(borders.clip(square, np.array([[1.0, 0]]), np.array([-1.0]))[0]) == 0
    # A half-plane without a direction: everything or nothing.
    assert len(borders.clip(square, np.zeros((1, 2)), np.array([1.0]))[0]) == 4
    assert len(borders.clip(square, np.zeros((1, 2)), np.array([-1.0]))[0]) == 0


def test_a_picture_that_does_not_move_has_a_plane(small_indexes, originals):
    x = originals[1]
    scene = latent.scene(small_indexes["IVF64,Flat"], x[0], np.repeat(x[:1], 3, axis=0))
    assert scene.kept == 1 and np.isfinite(scene.window).all() and np.ptp(scene.window, axis=0).min() > 0


def test_borders_of_other_codes_are_refused(world, originals):
    index = build_index("SQ8", world.train[:1000], world.references[:100])
    with pytest.raises(ValueError, match=r"SQ8.*PQ8x8"):
        latent.scene(index, originals[1][0], originals[1][1:2])
    with pytest.raises(ValueError, match=r"SQ8.*take one"):
        latent.share_kept(index, originals[1], originals[1])


@pytest.fixture(scope="module")
def copies(small_indexes, originals, extractor):
    """(index, x, passive, active) of the coarse cells."""
    pictures, x = originals
    index = small_indexes["IVF64,PQ8x6"]
    run = activate(pictures, index, extractor, steps=3, features=x)
    return index, x, *(edited_features(released, extractor, edits=EDITS) for released in (pictures, run.pictures))


def test_the_three_terms_are_the_distance(copies):
    index, x, passive, active = copies
    q = index.targets(x).points
    table, distances = latent.three_terms(q, passive, active), latent.code_distances(q, passive, active)
    np.testing.assert_allclose(table["shift"] + table.code + table.cross, table.total, atol=1e-9)
    np.testing.assert_allclose(table.total, distances.distance, rtol=1e-5)
    assert len(table) == 2 * len(EDITS) * len(x)
    assert (table[table.edit == "Identity"][["shift", "cross"]] == 0).all().all()
    by = distances.groupby(["edit", "activated"]).distance.mean()
    assert by["Identity", True] < 0.9 * by["Identity", False]


def test_staying_is_counted_by_the_nearest_cells(copies):
    index, x, passive, active = copies
    table = latent.staying(index, x, passive, active, nprobes=(1, 3, 64)).set_index(["edit", "activated", "nprobe"])
    own = index.assign(x)
    for edit in EDITS:
        for activated, copy in ((False, passive), (True, active)):
            for nprobe in (1, 3, 64):
                expected = np.mean(
                    [cell in probed for cell, probed in zip(own, index.probe(copy[edit], nprobe), strict=True)]
                )
                row = table.loc[edit, activated, nprobe]
                assert row.share == expected and row.low <= expected <= row.high
    assert table.loc["Identity", False, 1].share == table.xs(64, level="nprobe").share.min() == 1


@pytest.mark.parametrize("factory", ["PQ8x6", "OPQ8,PQ8x6", "PCA64,LSH"])
def test_share_kept_counts_equal_parts_of_the_code(small_indexes, originals, copies, factory):
    index, x = small_indexes[factory], originals[1]
    copy = copies[2]["Crop 0.5"]
    codes = code_of(index, x), code_of(index, copy)
    bits = [np.unpackbits(c, axis=1, bitorder="little") for c in codes]
    if factory != "PCA64,LSH":
        bits = [b[:, :48].reshape(len(x), 8, 6) for b in bits]
    expected = (bits[0] == bits[1]).reshape(*bits[0].shape[:2], -1).all(2).mean(1)
    np.testing.assert_allclose(latent.share_kept(index, x, copy), expected)
    assert latent.share_kept(index, x, x).tolist() == [1] * len(x)
    assert 0 < expected.mean() < 1


def test_margins_are_the_loss_of_lsh(small_indexes, originals, extractor):
    pictures, x = originals
    index = small_indexes["PCA64,LSH"]
    run = activate(pictures, index, extractor, steps=2, features=x)
    margins = bit_margins(torch.from_numpy(run.features), index.targets(x)).numpy()
    np.testing.assert_allclose(-margins.mean(1), run.loss[-1], atol=1e-5)
    np.testing.assert_allclose((margins >= 0).mean(1), latent.share_kept(index, x, run.features), atol=1 / 64)


def test_steps_are_points_of_one_walk(small_indexes, originals, extractor):
    pictures, x = originals
    index = small_indexes["IVF64,Flat"]
    table = latent.quality_by_steps(pictures[:2], index, extractor, steps=(1, 4), features=x[:2])
    assert isinstance(table, pd.DataFrame)
    assert table.steps.unique().tolist() == [0, 1, 4]
    run = activate(pictures[:2], index, extractor, steps=4, features=x[:2])
    at = table.set_index(["steps", "picture"])
    # The starting noise is another one, of a millionth of the bound.
    np.testing.assert_allclose(at.loc[4].psnr, run.psnr, atol=0.01)
    np.testing.assert_allclose(at.loc[4].loss, run.loss[-1], atol=1e-3)
    np.testing.assert_allclose(at.loc[0].loss, run.loss[0], atol=1e-5)
    assert np.isinf(at.loc[0].psnr).all()
    assert (at.loc[1].psnr > at.loc[4].psnr).all() and (at.loc[1].loss > at.loc[4].loss).all()
