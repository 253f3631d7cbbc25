"""The synthetic pictures: the same everywhere, the same scene at every size, and all different."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from activeindex_lite import synthetic_pictures
from activeindex_lite.pictures import draw

GOLDEN = Path(__file__).parent / "data" / "synthetic.npz"


def test_same_pictures_as_stored():
    stored = np.load(GOLDEN)["pictures"].astype(int)
    drawn = np.stack([draw(seed, 96) for seed in range(len(stored))]).astype(int)
    assert np.abs(stored - drawn).max() <= 1


def test_same_seed_same_picture_and_other_seed_another():
    a, b, c = draw(7), draw(7), draw(8)
    assert a.shape == (224, 224, 3) and a.dtype == np.uint8
    assert np.array_equal(a, b)
    assert np.abs(a.astype(int) - c).mean() > 10


@pytest.mark.parametrize("seed", range(12))
def test_same_scene_at_every_size(seed):
    small = np.asarray(Image.fromarray(draw(seed, 512)).resize((96, 96), Image.Resampling.BOX), float)
    direct = draw(seed, 96).astype(float)
    assert np.corrcoef(small.ravel(), direct.ravel())[0, 1] > 0.9


def test_pictures_are_apart():
    thumbs = np.stack([np.asarray(p.resize((8, 8))).ravel() for p in synthetic_pictures(range(200), 96)]).astype(float)
    distances = np.abs(thumbs[:, None] - thumbs).mean(2) + 1e3 * np.eye(200)
    assert distances.min() > 4
    assert (thumbs.std(1) > 5).mean() > 0.97


def test_a_number_stands_for_its_first_seeds():
    pictures = synthetic_pictures(3, 100)
    assert [p.size for p in pictures] == [(100, 100)] * 3
    assert np.array_equal(np.asarray(pictures[2]), draw(2, 100))


@pytest.mark.parametrize(("seed", "size"), [(0, 95), (0, 513), (0, 100.5), (-1, 224), (1.5, 224)])
def test_bad_values_are_named(seed, size):
    with pytest.raises(ValueError, match=str(size) if size != 224 else str(seed)):
        draw(seed, size)
