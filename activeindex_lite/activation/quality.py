"""How much a picture was changed: PSNR, SSIM and L-infinity between two 8-bit pictures."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from activeindex_lite.pictures import rgb_picture
from activeindex_lite.support.threads import one_blas_thread

# Side of SSIM's window in pixels: a Gaussian of sigma 1.5, cut at 3.5 sigma.
WINDOW = 11
REACH = WINDOW - 1
# Outputs of one matrix product, and rows of a picture that are worked on at once.
BLOCK, STRIP = 32, 48


def _banded():
    """The window's weights in each column, one row further down than in the column before: (BLOCK + 10, BLOCK)."""
    weights = np.exp(-0.5 * (np.arange(-(REACH // 2), REACH // 2 + 1) / 1.5) ** 2)
    band = np.zeros((BLOCK + REACH, BLOCK))
    for column in range(BLOCK):
        band[column : column + WINDOW, column] = weights / weights.sum()
    return band


BAND = _banded()


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
    difference = np.subtract(a, b, dtype=np.int32)
    # Not a product of vectors: beside another program the threads of BLAS wait for each other, six times longer.
    squares = int(np.square(difference, out=difference).sum(dtype=np.int64))
    return 10 * math.log10(255**2 * difference.size / squares) if squares else math.inf


def ssim(original: Image.Image | np.ndarray, changed: Image.Image | np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004: Gaussian window, sigma 1.5, 11 x 11), mean over pixels and channels.

    Both: PIL RGB pictures or uint8 (H, W, 3) of one size, at least 11 pixels per side. 1 means equal. The windows lie
    inside the picture, as in scikit-image, which takes almost four times as long.
    """
    a, b = _pair(original, changed)
    if min(a.shape[:2]) < WINDOW:
        raise ValueError(f"a picture of {a.shape[1]} x {a.shape[0]} pixels is smaller than SSIM's window of 11 x 11")
    total, rows, columns = 0.0, a.shape[0] - REACH, a.shape[1] - REACH
    with one_blas_thread():
        for top in range(0, rows, STRIP):
            strip = slice(top, min(top + STRIP, rows) + REACH)
            total += sum(_similarity(a[strip, :, c], b[strip, :, c]).sum() for c in range(3))
    return float(total / (3 * rows * columns))


def _similarity(a, b):
    """SSIM of each window of two channels (H, W) uint8: (H - 10, W - 10)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    mean_a, mean_b, square_a, square_b, product = _window_means(np.stack([a, b, a * a, b * b, a * b]))
    both, squares = mean_a * mean_b, mean_a * mean_a + mean_b * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return (2 * both + c1) * (2 * (product - both) + c2) / ((squares + c1) * (square_a + square_b - squares + c2))


def _window_means(maps):
    """Gaussian means of maps (M, H, W) over every window inside them: (M, H - 10, W - 10).

    Blocks of outputs as products with a banded matrix: several times as fast as sums over the 11 shifted maps.
    """
    across = np.empty((*maps.shape[:2], maps.shape[2] - REACH))
    for left in range(0, across.shape[2], BLOCK):
        n = min(BLOCK, across.shape[2] - left)
        taken = maps[:, :, left : left + n + REACH].reshape(-1, n + REACH)
        across[:, :, left : left + n] = (taken @ BAND[: n + REACH, :n]).reshape(*maps.shape[:2], n)
    down = np.empty((len(maps), maps.shape[1] - REACH, across.shape[2]))
    for top in range(0, down.shape[1], BLOCK):
        n = min(BLOCK, down.shape[1] - top)
        down[:, top : top + n] = BAND[: n + REACH, :n].T @ across[:, top : top + n + REACH]
    return down


def linf(original: Image.Image | np.ndarray, changed: Image.Image | np.ndarray) -> int:
    """Largest change of any pixel and channel, in grey levels (0 to 255).

    Both: PIL RGB pictures or uint8 (H, W, 3) of one size.
    """
    a, b = _pair(original, changed)
    return int(np.abs(a.astype(np.int16) - b).max())
