"""Whether a gradient reaches the pixels: without one, activation would return every picture as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from PIL import Image

    from activeindex_lite.extractor import Extractor

LOST = (
    "no gradient reaches the pixels, so activation could not change a picture: look in the network's forward for "
    "torch.no_grad, detach, numpy or rounding, and take it out"
)


def check_gradient(extractor: Extractor, picture: Image.Image) -> None:
    """ValueError for an extractor whose features have no gradient with respect to the pixels.

    One pass on noise settles it, once per extractor; the picture is tried too, since a network may see nothing in
    noise.
    """
    if getattr(extractor, "has_gradient", False):
        return
    size = extractor.size
    noise = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
    small = torch.from_numpy(np.array(picture.resize((size, size)))).permute(2, 0, 1)[None].float() / 255
    if not any(_reaches(extractor, tensor) for tensor in (noise, small)):
        raise ValueError(f"{getattr(extractor, 'name', 'the extractor')}: {LOST}")
    extractor.has_gradient = True


def _reaches(extractor, tensor):
    """Whether the features of a picture (1, 3, size, size) have a gradient other than 0 with respect to its pixels."""
    with torch.inference_mode(False), torch.enable_grad():
        # A copy: a tensor that was made under a caller's inference mode never has a gradient.
        pixels = tensor.clone().to(extractor.device).requires_grad_()
        features = extractor.forward(pixels)
        if not features.requires_grad:
            return False
        # Weights of both signs: the sum of features alone could have no gradient.
        weights = torch.linspace(-1, 2, features.shape[1], device=features.device, dtype=features.dtype)
        try:
            (gradient,) = torch.autograd.grad((features * weights).sum(), pixels, allow_unused=True)
        except RuntimeError:  # an operation in place, or one without a derivative
            return False
    return gradient is not None and bool((gradient != 0).any())
