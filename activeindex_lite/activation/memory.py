"""How many pictures are activated together, and whether the largest fits into the free memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from activeindex_lite.support.machine import free_memory
from activeindex_lite.support.parallel import cores

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor

# All batches together have at most this many pixels, about 0.7 GB; a picture with more is activated alone.
PIXELS_AT_ONCE = 4 * 2**20
# Measured on pictures of 3 and 6 megapixels with both methods, in the backward pass and in SSIM.
BYTES_PER_PIXEL = 170
# Pictures up to this size are not checked: they need less than 1 GB.
SMALL = PIXELS_AT_ONCE


def pictures_at_once(size: tuple[int, int], workers: int = 1) -> int:
    """The largest batch of pictures of this size (width, height) for each of several workers, at least 1."""
    return max(1, PIXELS_AT_ONCE // workers // (size[0] * size[1]))


def workers_for(pictures: list[Image.Image], extractor: Extractor) -> int:
    """Threads that activate batches side by side: one per core, as far as memory allows; 1 elsewhere."""
    if torch.device(extractor.device).type != "cpu" or not getattr(extractor, "reentrant", True):
        return 1
    largest = max((picture.width * picture.height for picture in pictures), default=1)
    return max(1, min(cores(), PIXELS_AT_ONCE // largest))


def check_memory(pictures: list[Image.Image]) -> None:
    """ValueError if activating the largest picture needs more memory than is free."""
    number, largest = max(enumerate(pictures), key=lambda item: item[1].width * item[1].height)
    pixels = largest.width * largest.height
    if pixels <= SMALL:
        return
    free = free_memory()
    if free is None or pixels * BYTES_PER_PIXEL <= free:
        return
    side = int((free / BYTES_PER_PIXEL) ** 0.5)
    raise ValueError(
        f"pictures[{number}] has {largest.width:,} x {largest.height:,} pixels: activating it takes about "
        f"{pixels * BYTES_PER_PIXEL / 1e9:.1f} GB, and {free / 1e9:.1f} GB of memory are free; make it smaller, as "
        f"picture.thumbnail(({side}, {side})) does"
    )
