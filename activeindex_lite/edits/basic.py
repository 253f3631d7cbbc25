"""Single edits with one strength each: colour, blur, JPEG, rotation, centre crop and resize of a PIL picture."""

from __future__ import annotations

import io
import math

import lazy_loader
import numpy as np
from PIL import Image, ImageEnhance

from activeindex_lite.pictures.given import rgb_picture

scipy = lazy_loader.load("scipy")

LARGEST_FACTOR = 1000
HUE_LEVELS = 255  # Pillow stores the whole hue circle in 0..255, where 255 is the same red as 0


def checked(picture: Image.Image) -> Image.Image:
    """A PIL picture of mode RGB with at least one pixel, upright and on white where transparent; ValueError for others.

    A picture that is plain RGB already is returned as it is, not copied.
    """
    if not isinstance(picture, Image.Image) or picture.mode != "RGB":
        seen = f"mode {picture.mode}" if isinstance(picture, Image.Image) else type(picture).__name__
        raise ValueError(
            f"an edit takes a PIL picture of mode RGB, got {seen}: activeindex_lite.pictures.rgb_picture makes "
            "one of it"
        )
    if min(picture.size) < 1:
        raise ValueError(f"an edit takes a picture of at least 1 x 1 pixels, got {picture.size}: leave it out")
    return rgb_picture(picture)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name}: expected a number from {low} to {high}, got {value!r:.60}")


def brightness(picture: Image.Image, factor: float) -> Image.Image:
    """Multiply the picture by `factor` >= 0 and clip: 0 is black, 1 unchanged (as torchvision's adjust_brightness)."""
    _check("brightness factor", factor, 0, LARGEST_FACTOR)
    return ImageEnhance.Brightness(picture).enhance(factor)


def contrast(picture: Image.Image, factor: float) -> Image.Image:
    """Scale distances to the mean grey by `factor` >= 0 and clip: 0 is flat grey, 1 unchanged (as torchvision)."""
    _check("contrast factor", factor, 0, LARGEST_FACTOR)
    return ImageEnhance.Contrast(picture).enhance(factor)


def saturation(picture: Image.Image, factor: float) -> Image.Image:
    """Scale distances to the grey picture by `factor` >= 0 and clip: 0 is grey, 1 unchanged (as torchvision)."""
    _check("saturation factor", factor, 0, LARGEST_FACTOR)
    return ImageEnhance.Color(picture).enhance(factor)


def greyscale(picture: Image.Image) -> Image.Image:
    """The luma (weights: `pictures.luma.LUMA`) in all three channels."""
    return picture.convert("L").convert("RGB")


def hue(picture: Image.Image, shift: float) -> Image.Image:
    """Turn the hue (HSV) by `shift` of the full circle, in [-0.5, 0.5]; 0.2 is 72 degrees.

    The hue is kept in 255 steps, so a pixel may lie a few grey levels from an exact computation.
    """
    _check("hue shift", shift, -0.5, 0.5)
    steps = round(shift * HUE_LEVELS)
    keep = list(range(256))
    return picture.convert("HSV").point([(h + steps) % HUE_LEVELS for h in keep] + keep + keep).convert("RGB")


def kernel_sigma(kernel: int) -> float:
    """Standard deviation in pixels for a blur kernel of that many pixels: 0.3 ((kernel - 1) / 2 - 1) + 0.8.

    The convention of OpenCV and torchvision; kernel 11 is sigma 2, 3 is 0.8 and 29 is 4.7.
    """
    return 0.3 * ((kernel - 1) * 0.5 - 1) + 0.8


def blur(picture: Image.Image, kernel: int) -> Image.Image:
    """Gaussian blur with an odd kernel of `kernel` pixels and sigma `kernel_sigma(kernel)`; borders are reflected.

    A true Gaussian: Pillow's own GaussianBlur stacks box filters and differs by several grey levels at the border.
    """
    if kernel < 1 or kernel % 2 != 1:
        raise ValueError(f"blur kernel: expected an odd number of pixels from 1 on, got {kernel!r:.60}")
    return gaussian(picture, kernel_sigma(kernel), int(kernel // 2))


def gaussian(picture: Image.Image, sigma: float, radius: int) -> Image.Image:
    """`blur` with any standard deviation, and weights up to `radius` on either side, both in pixels."""
    pixels = np.asarray(picture, dtype=np.float32)
    blurred = scipy.ndimage.gaussian_filter(pixels, sigma, mode="mirror", radius=radius, axes=(0, 1))
    return Image.fromarray(np.rint(blurred).astype(np.uint8))


def jpeg(picture: Image.Image, quality: float) -> Image.Image:
    """Save as JPEG at `quality` in [1, 100] (Pillow's tables, 4:2:0 chroma) and read it again."""
    _check("JPEG quality", quality, 1, 100)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=int(quality))
    return Image.open(buffer).convert("RGB")


def rotate(picture: Image.Image, angle: float) -> Image.Image:
    """Rotate by `angle` degrees counter-clockwise, bilinear; the canvas grows and is filled with black."""
    return picture.rotate(angle, resample=Image.Resampling.BILINEAR, expand=True)


def _sides(picture: Image.Image, area: float) -> tuple[int, int]:
    _check("share of the area", area, 1e-6, 1)
    return tuple(max(1, round(side * math.sqrt(area))) for side in picture.size)


def centre_crop(picture: Image.Image, area: float) -> Image.Image:
    """The centre of the picture with the share `area` of its area, in (0, 1]; the aspect ratio is kept."""
    width, height = _sides(picture, area)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def resize(picture: Image.Image, area: float) -> Image.Image:
    """Shrink to the share `area` of the area, in (0, 1]: bilinear with antialiasing; the aspect ratio is kept."""
    return picture.resize(_sides(picture, area), Image.Resampling.BILINEAR)
