"""What activation costs the eye: maps, bounds at equal PSNR, schedules, and what the stored grid says."""

import importlib

import numpy as np
import pytest
from PIL import Image

from activeindex_lite import activate
from activeindex_lite.lessons import perceptual as tradeoff
from activeindex_lite.sweeps.alpha import load_grid


@pytest.fixture(scope="module")
def given(world, extractor, small_indexes):
    pictures = world.pictures(range(4))
    return pictures, small_indexes["IVF64,Flat"], extractor


def test_masking_is_the_perceptual_model_of_a_grey_picture():
    # method's check values: LA(64) = 7.92 and no contrast anywhere, so H = LA.
    luminance, contrast, room = tradeoff.masking(Image.new("RGB", (40, 30), (64, 64, 64)))
    assert luminance.shape == contrast.shape == room.shape == (30, 40)
    np.testing.assert_allclose(luminance, 7.92, atol=0.01)
    np.testing.assert_allclose(contrast, 0, atol=1e-3)
    np.testing.assert_allclose(room, 7.92, atol=0.01)


def test_masking_of_an_edge_is_what_the_paper_gives_by_hand():
    # Grey 127 beside grey 152. Sobel's gradient next to the edge is 4 x 25 = 100, for which the paper has CM = 11.06.
    # There 13 of the surround's 32 parts are on the other side: B = 127 + 25 x 13 / 32 = 137.16, so LA = 3.24.
    edge = Image.fromarray(np.repeat([[127] * 20 + [152] * 20], 30, axis=0).astype(np.uint8)).convert("RGB")
    luminance, contrast, room = tradeoff.masking(edge)
    np.testing.assert_allclose(luminance[:, 19], 3.24, atol=0.01)
    np.testing.assert_allclose(contrast[:, [19, 20]], 11.06, atol=0.01)
    # 3.24 + 11.06 - 0.3 x 3.24; far from the edge LA = 2.99 and CM = 0, where the least bound of 5 holds.
    np.testing.assert_allclose(room[:, 19], 13.33, atol=0.01)
    np.testing.assert_allclose(luminance[:, :17], 2.99, atol=0.01)
    np.testing.assert_allclose(room[:, :17], 5, atol=0.01)


def test_masking_allows_more_change_at_edges(world):
    luminance, contrast, room = tradeoff.masking(world.pictures([3])[0])
    assert np.corrcoef(contrast.ravel(), (room - luminance).ravel())[0, 1] > 0.8


def test_flattest_box_is_the_square_with_least_room():
    rng = np.random.default_rng(0)
    room = rng.random((50, 70))
    room[13:29, 40:56] -= 0.5
    assert tradeoff.flattest_box(room, side=16) == (40, 13, 56, 29)
    sides = [room[t : t + 16, s : s + 16].mean() for t in range(35) for s in range(55)]
    assert room[13:29, 40:56].mean() == pytest.approx(min(sides))
    assert tradeoff.flattest_box(room[:10, :12], side=64) in {(0, 0, 10, 10), (1, 0, 11, 10), (2, 0, 12, 10)}


def test_bounds_are_compared_at_equal_psnr(given):
    runs = tradeoff.compare_bounds(*given, epsilon=2, steps=2, tolerance=0.1)
    (epsilon, flat), (alpha, jnd) = runs["L-infinity"], runs["JND"]
    assert epsilon == 2 and flat.linf.max() == 2
    assert 0.5 < alpha < 16 and jnd.linf.max() > 2
    assert abs(flat.psnr.mean() - jnd.psnr.mean()) <= 0.1
    again = activate(*given, alpha=alpha, steps=2)
    np.testing.assert_allclose(again.psnr, jnd.psnr)
    table = tradeoff.runs_table(runs)
    assert table.groupby("run").size().to_dict() == {"L-infinity": 4, "JND": 4}
    np.testing.assert_allclose(table[table.run == "JND"].after, jnd.loss[-1])
    np.testing.assert_allclose(table[table.run == "JND"].before, table[table.run == "L-infinity"].before, rtol=1e-5)


def test_a_psnr_out_of_reach_is_named(given):
    with pytest.raises(ValueError, match=r"psnr=90.*choose a value between"):
        tradeoff.at_psnr(*given, 90, steps=1)


def test_a_psnr_between_two_grey_levels_is_named(given):
    with pytest.raises(ValueError, match="whole grey levels"):
        tradeoff.at_psnr(*given, 40.3, steps=1, bound="linf", tolerance=0.01)


@pytest.mark.parametrize("psnr", [float("nan"), float("inf"), "43", None, -1])
def test_a_psnr_that_is_no_number_is_named(given, psnr):
    with pytest.raises(ValueError, match="^psnr="):
        tradeoff.at_psnr(*given, psnr, steps=1)


@pytest.mark.parametrize("epsilon", [0, 2.5, "3"])
def test_epsilon_counts_grey_levels(given, epsilon):
    with pytest.raises(ValueError, match="epsilon"):
        tradeoff.compare_bounds(*given, epsilon=epsilon, steps=1)


def test_schedules_are_run_as_named(given):
    runs = tradeoff.compare_schedules(
        *given, schedules={"long": dict(steps=3, lr=1.0), "short": dict(steps=1, lr=10.0)}
    )
    np.testing.assert_allclose(runs["long"][1].psnr, activate(*given, steps=3, lr=1.0).psnr)
    np.testing.assert_allclose(runs["short"][1].psnr, activate(*given, steps=1, lr=10.0).psnr)
    table = tradeoff.runs_table(runs)
    assert (table.ms > 0).all() and (table.after < table.before).all()


def test_an_interruption_ends_a_comparison(given, monkeypatch):
    def interrupted(*args, **settings):
        raise KeyboardInterrupt

    # The package's name for the module is taken by the function.
    monkeypatch.setattr(
        importlib.import_module("activeindex_lite.activation.activation"), "activate_batch", interrupted
    )
    with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="0 of"):
        tradeoff.compare_schedules(*given)


def test_nprobe_to_match_reads_the_grid():
    grid = load_grid()
    table = tradeoff.nprobe_to_match(grid, "IVF-PQ", nprobe=16).set_index("alpha")
    of = grid[grid["index"] == "IVF-PQ"].set_index(["alpha", "nprobe"]).r1
    assert table.passive.nunique() == 1 and table.passive[0.0] == of[0.0, 16] and table.needed[0.0] == 16
    for alpha, needed in table.needed.items():
        assert of[alpha, needed] >= of[0.0, 16]
        assert needed == 1 or of[alpha, needed // 2] < of[0.0, 16]
    assert table.needed.is_monotonic_decreasing
    with pytest.raises(ValueError, match="nprobe=3"):
        tradeoff.nprobe_to_match(grid, nprobe=3)
