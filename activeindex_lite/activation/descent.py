"""The optimiser of activation, one step at a time: from pixels to the loss and back, with every gradient but the
network's written out.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.optim.adam import adam

from activeindex_lite.activation.methods import Method, picture_share, whole_picture_step
from activeindex_lite.activation.objective import amplitude
from activeindex_lite.activation.squeeze import Squeeze
from activeindex_lite.support.parallel import one_core

if TYPE_CHECKING:
    from activeindex_lite.extractor import Extractor
    from activeindex_lite.index import Targets

# Numbers in a batch up to which one core is as quick as two, and far quicker where others use the cores: one picture of
# 128 x 128. On two quiet cores a pass took 12.2 ms on one thread and 13.2 ms on two.
SMALL = 3 * 128 * 128


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


class Descent:
    """Minimises L_f(f(I), target) + lambda_i MSE(I, I_o) over delta, for B pictures I = I_o + bound * tanh(delta).

    pictures: (B, 3, H, W) float32 in [0, 1], the originals I_o, on the extractor's device; targets: of the same B
    pictures; noise: (B, 3, H, W), where delta begins, times 1e-6; generator: torch Generator of the views. Clipping and
    rounding come after the last step, as in the paper. A picture's steps are its own, whatever else is in the batch.
    """

    @torch.inference_mode(False)
    @torch.no_grad()
    def __init__(
        self,
        pictures: torch.Tensor,
        targets: Targets,
        extractor: Extractor,
        noise: torch.Tensor,
        generator: torch.Generator,
        settings: Settings,
    ) -> None:
        self.pictures, self.targets, self.extractor = pictures, targets, extractor
        self.generator, self.settings, self.number = generator, settings, 0
        self.bound = amplitude(pictures, settings.alpha, settings.bound, settings.weights).expand_as(pictures)
        self.delta = 1e-6 * noise.to(pictures)
        self._squeeze = Squeeze(*pictures.shape[2:], extractor.size, pictures)
        whole = settings.method.whole_picture
        self._share = picture_share(self.bound) if whole else None
        self._moments = torch.zeros_like(pictures), torch.zeros_like(pictures[:, :1, :1, :1] if whole else pictures)
        self._count = torch.zeros((), device=pictures.device, dtype=torch.float32)

    def step(self) -> tuple[np.ndarray, np.ndarray]:
        """Take a step. Returns the features (B, d) before it, and L_f (B,) there (of the views, if it looks at some).

        ValueError for a loss of another shape, or without gradient.
        """
        features, losses, gradient = self.look()
        if self.settings.method.whole_picture:
            whole_picture_step(self.delta, gradient, self._share, self._moments, self._count, self.settings.lr)
        else:
            _adam_step(self.delta, gradient, self._moments, self._count, self.settings.lr)
        self.number += 1
        return features.cpu().numpy(), losses.cpu().numpy()

    # A caller may have switched gradients off, or on.
    @torch.inference_mode(False)
    @torch.no_grad()
    def look(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Features (B, d) and L_f (B,) of the pictures as they are, and the objective's gradient, (B, 3, H, W).

        The gradient is that with respect to delta. With J = L_f as a function of the squeezed picture, it is
        (squeeze^T J' + 2 lambda_i (I - I_o) / (3 H W)) * bound * (1 - tanh(delta)^2).
        """
        tanh = self._tanh()
        small = self._squeeze(torch.addcmul(self.pictures, self.bound, tanh))
        features, losses, gradient = self._through_network(small)
        share = 2 * self.settings.lambda_i / tanh[0].numel()
        gradient = torch.addcmul(self._squeeze.gradient(gradient), self.bound, tanh, value=share)
        return features, losses, torch.ops.aten.tanh_backward(gradient, tanh).mul_(self.bound)

    @torch.inference_mode(False)
    @torch.no_grad()
    def released(self) -> torch.Tensor:
        """What would be released now: (B, 3, H, W) uint8. ValueError if the loss or its gradient was not finite."""
        if not torch.isfinite(self.delta).all():
            raise ValueError(
                "the loss or its gradient is not finite, so the pictures would be lost: fix the loss, or take a "
                "smaller lr"
            )
        changed = torch.addcmul(self.pictures, self.bound, self._tanh())
        return changed.clamp_(0, 1).mul_(255).round_().to(torch.uint8)

    def _tanh(self):
        # tanh(x) = 2 sigmoid(2 x) - 1: torch's sigmoid takes a fifth of the time of its tanh.
        return torch.mul(self.delta, 2).sigmoid_().mul_(2).sub_(1)

    @torch.enable_grad()
    def _through_network(self, small):
        """Features, losses and the gradient of their sum with respect to squeezed pictures (B, 3, size, size)."""
        with one_core() if small.numel() <= SMALL else nullcontext():
            return self._network(small.detach().requires_grad_())

    def _network(self, small):
        forward, loss = self.settings.method.looks(self.number, self.targets, self.extractor, self.generator)
        seen = forward(small)
        losses = loss(seen, self.targets)
        _check_loss(losses, seen, len(small))
        (gradient,) = torch.autograd.grad(losses.sum(), small)
        return seen[: len(small)].detach(), losses.detach(), gradient


def _check_loss(losses: torch.Tensor, features: torch.Tensor, n: int) -> None:
    """ValueError for a loss of another shape than (n,), or without gradient."""
    if getattr(losses, "shape", None) != (n,):
        shape = tuple(getattr(losses, "shape", ()))
        raise ValueError(f"the loss has the shape {shape}: expected one number per picture, ({n},)")
    if features.requires_grad and not losses.requires_grad:
        raise ValueError("the loss has no gradient: compute it with torch from the features, without detach or numpy")


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
