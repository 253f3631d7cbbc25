"""How much a picture was changed: PSNR, SSIM and L-infinity between two 8-bit pictures."""

from __future__ import annotations

import lazy_loader
import numpy as np
from PIL import Image

from activeindex_lite.pictures import rgb_picture

skimage = lazy_loader.load("skimage")

# Side of SSIM's window in pixels: a Gaussian of sigma 1.5, cut at 3.5 sigma.
WINDOW = 11


def _pair(original, changed):
    a, b = _pixels(original), _pixels(changed)
    for name, x in (("original", a), ("changed", b)):
        if x.dtype != np.uint8 or x.ndim != 3 or x.shape[2] != 3:
            raise ValueError(
                f"{name}: {x.dtype} of shape {x.shape}, expected an 8-bit RGB picture (H, W, 3): "
                "quality is measured on pictures as they are saved"
            )
    if a.shape != b.shape:
        raise ValueError(f"the pictures differ in size: {a.shape[1::-1]} and {b.shape[1::-1]} (width, height)")
    return a, b


def _pixels(picture: Image.Image | np.ndarray) -> np.ndarray:
    """The pixels of a picture; of a PIL picture of mode RGB as `activate` sees it, upright by EXIF."""
    if isinstance(picture, Image.Image) and picture.mode == "RGB" and min(picture.size):
        picture = rgb_picture(picture)
    return np.asarray(picture)


def psnr(original: Image.Image | np.ndarray, changed: Image.Image | np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE) over all pixels and channels; inf if nothing changed.

    Both: PIL RGB pictures or uint8 (H, W, 3) of one size; ValueError for others.
    """
    a, b = _pair(original, changed)
    return float(np.inf if np.array_equal(a, b) else skimage.metrics.peak_signal_noise_ratio(a, b, data_range=255))


def ssim(original: Image.Image | np.ndarray, changed: Image.Image | np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004: Gaussian window, sigma 1.5, 11 x 11), mean over pixels and channels.

    Both: PIL RGB pictures or uint8 (H, W, 3) of one size, at least 11 pixels per side. 1 means equal.
    """
    a, b = _pair(original, changed)
    if min(a.shape[:2]) < WINDOW:
        raise ValueError(f"a picture of {a.shape[1]} x {a.shape[0]} pixels is smaller than SSIM's window of 11 x 11")
    return float(
        skimage.metrics.structural_similarity(
            a, b, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
    )


def linf(original: Image.Image | np.ndarray, changed: Image.Image | np.ndarray) -> int:
    """Largest change of any pixel and channel, in grey levels (0 to 255).

    Both: PIL RGB pictures or uint8 (H, W, 3) of one size.
    """
    a, b = _pair(original, changed)
    return int(np.abs(a.astype(np.int16) - b).max())
