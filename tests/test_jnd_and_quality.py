"""The perceptual model against its check values, and the quality measures against scikit-image."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from activeindex_lite import linf, psnr, ssim, synthetic_pictures
from activeindex_lite.activation.perceptual import contrast_masking, jnd, jnd_parts, luminance_masking


def test_luminance_masking_check_values():
    values = luminance_masking(torch.tensor([0.0, 32, 64, 127, 200, 255]))
    assert values.numpy() == pytest.approx([19.46, 11.45, 7.92, 2.99, 4.71, 6.00], abs=0.01)


def test_contrast_masking_check_values():
    values = contrast_masking(torch.tensor([26.0, 100, 255, 1020]))
    assert values.numpy() == pytest.approx([3.45, 11.06, 17.0, 29.9], abs=0.05)


@pytest.mark.parametrize(("grey", "expected"), [(0.0, 19.46), (64 / 255, 7.92), (1.0, 6.0), (127 / 255, 5.0)])
def test_flat_pictures_have_one_value_up_to_the_border(grey, expected):
    heat = 255 * jnd(torch.full((1, 3, 20, 24), grey))
    assert heat.shape == (1, 1, 20, 24)
    assert heat.numpy() == pytest.approx(np.full((1, 1, 20, 24), expected), abs=0.02)


def test_an_edge_is_masked_by_its_sobel_gradient():
    picture = torch.zeros(1, 3, 16, 16)
    picture[..., 8:] = 100 / 255
    _, cm = jnd_parts(picture)
    # Beside a vertical step of 100 grey levels, Sobel gives (1 + 2 + 1) * 100 = 400 on both sides, 0 elsewhere.
    g = 400.0
    assert cm[0, 0, 5, 7:9].numpy() == pytest.approx([0.117 * 16 * g**2.4 / (g**2 + 676)] * 2, rel=1e-4)
    assert cm[0, 0, 5, :6].abs().max() < 1e-4


def test_pictures_of_a_few_pixels_have_a_heat_map():
    for size in ((1, 1), (1, 9), (2, 3)):
        assert torch.isfinite(jnd(torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)))).all()


@pytest.mark.parametrize("size", [(96, 96), (11, 11), (300, 11), (43, 130), (290, 64)])
def test_measures_agree_with_scikit_image(size):
    a = np.asarray(synthetic_pictures([3], 96)[0].resize(size))
    noise = np.random.default_rng(0).integers(-9, 10, a.shape)
    b = np.clip(a + noise, 0, 255).astype(np.uint8)
    assert psnr(a, b) == pytest.approx(peak_signal_noise_ratio(a, b, data_range=255), abs=1e-9)
    reference = structural_similarity(
        a, b, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(a, b) == pytest.approx(reference, abs=1e-9)
    assert linf(a, b) == np.abs(b.astype(int) - a).max()


def test_measures_by_hand():
    a = np.full((12, 12, 3), 100, np.uint8)
    b = a.copy()
    b[..., 0] = 103
    assert psnr(a, b) == pytest.approx(10 * np.log10(255**2 / 3))
    assert (psnr(a, a), ssim(a, a), linf(a, a), linf(a, b)) == (np.inf, 1.0, 0, 3)


@pytest.mark.parametrize("bad", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((5, 4, 3), np.uint8)])
def test_measures_name_what_is_wrong(bad):
    good = np.zeros((4, 4, 3), np.uint8)
    for measure in (psnr, ssim, linf):
        with pytest.raises(ValueError, match="8-bit RGB|differ in size"):
            measure(good, bad)
    with pytest.raises(ValueError, match="11 x 11"):
        ssim(good, good)
