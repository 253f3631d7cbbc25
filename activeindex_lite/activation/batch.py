"""Activating a batch of pictures of one size: the loop of the optimiser, and what it leaves."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch.optim.adam import adam

from activeindex_lite.activation import quality
from activeindex_lite.activation.methods import Method, picture_share, whole_picture_step
from activeindex_lite.activation.objective import amplitude, objective

if TYPE_CHECKING:
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import ActiveIndex, Targets


@dataclass(frozen=True)
class Settings:
    """How pictures are activated; every field is that of `activate`."""

    method: Method
    alpha: float
    steps: int
    lr: float
    lambda_i: float
    bound: str
    weights: tuple


def activate_batch(
    originals: list[Image.Image],
    index: ActiveIndex,
    features: np.ndarray,
    extractor: Extractor,
    generator: torch.Generator,
    settings: Settings,
) -> list[tuple]:
    """Activate B pictures of one size whose features (B, d) are given.

    Returns a tuple per picture, in the order of `Activation`: picture, path (steps + 1, d), loss (steps + 1,), psnr,
    ssim, linf, seconds. ValueError if the loss or its gradient is not finite.
    """
    begun = time.perf_counter()
    targets = settings.method.targets(index, features)
    arrays = np.stack([np.asarray(picture) for picture in originals])
    # A caller may have switched gradients off.
    with torch.inference_mode(False), torch.enable_grad():
        tensor = torch.from_numpy(arrays).to(extractor.device).permute(0, 3, 1, 2).float() / 255
        final, path, losses = _descend(tensor, targets, extractor, generator, settings)
    saved = [Image.fromarray(array) for array in final.permute(0, 2, 3, 1).cpu().numpy()]
    seconds = (time.perf_counter() - begun) / len(originals)
    path.append(extractor(saved))
    losses.append(settings.method.loss(torch.from_numpy(path[-1]), targets).detach().numpy())
    rows = zip(originals, saved, np.stack(path, 1), np.stack(losses, 1), strict=True)
    return [(new, steps, loss, *_measures(old, new), seconds) for old, new, steps, loss in rows]


def _descend(
    tensor: torch.Tensor, targets: Targets, extractor: Extractor, generator: torch.Generator, settings: Settings
) -> tuple[torch.Tensor, list[np.ndarray], list[np.ndarray]]:
    """Minimise the objective of pictures (B, 3, H, W) in [0, 1]: (changed ones as uint8, features, losses by step)."""
    method, bound = settings.method, amplitude(tensor, settings.alpha, settings.bound, settings.weights)
    noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float32)
    delta = (1e-6 * noise).to(tensor).requires_grad_()
    count = torch.zeros((), device=extractor.device, dtype=torch.float32)
    first, second = torch.zeros_like(delta), torch.zeros_like(delta)
    share = picture_share(bound) if method.whole_picture else None
    if method.whole_picture:
        second = second[:, :1, :1, :1]
    path, losses = [], []
    for step in range(settings.steps):
        forward, loss = method.looks(step, targets, extractor, generator)
        # A sum over pictures: each picture's steps are its own, whatever else is in the batch.
        total, loss_f, seen = objective(delta, tensor, bound, forward, targets, settings.lambda_i, loss)
        (gradient,) = torch.autograd.grad(total.sum(), delta)
        if method.whole_picture:
            whole_picture_step(delta, gradient, share, (first, second), count, settings.lr)
        else:
            _adam_step(delta, gradient, (first, second), count, settings.lr)
        path.append(seen[: len(tensor)].detach().cpu().numpy())
        losses.append(loss_f.detach().cpu().numpy())
    if not torch.isfinite(delta).all():
        raise ValueError(
            "the loss or its gradient is not finite, so the pictures would be lost: fix the loss, or take a smaller lr"
        )
    with torch.no_grad():
        final = ((tensor + bound * torch.tanh(delta)).clamp(0, 1) * 255).round().to(torch.uint8)
    return final, path, losses


@torch.no_grad()
def _adam_step(delta, gradient, moments, count, lr):
    # torch's own Adam in its functional form: the Optimizer class loads torch's compiler, 150 MB and three seconds.
    adam(
        [delta],
        [gradient],
        [moments[0]],
        [moments[1]],
        [],
        [count],
        foreach=False,
        fused=True,
        amsgrad=False,
        maximize=False,
        beta1=0.9,
        beta2=0.999,
        lr=lr,
        weight_decay=0.0,
        eps=1e-8,
    )


def _measures(original, changed):
    """PSNR, SSIM and L-infinity of a picture; SSIM is NaN for a picture smaller than its window."""
    large_enough = min(original.size) >= quality.WINDOW
    ssim = quality.ssim(original, changed) if large_enough else float("nan")
    return quality.psnr(original, changed), ssim, quality.linf(original, changed)
