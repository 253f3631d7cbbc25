"""What bits lose, against faiss and theory."""

import numpy as np
import pytest

from activeindex_lite import load_queries, load_world
from activeindex_lite.index import build_index
from activeindex_lite.lessons.lsh import (
    angles_to,
    differing_bits,
    directions,
    hamming_by_angle,
    recall_by_bits,
    room_around,
    sphere_example,
    toward_code,
)
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


def test_directions_and_angles():
    right, up = directions([0, 90])
    np.testing.assert_allclose([right, up], np.eye(2), atol=1e-12)
    np.testing.assert_allclose(angles_to(right, directions([0, 90, -60, 180])), [0, 90, 60, 180], atol=1e-6)


def test_room_is_what_an_edit_may_turn_before_a_bit_flips():
    lsh, x = LSH(directions([0, 70, 200])), directions([25])[0]
    for room in room_around(lsh, x):
        before, after = (
            np.stack([lsh.bits(directions([25 + turn])) for turn in (step, -step)])
            for step in (room - 0.01, room + 0.01)
        )
        assert (before != lsh.bits(x[None])).sum() < (after != lsh.bits(x[None])).sum()


def test_codes_of_unit_vectors_lie_inside_the_sphere_and_activation_goes_toward_them():
    example = sphere_example()
    np.testing.assert_allclose(np.linalg.norm(example.x, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(example.path, axis=1), 1, atol=1e-6)
    for code in np.unique(example.codes, axis=0):
        own = (example.codes == code).all(1)
        np.testing.assert_allclose(example.x[own].mean(0), code, atol=1e-3)
        assert np.linalg.norm(code) < 0.95
    away = np.linalg.norm(example.path - example.codes[example.chosen], axis=1)
    assert (np.diff(away) < 0).all() and away[-1] > 1 - np.linalg.norm(example.codes[example.chosen])
    np.testing.assert_allclose(
        toward_code(np.array([1.0, 0, 0]), np.array([0, 0.5, 0]), 1, 1.0)[1], [0, 1, 0], atol=1e-9
    )
