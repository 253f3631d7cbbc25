"""Activating a batch of pictures of one size: all steps of the optimiser, and what they leave."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from activeindex_lite.activation import quality
from activeindex_lite.activation.descent import Descent, Settings

if TYPE_CHECKING:
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex


def activate_batch(
    originals: list[Image.Image],
    index: ActiveIndex,
    features: np.ndarray,
    extractor: Extractor,
    noise: torch.Tensor,
    generator: torch.Generator,
    settings: Settings,
) -> list[tuple]:
    """Activate B pictures of one size whose features (B, d) are given; noise, generator: see `Descent`.

    Returns a tuple per picture, in the order of `Activation`: picture, path (steps + 1, d), loss (steps + 1,), psnr,
    ssim, linf, seconds. ValueError if the loss or its gradient is not finite.
    """
    begun = time.perf_counter()
    descent = descent_of(originals, index, features, extractor, noise, generator, settings)
    path, losses = map(list, zip(*(descent.step() for _ in range(settings.steps)), strict=True))
    saved = saved_pictures(descent)
    seconds = (time.perf_counter() - begun) / len(originals)
    path.append(extractor(saved))
    losses.append(settings.method.loss(torch.from_numpy(path[-1]), descent.targets).detach().numpy())
    rows = zip(originals, saved, np.stack(path, 1), np.stack(losses, 1), strict=True)
    return [(new, steps, loss, *_measures(old, new), seconds) for old, new, steps, loss in rows]


def start(
    originals: list[Image.Image], generator: torch.Generator, settings: Settings
) -> tuple[torch.Tensor, torch.Generator]:
    """The starting noise (B, 3, H, W) of B pictures of one size, and a generator of their views.

    Drawn batch after batch, before the work, so that the result is the same on any number of cores.
    """
    width, height = originals[0].size
    noise = torch.randn((len(originals), 3, height, width), generator=generator, dtype=torch.float32)
    if not settings.method.views:
        return noise, generator
    seed = torch.randint(2**62, (), generator=generator, dtype=torch.int64)
    return noise, torch.Generator().manual_seed(int(seed))


def descent_of(
    originals: list[Image.Image],
    index: ActiveIndex,
    features: np.ndarray,
    extractor: Extractor,
    noise: torch.Tensor,
    generator: torch.Generator,
    settings: Settings,
) -> Descent:
    """The Descent of B PIL pictures of one size, for the codes that an index keeps of their features (B, d)."""
    targets = settings.method.targets(index, features)
    arrays = np.stack([np.asarray(picture) for picture in originals])
    with torch.inference_mode(False):
        pictures = torch.from_numpy(arrays).to(extractor.device).permute(0, 3, 1, 2).float().contiguous() / 255
    return Descent(pictures, targets, extractor, noise, generator, settings)


def saved_pictures(descent: Descent) -> list[Image.Image]:
    """The B pictures of a Descent as they would be released now, 8-bit PIL."""
    return [Image.fromarray(array) for array in descent.released().permute(0, 2, 3, 1).cpu().numpy()]


def _measures(original, changed):
    """PSNR, SSIM and L-infinity of a picture; SSIM is NaN for a picture smaller than its window."""
    large_enough = min(original.size) >= quality.WINDOW
    ssim = quality.ssim(original, changed) if large_enough else float("nan")
    return quality.psnr(original, changed), ssim, quality.linf(original, changed)
